/** How much memory the workers of an execution may have: tasks that need more get it, and fewer of them run at a time. */

export class MemoryClasses {
  readonly #workers: number;
  readonly #bytes: number | null;
  readonly #classes = new Map<string, number>();

  /** @param bytes of all workers together; null: no limit is set, but tasks that were killed run with fewer beside them */
  constructor(workers: number, bytes: number | null) {
    this.#workers = workers;
    this.#bytes = bytes;
  }

  /** Shares that a quantum of a task takes, of as many as there are workers. */
  sharesOf(task: string): number {
    return Math.min(2 ** (this.#classes.get(task) ?? 0), this.#workers);
  }

  /** What a worker of so many shares may have; null: no limit. */
  bytesOf(shares: number): number | null {
    return this.#bytes === null ? null : Math.floor((this.#bytes * shares) / this.#workers);
  }

  /** A quantum of the task had too little with so many shares. @returns whether the task can have more */
  raise(task: string, shares: number): boolean {
    if (shares >= this.#workers) return false;
    if (this.sharesOf(task) <= shares) this.#classes.set(task, (this.#classes.get(task) ?? 0) + 1);
    return true;
  }
}
