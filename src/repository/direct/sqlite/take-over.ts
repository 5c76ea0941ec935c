/**
 * Taking a database file over from a writer that may still be there, on file systems whose locks reach no further than one
 * machine (NFS and its like).
 *
 * The file becomes another one under the same name.  A writer that was paused and goes on has the old one open: what it
 * writes goes nowhere, and SQLite refuses its next transaction (SQLITE_READONLY_DBMOVED).  A transaction that it left
 * unfinished is undone in the copy before anybody sees that.
 */
import { constants, createWriteStream } from 'node:fs';
import { chmod, lchown, lstat, mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { RepositoryUnavailableError, SatelliteError } from '../../../butler/errors.ts';
import { OpenDirectory } from '../datastore/directory-walk.ts';
import { databaseError, WorkerError } from './failures.ts';
import { Writer } from './writer.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** How often a copy is tried while someone goes on writing. */
const ATTEMPTS = 5;

const WRITE_BITS = 0o222;

export interface DatabaseFile {
  readonly repository: string;
  /** Of the database file: a real path, whose directory its owner may change at any moment. */
  readonly path: string;
}

export interface TakeOver extends DatabaseFile {
  /**
   * Directory on the same file system that nobody else may enter, made where it is not there: a copy that is made beside the
   * file could be led elsewhere by its owner.
   */
  readonly workshop: string;
  /** Whether the owner may write to the new file. */
  readonly ownerMayWrite: boolean;
  /** Refuses where a transaction has begun: whoever it is, is there and may commit.  Default: it is undone */
  readonly mustBeAtRest?: boolean;
}

/**
 * Puts a checked copy of the file, with its owner and all that is committed, in its place.
 * @throws SatelliteError CONFLICT where someone goes on writing, or has begun to; QUOTA_EXCEEDED where there is no room for the copy,
 *   RepositoryUnavailableError where the file is damaged, or its owner cannot be given the copy
 */
export async function takeOver(options: TakeOver): Promise<void> {
  const { repository, path, workshop, mustBeAtRest = false } = options;
  const name = basename(path);
  const copy = join(workshop, name);
  try {
    await using directory = await OpenDirectory.enter({ path: dirname(path), exact: true }, []);
    await mkdir(workshop, { recursive: true, mode: 0o700 });
    await using original = await plainFile(directory, name);
    if (!original) throw new WorkerError('ENOENT', 'there is no such file');
    if (mustBeAtRest && (await journalSize(directory, name)) > 0) throw inTransaction(repository);
    const { uid, mode } = await original.stat();
    const kept = keptMode(uid, mode);
    // Who opens it from now on cannot write; who has it open can.
    if (kept !== mode) await original.chmod(kept);
    try {
      await exchangeAtRest(options, directory, original, mode, copy);
    } catch (error) {
      if (kept !== mode) await original.chmod(mode);
      throw error;
    }
    await directory.sync();
    // The journal is that of the old file.  Until it is gone, a reader may play it back into the new one, and changes
    // nothing: it holds what the copy was put back to.
    await rm(directory.at(`${name}-journal`), { force: true });
    await directory.sync();
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
  if (code === 'ELOOP' || code === 'ENOTDIR') return databaseError(repository, linked());
  if (code === 'EPERM' || code === 'EACCES') {
    const message = `Repository '${repository}' cannot be written to: the gateway may not replace its database file.`;
    return new RepositoryUnavailableError(repository, message, { cause: error });
  }
  return databaseError(repository, error);
}

/**
 * Makes the file the owner's to write to.  Nobody else writes any more: an empty journal that was kept goes too, because
 * the owner could not write to that.
 */
export async function handOut({ repository, path }: DatabaseFile): Promise<void> {
  const name = basename(path);
  try {
    await using directory = await OpenDirectory.enter({ path: dirname(path), exact: true }, []);
    if ((await journalSize(directory, name)) === 0) await rm(directory.at(`${name}-journal`), { force: true });
    await using file = await plainFile(directory, name);
    if (!file) throw new WorkerError('ENOENT', 'there is no such file');
    await file.chmod((await file.stat()).mode | constants.S_IWUSR);
  } catch (error) {
    throw translated(repository, error);
  }
}

/** Undefined where there is none. @throws WorkerError LINKED where it is a link, has other names too, or is no file */
export async function plainFile(directory: OpenDirectory, name: string): Promise<FileHandle | undefined> {
  let file: FileHandle;
  try {
    file = await open(directory.at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const found = await file.stat();
  if (found.isFile() && found.nlink === 1) return file;
  await file.close();
  throw linked();
}

function linked(): WorkerError {
  return new WorkerError('LINKED', 'there is a link in the place of the file');
}

/** Copies the file with its journal, as both were at one moment, and puts the copy in its place while they still are so. */
async function exchangeAtRest(
  { repository, path, ownerMayWrite, mustBeAtRest = false }: TakeOver,
  directory: OpenDirectory,
  original: FileHandle,
  mode: number,
  copy: string,
): Promise<void> {
  const name = basename(path);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const before = await stateOf(directory, name);
    await rm(`${copy}-journal`, { force: true });
    // The journal first: one that is deleted in between would leave a copy that nothing could put right.
    await copied(directory, `${name}-journal`, `${copy}-journal`);
    if (!(await copied(directory, name, copy))) throw new WorkerError('ENOENT', 'there is no such file');
    if ((await stateOf(directory, name)) !== before) continue;
    await recover(repository, copy);
    await giveTo(copy, original, mode, ownerMayWrite);
    await sync(copy);
    if (mustBeAtRest && (await journalSize(directory, name)) > 0) throw inTransaction(repository);
    // The check of a large file takes long: what was committed meanwhile is not to be lost.  A network file system tells
    // anew what there is when the file is opened.
    await (await plainFile(directory, name))?.close();
    if ((await stateOf(directory, name)) !== before) continue;
    await rename(copy, directory.at(name));
    return;
  }
  throw new SatelliteError(
    'CONFLICT',
    `Satellite '${repository}' is being written to by something else: end that (a notebook's Butler, another gateway), and try again.`,
  );
}

/** 0 where there is none, too. */
async function journalSize(directory: OpenDirectory, name: string): Promise<number> {
  await using journal = await plainFile(directory, `${name}-journal`);
  return (await journal?.stat())?.size ?? 0;
}

function inTransaction(repository: string): SatelliteError {
  return new SatelliteError(
    'CONFLICT',
    `A Butler is in a transaction in satellite '${repository}': try again when it has ended. If none is, one was killed in the ` +
      'middle: open the satellite once with a writeable Butler, which undoes what that left.',
  );
}

/** @returns whether there was a file */
async function copied(directory: OpenDirectory, name: string, copy: string): Promise<boolean> {
  await using file = await plainFile(directory, name);
  if (!file) return false;
  await pipeline(file.createReadStream({ autoClose: false }), createWriteStream(copy, { mode: 0o600 }));
  return true;
}

/** Which file has a name, and whether it was written to: for comparison, without opening it. */
export async function stateOf(directory: OpenDirectory, name: string): Promise<string> {
  const states = [name, `${name}-journal`].map(async (file) => {
    const found = await lstat(directory.at(file), { bigint: true }).catch(() => undefined);
    return found && [found.ino, found.size, found.mtimeNs].join(' ');
  });
  return (await Promise.all(states)).join(', ');
}

/** Lets SQLite undo what the journal says was not finished, and look for damage. */
async function recover(repository: string, copy: string): Promise<void> {
  const writer = new Writer({ path: copy, exactPath: false, create: false, quickCheck: true, keepJournal: false });
  try {
    await writer.ask({ kind: 'begin' });
    await writer.ask({ kind: 'rollback' });
  } catch (error) {
    throw databaseError(repository, error);
  } finally {
    await writer.end();
  }
}

/** A mode with which nobody but the gateway writes: root can in any case, a gateway of one user writes as the owner. */
function keptMode(uid: number, mode: number): number {
  const isGateway = uid === process.getuid!() && uid !== 0;
  return isGateway ? mode : mode & ~WRITE_BITS;
}

/** Makes a new database file one that the gateway alone writes to. */
export async function withdrawWriting(path: string): Promise<void> {
  const { uid, mode } = await stat(path);
  await chmod(path, keptMode(uid, mode));
}

async function giveTo(copy: string, original: FileHandle, mode: number, ownerMayWrite: boolean): Promise<void> {
  const { uid, gid } = await original.stat();
  if (uid !== process.getuid!() || gid !== process.getgid!()) await lchown(copy, uid, gid);
  await chmod(copy, ownerMayWrite ? mode | constants.S_IWUSR : keptMode(uid, mode));
}

/** Makes a file, or the names in a directory, outlast a power cut. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
