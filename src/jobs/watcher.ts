/** Tells watchers of jobs what changed, wherever the work is done: one statement a round for all that are watched. */
import type { Logger } from 'pino';
import type { JobRecord, JobRecords } from './records.ts';

/** Rounds follow each other no faster, however fast jobs change. */
const LEAST_MILLISECONDS = 100;

type Listener = (record: JobRecord) => void;

export class Watcher {
  readonly #records: JobRecords;
  readonly #pollMilliseconds: number;
  readonly #log: Logger;
  readonly #listeners = new Map<string, Set<Listener>>();
  #isPolling = false;
  #awake = Promise.withResolvers<void>();

  /** @param pollMilliseconds how often changes by other processes are looked for */
  constructor(records: JobRecords, pollMilliseconds: number, log: Logger) {
    this.#records = records;
    this.#pollMilliseconds = pollMilliseconds;
    this.#log = log;
  }

  /** To be called when this process changed a job. */
  changed(id: string): void {
    if (this.#listeners.has(id)) this.#awake.resolve();
  }

  /**
   * The newest record of a job each time that it changed since the one before; a reader that is slow misses those between.
   * Ends on abort; not by itself.
   */
  async *changes(id: string, signal: AbortSignal): AsyncGenerator<JobRecord, void> {
    let newest: JobRecord | undefined;
    let news = Promise.withResolvers<void>();
    const listen: Listener = (record) => {
      newest = record;
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
        yield newest;
      }
    } finally {
      signal.removeEventListener('abort', leave);
      this.#remove(id, listen);
    }
  }

  #add(id: string, listen: Listener): void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listen));
    this.#awake.resolve();
    if (!this.#isPolling) void this.#poll();
  }

  #remove(id: string, listen: Listener): void {
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
        for (const record of await this.#records.read([...this.#listeners.keys()])) {
          for (const listen of this.#listeners.get(record.job.id) ?? []) listen(record);
        }
      } catch (err) {
        this.#log.warn({ err }, 'could not look for changes of jobs');
      }
      const timer = setTimeout(() => this.#awake.resolve(), this.#pollMilliseconds);
      await new Promise((resolve) => setTimeout(resolve, LEAST_MILLISECONDS));
      await this.#awake.promise;
      clearTimeout(timer);
    }
    this.#isPolling = false;
  }
}
