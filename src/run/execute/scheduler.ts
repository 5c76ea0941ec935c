/** Gives quanta to workers as they can run, tries again what failed, and replaces workers that ended. */
import { join } from 'node:path';
import { z } from 'zod';
import type { WorkerPool } from '../worker/worker-pool.ts';
import { raised, WorkerEndedError } from '../worker/worker-pool.ts';
import type { MemoryClasses } from './memory-classes.ts';
import type { QuantumEvent } from './quantum-events.ts';
import type { QueuedQuantum, ReadyQueue } from './ready-queue.ts';
import type { ExecutionResult } from './execute-graph.ts';

/** How often a quantum is tried again whose worker ended: it is not known to be the one that is to blame. */
const RETRIES_OF_ENDED = 2;

const outcome = z.object({
  status: z.enum(['succeeded', 'skipped', 'failed']),
  exception: raised.optional(),
  seconds: z.number(),
});
type Outcome = z.output<typeof outcome>;

export interface SchedulerOptions {
  readonly pool: WorkerPool;
  readonly queue: ReadyQueue;
  readonly memory: MemoryClasses;
  readonly workers: number;
  readonly retries: number;
  /** Seconds that a quantum may take. */
  readonly quantumSeconds: number;
  /** Directory. */
  readonly logs: string;
  readonly on: (event: QuantumEvent) => Promise<void>;
}

/** A forked worker. */
interface Worker {
  readonly number: number;
  readonly shares: number;
  isBusy: boolean;
}

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #workers: Worker[] = [];
  readonly #attempts = new Map<string, number>();
  readonly #counts = { succeeded: 0, failed: 0, blocked: 0, skipped: 0 };
  #lastNumber = 0;

  /** The pool has no worker, and had none but number 0. */
  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  async run(): Promise<ExecutionResult> {
    const { queue } = this.#options;
    for (const quantum of queue.doneBefore) {
      this.#counts.skipped += 1;
      await this.#tell(quantum, 'skipped', { attempt: 0, worker: null });
    }
    const running = new Set<Promise<void>>();
    while (!queue.isFinished) {
      for (let next = this.#next(); next !== null; next = this.#next()) {
        const [quantum, worker] = next;
        const task = this.#execute(quantum, worker).finally(() => running.delete(task));
        running.add(task);
      }
      await Promise.race(running);
    }
    return this.#counts;
  }

  /** What can be begun now: a quantum, and a worker with enough memory for it. */
  #next(): readonly [QueuedQuantum, Worker] | null {
    const { queue, memory, workers } = this.#options;
    if (this.#workers.reduce((sum, { isBusy, shares }) => sum + (isBusy ? shares : 0), 0) >= workers) return null;
    let worker: Worker | null = null;
    const quantum = queue.take((task) => {
      worker = this.#workerOf(memory.sharesOf(task));
      return worker !== null;
    });
    return quantum && worker && [quantum, worker];
  }

  /** Null where there is no room for it now. */
  #workerOf(shares: number): Worker | null {
    const { workers, memory, pool } = this.#options;
    const idle = this.#workers.find((worker) => !worker.isBusy && worker.shares === shares);
    if (idle) return idle;
    const taken = this.#workers.filter(({ isBusy }) => isBusy).reduce((sum, { shares: of }) => sum + of, 0);
    if (taken + shares > workers) return null;
    // Idle ones make room: those of another size are not needed now.
    for (const worker of this.#workers.filter(({ isBusy }) => !isBusy)) {
      const all = this.#workers.reduce((sum, { shares: of }) => sum + of, 0);
      if (all + shares <= workers) break;
      this.#retire(worker);
    }
    this.#lastNumber += 1;
    const forked = { number: this.#lastNumber, shares, isBusy: false };
    pool.fork(forked.number, memory.bytesOf(shares));
    this.#workers.push(forked);
    return forked;
  }

  #retire(worker: Worker): void {
    this.#forget(worker);
    this.#options.pool.retire(worker.number);
  }

  #forget(worker: Worker): void {
    this.#workers.splice(this.#workers.indexOf(worker), 1);
  }

  async #execute(quantum: QueuedQuantum, worker: Worker): Promise<void> {
    const { pool, queue, quantumSeconds } = this.#options;
    const attempt = (this.#attempts.get(quantum.uuid) ?? 0) + 1;
    this.#attempts.set(quantum.uuid, attempt);
    worker.isBusy = true;
    await this.#tell(quantum, 'started', { attempt, worker: worker.number });
    let ended: WorkerEndedError | null = null;
    let done: Outcome;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      pool.kill(worker.number);
    }, quantumSeconds * 1000);
    try {
      const log = join(this.#options.logs, directoryOf(quantum.task), `${quantum.uuid}.log`);
      done = outcome.parse(await pool.ask(worker.number, { op: 'quantum', quantum: quantum.uuid, log }));
      worker.isBusy = false;
    } catch (error) {
      if (!(error instanceof WorkerEndedError)) throw error;
      this.#forget(worker);
      if (!isLate) ended = error;
      done = { status: 'failed', exception: isLate ? tooLong(quantumSeconds) : endedBy(error), seconds: 0 };
    } finally {
      clearTimeout(timer);
    }
    const { status, exception, seconds } = done;
    const about = { attempt, worker: worker.number, seconds, ...(exception && { exception }) };
    if (status !== 'failed') {
      this.#counts[status] += 1;
      queue.succeed(quantum.uuid);
      await this.#tell(quantum, status, about);
    } else if (this.#isTriedAgain(quantum, worker, attempt, ended, done)) {
      await this.#tell(quantum, 'retried', about);
      queue.putBack(quantum);
    } else {
      this.#counts.failed += 1;
      const blocked = queue.fail(quantum.uuid);
      this.#counts.blocked += blocked.length;
      await this.#tell(quantum, 'failed', about);
      for (const of of blocked) await this.#tell(of, 'blocked', { attempt: 0, worker: null });
    }
  }

  #isTriedAgain(
    { task }: QueuedQuantum,
    { shares }: Worker,
    attempt: number,
    ended: WorkerEndedError | null,
    { exception }: Outcome,
  ): boolean {
    const { retries, memory } = this.#options;
    const hadTooLittle = ended?.how === 'signal 9' || exception?.type === 'MemoryError';
    if (hadTooLittle && memory.raise(task, shares)) return true;
    return attempt <= (ended ? Math.max(retries, RETRIES_OF_ENDED) : retries);
  }

  #tell(
    { uuid, task }: QueuedQuantum,
    event: QuantumEvent['event'],
    about: Omit<QuantumEvent, 'at' | 'quantum' | 'task' | 'event'>,
  ): Promise<void> {
    return this.#options.on({ at: Date.now(), quantum: uuid, task, event, ...about });
  }
}

function endedBy({ message }: WorkerEndedError): Outcome['exception'] {
  return { type: 'WorkerEnded', message };
}

function tooLong(seconds: number): Outcome['exception'] {
  return { type: 'TimeLimit', message: `It took longer than the ${seconds} seconds that a quantum may take here.` };
}

/** A label is the pipeline's author's: not one that leads out of the directory. */
function directoryOf(task: string): string {
  return task.replace(/[^\w:-]/g, '_');
}
