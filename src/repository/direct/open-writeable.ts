/** Opening a DirectButler repository for writing. */
import { readButlerConfig, type DatabaseLocation } from './butler-config.ts';
import type { WriteableDatabase, WriteGuard } from './database.ts';
import type { ArtifactStoreOptions } from './datastore/open-store.ts';
import { ensureRecordsTable } from './datastore/records.ts';
import { checkedParts, OPEN_MILLISECONDS, type DirectRepositoryOptions } from './open.ts';
import { WriteablePostgresDatabase } from './postgres/writeable-postgres-database.ts';
import { WriteableSqliteDatabase } from './sqlite/writeable-sqlite-database.ts';
import { WriteableDirectRepository } from './writeable-direct-repository.ts';

export interface WriteableRepositoryOptions extends DirectRepositoryOptions, ArtifactStoreOptions {
  /** Asked around each transaction. Default: everybody may write */
  readonly guard?: WriteGuard | undefined;
  /** Checks an SQLite file's structure before it is first written to. Default: false */
  readonly quickCheck?: boolean;
}

/**
 * Opens the repository after the checks of `openDirectRepository` and those that writing needs beside them.  As stock Butler
 * does, it makes the table of file records where there is none.
 * @throws RepositoryUnavailableError naming the key, what was found and what is supported
 */
export async function openWriteableRepository(options: WriteableRepositoryOptions): Promise<WriteableDirectRepository> {
  const { name, path, fileRoots = [], s3, ownership, signal = AbortSignal.timeout(OPEN_MILLISECONDS) } = options;
  const config = await readButlerConfig(name, path);
  const database = await openDatabase(options, config.database, signal);
  const unchecked = { name, config, database, fileRoots, access: 'write', s3, ownership } as const;
  const parts = await checkedParts(unchecked, signal);
  const { location } = parts.datastore;
  try {
    if (!(await parts.datastore.checkTable(signal))) {
      await database.transaction((tx) => ensureRecordsTable(tx, location), signal);
    }
  } catch (error) {
    await database.close();
    throw error;
  }
  return new WriteableDirectRepository(parts);
}

async function openDatabase(
  { name, guard, quickCheck = false }: WriteableRepositoryOptions,
  location: DatabaseLocation,
  signal: AbortSignal,
): Promise<WriteableDatabase> {
  return location.dialect === 'sqlite'
    ? new WriteableSqliteDatabase(name, location.path, { guard, quickCheck })
    : WriteablePostgresDatabase.open(name, location.url, location.namespace, signal, { guard });
}
