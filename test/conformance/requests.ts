/** Cases of the corpus as requests to the query builder. */
import type { DataId } from '../../src/butler/data-id.ts';
import { ButlerUserError } from '../../src/butler/errors.ts';
import type { Json, JsonObject } from '../../src/butler/json.ts';
import type { QueryRequest, ResultRequest } from '../../src/butler/query/build.ts';
import type { DatasetField } from '../../src/butler/query/expression.ts';
import { readRepository, type Case, type CorpusRepository } from './corpus.ts';

/** The repositories of the corpus. */
export const repositories = { satellite: readRepository('satellite'), official: readRepository('official') };

/** The limit of stock Butler's query methods where none is given. */
const DEFAULT_LIMIT = -20_000;

/** The request of a case of kind `query`, `query_datasets`, `query_data_ids` or `query_dimension_records`. */
export function requestOf(repository: CorpusRepository, { kind, args }: Case): QueryRequest {
  const defaults = (args['defaults'] ?? {}) as JsonObject;
  const joins = ((args['joins'] ?? []) as readonly JsonObject[]).map((join) => ({
    datasetType: datasetType(repository, join['dataset_type']),
    collections: strings(join['collections']),
  }));
  const upload = args['upload'] as JsonObject | undefined;
  const limit = args['limit'];
  return {
    result: resultRequest(repository, kind, args, defaults),
    joins,
    dimensions: strings(args['dimensions'] && kind === 'query' ? args['dimensions'] : []),
    uploads: upload
      ? [{ dimensions: strings(upload['dimensions']), rows: upload['rows'] as readonly (string | number)[][] }]
      : [],
    where: strings(args['where'] ?? []),
    bind: (args['bind'] ?? {}) as JsonObject,
    dataId: { ...(args['data_id'] as JsonObject), ...(args['kwargs'] as JsonObject) },
    defaultDataId: (defaults['data_id'] ?? {}) as DataId,
    orderBy: strings(args['order_by'] ?? []),
    limit: limit === undefined ? (kind === 'query' ? null : DEFAULT_LIMIT) : (limit as number | null),
  };
}

function resultRequest(
  repository: CorpusRepository,
  kind: string,
  args: JsonObject,
  defaults: JsonObject,
): ResultRequest {
  switch (kind) {
    case 'query_datasets':
      return {
        type: 'dataset_ref',
        datasetType: datasetType(repository, args['dataset_type']),
        collections: strings(args['collections'] ?? defaults['collections']),
        findFirst: (args['find_first'] ?? true) as boolean,
      };
    case 'query_data_ids':
      return { type: 'data_coordinate', dimensions: strings(args['dimensions']) };
    case 'query_dimension_records':
      return { type: 'dimension_record', element: args['element'] as string };
    case 'query':
      return queryResult(repository, args['result'] as JsonObject);
    default:
      throw new Error(`Cases of kind ${kind} are not built by the query builder.`);
  }
}

function queryResult(repository: CorpusRepository, result: JsonObject): ResultRequest {
  switch (result['type']) {
    case 'dataset_ref':
      return {
        type: 'dataset_ref',
        datasetType: datasetType(repository, result['dataset_type']),
        collections: result['collections'] === undefined ? undefined : strings(result['collections']),
        findFirst: (result['find_first'] ?? true) as boolean,
      };
    case 'data_coordinate':
      return {
        type: 'data_coordinate',
        dimensions: result['dimensions'] ? strings(result['dimensions']) : undefined,
      };
    case 'dimension_record':
      return { type: 'dimension_record', element: result['element'] as string };
    default:
      return {
        type: 'general',
        dimensions: strings(result['dimensions']),
        names: strings(result['names'] ?? []),
        dimensionFields: (result['dimension_fields'] ?? {}) as Record<string, string[]>,
        datasetFields: Object.fromEntries(
          Object.entries((result['dataset_fields'] ?? {}) as Record<string, '...' | DatasetField[]>).map(
            ([name, fields]) => [name, fields === '...' ? ['run', 'dataset_id'] : fields],
          ),
        ),
        findFirst: result['find_first'] as boolean | undefined,
      };
  }
}

function datasetType(repository: CorpusRepository, name: Json | undefined) {
  const found = repository.datasetTypes.get(String(name));
  if (!found) throw new ButlerUserError('MISSING_DATASET_TYPE', `Dataset type '${String(name)}' does not exist.`);
  return found;
}

function strings(value: Json | undefined): readonly string[] {
  return typeof value === 'string' ? [value] : ((value ?? []) as readonly string[]);
}
