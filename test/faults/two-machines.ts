/** One directory as two machines see it that mount it without locks: those of one do not reach the other. */
import { spawnSync } from 'node:child_process';
import { accessSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LOCAL_LOCKS = fileURLToPath(new URL('local-locks.c', import.meta.url));

export interface Machine {
  /** Where it finds the directory. */
  readonly root: string;
  /** What a process needs in order to be on it. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface SharedDirectory extends Disposable {
  /** Where it really is, for one who is alone with it. */
  readonly real: string;
  readonly machines: readonly [Machine, Machine];
}

/** A way of sharing one, on this machine. */
export interface Sharing {
  readonly name: string;
  /** What to install where it cannot be had. */
  readonly needs: string;
  isPossible(): boolean;
  /** @param directory an empty one, for all that it needs */
  share(directory: string): SharedDirectory;
}

/** Two mounts in user space. */
export const BINDFS: Sharing = {
  name: 'two mounts by bindfs',
  needs: 'bindfs, and /dev/fuse',
  isPossible: () => {
    try {
      accessSync('/dev/fuse');
    } catch {
      return false;
    }
    return runs('bindfs', '--version');
  },
  share: (directory) => {
    const [real, ...mounts] = madeIn(directory, ['real', 'mount-a', 'mount-b']);
    for (const mount of mounts) run('bindfs', real!, mount);
    const [a, b] = mounts.map((root) => ({ root, environment: {} }));
    return {
      real: real!,
      machines: [a!, b!],
      [Symbol.dispose]: () => {
        for (const mount of mounts) spawnSync('umount', [mount]);
      },
    };
  },
};

/** The system's own calls, replaced by ones that tell each "machine" of its own locks only. */
export const PRELOADED: Sharing = {
  name: 'locks of its own by LD_PRELOAD',
  needs: 'a C compiler (cc), and glibc',
  isPossible: () => process.platform === 'linux' && runs('cc', '--version'),
  share: (directory) => {
    const [root, ...locks] = madeIn(directory, ['shared', 'locks-a', 'locks-b']);
    const library = join(directory, 'local-locks.so');
    run('cc', '-shared', '-fPIC', '-O1', '-o', library, LOCAL_LOCKS, '-ldl', '-lpthread');
    const [a, b] = locks.map((LOCKS) => ({
      root: root!,
      environment: { LD_PRELOAD: library, SHARED_ROOT: root!, LOCKS },
    }));
    return { real: root!, machines: [a!, b!], [Symbol.dispose]: () => undefined };
  },
};

function runs(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args).status === 0;
}

function run(command: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
}

function madeIn(directory: string, names: readonly string[]): readonly string[] {
  const paths = names.map((name) => join(directory, name));
  for (const path of paths) mkdirSync(path, { recursive: true });
  return paths;
}
