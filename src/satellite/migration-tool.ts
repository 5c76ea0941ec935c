/**
 * Upstream's own migrations: `butler migrate` of lsst-dm/daf_butler_migrate, and stock Python, in an environment of the
 * operator's.  One revision is one `upgrade`; revisions are known by the version that they lead to.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { SatelliteError } from '../butler/errors.ts';

export interface PythonSettings {
  readonly executable: string;
  /** Directories of further modules. */
  readonly path: readonly string[];
}

/** One revision of the universe. */
export type Revision = { readonly version: number; readonly revision: string };

/** The end of what a program says; only that is kept. */
const KEPT_CHARACTERS = 16_384;

/** The child ends, with all that it started, when the gateway ends in whatever way: then its standard input does. */
const ENDS_WITH_GATEWAY = `
import os, signal, sys, threading

def end_with_gateway():
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)

threading.Thread(target=end_with_gateway, daemon=True).start()
`;
const BUTLER = `${ENDS_WITH_GATEWAY}
from lsst.daf.butler.cli.butler import main
main()
`;
const OPEN = `${ENDS_WITH_GATEWAY}
from lsst.daf.butler import Butler
with Butler.from_config(sys.argv[1], writeable=True) as butler:
    butler.registry.refresh()
    print(butler.dimensions.namespace, butler.dimensions.version)
`;

const NOT_HERE =
  "This gateway cannot migrate satellites: ask its operator to install upstream's tool (lsst-dm/daf_butler_migrate, which is " +
  'not on PyPI) in the Python environment of "python.executable"';

/** Lines such as `380002bcbb26 -> bf6308af80aa (…), Migration script for dimensions.yaml namespace=daf_butler version=2.` */
const HISTORY = /-> ([0-9a-z_]+) .*\bnamespace=(\S+) version=(\d+)\b/g;

export class MigrationTool {
  readonly #python: PythonSettings;

  constructor(python: PythonSettings) {
    this.#python = python;
  }

  /**
   * The revisions from one version of a universe to another, in order.
   * @throws SatelliteError FORBIDDEN where the tool is not there, CONFLICT where it does not know the way
   */
  async way(namespace: string, from: number, to: number, signal: AbortSignal): Promise<readonly Revision[]> {
    const { code, output } = await this.#run(BUTLER, ['migrate', 'show-history', 'dimensions-config'], signal);
    if (code !== 0) throw new SatelliteError('FORBIDDEN', `${NOT_HERE}. It says: ${lastLine(output)}`);
    const known = new Map<number, string>();
    for (const [, revision, of, version] of output.matchAll(HISTORY)) {
      if (of === namespace) known.set(Number(version), revision!);
    }
    return Array.from({ length: to - from }, (_, i) => {
      const version = from + i + 1;
      const revision = known.get(version);
      if (revision !== undefined) return { version, revision };
      throw new SatelliteError(
        'CONFLICT',
        `The migration tool of this gateway does not know universe ${String(version)}: ask its operator for a newer daf_butler_migrate.`,
      );
    });
  }

  /**
   * Makes the tool keep account of a repository's revisions, which it does in a table of its own.
   * @throws SatelliteError CONFLICT where it fails
   */
  async stamp(root: string, log: (line: string) => Promise<void>, signal: AbortSignal): Promise<void> {
    const current = await this.#butler(['migrate', 'show-current', root], 'show-current', log, signal);
    if (!/^[0-9a-f]{12}\b/m.test(current)) await this.#butler(['migrate', 'stamp', root], 'stamp', log, signal);
  }

  /** @throws SatelliteError CONFLICT where it fails */
  async upgrade(
    root: string,
    { version, revision }: Revision,
    log: (line: string) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#butler(['migrate', 'upgrade', root, revision], `upgrade to universe ${String(version)}`, log, signal);
  }

  /** Opens a repository with stock Python, for writing too. @throws SatelliteError CONFLICT where that refuses, or finds another universe */
  async check(root: string, namespace: string, version: number, signal: AbortSignal): Promise<void> {
    const { code, output } = await this.#run(OPEN, [root], signal);
    if (code === 0 && lastLine(output) === `${namespace} ${String(version)}`) return;
    throw new SatelliteError('CONFLICT', `Stock Python does not open the migrated copy: ${lastLine(output)}`);
  }

  async #butler(
    args: readonly string[],
    step: string,
    log: (line: string) => Promise<void>,
    signal: AbortSignal,
  ): Promise<string> {
    const { code, output } = await this.#run(BUTLER, args, signal);
    for (const line of output.split('\n')) if (line.trim() !== '') await log(line);
    if (code === 0) return output;
    throw new SatelliteError(
      'CONFLICT',
      `Upstream's migration failed (${step}): ${lastLine(output)} The satellite is as it was; the job's log has more.`,
    );
  }

  /** Output has no paths of this machine in it. */
  async #run(
    program: string,
    args: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly code: number | null; readonly output: string }> {
    signal.throwIfAborted();
    const { executable, path } = this.#python;
    const child = spawn(executable, ['-c', program, ...args], { env: environment(path), detached: true });
    const abort = () => endGroup(child.pid);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-KEPT_CHARACTERS)));
    }
    child.stdin.on('error', () => undefined);
    signal.addEventListener('abort', abort, { once: true });
    try {
      const [code] = (await once(child, 'close')) as [number | null];
      signal.throwIfAborted();
      return { code, output: output.replace(/(?<![\w.])\/[^\s'",:;)]+/g, '…') };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
      throw new SatelliteError('FORBIDDEN', `${NOT_HERE}, which cannot be started now.`, { cause: error });
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}

/** What Python and the tool need; none of the gateway's secrets. */
function environment(path: readonly string[]): NodeJS.ProcessEnv {
  const passed = /^(PATH|HOME|LANG|LC_\w+|TMPDIR|LD_LIBRARY_PATH|DAF_BUTLER\w*)$/;
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => passed.test(name))),
    PYTHONPATH: path.join(':'),
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

/** @param leader undefined where it was not started */
function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It has ended by itself, and what it wrote is still being read: thrown in a listener, this would end the gateway.
  }
}

function lastLine(output: string): string {
  return output.trimEnd().split('\n').at(-1) ?? '';
}
