/**
 * From what a user asks to a query tree: what stock Butler's `query_datasets`, `query_dimension_records`,
 * `query_data_ids` and `Query` do before they reach a database, with the same checks.
 */
import type { DataId } from '../data-id.ts';
import { InvalidQueryError } from '../errors.ts';
import type { Universe } from '../universe.ts';
import type { BindInput } from '../where/bind.ts';
import { wherePredicate } from '../where/where.ts';
import { columnsOfPredicate } from './column-type.ts';
import { dataIdPredicates, defaultsOf } from './data-id-terms.ts';
import { predicateWithDefaults } from './governors.ts';
import { joinDataset, joinUpload, type DatasetJoin, type Joined, type Upload } from './joins.ts';
import { orderTerms } from './order-by.ts';
import { allOf } from './predicate.ts';
import { resultOf, type ResultRequest } from './result-request.ts';
import type { ResultSpec } from './result-spec.ts';
import type { Query, QueryTree } from './tree.ts';

export type { DatasetJoin, Upload } from './joins.ts';
export type { ResultRequest } from './result-request.ts';

/** What a user asks. */
export interface QueryRequest {
  readonly result: ResultRequest;
  /** Dataset types that must have a dataset for a row's data ID, beside the one of `result`. */
  readonly joins?: readonly DatasetJoin[];
  /** Dimensions in the query beyond those of the result. */
  readonly dimensions?: readonly string[];
  /** Data IDs that rows must be among. */
  readonly uploads?: readonly Upload[];
  /** An expression, or several that are AND-ed. */
  readonly where?: string | readonly string[];
  /** Plain JSON and tagged forms; see `readBind`. */
  readonly bind?: BindInput;
  /** Dimension name → string or integer; AND-ed with `where`. */
  readonly dataId?: Readonly<Record<string, unknown>>;
  /** Governor dimension → value, for governors that `where` and `dataId` do not reference. */
  readonly defaultDataId?: DataId;
  /** Names as in `where`; a `-` before a name reverses. */
  readonly orderBy?: readonly string[];
  /** Largest number of rows; null for all.  A negative n asks for |n| + 1, so that one row too many tells of more. */
  readonly limit?: number | null;
}

/** A query that every repository can answer. */
export interface BuiltQuery {
  readonly query: Query;
  readonly spec: ResultSpec;
  /** Sentences for the user where the query does not mean what it seems to. */
  readonly warnings: readonly string[];
}

/**
 * Builds the query of a request.  Nothing is looked up: collections are taken as they are (globs expanded by the caller),
 * dataset types as the repository holds them.
 * @throws InvalidQueryError, ButlerUserError DIMENSION_NAME for unknown dimensions (naming the nearest), and
 * QueryTooCostlyError, all before any repository is asked.
 */
export function buildQuery(universe: Universe, request: QueryRequest): BuiltQuery {
  const warnings = new Set<string>();
  let joined: Joined = { dimensions: universe.conform(request.dimensions ?? []), datasets: new Map(), uploads: [] };
  for (const join of request.joins ?? []) joined = joinDataset(joined, join);
  for (const upload of request.uploads ?? []) joined = joinUpload(joined, upload);
  const { spec, ...rest } = resultOf(joined, request.result);
  joined = rest.joined;

  const context = {
    dimensions: joined.dimensions,
    datasetTypes: new Set(joined.datasets.keys()),
    bind: request.bind ?? {},
    warn: (warning: string) => warnings.add(warning),
  };
  const where = typeof request.where === 'string' ? [request.where] : (request.where ?? []);
  const predicate = allOf(
    ...where.map((text) => wherePredicate(text, context)),
    ...dataIdPredicates(universe, request.dataId ?? {}),
  );
  const columns = columnsOfPredicate(predicate);
  const missing = [...columns.datasetTypes].filter((name) => !joined.datasets.has(name));
  if (missing.length > 0) {
    const names = missing.map((name) => `'${name}'`).join(', ');
    throw new InvalidQueryError(`Cannot reference dataset type(s) {${names}} that have not been joined.`);
  }
  const tree: QueryTree = {
    dimensions: joined.dimensions.union(...[...columns.elements].map((name) => universe.groupOf(name))),
    datasets: joined.datasets,
    predicate,
    dataCoordinateUploads: new Map(joined.uploads.map(({ key, dimensions }) => [key, dimensions])),
    materializations: new Map(),
    validateGovernorConstraints: true,
  };
  const query: Query = {
    tree,
    defaultDataId: defaultsOf(universe, request.defaultDataId ?? {}),
    uploads: joined.uploads,
  };
  predicateWithDefaults(query);
  const orderBy = orderTerms(spec, rest.dimensions, request.orderBy ?? []);
  return { query, spec: { ...spec, orderBy, limit: limitOf(request.limit ?? null) }, warnings: [...warnings] };
}

function limitOf(limit: number | null): number | null {
  if (limit === null) return null;
  if (!Number.isSafeInteger(limit)) throw new InvalidQueryError('The limit must be an integer.');
  return limit < 0 ? -limit + 1 : limit;
}
