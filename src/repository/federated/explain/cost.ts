/** What a query over several repositories would cost, found by counting before anything large is asked. */
import { QueryTooCostlyError } from '../../../butler/errors.ts';
import { summarizePredicate } from '../../../butler/query/governors.ts';
import { allOf } from '../../../butler/query/predicate.ts';
import type { Query } from '../../../butler/query/tree.ts';
import { DEFAULT_QUERY_LIMITS, type QueryContext, type QueryLimits } from '../../repository.ts';
import type { Member } from '../members.ts';
import { MOST_UPLOADED } from '../join/known-data-ids.ts';
import { constraintsOn, type Operand } from './operands.ts';
import { Sizes } from './sizes.ts';
import type { Explained } from './explanation.ts';

/** Regions of another family that one region overlaps, as a rule. */
const OVERLAPS = 8;

/** Operands that together fix a row of the answer, with the number of rows that they give when each is paired with each. */
export interface Pairing {
  readonly operands: readonly { readonly operand: Operand; readonly rows: number }[];
  readonly rows: number;
}

/**
 * How many rows a query has at most, up to datasets of one data ID and more than a few overlaps of a region.
 * @returns undefined where one operand alone fixes a row, which then costs no more than to read it
 */
export async function pairingOf(query: Query, sizes: Sizes): Promise<Pairing | undefined> {
  const { dimensions } = query.tree;
  const { universe } = dimensions;
  const predicate = allOf(...sizes.constraints.map((constraint) => constraint.predicate));
  const fixed = new Set(Object.keys(summarizePredicate(universe, predicate).dataId));
  const open = dimensions.required.filter((name) => !fixed.has(name) && !universe.element(name).skypix);
  const useful = sizes.operands.filter((operand) => open.some((name) => operand.dimensions.has(name)));
  if (useful.some((operand) => open.every((name) => operand.dimensions.has(name)))) return undefined;
  const counted = await Promise.all(useful.map(async (operand) => ({ operand, rows: await sizes.total(operand) })));
  return fewest(
    counted,
    open,
    sizes.regions.map(({ name }) => name),
  );
}

/** The operands that fix all of `open` with the fewest rows, each step taking the one that multiplies them least. */
function fewest(counted: Pairing['operands'], open: readonly string[], regions: readonly string[]): Pairing {
  const chosen: Pairing['operands'][number][] = [];
  let missing = open;
  for (;;) {
    const factor = ({ operand, rows }: Pairing['operands'][number]) =>
      Math.max(rows, 1) ** (1 / Math.max(missing.filter((name) => operand.dimensions.has(name)).length, 0.1));
    const candidates = counted.filter(({ operand }) => missing.some((name) => operand.dimensions.has(name)));
    if (candidates.length === 0) break;
    const next = candidates.reduce((a, b) => (factor(b) < factor(a) ? b : a));
    chosen.push(next);
    missing = missing.filter((name) => !next.operand.dimensions.has(name));
  }
  // Each region overlaps a few of the others, not all of them.
  const [joined, free] = [true, false].map((is) =>
    chosen.filter(({ operand }) => regions.some((name) => isOf(operand, name)) === is),
  ) as [typeof chosen, typeof chosen];
  const near = joined.length === 0 ? 1 : Math.max(...joined.map(({ rows }) => rows)) * OVERLAPS ** (joined.length - 1);
  const all = joined.reduce((product, { rows }) => product * rows, 1);
  return { operands: chosen, rows: free.reduce((product, { rows }) => product * rows, Math.min(near, all)) };
}

function isOf(operand: Operand, element: string): boolean {
  return operand.dimensions.universe.element(element).required.every((name) => operand.dimensions.has(name));
}

/**
 * Before the parts of a plan are asked.  What is joined here is measured where it is brought together.
 * @throws QueryTooCostlyError as `refuseCrossing`
 */
export async function refuseCostly(
  members: readonly Member[],
  { query, paths }: Pick<Explained, 'query' | 'paths'>,
  parts: readonly { readonly member: Member }[],
  ctx: QueryContext,
): Promise<void> {
  if (parts.length === 0 || parts.some(({ member }) => member.joins)) return;
  await refuseCrossing(query, new Sizes(members, query, paths, ctx), ctx);
}

