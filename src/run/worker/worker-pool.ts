/** The Python process that imports the user's stack once, and the workers that it forks (`python/satellite/_worker/pool.py`). */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { SatelliteError } from '../../butler/errors.ts';
import type { PythonSettings } from '../../satellite/migration-tool.ts';
import { eachLine } from './each-line.ts';
import { startPython, type PlacedProcess, type WorkPlace } from './place.ts';
import type { GatewayRelay } from './relay.ts';
import { SOCKET, type Visible } from './sandbox.ts';
import { untilAborted } from './until-aborted.ts';

/** The end of what the process says outside of any quantum; only that is kept. */
const KEPT_CHARACTERS = 16_384;

/** The longest answer: which of a million quanta were executed has 40 MB. */
const MOST_BYTES = 64 * 2 ** 20;
const LONGEST_LOG = 10_000;
/** How long pipes may stay open when their process has been ended. */
const PIPES_MILLISECONDS = 1000;

/** Text of a worker's, which a pipeline can make say anything: the beginning of it. */
export function beginning(characters: number) {
  return z.string().transform((text) => text.slice(0, characters));
}

/** What was raised. */
export const raised = z.object({ type: beginning(300), message: beginning(4000) });

const line = z.union([
  z.object({ id: z.int(), answer: z.json() }),
  z.object({ id: z.int(), error: raised }),
  z.object({ id: z.int(), log: beginning(LONGEST_LOG) }),
  z.object({ worker: z.int(), ended: beginning(100) }),
  z.object({ notice: z.string() }),
]);

/** What the user's code raised. */
export class WorkerError extends Error {
  /** Full name of the Python class. */
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.name = 'WorkerError';
    this.type = type;
  }
}

/** A worker ended before it answered. */
export class WorkerEndedError extends Error {
  /** Such as `signal 9`. */
  readonly how: string;

  constructor(how: string) {
    super(`A worker ended (${how}) before it was done.`);
    this.name = 'WorkerEndedError';
    this.how = how;
  }
}

/** The process from which workers are forked ended, and all of them with it. */
export class PoolEndedError extends Error {
  /** Such as `signal SIGKILL`. */
  readonly how: string;

  constructor(how: string) {
    super(`The process of all workers ended (${how}).`);
    this.name = 'PoolEndedError';
    this.how = how;
  }
}

export interface PoolOptions {
  readonly python: PythonSettings;
  readonly place: WorkPlace;
  /** The way to the gateway. */
  readonly relay: GatewayRelay;
  /** Seen by every task. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What a sandbox has of our files. */
  readonly visible: Visible;
  /** Is told what code in a sandbox wanted that it must not have. */
  readonly onNotice?: (what: string) => void;
}

const entered = z.object({ port: z.int() });

