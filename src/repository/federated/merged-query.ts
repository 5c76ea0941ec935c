/** Runs the parts of a query and gives their rows as one repository would. */
import type { ResultSpec } from '../../butler/query/result-spec.ts';
import type { Page, Position, QueryContext } from '../repository.ts';
import type { RowsByResult } from '../rows.ts';
import { identifyingDimensions } from './identity.ts';
import { keyComparator } from './key-order.ts';
import { mergeOrdered, type Batch } from './ordered-merge.ts';
import { partBatches } from './part-batches.ts';
import type { Part } from './part.ts';
import { mayRepeat, repeatsApart, withoutRepeats } from './repeats.ts';

/** Rows asked of each repository at a time where all are wanted. */
const STREAM_CHUNK = 5_000;
/** The most that are asked at a time of each: what stock Butler asks where nobody says how many; a client may name any limit. */
const LARGEST_CHUNK = 20_001;

export interface MergeOptions {
  readonly after?: Position | undefined;
  /** About how many rows will be taken; null: all. */
  readonly wanted: number | null;
  readonly implied?: boolean | undefined;
  /** Whether batches carry `collectionAt`. */
  readonly foundIn?: boolean | undefined;
  /** Whether `keyAt` and `positionAt` of what is given will be called. */
  readonly positions: boolean;
}

/**
 * The rows of all parts in the order of `spec.orderBy`, which is total, each answer once: with find-first the one that
 * the search path finds first, else the earliest repository's.  `spec.limit` is not looked at.  A single part costs
 * nothing but its query.
 */
export function mergedQuery<S extends ResultSpec>(
  parts: readonly Part<S>[],
  options: MergeOptions,
  ctx: QueryContext,
): AsyncIterable<Batch<RowsByResult[S['type']], Position>> {
  const [only, ...others] = parts;
  if (!only) return NO_BATCHES;
  const repeats = parts.some(mayRepeat);
  // Repeated rows count towards a query's limit, so more may have to be asked.
  const isPlain = others.length === 0 && (options.wanted === null ? !repeatsApart(only.spec) : !repeats);
  const batches = isPlain ? singlePart(only, options, ctx) : severalParts(parts, options, ctx);
  return repeats ? withoutRepeats(batches) : batches;
}

/** An answer without rows. */
export const NO_BATCHES: AsyncIterable<never> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
};

async function* singlePart<S extends ResultSpec>(
  { member, query, spec }: Part<S>,
  options: MergeOptions,
  ctx: QueryContext,
): AsyncGenerator<Batch<RowsByResult[S['type']], Position>> {
  const { name } = member.repository;
  if (options.after?.[name]?.length === 0) return; // nothing orders the rows, so there is but one
  const pages = member.repository.query(query, { ...spec, limit: options.wanted }, ctx, {
    ...(options.after && { after: options.after }),
    positions: options.positions,
    implied: options.implied ?? true,
    foundIn: options.foundIn ?? false,
  });
  for await (const page of pages) yield batchOf(page, name);
}

function batchOf<Row>(page: Page<Row>, name: string): Batch<Row, Position> {
  const positionAt = (i: number): Position => page.positionAt!(i);
  return { rows: page.rows, positionAt, keyAt: (i) => positionAt(i)[name]!, collectionAt: page.collectionAt };
}

function severalParts<S extends ResultSpec>(
  parts: readonly Part<S>[],
  options: MergeOptions,
  ctx: QueryContext,
): AsyncIterable<Batch<RowsByResult[S['type']], Position>> {
  const { spec, member } = parts[0]!;
  const names = identifyingDimensions(spec, member.universe);
  const read = {
    chunk: Math.min(options.wanted ?? STREAM_CHUNK, LARGEST_CHUNK),
    implied: options.implied ?? true,
    foundIn: options.foundIn ?? false,
  };
  const sources = parts.map(({ member: { repository } }, index) => {
    const after = options.after?.[repository.name];
    return {
      name: repository.name,
      after,
      batches: partBatches(parts, index, names, { ...read, after }, ctx),
    };
  });
  return mergeOrdered(sources, keyComparator(spec.orderBy));
}
