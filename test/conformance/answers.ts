/** Puts the cases of the corpus to a repository. */
import type { CollectionInfo, CollectionType } from '../../src/butler/collection.ts';
import type { DataId } from '../../src/butler/data-id.ts';
import type { DatasetType } from '../../src/butler/dataset-type.ts';
import { ButlerUserError, SatelliteError } from '../../src/butler/errors.ts';
import { isGlob } from '../../src/butler/glob.ts';
import type { Json, JsonObject } from '../../src/butler/json.ts';
import { buildQuery, type QueryRequest } from '../../src/butler/query/build.ts';
import type { ResultSpec } from '../../src/butler/query/result-spec.ts';
import type { Query } from '../../src/butler/query/tree.ts';
import type { Timespan } from '../../src/butler/timespan.ts';
import { readBind } from '../../src/butler/where/bind.ts';
import type { FindDatasetRequest, QueryContext, Repository } from '../../src/repository/repository.ts';
import { PixelRecords } from '../../src/repository/pixel-records.ts';
import type { DimensionRecordRow, RowsByResult } from '../../src/repository/rows.ts';
import { canonicalDataId, canonicalDataset, canonicalGeneral, canonicalRecord } from './canonical.ts';
import { repositories, requestOf } from './requests.ts';
import type { Case } from './corpus.ts';
import type { Answer } from './verdict.ts';

/** What the cases ask of a repository. */
type Asked = Omit<Repository, 'name' | 'universe' | 'files' | 'fileSource' | 'usage' | 'close'>;

export const ctx: QueryContext = { caller: { username: 'tester' }, signal: new AbortController().signal };

/** Kinds that are queries of one tree. */
export const QUERY_KINDS: readonly string[] = ['query', 'query_datasets', 'query_data_ids', 'query_dimension_records'];
/** Kinds that ask for collections and dataset types. */
export const COLLECTION_KINDS: readonly string[] = [
  'collections_query',
  'collections_query_info',
  'collections_get_info',
];

/** The answer to a case, errors included. */
export async function answerOf(testCase: Case, repository: Asked): Promise<Answer> {
  try {
    return await answer(testCase, repository);
  } catch (error) {
    if (error instanceof SatelliteError) return { error: { error_type: error.code } };
    throw error;
  }
}

async function answer(testCase: Case, repository: Asked): Promise<Answer> {
  const { kind, args } = testCase;
  switch (kind) {
    case 'collections_query': {
      const found = await repository.collections(collectionQuery(args), ctx);
      return { value: found.map(({ name }) => name) };
    }
    case 'collections_query_info': {
      const query = { ...collectionQuery(args), includeParents: true, includeSummary: true };
      return { value: (await repository.collections(query, ctx)).map((info) => canonicalInfo(info, args)) };
    }
    case 'collections_get_info': {
      const search = [args['name'] as string];
      const query = { search, includeChains: true, includeParents: true, includeSummary: true };
      const [info] = await repository.collections(query, ctx);
      return { value: canonicalInfo(info!, args) };
    }
    case 'get_dataset_type': {
      const type = (await repository.datasetTypes(ctx)).get(args['name'] as string);
      if (!type) throw new ButlerUserError('MISSING_DATASET_TYPE', 'No such dataset type.');
      return { value: canonicalType(type) };
    }
    case 'get_dataset': {
      const found = await repository.datasets([args['dataset_id'] as string], ctx);
      return { rows: [...found.values()].map(canonicalDataset) };
    }
    case 'find_dataset': {
      const found = await repository.findDataset(findRequest(args), ctx);
      return { rows: found ? [canonicalDataset(found)] : [] };
    }
    default:
      return queryAnswer(testCase, repository);
  }
}

function findRequest(args: JsonObject): FindDatasetRequest {
  const defaults = (args['defaults'] ?? {}) as JsonObject;
  const collections = (args['collections'] ?? defaults['collections']) as string | readonly string[];
  return {
    datasetType: args['dataset_type'] as string,
    dataId: { ...(args['data_id'] as DataId), ...(args['kwargs'] as DataId) },
    defaultDataId: (defaults['data_id'] ?? {}) as DataId,
    collections: typeof collections === 'string' ? [collections] : collections,
    timespan: args['timespan'] ? timespanOf(args['timespan']) : null,
  };
}

