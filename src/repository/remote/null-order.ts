/**
 * NULL comes first in ascending order and last in descending order, in every repository: as in SQLite, but not in
 * PostgreSQL.  The wire tells neither which database a server has nor has it a way to ask for another place, so that an
 * order by columns that may be NULL takes care here.
 */
import { QueryTooCostlyError, SatelliteError } from '../../butler/errors.ts';
import { negation, TRUE, type Predicate } from '../../butler/query/predicate.ts';
import type { Query } from '../../butler/query/tree.ts';
import type { Key, QueryContext } from '../repository.ts';
import type { RawRow } from './column-layout.ts';
import type { ButlerHttp } from './http.ts';
import { narrowed } from './narrow.ts';
import { holdsDataId, type OrderTerm } from './order.ts';
import type { RowPlan } from './row-plan.ts';
import { hasRow, streamRows } from './row-stream.ts';

/** Rows of one group that are held to be rearranged. */
const MAX_GROUP_ROWS = 200_000;

/** Where the server's database sorts NULL in ascending order, once that is known. */
export interface NullOrder {
  known?: 'first' | 'last' | undefined;
}

export interface NullPlan {
  /** Parts of the answer, in order; one, nearly always. */
  readonly phases: readonly Predicate[];
  /** First of the terms of the order whose NULLs have to be moved by hand; undefined, nearly always. */
  readonly rearrangeFrom: number | undefined;
}

const PLAIN: NullPlan = { phases: [TRUE], rearrangeFrom: undefined };

/**
 * What has to be done for an order.  Nothing where the database sorts NULL as we do, or where there are none; else the
 * answer is asked in two parts where the column is the first of the order, and rearranged where it is a later one.
 */
export async function planNulls(
  http: ButlerHttp,
  nulls: NullOrder,
  query: Query,
  plan: RowPlan,
  ctx: QueryContext,
): Promise<NullPlan> {
  let phases: readonly Predicate[] = PLAIN.phases;
  const isUnique = plan.spec.findFirst || plan.spec.datasetFields.size === 0;
  for (const [i, term] of plan.terms.entries()) {
    if (nulls.known === 'first') return PLAIN;
    if (isUnique && holdsDataId(plan.terms.slice(0, i), plan.spec.dimensions.required)) break;
    if (!term.nullable) continue;
    const isNull: Predicate = { type: 'is_null', operand: term.expression };
    if (!(await hasRow(http, narrowed(query, isNull), plan.spec, ctx))) continue;
    nulls.known ??= await probe(http, query, plan, term, ctx);
    if (nulls.known !== 'last') continue;
    if (i > 0) return { phases, rearrangeFrom: i };
    phases = term.descending ? [negation(isNull), isNull] : [isNull, negation(isNull)];
  }
  return { phases, rearrangeFrom: undefined };
}

/** Asks for the first row in the order of a column that has NULLs; undefined where it has nothing else. */
async function probe(
  http: ButlerHttp,
  query: Query,
  plan: RowPlan,
  term: OrderTerm,
  ctx: QueryContext,
): Promise<NullOrder['known']> {
  const isValue = negation({ type: 'is_null', operand: term.expression });
  if (!(await hasRow(http, narrowed(query, isValue), plan.spec, ctx))) return undefined;
  const spec = { ...plan.spec, orderBy: [term.expression], limit: 1 };
  for await (const [row] of streamRows(http, { query, spec }, ctx)) {
    return plan.layout.reader(term.column)(row!) === null ? 'first' : 'last';
  }
  throw new SatelliteError('CONFLICT', 'The repository changed while it was asked; try again.', {
    repository: http.repository,
  });
}

/**
 * Moves NULLs of the terms from `from` on to where they belong, among rows with equal terms before.
 * @throws QueryTooCostlyError where too many rows are equal in the terms before
 */
export async function* rearranged(
  pages: AsyncIterable<readonly RawRow[]>,
  terms: readonly OrderTerm[],
  from: number,
  keyOf: (row: RawRow) => Key,
): AsyncGenerator<readonly RawRow[], void, undefined> {
  let group: Entry[] = [];
  for await (const page of pages) {
    for (const row of page) {
      const entry = { row, key: keyOf(row) };
      if (group.length > 0 && entry.key.some((value, i) => i < from && value !== group[0]!.key[i])) {
        yield arranged(group, terms, from);
        group = [];
      }
      group.push(entry);
    }
    if (group.length > MAX_GROUP_ROWS) {
      throw new QueryTooCostlyError(
        `More than ${String(MAX_GROUP_ROWS)} rows would have to be sorted here; order by fewer columns, or narrow the query.`,
      );
    }
  }
  if (group.length > 0) yield arranged(group, terms, from);
}

interface Entry {
  readonly row: RawRow;
  readonly key: Key;
}

function arranged(entries: readonly Entry[], terms: readonly OrderTerm[], t: number): readonly RawRow[] {
  const term = terms[t];
  if (!term || entries.length < 2) return entries.map(({ row }) => row);
  const runs: Entry[][] = [];
  for (const entry of entries) {
    const run = runs.at(-1);
    if (run && run[0]!.key[t] === entry.key[t]) run.push(entry);
    else runs.push([entry]);
  }
  const isNull = (run: readonly Entry[]) => run[0]!.key[t] === null;
  const [withNull, others] = [runs.filter(isNull), runs.filter((run) => !isNull(run))];
  const inOrder = term.descending ? [...others, ...withNull] : [...withNull, ...others];
  return inOrder.flatMap((run) => arranged(run, terms, t + 1));
}
