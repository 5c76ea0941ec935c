/**
 * The wire JSON of queries, as RemoteButler clients and servers exchange it.  Encoders
 * give JSON values in which integers beyond 2^53 are bigints: write them with `stringifyJson`, read with `parseJson`.
 */
import type { DataId, DataIdValue } from '../data-id.ts';
import type { DimensionGroup } from '../dimension-group.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Universe } from '../universe.ts';
import type { DataCoordinateUpload, Query, QueryTree } from './tree.ts';
import { arrayAt, booleanAt, groupAt, malformed, mapAt, objectAt, stringAt } from './wire-reader.ts';
import { decodeQueryTree, encodePredicate, encodeQueryTree } from './wire-tree.ts';

export { decodeExpression, decodeLiteral, encodeExpression } from './wire-expression.ts';
export { decodeResultSpec, encodeResultSpec } from './wire-result-spec.ts';
export { decodeQueryTree, encodePredicate, encodeQueryTree };

/** Wire JSON of a `Query`, the `query` of every `/v1/query/…` request.  @throws QueryTooCostlyError */
export function encodeQuery(query: Query): JsonObject {
  return {
    tree: encodeQueryTree(query.tree),
    default_data_id: { dataId: query.defaultDataId, records: null },
    additional_query_inputs: query.uploads.map(({ key, dimensions, rows }) => ({
      type: 'upload',
      key,
      dimensions: dimensions.names,
      rows,
    })),
  };
}

/** A query whose rows others join by its key. */
export interface MaterializedQuery {
  readonly key: string;
  readonly tree: QueryTree;
  readonly dimensions: DimensionGroup;
  readonly allowDuplicateOverlaps: boolean;
}

/** Reads a `Query`, and the materialized queries that it joins, in the order they were made.  @throws as `decodeQueryTree` */
export function decodeQuery(
  json: Json | undefined,
  universe: Universe,
): { readonly query: Query; readonly materialized: readonly MaterializedQuery[] } {
  const object = objectAt(json, 'query');
  const inputs = arrayAt(object['additional_query_inputs'] ?? [], 'additional_query_inputs').map((input) =>
    objectAt(input, 'an additional query input'),
  );
  const defaults = objectAt(object['default_data_id'] ?? { dataId: {} }, 'default_data_id');
  const query = {
    tree: decodeQueryTree(object['tree'], universe),
    defaultDataId: decodeDataId(defaults['dataId']),
    uploads: inputs.filter(({ type }) => type !== 'materialized').map((input) => decodeUpload(input, universe)),
  };
  const materialized = inputs
    .filter(({ type }) => type === 'materialized')
    .map((input) => ({
      key: stringAt(input['key'], 'key'),
      tree: decodeQueryTree(input['tree'], universe),
      dimensions: groupAt(input['dimensions'], universe, 'dimensions'),
      allowDuplicateOverlaps: booleanAt(input['allow_duplicate_overlaps'] ?? false, 'allow_duplicate_overlaps'),
    }));
  return { query, materialized };
}

function decodeUpload(object: JsonObject, universe: Universe): DataCoordinateUpload {
  if (object['type'] !== 'upload') throw malformed('the type of a query input', 'upload or materialized');
  const dimensions = groupAt(object['dimensions'], universe, 'dimensions');
  const rows = arrayAt(object['rows'], 'rows').map((row) => arrayAt(row, 'a row').map(dataIdValue));
  if (rows.some((row) => row.length !== dimensions.required.length)) {
    throw malformed('a row of an upload', `the values of ${dimensions.required.join(', ')}`);
  }
  return { key: stringAt(object['key'], 'key'), dimensions, rows };
}

/** Reads a data ID's JSON object.  @throws InvalidQueryError where a value is neither an integer nor a string. */
function decodeDataId(json: Json | undefined): DataId {
  return Object.fromEntries(mapAt(json, 'dataId', dataIdValue));
}

function dataIdValue(value: Json): DataIdValue {
  if (typeof value === 'string' || typeof value === 'bigint' || Number.isSafeInteger(value))
    return value as DataIdValue;
  throw malformed('a value of a data ID', 'an integer or a string');
}
