/** What an authority said of credentials, remembered for a stated time, so that it is not asked at every request. */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

export interface VerdictAges {
  /** Seconds that a good answer is used at most, also while the authority cannot answer. */
  readonly seconds: number;
  /** Seconds that a refusal is used; also how long an authority that failed to renew an answer is left in peace. */
  readonly refusedSeconds: number;
}

interface Kept<T> {
  readonly value: T;
  /** When it was asked for, Unix milliseconds. */
  readonly at: number;
  renewAt: number;
}

/** Of each sort.  Refusals have a place of their own, so that made-up credentials cannot drive out good ones. */
const MAX_ENTRIES = 10_000;

/**
 * An answer is renewed when it is used after a third of its age; where that fails, it goes on to be used until its age.  One
 * question runs for a credential at a time.  Credentials are kept as SHA-256 only.
 */
export class Verdicts<T extends object> {
  readonly #ages: VerdictAges;
  readonly #good = new LRUCache<string, Kept<T>>({ max: MAX_ENTRIES });
  /** When each refusal ends. */
  readonly #refused = new LRUCache<string, number>({ max: MAX_ENTRIES });
  readonly #running = new Map<string, Promise<T | null>>();

  constructor(ages: VerdictAges) {
    this.#ages = ages;
  }

  /**
   * @param ask asks the authority: null for a refusal
   * @throws what `ask` throws, where no answer is young enough
   */
  async get(credential: string, ask: () => Promise<T | null>): Promise<T | null> {
    const key = createHash('sha256').update(credential).digest('base64url');
    const kept = this.#good.get(key);
    const now = Date.now();
    if (kept && now < kept.renewAt && this.#isGood(kept)) return kept.value;
    if (now < (this.#refused.get(key) ?? 0)) return null;
    let running = this.#running.get(key);
    if (!running) {
      running = this.#ask(key, ask).finally(() => this.#running.delete(key));
      this.#running.set(key, running);
    }
    try {
      return await running;
    } catch (error) {
      if (!kept || !this.#isGood(kept)) throw error;
      kept.renewAt = Date.now() + this.#ages.refusedSeconds * 1000;
      return kept.value;
    }
  }

  async #ask(key: string, ask: () => Promise<T | null>): Promise<T | null> {
    const at = Date.now();
    const value = await ask();
    if (value) {
      this.#good.set(key, { value, at, renewAt: at + (this.#ages.seconds * 1000) / 3 });
    } else {
      this.#good.delete(key);
      this.#refused.set(key, at + this.#ages.refusedSeconds * 1000);
    }
    return value;
  }

  #isGood({ at }: Kept<T>): boolean {
    return Date.now() - at < this.#ages.seconds * 1000;
  }
}
