/** One stream that reads on from a position into a spool, and the pages that are served from there. */
import { stringifyJson } from '../../butler/json.ts';
import type { Key } from '../repository.ts';
import type { RawRow } from './column-layout.ts';
import { sameKey } from './order.ts';
import { Spool } from './spool.ts';

/**
 * - `reading`: more rows are to come
 * - `whole`: these are all rows
 * - `stopped`: there may be more rows than the bounds allowed to read
 * - `failed`: the stream failed after these rows
 */
type State = 'reading' | 'whole' | 'stopped' | 'failed';

export interface ReadAheadSource {
  /** Rows after the position that the read-ahead starts at, at most `maxRows`. */
  readonly open: (signal: AbortSignal) => AsyncIterable<readonly RawRow[]>;
  readonly keyOf: (row: RawRow) => Key;
  readonly maxRows: number;
  /** Asked after every page: whether the spool may grow on, having `rows` now. */
  readonly mayGrow: (rows: number) => boolean;
}

export class ReadAhead {
  /** Position that the rows come after. */
  readonly #start: Key;
  readonly #source: ReadAheadSource;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #spool: Spool | undefined;
  #state: State = 'reading';
  #error: unknown;
  #change = Promise.withResolvers<void>();
  #uses = 0;
  #idle = Promise.withResolvers<void>();

  constructor(start: Key, source: ReadAheadSource) {
    this.#start = start;
    this.#source = source;
    this.#done = this.#read();
  }

  get bytes(): number {
    return this.#spool?.bytes ?? 0;
  }

  /** Whether nothing can come any more from index `index` on, although there may be more rows. */
  isSpentAt(index: number): boolean {
    return (this.#state === 'stopped' || this.#state === 'failed') && index >= (this.#spool?.rows ?? 0);
  }

  /**
   * Index of the first row after the row at that position; undefined where it is not here.  Waits for rows that are
   * still to be read.  @throws the signal's reason
   */
  async indexAfter(position: Key, signal: AbortSignal): Promise<number | undefined> {
    if (sameKey(position, this.#start)) return 0;
    return this.#using(async () => {
      const hash = hashOf(position);
      let from = 0;
      for (;;) {
        const rows = this.#spool?.rows ?? 0;
        const i = this.#spool?.indexOf(hash, from) ?? -1;
        if (i >= 0) {
          const spool = this.#spool!;
          const [row] = await spool.read(i, 1);
          if (sameKey(this.#source.keyOf(row!), position)) return this.#pastEqual(spool, position, i + 1);
          from = i + 1;
        } else if (this.#state === 'reading') {
          from = rows;
          await this.#changed(signal);
        } else return undefined;
      }
    });
  }

  /**
   * At most `limit` rows from index `first` on.  Gives in the end whether there are no more rows, as opposed to more
   * that bounds kept it from reading.  @throws what the stream failed with, after the rows before; the signal's reason
   */
  async *rows(
    first: number,
    limit: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly RawRow[], boolean, undefined> {
    let next = first;
    while (next < first + limit) {
      const from = next;
      const rows = await this.#using(async () => this.#spool?.read(from, first + limit - from) ?? []);
      if (rows.length > 0) {
        next += rows.length;
        yield rows;
      } else if (this.#state === 'reading') await this.#changed(signal);
      else if (this.#state === 'failed') throw this.#error;
      else return this.#state === 'whole';
    }
    return false;
  }

  async close(): Promise<void> {
    this.#stop.abort(new DOMException('The walk has ended.', 'AbortError'));
    await this.#done;
    const spool = this.#spool;
    this.#spool = undefined;
    this.#state = 'stopped';
    if (this.#uses > 0) await this.#idle.promise;
    await spool?.close();
  }

  async #read(): Promise<void> {
    const { open, keyOf, maxRows, mayGrow } = this.#source;
    try {
      const spool = (this.#spool = await Spool.create());
      for await (const rows of open(this.#stop.signal)) {
        await spool.append(
          rows,
          rows.map((row) => hashOf(keyOf(row))),
        );
        if (spool.rows >= maxRows || !mayGrow(spool.rows)) this.#state = 'stopped';
        this.#announce();
        if (this.#state === 'stopped') return;
      }
      this.#state = 'whole';
    } catch (error) {
      // A full disk only means that fewer rows can be kept.
      this.#state = this.#stop.signal.aborted || isSystemError(error) ? 'stopped' : 'failed';
      this.#error = error;
    } finally {
      this.#announce();
    }
  }

  async #pastEqual(spool: Spool, position: Key, index: number): Promise<number> {
    let i = index;
    for (;;) {
      const [row] = await spool.read(i, 1);
      if (!row || !sameKey(this.#source.keyOf(row), position)) return i;
      i += 1;
    }
  }

  /** Keeps the spool open while it is read. */
  async #using<T>(read: () => Promise<T>): Promise<T> {
    if (this.#uses === 0) this.#idle = Promise.withResolvers<void>();
    this.#uses += 1;
    try {
      return await read();
    } finally {
      this.#uses -= 1;
      if (this.#uses === 0) this.#idle.resolve();
    }
  }

  #announce(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }

  async #changed(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const abort = () => {
      aborted.reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([this.#change.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

/** FNV-1a of the key's text. */
function hashOf(key: Key): number {
  let hash = 0x811c9dc5;
  const text = stringifyJson(key);
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
