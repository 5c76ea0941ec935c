/**
 * The wire JSON of queries, as RemoteButler clients and servers exchange it (query-semantics.md section 17).  Encoders
 * give JSON values in which integers beyond 2^53 are bigints: write them with `stringifyJson`, read with `parseJson`.
 */
import type { DataId, DataIdValue } from '../data-id.ts';
import { ButlerUserError } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Universe } from '../universe.ts';
import type { DataCoordinateUpload, Query } from './tree.ts';
import { arrayAt, groupAt, malformed, mapAt, objectAt, stringAt } from './wire-reader.ts';
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

/** Reads a `Query`.  @throws as `decodeQueryTree`; UNIMPLEMENTED_QUERY for materialized queries. */
export function decodeQuery(json: Json | undefined, universe: Universe): Query {
  const object = objectAt(json, 'query');
  const inputs = arrayAt(object['additional_query_inputs'] ?? [], 'additional_query_inputs');
  return {
    tree: decodeQueryTree(object['tree'], universe),
    defaultDataId: decodeDataId(objectAt(object['default_data_id'] ?? { dataId: {} }, 'default_data_id')['dataId']),
    uploads: inputs.map((input) => decodeUpload(input, universe)),
  };
}

function decodeUpload(json: Json, universe: Universe): DataCoordinateUpload {
  const object = objectAt(json, 'an additional query input');
  if (object['type'] !== 'upload') {
    throw new ButlerUserError(
      'UNIMPLEMENTED_QUERY',
      'Materialized queries are not supported; send data IDs with join_data_coordinates instead.',
    );
  }
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
