/** Removing a directory with all in it, while whoever may write there puts links in the place of what is in it. */
import { randomUUID } from 'node:crypto';
import { readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { inBatches } from '../../../butler/in-batches.ts';
import type { OpenDirectory } from './directory-walk.ts';

/** Files that are removed at once. */
const AT_ONCE = 64;
/** Directories that are held open one in the other: what is deeper is moved up first, so that no depth exhausts them. */
const DEEPEST = 32;
/** How often a directory is emptied that is filled again meanwhile. */
const ATTEMPTS = 10;

/** The outermost directory that is removed. */
interface Tree {
  root: OpenDirectory | undefined;
  /** Whether something was moved up into it since it was last read. */
  hasGrown: boolean;
}

/**
 * Removes what has the name in the directory; nothing is done where there is none. Links in it are removed, never followed,
 * whenever they come.
 * @throws ENOTEMPTY where somebody goes on filling it
 */
export async function removeTree(directory: OpenDirectory, name: string): Promise<void> {
  await removeAt(directory, name, 0, { root: undefined, hasGrown: false });
}

async function removeAt(parent: OpenDirectory, name: string, depth: number, tree: Tree): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    if (await isUnlinked(parent.at(name))) return;
    if (tree.root && depth > DEEPEST) {
      tree.hasGrown = true;
      return rename(parent.at(name), tree.root.at(randomUUID())).catch(ignoring('ENOENT'));
    }
    await emptied(parent, name, depth, tree).catch(ignoring('ENOENT', 'ENOTDIR', 'ELOOP'));
    if (depth === 0 && tree.hasGrown) attempt = 0;
    else if (await isRemoved(parent.at(name), attempt === ATTEMPTS)) return;
  }
}

async function emptied(parent: OpenDirectory, name: string, depth: number, tree: Tree): Promise<void> {
  await using directory = await parent.child(name);
  if (depth === 0) Object.assign(tree, { root: directory, hasGrown: false });
  const directories: string[] = [];
  for (const names of inBatches(await readdir(directory.at('.')), AT_ONCE)) {
    const unlinked = await Promise.all(names.map((inIt) => isUnlinked(directory.at(inIt))));
    directories.push(...names.filter((_, i) => !unlinked[i]));
  }
  for (const inIt of directories) await removeAt(directory, inIt, depth + 1, tree);
}

/** @returns false where it is a directory */
async function isUnlinked(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // POSIX says EPERM of directories, Linux EISDIR.
    if (code === 'EISDIR' || code === 'EPERM') return false;
    if (code === 'ENOENT') return true;
    throw error;
  }
}

/** @returns false where there is something in it again, or something else is in its place */
async function isRemoved(path: string, isLast: boolean): Promise<boolean> {
  try {
    await rmdir(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return true;
    if (!isLast && ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(code ?? '')) return false;
    throw error;
  }
}

function ignoring(...codes: readonly string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  };
}
