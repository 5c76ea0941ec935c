/**
 * Streams of rows that are known to be whole.
 *
 * The server ends a stream *cleanly* when it crashes in the middle: status 200, the rows so far, no closing line, so
 * that a short answer looks like a whole one.  A stream counts
 * as whole here only where one of these holds:
 *
 * - it gave as many rows as its limit;
 * - its last page is shorter than the server's page size and nothing filters rows out of pages after the database: a
 *   crash loses whole pages, so that only the end of the database's cursor leaves a short one.  This is the common case
 *   and costs nothing;
 * - else, the server confirms by a request that fails loudly (500) where the stream failed silently: that there is no
 *   row after the last one (`query/any` with the position as predicate, for ordered streams), none at all (`query/any`,
 *   for empty ones), or as many as came (`query/count`).  Where the server tests regions after the database, `query/count`
 *   stands for `query/any`.  None of them makes the server fetch and encode rows.
 */
import { RepositoryUnavailableError } from '../../butler/errors.ts';
import { isJsonObject, type Json } from '../../butler/json.ts';
import { columnType } from '../../butler/query/column-type.ts';
import { automaticSpatialJoin } from '../../butler/query/overlaps.ts';
import { leavesOf, type Predicate } from '../../butler/query/predicate.ts';
import type { GeneralSpec } from '../../butler/query/result-spec.ts';
import type { Query } from '../../butler/query/tree.ts';
import { encodeQuery, encodeResultSpec } from '../../butler/query/wire.ts';
import type { CountOptions, QueryContext } from '../repository.ts';
import type { RawRow } from './column-layout.ts';
import { userError } from './failures.ts';
import type { Slot } from './fair-slots.ts';
import type { ButlerHttp } from './http.ts';
import { narrowed } from './narrow.ts';

/** Rows of a page that the database fills (`DirectQueryDriver.raw_page_size`). */
const SERVER_PAGE_ROWS = 2000;

export interface RowRequest {
  readonly query: Query;
  readonly spec: GeneralSpec;
  /** All rows after a row, where the order can tell. */
  readonly after?: (row: RawRow) => Predicate | undefined;
}

/**
 * Pages of rows.
 * @throws ButlerUserError as the server says, also after some pages; RepositoryUnavailableError where the stream is not
 * whole
 */
export async function* streamRows(
  http: ButlerHttp,
  request: RowRequest,
  ctx: QueryContext,
  slotTaken?: (slot: Slot) => void,
): AsyncGenerator<readonly RawRow[], void, undefined> {
  const { query, spec } = request;
  const body = { query: encodeQuery(query), result_spec: encodeResultSpec(spec) };
  let received = 0;
  let lastPage: readonly RawRow[] = [];
  for await (const line of http.lines('query/execute', body, ctx, slotTaken)) {
    const rows = rowsOf(http, http.parse(line));
    if (rows === undefined) continue;
    received += rows.length;
    lastPage = rows;
    if (rows.length > 0) yield rows;
  }
  if (spec.limit !== null && received >= spec.limit) return;
  const endsShort = lastPage.length > 0 && lastPage.length < SERVER_PAGE_ROWS;
  if (endsShort && !losesRowsAfterDatabase(query)) return;
  if (!(await isWhole(http, request, received, lastPage.at(-1), ctx))) {
    throw new RepositoryUnavailableError(
      http.repository,
      `Repository '${http.repository}' broke off its answer after ${String(received)} rows; try again later.`,
    );
  }
}

/** Rows of a line; undefined for a keep-alive. */
function rowsOf(http: ButlerHttp, line: Json): readonly RawRow[] | undefined {
  if (!isJsonObject(line)) throw http.unreadable();
  switch (line['type']) {
    case 'general':
      return line['rows'] as readonly RawRow[];
    case 'keep-alive':
      return undefined;
    case 'error':
      throw userError(line['error'], http.repository) ?? http.unreadable();
    default:
      throw http.unreadable();
  }
}

/**
 * Whether the server tests regions exactly on rows that the database gave: with any overlap of a region that the query says,
 * and where it adds one.  Sky pixels are looked up in the database.
 */
function losesRowsAfterDatabase({ tree }: Query): boolean {
  const { universe } = tree.dimensions;
  const isSaid = leavesOf(tree.predicate).some(
    (leaf) => leaf.type === 'comparison' && leaf.operator === 'overlaps' && columnType(universe, leaf.a) === 'region',
  );
  if (isSaid) return true;
  const operands = [
    ...[...tree.datasets.values()].map(({ dimensions }) => dimensions),
    ...tree.dataCoordinateUploads.values(),
    ...tree.materializations.values(),
  ];
  const added = automaticSpatialJoin(tree.dimensions, operands);
  return added?.every(({ skypix }) => !skypix) ?? false;
}

async function isWhole(
  http: ButlerHttp,
  { query, spec, after }: RowRequest,
  received: number,
  last: RawRow | undefined,
  ctx: QueryContext,
): Promise<boolean> {
  if (received === 0) return !(await hasRow(http, query, spec, ctx));
  const rest = last && after?.(last);
  if (rest) return !(await hasRow(http, narrowed(query, rest), spec, ctx));
  return (await countRows(http, query, spec, ctx)) === received;
}

/** Whether there is a row of the result, for all that the result joins. */
export async function hasRow(http: ButlerHttp, query: Query, spec: GeneralSpec, ctx: QueryContext): Promise<boolean> {
  // `query/any` knows the tree alone, not the tables that a result's fields join (`visit_detector_region`, and any whose keys
  // came as data IDs); and with exact tests of regions it fails where columns have to be projected away.
  const { universe } = query.tree.dimensions;
  const joinsMore = [...spec.dimensionFields.keys()].some(
    (name) => query.uploads.length > 0 || !universe.element(name).isDimension,
  );
  if (joinsMore || losesRowsAfterDatabase(query)) return (await countRows(http, query, spec, ctx)) > 0;
  return anyRow(http, query, ctx);
}

/** Whether the query has any row. @param options as `Repository.any`'s */
export async function anyRow(
  http: ButlerHttp,
  query: Query,
  ctx: QueryContext,
  options: { readonly execute?: boolean; readonly exact?: boolean } = {},
): Promise<boolean> {
  const { execute = true, exact = true } = options;
  const answer = await http.post('query/any', { query: encodeQuery(query), execute, exact }, ctx);
  if (!isJsonObject(answer) || typeof answer['found_rows'] !== 'boolean') throw http.unreadable();
  return answer['found_rows'];
}

/** Number of rows, at most `spec.limit`. */
export async function countRows(
  http: ButlerHttp,
  query: Query,
  spec: GeneralSpec,
  ctx: QueryContext,
  { exact = true, discard = true }: CountOptions = {},
): Promise<number> {
  const body = { query: encodeQuery(query), result_spec: encodeResultSpec(spec), exact, discard };
  const answer = await http.post('query/count', body, ctx);
  if (!isJsonObject(answer) || typeof answer['count'] !== 'number') throw http.unreadable();
  return answer['count'];
}
