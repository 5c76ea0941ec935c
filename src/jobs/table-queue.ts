/** The queue of one gateway: the table of jobs itself, which it looks through. */
import type { Logger } from 'pino';
import type { Claiming } from './claiming.ts';
import type { JobQueue, Work } from './queue.ts';

export class TableQueue implements JobQueue {
  readonly #claiming: Claiming;
  readonly #concurrency: number;
  readonly #pollMilliseconds: number;
  readonly #log: Logger;
  readonly #working = new Set<Promise<unknown>>();
  #looking: Promise<void> | undefined;
  #closed = false;
  #awake = Promise.withResolvers<void>();

  /** @param pollMilliseconds how often it looks for what other processes queued or left, and for jobs whose time has come */
  constructor(claiming: Claiming, concurrency: number, pollMilliseconds: number, log: Logger) {
    this.#claiming = claiming;
    this.#concurrency = concurrency;
    this.#pollMilliseconds = pollMilliseconds;
    this.#log = log;
  }

  async prepare(): Promise<void> {}

  async offer(): Promise<void> {}

  wake(): void {
    this.#awake.resolve();
  }

  async start(kinds: readonly string[], work: Work): Promise<void> {
    if (kinds.length > 0) this.#looking = this.#look(kinds, work);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.wake();
    await this.#looking;
    await Promise.all(this.#working);
  }

  async #look(kinds: readonly string[], work: Work): Promise<void> {
    while (!this.#closed) {
      this.#awake = Promise.withResolvers();
      if (this.#working.size < this.#concurrency && (await this.#takeOne(kinds, work))) continue;
      const timer = setTimeout(() => this.wake(), this.#pollMilliseconds);
      await this.#awake.promise;
      clearTimeout(timer);
    }
  }

  async #takeOne(kinds: readonly string[], work: Work): Promise<boolean> {
    try {
      const id = await this.#claiming.next(kinds);
      // It may be one that this gateway has just given up, in order to stop.
      if (id === undefined || this.#closed) return false;
      const claim = await this.#claiming.claim(id, kinds);
      if (!claim) return false;
      const working = work(claim).finally(() => {
        this.#working.delete(working);
        this.wake();
      });
      this.#working.add(working);
      return true;
    } catch (err) {
      this.#log.error({ err }, 'could not look for jobs');
      return false;
    }
  }
}
