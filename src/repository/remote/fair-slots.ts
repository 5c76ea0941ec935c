/** A number of slots that users share: no user has more than a share, and those who wait are served in turn. */

export interface Slot {
  /** Whether somebody waits for a slot that this one keeps from them. */
  readonly wanted: boolean;
  /** Gives the slot back; harmless when called again. */
  release(): void;
}

interface Waiter {
  readonly user: string;
  readonly grant: () => void;
}

/**
 * Slots for `total` users of something at a time, `perUser` for each.  When a slot becomes free, the users who wait are
 * looked at in turn (round robin), so that one who queues a hundred requests delays another by one request at most.
 */
export class FairSlots {
  readonly #perUser: number;
  readonly #total: number;
  readonly #running = new Map<string, number>();
  /** Waiters by user; the map's order is the order of turns. */
  readonly #waiting = new Map<string, Waiter[]>();
  #used = 0;

  constructor(limits: { readonly perUser: number; readonly total: number }) {
    this.#perUser = limits.perUser;
    this.#total = limits.total;
  }

  /** Waits for a slot. @throws the signal's reason when it is aborted first */
  async acquire(user: string, signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    if (this.#waiting.has(user) || !this.#hasRoom(user)) await this.#wait(user, signal);
    else this.#take(user);
    let held = true;
    const wanted = () => this.#isWanted(user);
    return {
      get wanted() {
        return held && wanted();
      },
      release: () => {
        if (!held) return;
        held = false;
        this.#giveBack(user);
      },
    };
  }

  /** How many of a user's wait. */
  waitingOf(user: string): number {
    return this.#waiting.get(user)?.length ?? 0;
  }

  async #wait(user: string, signal: AbortSignal): Promise<void> {
    const granted = Promise.withResolvers<void>();
    const waiter: Waiter = { user, grant: granted.resolve };
    const queue = this.#waiting.get(user);
    if (queue) queue.push(waiter);
    else this.#waiting.set(user, [waiter]);
    const leave = () => {
      if (this.#forget(waiter)) granted.reject(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      await granted.promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #hasRoom(user: string): boolean {
    return this.#used < this.#total && (this.#running.get(user) ?? 0) < this.#perUser;
  }

  /** One who waits only for their own share is kept by `user`'s slot only when they are the same. */
  #isWanted(user: string): boolean {
    if (this.#waiting.has(user)) return true;
    if (this.#used < this.#total) return false;
    for (const other of this.#waiting.keys()) if ((this.#running.get(other) ?? 0) < this.#perUser) return true;
    return false;
  }

  #take(user: string): void {
    this.#used += 1;
    this.#running.set(user, (this.#running.get(user) ?? 0) + 1);
  }

  #giveBack(user: string): void {
    this.#used -= 1;
    const running = this.#running.get(user)! - 1;
    if (running === 0) this.#running.delete(user);
    else this.#running.set(user, running);
    for (const [next, queue] of this.#waiting) {
      if (!this.#hasRoom(next)) continue;
      const waiter = queue.shift()!;
      this.#waiting.delete(next);
      if (queue.length > 0) this.#waiting.set(next, queue);
      this.#take(next);
      waiter.grant();
      return;
    }
  }

  #forget(waiter: Waiter): boolean {
    const queue = this.#waiting.get(waiter.user);
    const i = queue?.indexOf(waiter) ?? -1;
    if (!queue || i < 0) return false;
    queue.splice(i, 1);
    if (queue.length === 0) this.#waiting.delete(waiter.user);
    return true;
  }
}
