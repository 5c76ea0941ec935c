/**
 * How many files are under way at once.  A store that is far away answers many as soon as one; one that shares its processors
 * with others, the gateway's users among them, answers each later the more are asked for, and brings no more in all.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isAskedLately } from '../jobs/users-first.ts';

/** That a store on this machine does not stand still while an answer is on its way; more would only wait there. */
const FEWEST = 4;
const MOST = 16;
/** Answers that take so many times the quickest one wait for each other. */
const ALONE = 1.5;
const CROWDED = 2;
/** Of what is answered at a large file, most is its own size's. */
const SMALL_BYTES = 1 << 20;
/** After a large file, which mostly waits for its bytes. */
const LONGEST_REST_MILLISECONDS = 200;
/** Share of the latest answer in the average. */
const LATEST = 0.1;

export class Pace {
  readonly most = MOST;
  readonly #isAsked: () => boolean;
  /** Begins with one file, which tells how quick the store is. */
  #width = 1;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #quickest = Infinity;
  #average: number | undefined;

  /** @param isAsked whether somebody else waits now for what the same processors do. Default: who has asked lately */
  constructor(isAsked: () => boolean = isAskedLately) {
    this.#isAsked = isAsked;
  }

  /** Files that may be under way while nobody else waits. */
  get width(): number {
    return Math.floor(this.#width);
  }

  /** Does it when its turn comes. @param bytes of the file that is asked for */
  async run<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    while (this.#running >= this.#allowed) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
    const makesRoom = this.#makesRoom;
    // Of one alone nothing is learnt of how many there can be.
    const isTelling = bytes <= SMALL_BYTES && !makesRoom;
    const begin = performance.now();
    try {
      const result = await work();
      const elapsed = performance.now() - begin;
      if (isTelling) this.answered(elapsed);
      // Half of the time is theirs alone.
      if (makesRoom) await sleep(Math.min(elapsed, LONGEST_REST_MILLISECONDS));
      return result;
    } finally {
      this.#running -= 1;
      for (const next of this.#waiting.splice(0, Math.max(0, this.#allowed - this.#running))) next();
    }
  }

  /** Takes account of an answer that took some milliseconds. */
  answered(milliseconds: number): void {
    this.#quickest = Math.min(this.#quickest, milliseconds);
    const before = this.#average ?? milliseconds;
    this.#average = before + LATEST * (milliseconds - before);
    const step = 1 / this.width;
    const isAlone = this.#average < ALONE * this.#quickest;
    if (isAlone || this.#width < FEWEST) this.#width = Math.min(MOST, this.#width + step);
    else if (this.#average > CROWDED * this.#quickest) this.#width = Math.max(FEWEST, this.#width - step);
  }

  get #allowed(): number {
    return this.#makesRoom ? 1 : this.width;
  }

  /** Whether the store works where somebody waits: one file goes on, as readers may come one after the other for hours. */
  get #makesRoom(): boolean {
    return (this.#average ?? 0) > ALONE * this.#quickest && this.#isAsked();
  }
}
