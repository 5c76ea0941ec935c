/** What happened to the quanta of a run: `events.jsonl` in its directory, one JSON object a line. */
import { constants, open, type FileHandle } from 'node:fs/promises';
import { SatelliteError } from '../../butler/errors.ts';

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

  /**
   * Opens it, or makes it.
   * @throws SatelliteError CONFLICT where something else is in its place: a link might lead anywhere, and a pipe hold us up
   */
  static async open(path: string): Promise<EventLog> {
    const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
    const flags = O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_WRONLY;
    const file = await open(path, flags, 0o644).catch((error: NodeJS.ErrnoException) => {
      throw ['ELOOP', 'ENXIO', 'EISDIR'].includes(error.code ?? '') ? noLog(error) : error;
    });
    const status = await file.stat();
    if (status.isFile()) return new EventLog(file, status.size > 0);
    await file.close();
    throw noLog();
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

function noLog(cause?: unknown): SatelliteError {
  const message = "A link, a pipe or a directory is in the place of the run's events.jsonl: take it away.";
  return new SatelliteError('CONFLICT', message, { cause });
}
