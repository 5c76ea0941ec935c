/** Answers that may be a stated time old. */
import { LRUCache } from 'lru-cache';

const MAX_ENTRIES = 1000;

/** A value that was fetched is given again until it is `seconds` old.  Failures are not kept. */
export class AgedCache<T extends object> {
  readonly #values: LRUCache<string, T>;

  constructor(seconds: number) {
    // A time to live of 0 would mean for ever.
    this.#values = new LRUCache({ max: MAX_ENTRIES, ttl: Math.max(1, seconds * 1000) });
  }

  async get(key: string, fetch: () => Promise<T>): Promise<T> {
    const kept = this.#values.get(key);
    if (kept) return kept;
    const value = await fetch();
    this.#values.set(key, value);
    return value;
  }
}
