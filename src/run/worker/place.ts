/** Where the processes of a run are started: what they may see and reach. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { delimiter, join } from 'node:path';
import type { PythonSettings } from '../../satellite/migration-tool.ts';
import { killDescendants } from './process-tree.ts';
import { makePlace, requireExact } from '../exact-places.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { sandboxed, type SandboxUser, type Visible } from './sandbox.ts';

/** As the user that this process is: a gateway of one user, or `satellite run` on the user's own machine. */
export interface OwnPlace {
  readonly kind: 'self';
}

/** On a shared gateway's machine, as one of its users. */
export interface SandboxPlace extends SandboxUser {
  readonly kind: 'sandbox';
}

export type WorkPlace = OwnPlace | SandboxPlace;

/** The Python package of this checkout or installation, which the worker is part of. */
const PACKAGE = join(PACKAGE_ROOT, 'python');

/** Of our own environment; what else is in it may be a secret. */
const PASSED =
  /^(PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|EUPS_\w+|SETUP_\w+|\w+_DIR|DAF_BUTLER_\w+)$/;
const SECRET = /TOKEN|SECRET|PASSWORD|CREDENTIAL|_KEY/i;

/** A program that is started, and can be ended with all that it started. */
export interface PlacedProcess {
  readonly child: ChildProcessWithoutNullStreams;
  /** Ends it at once, with what it started. */
  kill(): void;
}

/** What a program that is started can use. */
export interface PlaceOptions {
  /** Seen by every task. */
  readonly environment: Readonly<Record<string, string>>;
  /** What a sandbox has of our files, beside the Rubin stack. */
  readonly visible: Visible;
  /** A Unix socket that leads to the gateway, for a sandbox. */
  readonly socket: string | null;
}

/**
 * Starts a program of the user's Python environment.
 * @param args of the interpreter
 * @throws SatelliteError FORBIDDEN where a sandbox cannot be made, CONFLICT where links lead to what it is to have
 */
export async function startPython(
  place: WorkPlace,
  python: PythonSettings,
  args: readonly string[],
  { environment, visible, socket }: PlaceOptions,
): Promise<PlacedProcess> {
  const env = environmentOf(python.path, environment);
  if (place.kind === 'sandbox') {
    // What is bound into a sandbox is found by root: a link that earlier code left would show it any directory of the machine.
    for (const path of [...visible.readable, ...visible.writeable]) await requireExact(path);
  }
  const [command, ...all] =
    place.kind === 'self'
      ? ([python.executable, ...args] as const)
      : await sandboxed(place, python, args, env, withPackage(visible), socket!);
  const child = spawn(command, all, { env: place.kind === 'self' ? env : {}, detached: true });
  return { child, kill: () => killAll(child.pid) };
}

function withPackage(visible: Visible): Visible {
  return { ...visible, readable: [PACKAGE, ...visible.readable] };
}

/** Of our own environment what Python needs; none of its secrets. */
export function environmentOf(path: readonly string[], further: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const passed = Object.entries(process.env).filter(([name]) => PASSED.test(name) && !SECRET.test(name));
  return {
    ...Object.fromEntries(passed),
    ...further,
    PYTHONPATH: [...path, PACKAGE].join(delimiter),
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUNBUFFERED: '1',
  };
}

/** What has left the group is still its leader's descendant (`_worker/pool.py` sees to that). */
function killAll(leader: number | undefined): void {
  if (leader === undefined) return;
  killDescendants(leader);
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/**
 * Makes directories that the processes of a place can write to; their parents stay ours.
 * @throws SatelliteError CONFLICT where something else is there, or a link leads there
 */
export async function makeWriteable(place: WorkPlace, directories: readonly string[]): Promise<void> {
  for (const directory of directories) {
    await using made = await makePlace(directory);
    if (place.kind === 'sandbox') await made.giveTo(place.uid, place.uid);
  }
}
