/** The gateway's end of the thread that writes to one SQLite file. */
import { Worker } from 'node:worker_threads';
import { WorkerError } from './failures.ts';
import type { WriteRequest, WriterOptions, WriteResponse } from './writer-messages.ts';

/** Node runs the TypeScript source itself; built code runs built code. */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
const entry = new URL(`./writer-thread${extension}`, import.meta.url);

/** What comes with a request is gone with its answer; a thread's heap is else as roomy as the gateway's own. */
const YOUNG_MEGABYTES = 12;

interface Waiting {
  readonly resolve: (response: WriteResponse & { kind: 'done' }) => void;
  readonly reject: (error: WorkerError) => void;
}

export class Writer {
  readonly #thread: Worker;
  /** Requests that are not answered yet, in order. */
  readonly #waiting: Waiting[] = [];
  #alive = true;

  constructor(options: WriterOptions) {
    const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MEGABYTES };
    this.#thread = new Worker(entry, { workerData: options, execArgv: [], resourceLimits });
    this.#thread.on('message', (response: WriteResponse) => this.#receive(response));
    this.#thread.on('error', () => undefined);
    this.#thread.on('exit', () => this.#ended());
    // While nothing is asked of it, it does not keep the process alive.
    this.#thread.unref();
  }

  /** False once the thread has ended: it can do nothing more. */
  get alive(): boolean {
    return this.#alive;
  }

  /** @throws WorkerError */
  ask(request: WriteRequest): Promise<WriteResponse & { kind: 'done' }> {
    const { promise, resolve, reject } = Promise.withResolvers<WriteResponse & { kind: 'done' }>();
    if (!this.#alive) {
      reject(exited());
      return promise;
    }
    if (this.#waiting.length === 0) this.#thread.ref();
    this.#waiting.push({ resolve, reject });
    this.#thread.postMessage(request);
    return promise;
  }

  /** Ends the thread and with it its connection; a transaction that is open is undone. */
  async end(): Promise<void> {
    await this.#thread.terminate();
  }

  #receive(response: WriteResponse): void {
    const { resolve, reject } = this.#waiting.shift()!;
    if (this.#waiting.length === 0) this.#thread.unref();
    if (response.kind === 'done') resolve(response);
    else reject(new WorkerError(response.code, response.message));
  }

  #ended(): void {
    this.#alive = false;
    for (const { reject } of this.#waiting.splice(0)) reject(exited());
  }
}

function exited(): WorkerError {
  return new WorkerError('WORKER_EXITED', 'the thread has ended');
}
