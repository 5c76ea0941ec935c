/**
 * Main module of a worker process: runs one SQLite statement at a time for the gateway.
 *
 * A process and not a thread, because only a process can be stopped: neither better-sqlite3 nor node:sqlite can
 * interrupt a statement, and `Worker.terminate()` waits until a long step (a sort, an aggregate, a join that gives no
 * rows) has ended by itself.
 */
import { setImmediate } from 'node:timers/promises';
import { connectionTo } from './connections.ts';
import type { Request, Response } from './messages.ts';
import { readBatches, type Batch } from './row-batches.ts';

/**
 * Values read ahead of a slow taker.  An open statement keeps a SHARED lock, and no writer can commit meanwhile: most
 * answers fit, so that the lock is gone before the taker has seen the second batch.
 */
const VALUES_AHEAD = 2_000_000;

class Job {
  #credit: number;
  #stopped = false;
  #wake: (() => void) | undefined;
  readonly #request: Request & { kind: 'run' };

  constructor(request: Request & { kind: 'run' }) {
    this.#request = request;
    this.#credit = request.credit;
  }

  more(): void {
    this.#credit += 1;
    this.#wake?.();
  }

  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  /** @returns whether a batch marked as the last one was sent */
  async run(): Promise<boolean> {
    const waiting: Batch[] = [];
    let valuesAhead = 0;
    let lastSent = false;
    const sendWaiting = () => {
      for (; this.#credit > 0 && waiting.length > 0; this.#credit -= 1) {
        const batch = waiting.shift()!;
        valuesAhead -= batch.count * batch.columns.length;
        lastSent = batch.last;
        send({ kind: 'batch', ...batch });
      }
    };
    const { path, exactPath, reopen, sql, parameters } = this.#request;
    for (const batch of readBatches(connectionTo(path, exactPath, reopen), sql, parameters)) {
      waiting.push(batch);
      valuesAhead += batch.count * batch.columns.length;
      sendWaiting();
      if (batch.last) break;
      await setImmediate(); // lets `more` and `stop` in
      while (valuesAhead > VALUES_AHEAD && !this.#stopped) {
        await this.#message();
        sendWaiting();
      }
      if (this.#stopped) return false;
    }
    for (sendWaiting(); waiting.length > 0 && !this.#stopped; sendWaiting()) await this.#message();
    return lastSent;
  }

  #message(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

let job: Job | undefined;

function send(response: Response): void {
  // Where the gateway has been killed, nobody is left to tell: this process ends with its channel.
  process.send!(response, () => undefined);
}

async function serve(request: Request & { kind: 'run' }): Promise<void> {
  job = new Job(request);
  try {
    if (!(await job.run())) send({ kind: 'end' });
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    send({ kind: 'error', code: String(code), message: String(message) });
  }
  job = undefined;
}

process.on('message', (request: Request) => {
  if (request.kind === 'run') void serve(request);
  else if (request.kind === 'more') job?.more();
  else job?.stop();
});
// A terminal's Ctrl-C reaches the whole group; the gateway drains first and ends its workers itself.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit());
