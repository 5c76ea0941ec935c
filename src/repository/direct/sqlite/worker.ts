/** The gateway's end of one worker process. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SqlRow, SqlValue } from '../database.ts';
import { WorkerError } from './failures.ts';
import type { Request, Response } from './messages.ts';
import { unpackRows } from './packed-columns.ts';

/** How long a worker may take to heed `stop` before its process is killed in the middle of a step. */
const STOP_MILLISECONDS = 50;

/** Node runs the TypeScript source itself; built code runs built code. */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
const entry = fileURLToPath(new URL(`./worker-process${extension}`, import.meta.url));

/** Of Node, for the same reasons as those in the first line of `main.ts`. */
const FLAGS = ['--optimize-for-size', '--max-semi-space-size=2', '--no-concurrent-recompilation', '--no-sparkplug'];

export interface Statement {
  readonly path: string;
  readonly exactPath: boolean;
  /** Opens the file anew, see `Request`. */
  readonly reopen: boolean;
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

export class Worker {
  readonly #process: ChildProcess;
  readonly #responses: Response[] = [];
  #wake: (() => void) | undefined;
  #alive = true;

  constructor() {
    this.#process = fork(entry, [], {
      serialization: 'advanced',
      execArgv: FLAGS,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#process.on('message', (response: Response) => this.#receive(response));
    const exited = () => {
      if (!this.#alive) return;
      this.#alive = false;
      this.#receive({ kind: 'error', code: 'WORKER_EXITED', message: 'the worker process has ended' });
    };
    this.#process.once('exit', exited);
    this.#process.once('error', exited);
    this.#idle();
  }

  /** False once the process has ended: it can run no more statements. */
  get alive(): boolean {
    return this.#alive;
  }

  /**
   * Runs a statement and gives its rows in batches; at most one at a time.  Ending the iteration early, and aborting,
   * stops the statement: within moments, whatever it is doing.
   * @param credit batches that may come before the first is taken
   * @returns the last rows; the worker is free for the next statement by then
   * @throws WorkerError, or the signal's reason
   */
  async *run(
    statement: Statement,
    credit: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly SqlRow[], readonly SqlRow[]> {
    signal.throwIfAborted();
    this.#process.ref();
    this.#process.channel?.ref();
    const wake = () => this.#wake?.();
    signal.addEventListener('abort', wake);
    let ended = false;
    try {
      this.#send({ kind: 'run', ...statement, credit });
      for (;;) {
        const response = await this.#response(signal);
        if (signal.aborted || !response) throw signal.reason;
        ended = response.kind !== 'batch' || response.last;
        if (response.kind === 'error') throw new WorkerError(response.code, response.message);
        const rows = response.kind === 'batch' ? unpackRows(response.columns, response.count) : [];
        if (ended) return rows;
        yield rows;
        if (credit !== Infinity) this.#send({ kind: 'more' });
      }
    } finally {
      signal.removeEventListener('abort', wake);
      if (!ended) await this.#stop();
      this.#idle();
    }
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /** Reads on until the worker has heeded, and kills it where it does not in time. */
  async #stop(): Promise<void> {
    if (!this.#alive) return;
    const deadline = AbortSignal.timeout(STOP_MILLISECONDS);
    const wake = () => this.#wake?.();
    deadline.addEventListener('abort', wake);
    this.#send({ kind: 'stop' });
    for (;;) {
      const response = await this.#response(deadline);
      if (response === undefined) break;
      if (response.kind !== 'batch' || response.last) return;
    }
    this.#alive = false;
    this.kill();
  }

  #send(request: Request): void {
    // A process that has just died answers through `exit`; the failed write adds nothing.
    this.#process.send(request, () => undefined);
  }

  /** The next response; undefined once the signal is aborted. */
  async #response(signal: AbortSignal): Promise<Response | undefined> {
    while (this.#responses.length === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#responses.shift();
  }

  #receive(response: Response): void {
    this.#responses.push(response);
    this.#wake?.();
  }

  /** An idle worker does not keep the gateway's process alive. */
  #idle(): void {
    this.#process.unref();
    this.#process.channel?.unref();
  }
}
