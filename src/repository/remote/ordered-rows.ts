/** Rows of a query after a position, in the order that all repositories agree on: NULL first, descending last. */
import { InvalidQueryError, SatelliteError } from '../../butler/errors.ts';
import { allOf, negation, TRUE, type Predicate } from '../../butler/query/predicate.ts';
import type { Query } from '../../butler/query/tree.ts';
import type { Key, QueryContext } from '../repository.ts';
import type { RawRow } from './column-layout.ts';
import type { Slot } from './fair-slots.ts';
import type { ButlerHttp } from './http.ts';
import { continuation, keyReader, sameKey, type OrderTerm } from './order.ts';
import type { RowPlan } from './row-plan.ts';
import { anyRow, streamRows } from './row-stream.ts';

/** Where the server's database sorts NULL in ascending order, once that is known: SQLite first, PostgreSQL last. */
export interface NullOrder {
  known?: 'first' | 'last' | undefined;
}

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
  for (const phase of await nullPhases(http, nulls, query, plan, ctx)) {
    const request = {
      query: where(query, allOf(phase, rest.predicate)),
      spec: { ...spec, limit: skip || limit === null ? null : missing },
      after: (row: RawRow) => {
        const { predicate, strict } = continuation(terms, keyOf(row), spec);
        return strict && terms.length > 0 ? predicate : undefined;
      },
    };
    for await (const page of streamRows(http, request, ctx, slotTaken)) {
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

/**
 * The parts of an answer, in order, between which a database's own place for NULL would make a difference.  One part,
 * nearly always: where the database sorts NULL as we do, or where the columns of the order hold no NULL here.
 * @throws InvalidQueryError where the order has NULLs in a later term and the database sorts them last
 */
async function nullPhases(
  http: ButlerHttp,
  nulls: NullOrder,
  query: Query,
  plan: RowPlan,
  ctx: QueryContext,
): Promise<readonly Predicate[]> {
  let phases: readonly Predicate[] = [TRUE];
  for (const [i, term] of plan.terms.entries()) {
    if (nulls.known === 'first') break;
    if (!term.nullable) continue;
    const isNull: Predicate = { type: 'is_null', operand: term.expression };
    if (!(await anyRow(http, where(query, isNull), ctx))) continue;
    nulls.known ??= await probe(http, query, plan, term, ctx);
    if (nulls.known !== 'last') continue;
    if (i > 0) {
      throw new InvalidQueryError(
        'The repository cannot order by a column without a value in some rows after another one; put it first.',
        { repository: http.repository },
      );
    }
    phases = term.descending ? [negation(isNull), isNull] : [isNull, negation(isNull)];
  }
  return nulls.known === 'first' ? [TRUE] : phases;
}

/** Asks for the first row in the order of a column that has NULLs; undefined where it has nothing else. */
async function probe(
  http: ButlerHttp,
  query: Query,
  plan: RowPlan,
  term: OrderTerm,
  ctx: QueryContext,
): Promise<NullOrder['known']> {
  const hasValues = await anyRow(http, where(query, negation({ type: 'is_null', operand: term.expression })), ctx);
  if (!hasValues) return undefined;
  const spec = { ...plan.spec, orderBy: [term.expression], limit: 1 };
  for await (const [row] of streamRows(http, { query, spec }, ctx)) {
    return plan.layout.reader(term.column)(row!) === null ? 'first' : 'last';
  }
  throw new SatelliteError('CONFLICT', 'The repository changed while it was asked; try again.', {
    repository: http.repository,
  });
}

function where(query: Query, predicate: Predicate): Query {
  return { ...query, tree: { ...query.tree, predicate: allOf(query.tree.predicate, predicate) } };
}