/** @throws QueryTooCostlyError where so many rows would be paired that no repository should be asked for them */
export async function refuseCrossing(query: Query, sizes: Sizes, ctx: QueryContext): Promise<void> {
  const { pairedRows } = limitsOf(ctx);
  const pairing = await pairingOf(query, sizes);
  if (!pairing || pairing.rows <= pairedRows) return;
  const large = pairing.operands.filter(({ rows }) => rows > 1).toSorted((a, b) => b.rows - a.rows);
  const each = large.map(({ operand, rows }) => `${rows} ${described(operand)}`).join(' with each of ');
  throw new QueryTooCostlyError(
    `This query pairs each of ${each}: about ${rounded(pairing.rows)} rows, and ${pairedRows} is the most. ` +
      narrowing(large[0]!.operand, sizes),
  );
}

/**
 * @throws QueryTooCostlyError where more rows would have to be brought together than are joined here: those of the
 * smallest search, and what its data IDs do not narrow
 */
export async function refuseGathering(members: readonly Member[], sizes: Sizes, ctx: QueryContext): Promise<void> {
  const { joinedRows } = limitsOf(ctx);
  const counted = await Promise.all(
    sizes.operands
      .filter(({ kind }) => kind !== 'records')
      .map(async (operand) => ({ operand, rows: await sizes.total(operand) })),
  );
  const known: { readonly operand: Operand; readonly rows: number }[] = [];
  /** Those whose data IDs are sent with the question for others, of which there are so many. */
  const sentWith = (size: number) =>
    known.filter((other) => other.rows <= Math.max(MOST_UPLOADED, size)).map(({ operand }) => operand);
  let rows = 0;
  const bring = (operand: Operand, more: number) => {
    rows += more;
    if (rows <= joinedRows) return;
    const names = members.map(({ repository }) => `'${repository.name}'`).join(' and ');
    throw new QueryTooCostlyError(
      `${rows} rows of ${names} would have to be joined for this query, and ${joinedRows} is the most: ${more} of them are ` +
        `${described(operand)}. ${narrowing(operand, sizes)}`,
    );
  };
  for (const size of counted.toSorted((a, b) => a.rows - b.rows)) {
    const isNarrowed = sentWith(size.rows).some((other) => sharesKey(size.operand, other));
    if (size.operand.kind === 'datasets' && !isNarrowed) bring(size.operand, size.rows);
    known.push(size);
  }
  const regions = sizes.regions.map(({ name }) => name);
  const hasRegions = (operand: Operand) => regions.some((name) => isOf(operand, name));
  const records = sizes.operands.filter(({ kind }) => kind === 'records');
  const sized = await Promise.all(records.map(async (operand) => ({ operand, size: await sizes.total(operand) })));
  for (const { operand, size } of sized.sort((a, b) => a.size - b.size)) {
    // Only what belongs to known data IDs, or may overlap known regions, is asked for.
    const isNarrowed = sentWith(0).some(
      (other) => sharesKey(operand, other) || (hasRegions(operand) && hasRegions(other)),
    );
    if (!isNarrowed) bring(operand, size);
    known.push({ operand, rows: size });
  }
}

/** Whether the data IDs of one cut down the other: they share a dimension that is not an instrument or sky map. */
function sharesKey(a: Operand, b: Operand): boolean {
  const { universe } = a.dimensions;
  return a.dimensions.required.some((name) => b.dimensions.has(name) && !universe.element(name).isGovernor);
}

function limitsOf({ limits = DEFAULT_QUERY_LIMITS }: QueryContext): QueryLimits {
  return limits;
}

function narrowing(operand: Operand, sizes: Sizes): string {
  const constraints = constraintsOn(operand, sizes.constraints).map(({ text }) => `"${text}"`);
  const wide =
    constraints.length === 0
      ? `Nothing in the query narrows ${described(operand)}`
      : `${constraints.join(' and ')} ${constraints.length === 1 ? 'is' : 'are'} too wide for ${described(operand)}`;
  const { universe } = operand.dimensions;
  const keys = operand.dimensions.required.filter((name) => !universe.element(name).isGovernor);
  return (
    `${wide}: constrain ${keys.join(', ') || operand.dimensions.required.join(', ')} in 'where' or 'dataId', or ask one ` +
    `repository alone with 'repositories'. Asking for 'explain' alone shows the plan.`
  );
}

/** In words: `records of visit`. */
export function described({ kind, name, dimensions }: Operand): string {
  if (kind === 'datasets') return `datasets of type '${name}'`;
  return kind === 'records' ? `records of ${name}` : `data IDs that were sent (${dimensions.required.join(', ')})`;
}

/** With two digits, as an estimate is. */
function rounded(rows: number): string {
  return Number(rows.toPrecision(2)).toLocaleString('en-US').replaceAll(',', ' ');
}
