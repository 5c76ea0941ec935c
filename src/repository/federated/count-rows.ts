/** Counts what several repositories give as one, without reading more than the smaller ones' data IDs. */
import { QueryTooCostlyError } from '../../butler/errors.ts';
import type { ResultSpec } from '../../butler/query/result-spec.ts';
import type { CountOptions, QueryContext } from '../repository.ts';
import { identifyingDimensions } from './identity.ts';
import { partBatches } from './part-batches.ts';
import { totalOrder, type Part } from './part.ts';
import { canRepeat, mayRepeat, withoutRepeats } from './repeats.ts';

const CHUNK = 5_000;

/** The most rows of a repository, the largest aside, that are compared with the others'. */
const MOST_COMPARED = 1_000_000;

/**
 * The exact number of rows that the parts give together, each answer counted once.
 * @throws QueryTooCostlyError where more than a million rows would have to be compared
 */
export async function countRows<S extends ResultSpec>(
  parts: readonly Part<S>[],
  ctx: QueryContext,
  options?: CountOptions,
): Promise<number> {
  const sized = await Promise.all(
    parts.map(async (part) => {
      return { part, size: await part.member.repository.count(part.query, part.spec, ctx, options) };
    }),
  );
  const [largest, ...others] = sized.sort((a, b) => b.size - a.size);
  if (!largest) return 0;
  const compared = others.reduce((sum, { size }) => sum + size, 0);
  if (compared > MOST_COMPARED) {
    throw new QueryTooCostlyError(
      `totalCount over these repositories would compare ${compared} rows, and ${MOST_COMPARED} is the most: ` +
        `narrow the search, or count in each of them with 'repositories'.`,
    );
  }
  // The number does not depend on which repository goes first, so the largest does: its rows need not be read.
  const unordered = sized.map(({ part }) => inPlainOrder(part));
  let count = (await canRepeat(largest.part, ctx)) ? await countGiven(unordered, 0, ctx) : largest.size;
  for (let i = 1; i < sized.length; i += 1) {
    if (sized[i]!.size > 0) count += await countGiven(unordered, i, ctx);
  }
  return count;
}

/** Rows of one part that no part before it has. */
async function countGiven<S extends ResultSpec>(
  parts: readonly Part<S>[],
  index: number,
  ctx: QueryContext,
): Promise<number> {
  const part = parts[index]!;
  const names = identifyingDimensions(part.spec, part.member.universe);
  const options = { after: undefined, chunk: CHUNK, implied: false, foundIn: false };
  const batches = partBatches(parts, index, names, options, ctx);
  let count = 0;
  for await (const { rows, dropped } of mayRepeat(part) ? withoutRepeats(batches) : batches) {
    count += rows.length - (dropped?.size ?? 0);
  }
  return count;
}

/** In an order that costs least, each row belonging to the first part that has it. */
function inPlainOrder<S extends ResultSpec>(part: Part<S>): Part<S> {
  const spec = { ...part.spec, orderBy: [] };
  const unranked = { ...part, lowestRank: 0, highestRank: 0 };
  return {
    ...unranked,
    spec: { ...spec, orderBy: totalOrder(spec, identifyingDimensions(spec, part.member.universe)) },
  };
}
