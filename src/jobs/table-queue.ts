/** The queue of one gateway: the table of jobs itself, which it looks through. */
import type { Logger } from 'pino';
import type { Claiming } from './claiming.ts';
import type { JobQueue, Places, Work } from './queue.ts';

interface LookedThrough extends Places {
  readonly kinds: readonly string[];
  /** What is being done, and whose it is. */
  readonly working: Map<Promise<unknown>, string>;
  awake: PromiseWithResolvers<void>;
}

export class TableQueue implements JobQueue {
  readonly #claiming: Claiming;
  readonly #pollMilliseconds: number;
  readonly #log: Logger;
  readonly #lanes: LookedThrough[] = [];
  readonly #looking: Promise<void>[] = [];
  #closed = false;

  /** @param pollMilliseconds how often it looks for what other processes queued or left, and for jobs whose time has come */
  constructor(claiming: Claiming, pollMilliseconds: number, log: Logger) {
    this.#claiming = claiming;
    this.#pollMilliseconds = pollMilliseconds;
    this.#log = log;
  }

  async prepare(): Promise<void> {}

  async offer(): Promise<void> {}

  wake(): void {
    for (const { awake } of this.#lanes) awake.resolve();
  }

  async start(places: readonly Places[], kinds: readonly string[], work: Work): Promise<void> {
    for (const of of places) {
      const working = new Map<Promise<unknown>, string>();
      const lane = { ...of, kinds, working, awake: Promise.withResolvers<void>() };
      this.#lanes.push(lane);
      this.#looking.push(this.#look(lane, work));
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.wake();
    await Promise.all(this.#looking);
    await Promise.all(this.#lanes.flatMap(({ working }) => [...working.keys()]));
  }

  async #look(of: LookedThrough, work: Work): Promise<void> {
    while (!this.#closed) {
      of.awake = Promise.withResolvers();
      if (of.working.size < of.concurrency && (await this.#takeOne(of, work))) continue;
      const timer = setTimeout(() => of.awake.resolve(), this.#pollMilliseconds);
      await of.awake.promise;
      clearTimeout(timer);
    }
  }

  async #takeOne({ lane, kinds, working, perOwner }: LookedThrough, work: Work): Promise<boolean> {
    try {
      const busy = Map.groupBy(working.values(), (owner) => owner);
      const without = [...busy].filter(([, of]) => of.length >= perOwner).map(([owner]) => owner);
      const id = await this.#claiming.next(lane, kinds, without);
      // It may be one that this gateway has just given up, in order to stop.
      if (id === undefined || this.#closed) return false;
      const claim = await this.#claiming.claim(id, kinds);
      if (!claim) return false;
      const at = work(claim).finally(() => {
        working.delete(at);
        this.wake();
      });
      working.set(at, claim.row.job.owner);
      return true;
    } catch (err) {
      this.#log.error({ err }, 'could not look for jobs');
      return false;
    }
  }
}
