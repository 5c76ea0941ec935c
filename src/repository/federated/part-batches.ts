/** Reads one repository's part of a query in batches, and finds out which rows another repository's rows stand for. */
import type { ResultSpec } from '../../butler/query/result-spec.ts';
import type { Key, Page, PageOptions, QueryContext } from '../repository.ts';
import type { DatasetRow, RowsByResult } from '../rows.ts';
import { dataIdKey, dataIdReader } from './identity.ts';
import { keyComparator } from './key-order.ts';
import type { Batch } from './ordered-merge.ts';
import type { Part } from './part.ts';
import { firstKeysOf, isKeyedByUuid, probe } from './probe.ts';
import { repeatsApart } from './repeats.ts';

export interface ReadOptions {
  /** Key of the last row that was read before. */
  readonly after: Key | undefined;
  /** Rows asked at a time. */
  readonly chunk: number;
  readonly implied: boolean;
  /** Whether batches carry `collectionAt`. */
  readonly foundIn: boolean;
}

/**
 * All rows of `parts[index]` after a key, a chunk a query, so that no query stays open while others are put: a repository
 * may allow few at once.  `spec.orderBy` is a total order.
 * @param names dimensions that identify a row
 */
export async function* partBatches<S extends ResultSpec>(
  parts: readonly Part<S>[],
  index: number,
  names: readonly string[],
  options: ReadOptions,
  ctx: QueryContext,
): AsyncGenerator<Batch<RowsByResult[S['type']], Key>> {
  const part = parts[index]!;
  const { name } = part.member.repository;
  let after = options.after;
  for (;;) {
    if (after?.length === 0) return; // nothing orders the rows, so there is but one
    const pageOptions: PageOptions = {
      ...(after && { after: { [name]: after } }),
      positions: true,
      foundIn: options.foundIn || parts.some((_, rival) => isOpen(parts, index, rival)),
      implied: options.implied,
    };
    const spec = { ...part.spec, limit: options.chunk };
    const chunk = new Chunk(
      name,
      await Array.fromAsync(part.member.repository.query(part.query, spec, ctx, pageOptions)),
    );
    if (chunk.rows.length === 0) return;
    const [rivals, repeats] = await Promise.all([
      rowsOfRivals(parts, index, names, chunk, ctx),
      repeatsApart(part.spec) ? laterRepeats(part, names, chunk, ctx) : [],
    ]);
    const dropped = new Set([...rivals, ...repeats]);
    yield { rows: chunk.rows, keyAt: chunk.keyAt, positionAt: chunk.keyAt, collectionAt: chunk.collectionAt, dropped };
    if (chunk.rows.length < options.chunk) return;
    after = chunk.keyAt(chunk.rows.length - 1);
  }
}

/** Pages of one query, as one. */
class Chunk<Row> {
  readonly rows: readonly Row[];
  readonly #name: string;
  readonly #places: readonly { readonly page: Page<Row>; readonly i: number }[];

  constructor(name: string, pages: readonly Page<Row>[]) {
    this.#name = name;
    this.rows = pages.length === 1 ? pages[0]!.rows : pages.flatMap((page) => page.rows);
    this.#places = pages.flatMap((page) => page.rows.map((_, i) => ({ page, i })));
  }

  readonly keyAt = (i: number): Key => {
    const place = this.#places[i]!;
    return place.page.positionAt!(place.i)[this.#name]!;
  };

  readonly collectionAt = (i: number): string => {
    const place = this.#places[i]!;
    return place.page.collectionAt!(place.i);
  };
}

/** Indices of rows that give way: to an earlier repository's, or with find-first to one that the path finds earlier. */
async function rowsOfRivals<S extends ResultSpec>(
  parts: readonly Part<S>[],
  index: number,
  names: readonly string[],
  chunk: Chunk<RowsByResult[S['type']]>,
  ctx: QueryContext,
): Promise<ReadonlySet<number>> {
  const part = parts[index]!;
  const byUuid = isKeyedByUuid(part.spec);
  const readDataId = dataIdReader(part.spec, names);
  const dropped = new Set<number>();
  const isAnyOpen = parts.some((_, rival) => isOpen(parts, index, rival));
  const ranks = chunk.rows.map((_, i) => (isAnyOpen ? part.path!.rankOf(chunk.collectionAt(i)) : part.lowestRank));
  await Promise.all(
    parts.map(async (rival, r) => {
      if (r === index) return;
      const atStake = [...chunk.rows.keys()].filter((i) => isBefore(rival.lowestRank, r, ranks[i]!, index));
      if (atStake.length === 0) return;
      const dataIds = atStake.map((i) => readDataId(chunk.rows[i]!));
      const keys = atStake.map((i, n) => (byUuid ? (chunk.rows[i] as DatasetRow).uuid : dataIdKey(dataIds[n]!)));
      const found = await probe(rival, names, dataIds, isOpen(parts, index, r), ctx);
      for (const [n, i] of atStake.entries()) {
        const rank = found.get(keys[n]!);
        if (rank !== undefined && isBefore(rank, r, ranks[i]!, index)) dropped.add(i);
      }
    }),
  );
  return dropped;
}

/** Indices of datasets that came before, under a smaller key: once for each validity range or collection. */
async function laterRepeats<S extends ResultSpec>(
  part: Part<S>,
  names: readonly string[],
  chunk: Chunk<RowsByResult[S['type']]>,
  ctx: QueryContext,
): Promise<readonly number[]> {
  const readDataId = dataIdReader(part.spec, names);
  const firstKeys = await firstKeysOf(part, names, chunk.rows.map(readDataId), ctx);
  const compare = keyComparator(part.spec.orderBy);
  return [...chunk.rows.keys()].filter((i) => {
    const first = firstKeys.get((chunk.rows[i] as DatasetRow).uuid);
    return first !== undefined && compare(first, chunk.keyAt(i)) !== 0;
  });
}

/** Whether it depends on the row which of two parts finds it first. */
function isOpen(parts: readonly Part<ResultSpec>[], a: number, b: number): boolean {
  const always = (first: number, second: number) =>
    isBefore(parts[first]!.highestRank, first, parts[second]!.lowestRank, second);
  return a !== b && !always(a, b) && !always(b, a);
}

/** Whether a row of one part goes before a row of another: by its rank in the path, then by its repository. */
function isBefore(rank: number, index: number, otherRank: number, otherIndex: number): boolean {
  return rank < otherRank || (rank === otherRank && index < otherIndex);
}
