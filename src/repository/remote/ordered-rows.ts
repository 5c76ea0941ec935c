/** Rows of a query after a position, in the order that all repositories agree on: NULL first, descending last. */
import { SatelliteError } from '../../butler/errors.ts';
import { allOf, TRUE } from '../../butler/query/predicate.ts';
import type { Query } from '../../butler/query/tree.ts';
import type { Key, QueryContext } from '../repository.ts';
import type { RawRow } from './column-layout.ts';
import type { Slot } from './fair-slots.ts';
import type { ButlerHttp } from './http.ts';
import { narrowed } from './narrow.ts';
import { planNulls, rearranged, type NullOrder } from './null-order.ts';
import { continuation, keyReader, sameKey } from './order.ts';
import type { RowPlan } from './row-plan.ts';
import { streamRows } from './row-stream.ts';

export interface OrderedRequest {
  readonly query: Query;
  readonly plan: RowPlan;
  readonly after: Key | undefined;
  readonly limit: number | null;
}

/** @throws as `streamRows`; CONFLICT where the row of a position that has to be looked for is gone */
export async function* orderedRows(
  http: ButlerHttp,
  nulls: NullOrder,
  { query, plan, after, limit }: OrderedRequest,
  ctx: QueryContext,
  slotTaken?: (slot: Slot) => void,
): AsyncGenerator<readonly RawRow[], void, undefined> {
  const { terms, spec } = plan;
  const keyOf = keyReader(terms, plan.layout);
  const rest = after === undefined ? { predicate: TRUE, strict: true } : continuation(terms, after, spec);
  const skip = rest.strict || after === undefined ? undefined : skipThrough(after, keyOf);
  let missing = limit ?? Infinity;
  const { phases, rearrangeFrom } = await planNulls(http, nulls, query, plan, ctx);
  const isAsGiven = skip === undefined && rearrangeFrom === undefined;
  for (const phase of phases) {
    const request = {
      query: narrowed(query, allOf(phase, rest.predicate)),
      spec: { ...spec, limit: isAsGiven && limit !== null ? missing : null },
      after: (row: RawRow) => {
        if (terms.length === 0 || rearrangeFrom !== undefined) return undefined;
        const { predicate, strict } = continuation(terms, keyOf(row), spec);
        return strict ? predicate : undefined;
      },
    };
    const stream = streamRows(http, request, ctx, slotTaken);
    const pages = rearrangeFrom === undefined ? stream : rearranged(stream, terms, rearrangeFrom, keyOf);
    for await (const page of pages) {
      const rows = (skip ? skip.rest(page) : page).slice(0, missing);
      missing -= rows.length;
      if (rows.length > 0) yield rows;
      if (missing === 0) return;
    }
  }
  if (skip?.found === false) {
    throw new SatelliteError(
      'CONFLICT',
      'The row that the page should go on after is gone; begin with the first page.',
      {
        repository: http.repository,
      },
    );
  }
}

/** Leaves out rows up to and with those at a position.  Rows of the same key are the same answer, and side by side. */
function skipThrough(position: Key, keyOf: (row: RawRow) => Key) {
  let passed = false;
  const skip = {
    found: false,
    rest: (page: readonly RawRow[]): readonly RawRow[] => {
      if (passed) return page;
      const last = page.findLastIndex((row) => sameKey(keyOf(row), position));
      if (last >= 0) skip.found = true;
      else if (!skip.found) return [];
      const rows = page.slice(last + 1);
      passed = rows.length > 0;
      return rows;
    },
  };
  return skip;
}
