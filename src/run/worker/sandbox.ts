/**
 * A sandbox of a user's on this machine, by bubblewrap: a user ID of their own, no network but a socket to the gateway, no
 * process of others, no environment of ours, and of the files only the Rubin stack and what the run itself needs.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { SatelliteError } from '../../butler/errors.ts';
import type { PythonSettings } from '../../satellite/migration-tool.ts';

const run = promisify(execFile);

const SOCKET_DIRECTORY = '/run/satellite';
/** In the sandbox. */
export const SOCKET = `${SOCKET_DIRECTORY}/relay.sock`;

/** Whose sandbox it is. */
export interface SandboxUser {
  /** Their name. */
  readonly user: string;
  /** See `sandboxUid`. */
  readonly uid: number;
}

/** What a run needs of the machine's files. */
export interface Visible {
  readonly readable: readonly string[];
  /** Directories that belong to the sandbox's user. */
  readonly writeable: readonly string[];
}

/** Of the system, as far as it is there; links to directories stay links. */
const SYSTEM = ['/usr', '/lib', '/lib64', '/bin', '/sbin', '/etc/alternatives', '/etc/ld.so.cache', '/etc/ssl'];
const SYSTEM_FILES = ['/etc/localtime', '/etc/mime.types'];

/** What a sandbox may have of temporary files, in each of two places. */
const TEMPORARY_BYTES = 2 ** 30;

/** User IDs that no account of a machine has. */
const FIRST_UID = 1_000_000_000;
const UIDS = 1_000_000_000;

/** The user ID of a satellite's sandboxes; the same one always, and on every machine. */
export function sandboxUid(satellite: string): number {
  return FIRST_UID + (createHash('sha256').update(`sandbox ${satellite}`).digest().readUInt32BE(0) % UIDS);
}

/**
 * Tries a sandbox.
 * @throws SatelliteError FORBIDDEN where this machine cannot have one, with what its operator can do
 */
export async function checkSandbox(): Promise<void> {
  const needs = '"executeAs: sandbox" needs a gateway that runs as root on Linux, with bubblewrap';
  if (process.getuid?.() !== 0) throw new SatelliteError('FORBIDDEN', `${needs}: this one does not run as root.`);
  try {
    await run('bwrap', [...(await namespaces({ readable: [], writeable: [] })), ...asUser(FIRST_UID), '/bin/true']);
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const why = isMissing
      ? 'install it (Debian: apt-get install bubblewrap)'
      : 'here it cannot make namespaces: in a container, that needs the capability SYS_ADMIN';
    throw new SatelliteError('FORBIDDEN', `${needs}; ${why}.`, { cause });
  }
}

/**
 * The command that starts a Python in a sandbox.
 * @param socket a Unix socket that leads to the gateway
 */
export async function sandboxed(
  { user, uid }: SandboxUser,
  { executable, path }: PythonSettings,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  { readable, writeable }: Visible,
  socket: string,
): Promise<readonly [string, ...string[]]> {
  const stack = await installationOf(executable);
  const own = { USER: user, LOGNAME: user, HOME: '/tmp', TMPDIR: '/tmp' };
  const variables = Object.entries({ ...environment, ...own }).flatMap(([name, value]) => [
    '--setenv',
    name,
    value ?? '',
  ]);
  return [
    'bwrap',
    ...(await namespaces({ readable: [...stack, ...path, ...readable], writeable })),
    ...['--ro-bind', dirname(socket), SOCKET_DIRECTORY],
    ...['--clearenv', ...variables, '--chdir', '/tmp'],
    ...asUser(uid),
    executable,
    ...args,
  ];
}

/** Root makes the namespaces; what runs in them keeps nothing of it. */
async function namespaces({ readable, writeable }: Visible): Promise<readonly string[]> {
  return [
    ...['--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts', '--unshare-cgroup-try'],
    ...['--die-with-parent', '--new-session', '--hostname', 'sandbox'],
    ...['--proc', '/proc', '--dev', '/dev'],
    // In memory, which no limit of a process's counts.
    ...['/tmp', '/dev/shm'].flatMap((path) => ['--perms', '1777', '--size', String(TEMPORARY_BYTES), '--tmpfs', path]),
    ...(await systemBinds()),
    ...ancestorsOf([SOCKET_DIRECTORY, ...readable, ...writeable]).flatMap((path) => ['--perms', '0711', '--dir', path]),
    ...readable.flatMap((path) => ['--ro-bind', path, path]),
    ...writeable.flatMap((path) => ['--bind', path, path]),
    ...['SETUID', 'SETGID', 'SETPCAP'].flatMap((name) => ['--cap-add', `CAP_${name}`]),
  ];
}

/** Directories that lead to others, from above; which can be passed, and not looked through. */
function ancestorsOf(paths: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const add = (path: string): void => {
    if (path === '/' || found.has(path)) return;
    add(dirname(path));
    found.add(path);
  };
  for (const path of paths) add(dirname(path));
  return [...found];
}

function asUser(uid: number): readonly string[] {
  const ids = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  return ['--', 'setpriv', ...ids, '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs', '--'];
}

async function systemBinds(): Promise<readonly string[]> {
  const all = await Promise.all(
    [...SYSTEM, ...SYSTEM_FILES].map(async (path) => {
      const real = await realpath(path).catch(() => null);
      if (real === null) return [];
      return real === path || SYSTEM_FILES.includes(path) ? ['--ro-bind', real, path] : ['--symlink', real, path];
    }),
  );
  return all.flat();
}

/** Directories of a Python environment, and of the interpreter that it was made with. */
async function installationOf(executable: string): Promise<readonly string[]> {
  const says = 'import sys; print(sys.base_prefix)';
  const { stdout } = await run(executable, ['-I', '-S', '-c', says]).catch((cause: unknown) => {
    throw new SatelliteError('FORBIDDEN', 'Python, which "python.executable" names, cannot be started.', { cause });
  });
  const places = [dirname(dirname(executable)), stdout.trim()];
  // The system's own is there already.
  return places.filter((path) => !`${path}/`.startsWith('/usr/') && path !== '/');
}
