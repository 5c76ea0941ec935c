/** Merges ordered sources of rows into one, remembering for each row how far every source was read. */
import type { Key } from '../repository.ts';
import type { KeyComparator } from './key-order.ts';

/** Some rows of one source, in its order.  `P` is what the source needs to go on after a row. */
export interface Batch<Row, P> {
  readonly rows: readonly Row[];
  readonly keyAt: (i: number) => Key;
  readonly positionAt: (i: number) => P;
  /** Collection in which row `i` was found, where that was asked. */
  readonly collectionAt?: ((i: number) => string) | undefined;
  /** Rows that are read over: another source's row stands for them. */
  readonly dropped?: ReadonlySet<number>;
}

export interface Source<Row, P> {
  readonly name: string;
  /** Where reading begins; undefined: at the start. */
  readonly after: P | undefined;
  readonly batches: AsyncIterable<Batch<Row, P>>;
}

/** How far each source was read, by its name. */
export type Positions<P> = Readonly<Record<string, P>>;

/**
 * Rows of all sources in the order of `compare`, of equal ones the earlier source's first.  A source whose own order
 * differs (another collation) loses no row.  No source is asked for more before its rows so far are given.
 */
export async function* mergeOrdered<Row, P>(
  sources: readonly Source<Row, P>[],
  compare: KeyComparator,
): AsyncGenerator<Batch<Row, Positions<P>>> {
  const heads = sources.map((source) => new Head(source));
  try {
    let merged = new MergedBatch(heads);
    for (;;) {
      const unread = heads.filter((head) => head.isUnread);
      if (unread.length > 0) {
        if (merged.rows.length > 0) {
          yield merged;
          merged = new MergedBatch(heads);
        }
        await Promise.all(unread.map((head) => head.read()));
        continue;
      }
      const first = firstOf(heads, compare);
      if (!first) break;
      if (first.isDropped) merged.skip(first);
      else merged.take(first);
      first.advance();
    }
    if (merged.rows.length > 0) yield merged;
  } finally {
    await Promise.allSettled(heads.map((head) => head.stop()));
  }
}

function firstOf<Row, P>(heads: readonly Head<Row, P>[], compare: KeyComparator): Head<Row, P> | undefined {
  let first: Head<Row, P> | undefined;
  for (const head of heads) {
    if (!head.isDone && (!first || compare(head.key, first.key) < 0)) first = head;
  }
  return first;
}

interface Place<Row, P> {
  readonly batch: Batch<Row, P>;
  readonly i: number;
}

/** Where the merge stands in one source. */
class Head<Row, P> {
  readonly source: Source<Row, P>;
  /** The row that was passed last. */
  passed: Place<Row, P> | undefined;
  isDone = false;
  readonly #iterator: AsyncIterator<Batch<Row, P>>;
  #batch: Batch<Row, P> | undefined;
  #i = 0;
  #key: Key | undefined;

  constructor(source: Source<Row, P>) {
    this.source = source;
    this.#iterator = source.batches[Symbol.asyncIterator]();
  }

  /** Whether the source must be read before its next row is known. */
  get isUnread(): boolean {
    return !this.isDone && (this.#batch === undefined || this.#i >= this.#batch.rows.length);
  }

  /** Key of the next row; made only where it is compared. */
  get key(): Key {
    return (this.#key ??= this.#batch!.keyAt(this.#i));
  }

  get place(): Place<Row, P> {
    return { batch: this.#batch!, i: this.#i };
  }

  get isDropped(): boolean {
    return this.#batch!.dropped?.has(this.#i) ?? false;
  }

  async read(): Promise<void> {
    const next = await this.#iterator.next();
    if (next.done) {
      this.isDone = true;
      return;
    }
    this.#batch = next.value;
    this.#i = 0;
    this.#key = undefined;
  }

  advance(): void {
    this.passed = this.place;
    this.#i += 1;
    this.#key = undefined;
  }

  async stop(): Promise<void> {
    if (!this.isDone) await this.#iterator.return?.();
  }
}

class MergedBatch<Row, P> implements Batch<Row, Positions<P>> {
  readonly rows: Row[] = [];
  readonly #heads: readonly Head<Row, P>[];
  readonly #places: Place<Row, P>[] = [];
  /** For each row, the row passed last in every source before the next row. */
  readonly #passed: (Place<Row, P> | undefined)[][] = [];

  constructor(heads: readonly Head<Row, P>[]) {
    this.#heads = heads;
  }

  take(head: Head<Row, P>): void {
    const place = head.place;
    this.rows.push(place.batch.rows[place.i]!);
    this.#places.push(place);
    this.#passed.push(this.#heads.map((h) => (h === head ? place : h.passed)));
  }

  /** Who goes on after the row before need not read this one again. */
  skip(head: Head<Row, P>): void {
    const passed = this.#passed.at(-1);
    if (passed) passed[this.#heads.indexOf(head)] = head.place;
  }

  readonly keyAt = (i: number): Key => {
    const { batch, i: j } = this.#places[i]!;
    return batch.keyAt(j);
  };

  readonly positionAt = (i: number): Positions<P> => {
    const positions: Record<string, P> = {};
    for (const [h, place] of this.#passed[i]!.entries()) {
      const { name, after } = this.#heads[h]!.source;
      const position = place ? place.batch.positionAt(place.i) : after;
      if (position !== undefined) positions[name] = position;
    }
    return positions;
  };

  readonly collectionAt = (i: number): string => {
    const { batch, i: j } = this.#places[i]!;
    return batch.collectionAt!(j);
  };
}
