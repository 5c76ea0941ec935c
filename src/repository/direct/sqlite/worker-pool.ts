/** The worker processes that all SQLite repositories of a gateway share. */
import { availableParallelism } from 'node:os';
import type { SqlRow } from '../database.ts';
import { Worker, type Statement } from './worker.ts';

export interface WorkerPoolOptions {
  /** Statements that run at the same time; default: one a core, at least 2. */
  readonly running?: number;
  /**
   * Processes at most.  One that waits for a slow taker of rows does not count as running, so that others go on in
   * further processes; default: 6 more than `running`.
   */
  readonly processes?: number;
}

/** Batches on their way to the gateway at once. */
const CREDIT = 2;

interface Waiting {
  readonly start: (worker: Worker) => void;
}

export class WorkerPool {
  readonly #running: number;
  readonly #processes: number;
  readonly #idle: Worker[] = [];
  readonly #busy = new Set<Worker>();
  readonly #queue = new Set<Waiting>();
  #slotsTaken = 0;

  constructor(options: WorkerPoolOptions = {}) {
    this.#running = options.running ?? Math.max(2, availableParallelism());
    this.#processes = options.processes ?? this.#running + 6;
  }

  /** All rows. @throws WorkerError, or the signal's reason */
  async all(statement: Statement, signal: AbortSignal): Promise<readonly SqlRow[]> {
    const batches: (readonly SqlRow[])[] = [];
    for await (const batch of this.#run(statement, Infinity, signal)) batches.push(batch);
    return batches.length === 1 ? batches[0]! : batches.flat();
  }

  /** The rows in batches. @throws WorkerError, or the signal's reason */
  stream(statement: Statement, signal: AbortSignal): AsyncGenerator<readonly SqlRow[], void> {
    return this.#run(statement, CREDIT, signal);
  }

  /** Ends all processes; statements that still run fail. */
  close(): void {
    for (const worker of [...this.#idle.splice(0), ...this.#busy]) worker.kill();
  }

  async *#run(statement: Statement, credit: number, signal: AbortSignal): AsyncGenerator<readonly SqlRow[], void> {
    const worker = await this.#turn(signal);
    let holdsSlot = true;
    const giveSlotBack = () => {
      if (holdsSlot) this.#slotsTaken -= 1;
      holdsSlot = false;
      this.#startNext();
    };
    let last: readonly SqlRow[];
    const batches = worker.run(statement, credit, signal);
    try {
      for (let next = await batches.next(); ; next = await batches.next()) {
        if (next.done) {
          last = next.value;
          break;
        }
        // While the taker works, the worker reads ahead and then waits: someone else may have the turn.
        if (credit !== Infinity) giveSlotBack();
        yield next.value;
      }
    } finally {
      await batches.return([]);
      this.#busy.delete(worker);
      if (worker.alive && this.#idle.length < this.#running) this.#idle.push(worker);
      else worker.kill();
      giveSlotBack();
    }
    if (last.length > 0) yield last;
  }

  #mayStart(): boolean {
    return this.#slotsTaken < this.#running && this.#busy.size < this.#processes;
  }

  /** Waits for a free slot, first come first served, and takes it with a worker. */
  async #turn(signal: AbortSignal): Promise<Worker> {
    signal.throwIfAborted();
    if (this.#queue.size === 0 && this.#mayStart()) return this.#takeSlot();
    const { promise, resolve, reject } = Promise.withResolvers<Worker>();
    const waiting: Waiting = { start: resolve };
    const leave = () => {
      this.#queue.delete(waiting);
      reject(signal.reason as Error);
    };
    this.#queue.add(waiting);
    signal.addEventListener('abort', leave, { once: true });
    const worker = await promise;
    signal.removeEventListener('abort', leave);
    return worker;
  }

  #startNext(): void {
    for (const waiting of this.#queue) {
      if (!this.#mayStart()) return;
      this.#queue.delete(waiting);
      waiting.start(this.#takeSlot());
    }
  }

  #takeSlot(): Worker {
    this.#slotsTaken += 1;
    let worker = this.#idle.pop();
    while (worker && !worker.alive) worker = this.#idle.pop();
    worker ??= new Worker();
    this.#busy.add(worker);
    return worker;
  }
}
