/** Tells watchers what changed, wherever it was changed: one statement a round for all that are watched. */
import type { Logger } from 'pino';

/** Rounds follow each other no faster, however fast jobs change. */
const LEAST_MILLISECONDS = 20;

/** Something that is watched. */
export interface Watched<T> {
  readonly id: string;
  /** Grows with every change that watchers are told of. */
  readonly version: number;
  readonly record: T;
}

type Listener<T> = (watched: Watched<T>) => void;

export class Watcher<T> {
  readonly #read: (ids: readonly string[]) => Promise<readonly Watched<T>[]>;
  readonly #pollMilliseconds: number;
  readonly #log: Logger;
  readonly #listeners = new Map<string, Set<Listener<T>>>();
  #isPolling = false;
  #awake = Promise.withResolvers<void>();

  /**
   * @param read those that exist
   * @param pollMilliseconds how often changes by other processes are looked for
   */
  constructor(read: (ids: readonly string[]) => Promise<readonly Watched<T>[]>, pollMilliseconds: number, log: Logger) {
    this.#read = read;
    this.#pollMilliseconds = pollMilliseconds;
    this.#log = log;
  }

  /** To be called when this process changed one. */
  changed(id: string): void {
    if (this.#listeners.has(id)) this.#awake.resolve();
  }

  /**
   * The newest record of a job each time that it changed since the one before; a reader that is slow misses those between.
   * Ends on abort; not by itself.
   */
  async *changes(id: string, signal: AbortSignal): AsyncGenerator<T, void> {
    let newest: Watched<T> | undefined;
    let news = Promise.withResolvers<void>();
    const listen: Listener<T> = (watched) => {
      newest = watched;
      news.resolve();
    };
    const leave = () => news.resolve();
    signal.addEventListener('abort', leave, { once: true });
    this.#add(id, listen);
    try {
      let version = -1;
      while (!signal.aborted) {
        await news.promise;
        news = Promise.withResolvers();
        if (!newest || newest.version <= version) continue;
        version = newest.version;
        yield newest.record;
      }
    } finally {
      signal.removeEventListener('abort', leave);
      this.#remove(id, listen);
    }
  }

  #add(id: string, listen: Listener<T>): void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listen));
    this.#awake.resolve();
    if (!this.#isPolling) void this.#poll();
  }

  #remove(id: string, listen: Listener<T>): void {
    const listeners = this.#listeners.get(id);
    listeners?.delete(listen);
    if (listeners?.size === 0) this.#listeners.delete(id);
    this.#awake.resolve();
  }

  async #poll(): Promise<void> {
    this.#isPolling = true;
    while (this.#listeners.size > 0) {
      this.#awake = Promise.withResolvers();
      try {
        for (const watched of await this.#read([...this.#listeners.keys()])) {
          for (const listen of this.#listeners.get(watched.id) ?? []) listen(watched);
        }
      } catch (err) {
        this.#log.warn({ err }, 'could not look for changes of what is watched');
      }
      const timer = setTimeout(() => this.#awake.resolve(), this.#pollMilliseconds);
      await new Promise((resolve) => setTimeout(resolve, LEAST_MILLISECONDS));
      await this.#awake.promise;
      clearTimeout(timer);
    }
    this.#isPolling = false;
  }
}
