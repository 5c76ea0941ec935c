/**
 * What was brought together for a query, kept for its next pages: the first page is always brought together anew.  Each
 * caller has their own, for a short while, so that rights that ended are not used for longer.
 */
import { rmSync } from 'node:fs';
import { LRUCache } from 'lru-cache';
import { SharedWork } from './shared-work.ts';

/** Milliseconds since it was made. */
const KEPT = 30_000;

/** How many are kept at most. */
const MOST = 16;

/** Something on disk that is in use until it is released, and goes when nobody needs it. */
export interface Place extends AsyncDisposable {
  readonly directory: string;
}

interface Kept<P extends Place> {
  readonly work: SharedWork<P>;
  users: number;
  isEvicted: boolean;
}

export class ScratchCache<P extends Place> {
  readonly #kept: LRUCache<string, Kept<P>>;
  readonly #directories = new Set<string>();

  constructor() {
    this.#kept = new LRUCache({
      max: MOST,
      ttl: KEPT,
      ttlAutopurge: true,
      dispose: (kept) => {
        kept.isEvicted = true;
        if (kept.users === 0) void this.#remove(kept);
      },
    });
    process.on('exit', () => {
      for (const directory of this.#directories) rmSync(directory, { recursive: true, force: true });
    });
  }

  /**
   * A place that was made before, or with `anew` one that is made now; it stays until it is disposed of.
   * @param make is stopped by its signal when nobody waits for the place any more
   * @throws the reason of `signal`, when it is aborted before the place is there; what `make` throws
   */
  async borrow(
    key: string,
    anew: boolean,
    make: (signal: AbortSignal) => Promise<P>,
    signal: AbortSignal,
  ): Promise<{ readonly place: P } & AsyncDisposable> {
    let kept = anew ? undefined : this.#kept.get(key);
    if (!kept || kept.work.isAbandoned) {
      kept = { work: new SharedWork(make), users: 0, isEvicted: false };
      this.#kept.set(key, kept);
    }
    const borrowed = kept;
    borrowed.users += 1;
    const done = async (): Promise<void> => {
      borrowed.users -= 1;
      if (borrowed.users === 0 && borrowed.isEvicted) await this.#remove(borrowed);
    };
    try {
      const place = await borrowed.work.wait(signal);
      this.#directories.add(place.directory);
      return { place, [Symbol.asyncDispose]: done };
    } catch (error) {
      // Others may still wait for it, or have it.
      if (borrowed.users === 1 && this.#kept.peek(key) === borrowed) this.#kept.delete(key);
      await done();
      throw error;
    }
  }

  /** A place that was made before, as long as nobody needs what is on its disk. */
  async peek(key: string): Promise<P | undefined> {
    return this.#kept.peek(key)?.work.settled();
  }

  async #remove(kept: Kept<P>): Promise<void> {
    // What could not be made is nothing to remove.
    const place = await kept.work.settled();
    if (!place) return;
    this.#directories.delete(place.directory);
    await place[Symbol.asyncDispose]();
  }
}
