/** The worker processes that all SQLite repositories of a gateway share. */
import { availableParallelism } from 'node:os';
import { isNestedRead } from '../../nested-reads.ts';
import type { SqlRow } from '../database.ts';
import { Worker, type Statement } from './worker.ts';

export interface WorkerPoolOptions {
  /** Statements that run at the same time; default: one a core, at least 2. */
  readonly running?: number;
  /**
   * Processes at most.  One that waits for a slow taker of rows does not count as running, so that others go on in
   * further processes; default: 6 more than `running`.  Nested reads have `running` more.
   */
  readonly processes?: number;
}

/** Batches on their way to the gateway at once. */
const CREDIT = 2;

/**
 * How long a statement waits for processes that are busy, and give nobody an answer meanwhile, before one more is started:
 * most statements take less than this, and a process takes 25 MB.
 */
const PATIENCE_MILLISECONDS = 100;

/** How long it waits where others get answers: many short statements are soon done, also by one process. */
const LONGEST_WAIT_MILLISECONDS = 500;

/** How long a process has nothing to do before it is ended; one stays. */
const IDLE_MILLISECONDS = 60_000;

interface Waiting {
  readonly start: (worker: Worker) => void;
  readonly isNested: boolean;
  /** As `performance.now` has it. */
  readonly since: number;
}

interface Idle {
  readonly worker: Worker;
  /** The same. */
  readonly since: number;
}

export class WorkerPool {
  readonly #running: number;
  readonly #processes: number;
  /** The one that was used last is the last. */
  readonly #idle: Idle[] = [];
  readonly #busy = new Set<Worker>();
  readonly #queue = new Set<Waiting>();
  #slotsTaken = 0;
  /** As `performance.now` has it. */
  #answeredAt = 0;
  #growing: NodeJS.Timeout | undefined;
  #shrinking: NodeJS.Timeout | undefined;

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
    clearTimeout(this.#growing);
    clearTimeout(this.#shrinking);
    for (const worker of [...this.#idle.splice(0).map((idle) => idle.worker), ...this.#busy]) worker.kill();
  }

  async *#run(statement: Statement, credit: number, signal: AbortSignal): AsyncGenerator<readonly SqlRow[], void> {
    const worker = await this.#turn(signal);
    let holdsSlot = true;
    const giveSlotBack = () => {
      if (holdsSlot) this.#slotsTaken -= 1;
      holdsSlot = false;
      this.#answeredAt = performance.now();
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
      if (worker.alive && this.#idle.length < this.#running) this.#rest(worker);
      else worker.kill();
      giveSlotBack();
    }
    if (last.length > 0) yield last;
  }

  #mayStart(isNested: boolean): boolean {
    const processes = isNested ? this.#processes + this.#running : this.#processes;
    return this.#slotsTaken < this.#running && this.#busy.size < processes;
  }

  /** Waits for a free slot, first come first served, and takes it with a worker. */
  async #turn(signal: AbortSignal): Promise<Worker> {
    signal.throwIfAborted();
    const isNested = isNestedRead();
    // Who reads within another answer has had their turn.
    const free = (isNested || this.#queue.size === 0) && this.#mayStart(isNested) ? this.#freeWorker() : undefined;
    if (free) return this.#takeSlot(free);
    const { promise, resolve, reject } = Promise.withResolvers<Worker>();
    const waiting: Waiting = { start: resolve, isNested, since: performance.now() };
    const leave = () => {
      this.#queue.delete(waiting);
      reject(signal.reason as Error);
    };
    this.#queue.add(waiting);
    this.#growSoon();
    signal.addEventListener('abort', leave, { once: true });
    const worker = await promise;
    signal.removeEventListener('abort', leave);
    return worker;
  }

  #startNext(): void {
    for (const waiting of this.#queue) {
      if (!this.#mayStart(waiting.isNested)) continue;
      const worker = this.#freeWorker();
      if (!worker) return this.#growSoon();
      this.#queue.delete(waiting);
      waiting.start(this.#takeSlot(worker));
    }
  }

  #takeSlot(worker: Worker): Worker {
    this.#slotsTaken += 1;
    this.#busy.add(worker);
    return worker;
  }

  /** One that has nothing to do; the first one of all is started at once. */
  #freeWorker(): Worker | undefined {
    while (this.#idle.length > 0) {
      const { worker } = this.#idle.pop()!;
      if (worker.alive) return worker;
    }
    return this.#busy.size === 0 ? new Worker() : undefined;
  }

  /** Who waits longest of those who may start. */
  #nextWaiting(): Waiting | undefined {
    for (const waiting of this.#queue) if (this.#mayStart(waiting.isNested)) return waiting;
    return undefined;
  }

  /** Starts one more process for who waits longest, if they still wait when it is due. */
  #growSoon(): void {
    const first = this.#nextWaiting();
    if (!first || this.#growing) return;
    // After the answers have been read that came while this process was held up: it was not their worker that was slow.
    const look = () => setImmediate(() => this.#grow());
    this.#growing = setTimeout(look, Math.max(1, this.#dueAt(first) - performance.now()));
  }

  #grow(): void {
    this.#growing = undefined;
    const longest = this.#nextWaiting();
    if (longest && performance.now() >= this.#dueAt(longest)) {
      this.#queue.delete(longest);
      longest.start(this.#takeSlot(new Worker()));
    }
    this.#growSoon();
  }

  /** When one more process is started for who waits longest. */
  #dueAt({ since }: Waiting): number {
    return Math.min(Math.max(since, this.#answeredAt) + PATIENCE_MILLISECONDS, since + LONGEST_WAIT_MILLISECONDS);
  }

  #rest(worker: Worker): void {
    this.#idle.push({ worker, since: performance.now() });
    this.#shrinkSoon();
  }

  #shrinkSoon(): void {
    if (this.#idle.length <= 1 || this.#shrinking) return;
    this.#shrinking = setTimeout(() => {
      this.#shrinking = undefined;
      while (this.#idle.length > 1 && performance.now() - this.#idle[0]!.since >= IDLE_MILLISECONDS) {
        this.#idle.shift()!.worker.kill();
      }
      this.#shrinkSoon();
    }, IDLE_MILLISECONDS).unref();
  }
}
