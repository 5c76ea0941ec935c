/**
 * How many files are under way at once.  A store that is far away answers many as soon as one; one that shares its processors
 * with others, the gateway's users among them, answers each later the more are asked for, and brings no more in all.
 */

const FEWEST = 2;
const MOST = 16;
/** Answers that take so many times the quickest one wait for each other. */
const ALONE = 1.5;
const CROWDED = 2;
/** Of what is answered at a large file, most is its own size's. */
const SMALL_BYTES = 1 << 20;
/** Share of the latest answer in the average. */
const LATEST = 0.1;

export class Pace {
  readonly most = MOST;
  #width = FEWEST;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #quickest = Infinity;
  #average: number | undefined;

  /** Files that may be under way now. */
  get width(): number {
    return Math.floor(this.#width);
  }

  /** Does it when its turn comes. @param bytes of the file that is asked for */
  async run<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    while (this.#running >= this.width) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
    const begin = performance.now();
    try {
      const result = await work();
      if (bytes <= SMALL_BYTES) this.answered(performance.now() - begin);
      return result;
    } finally {
      this.#running -= 1;
      for (const next of this.#waiting.splice(0, this.width - this.#running)) next();
    }
  }

  /** Takes account of an answer that took some milliseconds. */
  answered(milliseconds: number): void {
    this.#quickest = Math.min(this.#quickest, milliseconds);
    const before = this.#average ?? milliseconds;
    this.#average = before + LATEST * (milliseconds - before);
    const step = 1 / this.width;
    if (this.#average < ALONE * this.#quickest) this.#width = Math.min(MOST, this.#width + step);
    else if (this.#average > CROWDED * this.#quickest) this.#width = Math.max(FEWEST, this.#width - step);
  }
}