function timespanOf(tagged: Json): Timespan {
  const value = readBind('timespan', tagged, () => undefined);
  if (value.type !== 'timespan') throw new Error('The case has no timespan.');
  return value;
}

async function queryAnswer(testCase: Case, repository: Asked): Promise<Answer> {
  const { args } = testCase;
  const request = await withoutGlobs(requestOf(repositories[testCase.repo], testCase), repository);
  const { query, spec } = buildQuery(repositories[testCase.repo].universe, request);
  const limit = request.limit ?? null;
  switch (args['terminal'] ?? 'rows') {
    case 'count': {
      const options = args['count_args'] as { readonly exact?: boolean } | undefined;
      const count = await repository.count(query, spec, ctx, { exact: options?.exact ?? true });
      return { value: Math.min(count, spec.limit ?? Infinity) };
    }
    case 'any':
      return { value: await repository.any(query, ctx, (args['any_args'] ?? {}) as JsonObject) };
    case 'explain':
      return { value: [...(await repository.explain(query, ctx))] };
    default: {
      const rows = await queryRows(repository, query, spec);
      return { rows: limit !== null && limit < 0 ? rows.slice(0, -limit) : rows };
    }
  }
}

/** All rows of a query, canonical. */
export async function queryRows(repository: Asked, query: Query, spec: ResultSpec): Promise<readonly Json[]> {
  const rows: Json[] = [];
  const pixels = new PixelRecords();
  for await (const page of repository.query(query, spec, ctx)) {
    const found = spec.type === 'dimension_record' ? await withRegions(page.rows, pixels) : page.rows;
    for (const row of found) rows.push(canonical(row, spec));
  }
  return rows;
}

/** What searches and faces add to records. */
const withRegions = (rows: readonly unknown[], pixels: PixelRecords) =>
  pixels.withRegions(rows as readonly DimensionRecordRow[]);

function canonical(row: RowsByResult[ResultSpec['type']], { type }: ResultSpec): JsonObject {
  switch (type) {
    case 'dataset_ref':
      return canonicalDataset(row as RowsByResult['dataset_ref']);
    case 'data_coordinate':
      return canonicalDataId(row as RowsByResult['data_coordinate']);
    case 'dimension_record':
      return canonicalRecord(row as RowsByResult['dimension_record']);
    case 'general':
      return canonicalGeneral(row as RowsByResult['general']);
  }
}

/** Expands globs in collections, as the faces do before they build a query. */
async function withoutGlobs(request: QueryRequest, repository: Asked): Promise<QueryRequest> {
  const { result } = request;
  if (result.type !== 'dataset_ref' || result.findFirst || !result.collections?.some(isGlob)) return request;
  const found = await repository.collections({ search: result.collections }, ctx);
  return { ...request, result: { ...result, collections: found.map(({ name }) => name) } };
}

function collectionQuery(args: JsonObject) {
  const expression = args['expression'] as string | readonly string[];
  return {
    search: typeof expression === 'string' ? [expression] : expression,
    ...(args['collection_types'] !== undefined && { types: args['collection_types'] as readonly CollectionType[] }),
    ...(args['flatten_chains'] !== undefined && { flattenChains: args['flatten_chains'] as boolean }),
    ...(args['include_chains'] !== undefined && { includeChains: args['include_chains'] as boolean }),
  };
}

function canonicalInfo(info: CollectionInfo, args: JsonObject): JsonObject {
  const only = args['summary_datasets'] as readonly string[] | undefined;
  const types = [...(info.datasetTypes ?? [])].sort().filter((name) => only?.includes(name) ?? true);
  return {
    name: info.name,
    type: info.type,
    doc: args['include_doc'] === true || args['name'] !== undefined ? info.doc : '',
    children: info.children,
    parents: args['include_parents'] === true ? [...(info.parents ?? [])].sort() : null,
    dataset_types: args['include_summary'] === true ? types : null,
  };
}

function canonicalType({ name, dimensions, storageClass, isCalibration }: DatasetType): JsonObject {
  return {
    name,
    dimensions: [...dimensions.names].sort(),
    required: [...dimensions.required].sort(),
    storage_class: storageClass,
    is_calibration: isCalibration,
  };
}
