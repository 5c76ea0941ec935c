/**
 * A sandbox of a user's on this machine, by bubblewrap: a user ID of their own, no network but a socket to the gateway, no
 * process of others, no environment of ours, and of the files only the Rubin stack and what the run itself needs.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { SatelliteError } from '../../butler/errors.ts';
import type { PythonSettings } from '../../satellite/migration-tool.ts';

const run = promisify(execFile);

/** In the sandbox. */
export const SOCKET = '/run/satellite/relay.sock';

/** What a run needs of the machine's files. */
export interface Visible {
  readonly readable: readonly string[];
  /** Directories that belong to the sandbox's user. */
  readonly writeable: readonly string[];
}

/** Of the system, as far as it is there; links to directories stay links. */
const SYSTEM = ['/usr', '/lib', '/lib64', '/bin', '/sbin', '/etc/alternatives', '/etc/ld.so.cache', '/etc/ssl'];
const SYSTEM_FILES = ['/etc/localtime', '/etc/mime.types'];

/** User IDs that no account of a machine has. */
const FIRST_UID = 1_000_000_000;
const UIDS = 1_000_000_000;

/** The user ID of a user's sandboxes; the same one always, and on every machine. */
export function sandboxUid(username: string): number {
  return FIRST_UID + (createHash('sha256').update(`sandbox ${username}`).digest().readUInt32BE(0) % UIDS);
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
  uid: number,
  { executable, path }: PythonSettings,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  { readable, writeable }: Visible,
  socket: string,
): Promise<readonly [string, ...string[]]> {
  const stack = await installationOf(executable);
  const variables = Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value ?? '']);
  return [
    'bwrap',
    ...(await namespaces({ readable: [...stack, ...path, ...readable], writeable })),
    ...['--ro-bind', dirname(socket), dirname(SOCKET)],
    ...['--clearenv', ...variables, '--setenv', 'HOME', '/tmp', '--setenv', 'TMPDIR', '/tmp', '--chdir', '/tmp'],
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
    ...[
      '--proc',
      '/proc',
      '--dev',
      '/dev',
      '--perms',
      '1777',
      '--tmpfs',
      '/tmp',
      '--perms',
      '1777',
      '--tmpfs',
      '/dev/shm',
    ],
    ...(await systemBinds()),
    ...readable.flatMap((path) => ['--ro-bind', path, path]),
    ...writeable.flatMap((path) => ['--bind', path, path]),
    ...['SETUID', 'SETGID', 'SETPCAP'].flatMap((name) => ['--cap-add', `CAP_${name}`]),
  ];
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
  const says = 'import sys; print("\\n".join(dict.fromkeys([sys.prefix, sys.base_prefix, sys._base_executable])))';
  const { stdout } = await run(executable, ['-I', '-S', '-c', says]).catch((cause: unknown) => {
    throw new SatelliteError('FORBIDDEN', 'Python, which "python.executable" names, cannot be started.', { cause });
  });
  const [prefix = '', base = '', interpreter = ''] = stdout.trimEnd().split('\n');
  const places = [dirname(dirname(executable)), prefix, base, dirname(dirname(interpreter)), await realpath(prefix)];
  const real = await Promise.all(
    [...new Set(places)]
      .filter((path) => !/^\/(usr|bin|lib)?$/.test(path) && !path.startsWith('/usr/'))
      .map(async (path) => ((await stat(path).catch(() => null))?.isDirectory() ? [path] : [])),
  );
  return real.flat();
}
