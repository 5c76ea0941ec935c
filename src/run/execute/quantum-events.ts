/** What happened to the quanta of a run: `events.jsonl` in its directory, one JSON object a line. */
import { constants, open, type FileHandle } from 'node:fs/promises';

export interface QuantumEvent {
  /** Unix milliseconds. */
  readonly at: number;
  /** Its UUID; null where it is not known. */
  readonly quantum: string | null;
  /** Label of its task. */
  readonly task: string | null;
  /**
   * `skipped`: it had been executed before.  `failed`: for good; an attempt that is followed by another is `retried`.
   * `blocked`: what it needs was not made.  `refused`: code in a sandbox wanted what it must not have (`exception.message`).
   */
  readonly event: 'started' | 'succeeded' | 'retried' | 'failed' | 'blocked' | 'skipped' | 'refused';
  /** From 1 on, in this execution; 0 where there was none. */
  readonly attempt: number;
  /** Number of the worker; null where there was none. */
  readonly worker: number | null;
  readonly exception?: { readonly type: string; readonly message: string };
  readonly seconds?: number;
}

/** A file that events are added to. */
export class EventLog implements AsyncDisposable {
  /** Whether there were events before: it is not the first execution. */
  readonly isContinued: boolean;
  readonly #file: FileHandle;
  #written: Promise<unknown> = Promise.resolve();

  private constructor(file: FileHandle, isContinued: boolean) {
    this.#file = file;
    this.isContinued = isContinued;
  }

  /** Opens it, or makes it; a link in its place, which might lead anywhere, is refused by the system. */
  static async open(path: string): Promise<EventLog> {
    const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
    const file = await open(path, O_APPEND | O_CREAT | O_NOFOLLOW | O_WRONLY, 0o644);
    return new EventLog(file, (await file.stat()).size > 0);
  }

  /** Lines are whole and in the order of the calls. */
  add(event: QuantumEvent): Promise<void> {
    const written = this.#written.then(() => this.#file.appendFile(`${JSON.stringify(event)}\n`));
    this.#written = written.catch(() => undefined);
    return written;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#written;
    await this.#file.close();
  }
}
