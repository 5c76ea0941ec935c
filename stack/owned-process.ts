import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The program between an owner and its process. */
export const KEEPER = fileURLToPath(new URL('keeper.sh', import.meta.url));

export interface ProcessOptions {
  /** What people call the process in messages. */
  readonly name: string;
  /** The file that receives standard output and standard error, from its beginning. */
  readonly log: string;
  /** Added to our own environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** The signal that asks for a clean end. */
  readonly stopSignal?: 'TERM' | 'INT';
  /** The user and group that the process runs as; only root may change them. */
  readonly runAs?: { readonly uid: number; readonly gid: number } | undefined;
}

/** What a process and its descendants use. */
export interface ProcessUsage {
  /** CPU seconds so far, user and system together. */
  readonly cpuSeconds: number;
  /** Resident memory now, in bytes. */
  readonly residentBytes: number;
}

/**
 * A process that ends with its owner: by `stop`, or when this Node process goes, in whatever way (see keeper.sh).  It is
 * out of reach of the terminal's Ctrl-C, so that the owner decides the order in which its processes stop.
 */
export class OwnedProcess implements AsyncDisposable {
  readonly name: string;
  readonly log: string;
  readonly #keeper: ChildProcess;
  readonly #ended: Promise<void>;

  constructor(command: string, args: readonly string[], options: ProcessOptions) {
    this.name = options.name;
    this.log = options.log;
    mkdirSync(dirname(options.log), { recursive: true });
    const log = openSync(options.log, 'w');
    this.#keeper = spawn(KEEPER, [options.stopSignal ?? 'TERM', command, ...args], {
      stdio: ['pipe', log, log],
      env: { ...process.env, ...options.env },
      cwd: options.cwd,
      detached: true,
      ...options.runAs,
    });
    closeSync(log);
    this.#ended = once(this.#keeper, 'exit').then(
      () => undefined,
      () => undefined,
    );
  }

  /** Whether the process has ended. */
  get ended(): boolean {
    return this.#keeper.pid === undefined || this.#keeper.exitCode !== null || this.#keeper.signalCode !== null;
  }

  /** Resolves when the process has ended, for whatever reason. */
  get whenEnded(): Promise<void> {
    return this.#ended;
  }

  /**
   * Waits until `probe` succeeds: resolves with true, or with anything when it is ready; false or a rejection means not yet.
   * @throws Error with the end of the log when the process ends first or `seconds` have passed.
   */
  async ready(probe: () => Promise<boolean>, seconds = 180): Promise<void> {
    const deadline = performance.now() + seconds * 1000;
    while (!(await probe().catch(() => false))) {
      if (this.ended) throw new Error(`${this.name} ended before it was ready:\n${this.#logTail()}`);
      if (performance.now() > deadline) {
        await this.stop();
        throw new Error(`${this.name} was not ready after ${String(seconds)} s:\n${this.#logTail()}`);
      }
      await sleep(50);
    }
  }

  /** What the process and its descendants use; only on Linux. */
  usage(): ProcessUsage {
    let ticks = 0;
    let pages = 0;
    for (const { fields } of this.#members()) {
      ticks += Number(fields[11]) + Number(fields[12]);
      pages += Number(fields[21]);
    }
    return { cpuSeconds: ticks / 100, residentBytes: pages * 4096 };
  }

  /** Resident memory of the process and its descendants now, in bytes, what several share counted once; only on Linux. */
  residentOnce(): number {
    return this.#members().reduce((sum, { pid }) => sum + proportionalKilobytes(pid) * 1024, 0);
  }

  /** Stops, continues or kills the process and its descendants as an operator would; only on Linux. */
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    for (const { pid } of this.#members()) {
      // What is left are the keeper and its watch, which end them with us.
      if (!(commandOf(pid) ?? KEEPER).includes(KEEPER)) killIfThere(Number(pid), signal);
    }
  }

  /** Asks the process to end and waits for it; harmless when it has ended already. */
  async stop(): Promise<void> {
    this.#keeper.stdin?.destroy();
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** What is in the group that the keeper leads, with the fields of `statFields`. */
  #members(): readonly { readonly pid: string; readonly fields: readonly string[] }[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => ({ pid, fields: statFields(pid) ?? [] }))
      .filter(({ fields }) => Number(fields[2]) === this.#keeper.pid);
  }

  #logTail(): string {
    return readFileSync(this.log, 'utf8').split('\n').slice(-30).join('\n');
  }
}

/** The fields of /proc/PID/stat from the third on (`state`), which follow the name in parentheses; none when it is gone. */
function statFields(pid: string): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** A process's part of the memory that is resident (`Pss`); 0 when it is gone. */
function proportionalKilobytes(pid: string): number {
  try {
    return Number(/^Pss: +(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Some end by themselves after they were listed. */
function killIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Undefined when it is gone. */
function commandOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return undefined;
  }
}
