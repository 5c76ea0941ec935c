/**
 * Taking a database file over from a writer that may still be there, on file systems whose locks reach no further than one
 * machine (NFS and its like; storage.md section 7).
 *
 * The file becomes another one under the same name.  A writer that was paused and goes on has the old one open: what it
 * writes goes nowhere, and SQLite refuses its next transaction (SQLITE_READONLY_DBMOVED).  A transaction that it left
 * unfinished is undone in the copy before anybody sees that.
 */
import { constants } from 'node:fs';
import { chmod, copyFile, lchown, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { RepositoryUnavailableError, SatelliteError } from '../../../butler/errors.ts';
import { databaseError } from './failures.ts';
import { Writer } from './writer.ts';

/** How often a copy is tried while someone goes on writing. */
const ATTEMPTS = 5;

export interface TakeOver {
  readonly repository: string;
  /** Of the database file. */
  readonly path: string;
  /** Whether the owner may write to the new file. */
  readonly ownerMayWrite: boolean;
}

/**
 * Puts a checked copy of the file, with its owner and all that is committed, in its place.
 * @throws SatelliteError CONFLICT where someone goes on writing, QUOTA_EXCEEDED where there is no room for the copy,
 *   RepositoryUnavailableError where the file is damaged, or its owner cannot be given the copy
 */
export async function takeOver({ repository, path, ownerMayWrite }: TakeOver): Promise<void> {
  const copy = join(dirname(path), `.${basename(path)}.taken`);
  const journal = `${path}-journal`;
  try {
    await copyAtRest(repository, path, copy);
    await recover(repository, copy);
    await giveTo(copy, path, ownerMayWrite);
    await sync(copy);
    await rename(copy, path);
    await sync(dirname(path));
    // The journal is that of the old file.  Until it is gone, a reader may play it back into the new one, and changes
    // nothing: it holds what the copy was put back to.
    await rm(journal, { force: true });
    await sync(dirname(path));
  } catch (error) {
    throw translated(repository, error);
  } finally {
    await rm(copy, { force: true });
    await rm(`${copy}-journal`, { force: true });
  }
}

function translated(repository: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const message = `There is no room for a copy of the database of '${repository}', which writing to it needs: free some.`;
    return new SatelliteError('QUOTA_EXCEEDED', message, { cause: error });
  }
  if (code === 'EPERM' || code === 'EACCES') {
    const message = `Repository '${repository}' cannot be written to: the gateway may not replace its database file.`;
    return new RepositoryUnavailableError(repository, message, { cause: error });
  }
  return error;
}

/**
 * Makes the file the owner's to write to.  Nobody else writes any more: an empty journal that was kept goes too, because
 * the owner could not write to that.
 */
export async function handOut(path: string): Promise<void> {
  const journal = await stat(`${path}-journal`).catch(() => undefined);
  if (journal?.size === 0) await rm(`${path}-journal`, { force: true });
  await chmod(path, (await stat(path)).mode | constants.S_IWUSR);
}

/** Copies the file with its journal, as both were at one moment. */
async function copyAtRest(repository: string, path: string, copy: string): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const before = await stateOf(path);
    await rm(`${copy}-journal`, { force: true });
    try {
      // The journal first: one that is deleted in between would leave a copy that nothing could put right.
      await copyFile(`${path}-journal`, `${copy}-journal`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    await copyFile(path, copy);
    if ((await stateOf(path)) === before) return;
  }
  throw new SatelliteError(
    'CONFLICT',
    `Satellite '${repository}' is being written to by something else: end that (a notebook's Butler, another gateway), and try again.`,
  );
}

async function stateOf(path: string): Promise<string> {
  const states = [path, `${path}-journal`].map(async (file) => {
    const found = await stat(file, { bigint: true }).catch(() => undefined);
    return found && [found.ino, found.size, found.mtimeNs].join(' ');
  });
  return (await Promise.all(states)).join(', ');
}

/** Lets SQLite undo what the journal says was not finished, and look for damage. */
async function recover(repository: string, copy: string): Promise<void> {
  await chmod(copy, 0o600);
  const writer = new Writer({ path: copy, create: false, quickCheck: true, keepJournal: false });
  try {
    await writer.ask({ kind: 'begin' });
    await writer.ask({ kind: 'rollback' });
  } catch (error) {
    throw databaseError(repository, error);
  } finally {
    await writer.end();
  }
}

async function giveTo(copy: string, original: string, ownerMayWrite: boolean): Promise<void> {
  const { uid, gid, mode } = await stat(original);
  if (uid !== process.getuid!() || gid !== process.getgid!()) await lchown(copy, uid, gid);
  await chmod(copy, ownerMayWrite ? mode | constants.S_IWUSR : mode & ~0o222);
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
