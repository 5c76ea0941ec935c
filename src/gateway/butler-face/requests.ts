/** Bodies of the RemoteButler protocol's requests (`server_models.py` of lsst-daf-butler), other than query trees. */
import { z } from 'zod';
import type { CollectionType } from '../../butler/collection.ts';
import { COLLECTION_TYPE_NUMBERS } from '../../butler/collection.ts';
import { SatelliteError } from '../../butler/errors.ts';
import { isJsonObject } from '../../butler/json.ts';
import { EMPTY_TIMESPAN } from '../../butler/timespan.ts';

/** Most identifiers in one request, as the real server takes them. */
const MAX_IDS = 10_000;

const TYPES_BY_NUMBER = new Map<number, CollectionType>(
  Object.entries(COLLECTION_TYPE_NUMBERS).map(([name, number]) => [number, name as CollectionType]),
);

const names = z.array(z.string());
const dataId = z.record(z.string(), z.union([z.string(), z.number(), z.bigint(), z.boolean().transform(Number)]));
const nanoseconds = z.union([z.int(), z.bigint()]).transform(BigInt);
const timespan = z
  .tuple([nanoseconds, nanoseconds])
  .transform(([begin, end]) => (begin < end ? { begin, end } : EMPTY_TIMESPAN))
  .nullable();
const collectionTypes = z.array(
  z
    .int()
    .refine((n) => TYPES_BY_NUMBER.has(n))
    .transform((n) => TYPES_BY_NUMBER.get(n)!),
);
const datasetIds = z.object({ dataset_ids: z.array(z.guid().transform((id) => id.toLowerCase())).max(MAX_IDS) });

export const findDatasetBody = z.object({
  dataset_type: z.string(),
  data_id: dataId,
  default_data_id: dataId.default({}),
  collections: names,
  timespan,
  dimension_records: z.boolean().default(false),
});
export const getFileByDataIdBody = findDatasetBody.omit({ dimension_records: true }).extend({
  timespan: timespan.default(null),
});
export const expandDataIdBody = z.object({ data_id: dataId });
export const datasetsBody = datasetIds;
export const fileTransferBody = datasetIds;
export const queryDatasetTypesBody = z.object({ search: names });
export const queryCollectionsBody = z.object({
  search: names,
  collection_types: collectionTypes,
  flatten_chains: z.boolean(),
  include_chains: z.boolean(),
});
export const queryCollectionInfoBody = z.object({
  expression: names,
  collection_types: collectionTypes,
  flatten_chains: z.boolean(),
  include_chains: z.boolean(),
  include_parents: z.boolean(),
  include_summary: z.boolean(),
  include_doc: z.boolean(),
  summary_datasets: names.nullable(),
});
export const allDatasetsBody = z.object({
  collections: names,
  name: names,
  find_first: z.boolean(),
  data_id: dataId,
  default_data_id: dataId.default({}),
  where: z.string(),
  bind: z.record(z.string(), z.unknown()),
  limit: z.int().nullable(),
  with_dimension_records: z.boolean(),
});
/** `query` and `result_spec` are read by `src/butler/query/wire.ts`. */
export const executeBody = z.object({ query: z.unknown(), result_spec: z.unknown() });
export const countBody = executeBody.extend({ exact: z.boolean(), discard: z.boolean() });
export const anyBody = z.object({ query: z.unknown(), execute: z.boolean(), exact: z.boolean() });
export const explainBody = z.object({ query: z.unknown(), execute: z.boolean() });

/** One complaint about the form of a request, as FastAPI gives it. */
export interface Complaint {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
}

/** A request of the wrong form. */
export class MalformedRequestError extends SatelliteError {
  readonly complaints: readonly Complaint[];

  constructor(complaints: readonly Complaint[]) {
    super('BAD_USER_INPUT', complaints.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; '));
    this.name = 'MalformedRequestError';
    this.complaints = complaints;
  }
}

/** @throws MalformedRequestError */
export function readBody<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  throw new MalformedRequestError(
    read.error.issues.map((issue): Complaint => {
      const path = issue.path as (string | number)[];
      const given = path.reduce((value: unknown, key) => (value as Record<string, unknown> | undefined)?.[key], body);
      const isMissing = given === undefined && isJsonObject(body);
      const loc = ['body', ...path];
      return isMissing
        ? { type: 'missing', loc, msg: 'Field required', input: body }
        : { type: issue.code, loc, msg: issue.message, input: given ?? null };
    }),
  );
}

/**
 * The limit of a query of rows, where it has one, before its body is read.
 * @param limited what has `limit`: its `result_spec`, or the body itself
 */
export function askedRows(body: unknown, limited: 'result_spec' | 'body'): number | undefined {
  if (!isJsonObject(body)) return undefined;
  const within = limited === 'body' ? body : body['result_spec'];
  const limit = isJsonObject(within) ? within['limit'] : undefined;
  return typeof limit === 'number' ? limit : undefined;
}

/** How many queries a query materializes, before its body is read: the answer of each is paid for as one without a limit. */
export function materializedIn(body: unknown): number {
  const query = isJsonObject(body) ? body['query'] : undefined;
  const inputs = isJsonObject(query) ? query['additional_query_inputs'] : undefined;
  if (!Array.isArray(inputs)) return 0;
  return inputs.filter((input) => isJsonObject(input) && input['type'] === 'materialized').length;
}

const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** A UUID of an address, lower case with dashes. @throws MalformedRequestError */
export function readUuid(parameter: string, text: string): string {
  if (UUID.test(text)) {
    return text
      .toLowerCase()
      .replaceAll('-', '')
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }
  const msg = 'Input should be a valid UUID';
  throw new MalformedRequestError([{ type: 'uuid_parsing', loc: ['path', parameter], msg, input: text }]);
}
