/** A database file that others use, copied, and later exchanged for another one. */
import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, rename } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import Sqlite from 'better-sqlite3';
import { SatelliteError } from '../../../butler/errors.ts';
import { OpenDirectory } from '../datastore/directory-walk.ts';
import { mustBeExact } from './exact-file.ts';
import { databaseError, isBusy, WorkerError } from './failures.ts';
import { plainFile, stateOf, type DatabaseFile } from './take-over.ts';
import { Writer } from './writer.ts';

/** What a file is now, for `exchange`: another one when it is written to or replaced. */
export async function databaseState({ path }: DatabaseFile): Promise<string> {
  await using directory = await OpenDirectory.enter({ path: dirname(path), exact: true }, []);
  return await stateOf(directory, basename(path));
}

/** Whose a file is, and who may do what with it. */
export async function databaseOwnership({ path }: DatabaseFile): Promise<Pick<Stats, 'uid' | 'gid' | 'mode'>> {
  await using directory = await OpenDirectory.enter({ path: dirname(path), exact: true }, []);
  return await lstat(directory.at(basename(path)));
}

/** SHA-256 of a file that nobody here is writing to: reading it drops the locks of this process. */
export async function databaseContent({ repository, path }: DatabaseFile): Promise<string> {
  try {
    await using directory = await OpenDirectory.enter({ path: dirname(path), exact: true }, []);
    await using file = await plainFile(directory, basename(path));
    if (!file) throw new WorkerError('ENOENT', 'there is no such file');
    const hash = createHash('sha256');
    await pipeline(file.createReadStream({ autoClose: false }), hash);
    return hash.digest('hex');
  } catch (error) {
    throw databaseError(repository, error);
  }
}

/**
 * Copies all that is committed.  It is read through SQLite: opening the file in another way, and closing it, would drop the
 * locks of this process.
 * @returns what the file was then, for `exchange`
 */
export async function copyDatabase(file: DatabaseFile, copy: string): Promise<string> {
  const state = await databaseState(file);
  let database: Sqlite.Database | undefined;
  try {
    database = new Sqlite(file.path, { readonly: true, fileMustExist: true });
    mustBeExact(file.path);
    await database.backup(copy);
  } catch (error) {
    throw databaseError(file.repository, error);
  } finally {
    database?.close();
  }
  if ((await databaseState(file)) !== state) throw writtenTo(file.repository);
  return state;
}

/**
 * Puts another file in its place, in one moment, while nobody can write to it.  Who has the old one open writes no more:
 * SQLite refuses the next transaction.
 * @param state as `copyDatabase` gave it
 * @throws SatelliteError CONFLICT where it was written to since, or is being written to
 */
export async function exchange(file: DatabaseFile, state: string, replacement: string): Promise<void> {
  const { repository, path } = file;
  const writer = new Writer({ path, exactPath: true, create: false, quickCheck: false, keepJournal: false });
  try {
    await writer.ask({ kind: 'begin' });
    await using directory = await OpenDirectory.enter({ path: dirname(path), exact: true }, []);
    if ((await stateOf(directory, basename(path))) !== state) throw writtenTo(repository);
    await rename(replacement, directory.at(basename(path)));
    await directory.sync();
  } catch (error) {
    throw isBusy(error) ? writtenTo(repository) : databaseError(repository, error);
  } finally {
    await writer.end();
  }
}

function writtenTo(repository: string): SatelliteError {
  return new SatelliteError(
    'CONFLICT',
    `Satellite '${repository}' is being written to by something else (a notebook's Butler?): end that, and try again.`,
  );
}