interface Asked {
  readonly worker: number | null;
  readonly onLog: (line: string) => void;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class WorkerPool implements AsyncDisposable {
  readonly #process: PlacedProcess;
  /** Directory for what tasks and the stack leave in the middle of something. */
  readonly #temporary: string | null;
  readonly #onNotice: (what: string) => void;
  readonly #asked = new Map<number, Asked>();
  readonly #ended: Promise<void>;
  /** How the workers ended that did, by number. */
  readonly #gone = new Map<number, string>();
  #says = '';
  #last = 0;
  #failure: Error | undefined;

  /** What the gateway's address is asked at, as the worker takes it. */
  addresses: { readonly from: string; readonly to: string } = { from: '', to: '' };

  /** @throws SatelliteError FORBIDDEN where a sandbox cannot be made; the signal's reason, with no process left */
  static async start(options: PoolOptions, signal: AbortSignal): Promise<WorkerPool> {
    const { place, python, relay, environment = {}, visible } = options;
    const { socket, gateway } = relay;
    // A sandbox has a place of its own, which goes with it.
    const temporary = place.kind === 'self' ? await mkdtemp(join(tmpdir(), 'satellite-work-')) : null;
    const args = ['-m', 'satellite.worker', ...(temporary === null ? [] : [temporary])];
    const started = await startPython(place, python, args, {
      environment: { ...environment, ...(temporary !== null && { TMPDIR: temporary }) },
      visible,
      socket,
    });
    const pool = new WorkerPool(started, temporary, options.onNotice);
    if (place.kind === 'self') {
      pool.addresses = { from: gateway, to: relay.address };
      return pool;
    }
    const inside = { readable: [...python.path, ...visible.readable], writeable: visible.writeable };
    try {
      // Answered when the stack is imported, which may hang.
      const answer = await untilAborted(signal, pool.ask(null, { op: 'enter', socket: SOCKET, ...inside }));
      pool.addresses = { from: gateway, to: relay.addressAt(entered.parse(answer).port) };
      return pool;
    } catch (error) {
      await pool[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(
    started: PlacedProcess,
    temporary: string | null,
    onNotice: (what: string) => void = () => undefined,
  ) {
    this.#process = started;
    this.#temporary = temporary;
    this.#onNotice = onNotice;
    const { child } = this.#process;
    child.stdin.on('error', () => undefined);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#says = (this.#says + text).slice(-KEPT_CHARACTERS);
    });
    eachLine(child.stdout, MOST_BYTES, (text) => this.#take(text));
    child.on('error', (cause) => {
      const message =
        'Python, which "python.executable" names, cannot be started: install an environment with lsst-pipe-base there.';
      this.#fail(new SatelliteError('FORBIDDEN', message, { cause }));
    });
    this.#ended = once(child, 'close').then(
      () => this.#fail(this.#failure ?? this.#endOf(child)),
      () => undefined,
    );
  }

  /**
   * Starts a worker.
   * @param worker its number, of which there is none now
   * @param memory bytes that it may have; null: all
   */
  fork(worker: number, memory: number | null): void {
    this.#gone.delete(worker);
    this.#write({ op: 'fork', worker, memory });
  }

  /**
   * Has a worker do something; null: the process that they are forked from.
   * @throws WorkerError for what the user's code raised, WorkerEndedError where it ended, PoolEndedError where all did,
   *   SatelliteError FORBIDDEN where Python or its stack cannot be started
   */
  ask(
    worker: number | null,
    request: { readonly op: string } & Readonly<Record<string, unknown>>,
    onLog: (line: string) => void = () => undefined,
  ): Promise<unknown> {
    const gone = worker === null ? undefined : this.#gone.get(worker);
    const failure = this.#failure ?? (gone === undefined ? undefined : new WorkerEndedError(gone));
    if (failure) return Promise.reject(failure);
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { worker, onLog, resolve, reject });
      this.#write({ ...request, id, ...(worker !== null && { worker }) });
    });
  }

  /** Ends a worker that is asked nothing. */
  retire(worker: number): void {
    this.#write({ op: 'retire', worker });
  }

  /** Ends a worker in the middle of what it does, which is told as `signal 9`. */
  kill(worker: number): void {
    this.#write({ op: 'kill', worker });
  }

  /** Ends all of it, in the middle of whatever it does. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { child } = this.#process;
    this.#process.kill();
    // A process that we cannot find may keep our pipes; there is nothing in them that we wait for.
    const timer = setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, PIPES_MILLISECONDS);
    await this.#ended;
    clearTimeout(timer);
    if (this.#temporary === null) return;
    // A process that we cannot find may still write there.
    await rm(this.#temporary, { recursive: true, force: true }).catch(() => undefined);
  }

  #write(request: object): void {
    this.#process.child.stdin.write(`${JSON.stringify(request)}\n`);
  }

  /** @param text null: more than can be an answer */
  #take(text: string | null): void {
    let parsed: z.output<typeof line>;
    try {
      parsed = line.parse(JSON.parse(text ?? ''));
    } catch {
      this.#fail(new PoolEndedError('it said what is no answer'));
      this.#process.kill();
      return;
    }
    if ('notice' in parsed) this.#onNotice(parsed.notice);
    else if ('worker' in parsed) {
      this.#gone.set(parsed.worker, parsed.ended);
      for (const [id, asked] of this.#asked) {
        if (asked.worker === parsed.worker) this.#settle(id)?.reject(new WorkerEndedError(parsed.ended));
      }
    } else if ('log' in parsed) this.#asked.get(parsed.id)?.onLog(parsed.log);
    else if ('answer' in parsed) this.#settle(parsed.id)?.resolve(parsed.answer);
    else this.#settle(parsed.id)?.reject(new WorkerError(parsed.error.type, parsed.error.message));
  }

  #settle(id: number): Asked | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const id of [...this.#asked.keys()]) this.#settle(id)?.reject(this.#failure);
  }

  #endOf({ exitCode, signalCode }: PlacedProcess['child']): Error {
    const missing = /ModuleNotFoundError: (No module named .*)/.exec(this.#says)?.[1];
    if (missing === undefined) return new PoolEndedError(signalCode ? `signal ${signalCode}` : `status ${exitCode}`);
    return new SatelliteError(
      'FORBIDDEN',
      `The Python environment that "python.executable" names cannot build or execute graphs (${missing}): install lsst-pipe-base there.`,
    );
  }
}
