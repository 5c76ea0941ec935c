/** Opening a DirectButler repository for writing. */
import sql from 'sql-template-tag';
import { RepositoryUnavailableError, SatelliteError } from '../../butler/errors.ts';
import { readButlerConfig, type DatabaseLocation } from './butler-config.ts';
import type { WriteableDatabase, WriteGuard } from './database.ts';
import type { ArtifactStoreOptions } from './datastore/open-store.ts';
import { ensureRecordsTable } from './datastore/records.ts';
import type { DirectRepositoryParts } from './direct-repository.ts';
import { checkedParts, OPEN_MILLISECONDS, type DirectRepositoryOptions } from './open.ts';
import { prepareLedger } from './published/ledger.ts';
import { PublishedDirectRepository } from './published/published-direct-repository.ts';
import { WriteableSqliteDatabase } from './sqlite/writeable-sqlite-database.ts';
import { sequenceName } from './schema/identifier.ts';
import { repositoryTables } from './schema/static-tables.ts';
import { WriteableDirectRepository, type WriteableDirectRepositoryParts } from './writeable-direct-repository.ts';

export interface WriteableRepositoryOptions extends DirectRepositoryOptions, ArtifactStoreOptions {
  /** Asked around each transaction. Default: everybody may write */
  readonly guard?: WriteGuard | undefined;
  /** Where things are instead of where `butler.yaml` says, whose users may have changed it: real paths, for the same reason. */
  readonly placed?: { readonly database: DatabaseLocation; readonly datastoreRoot: string };
  /** Checks an SQLite file's structure before it is first written to. Default: false */
  readonly quickCheck?: boolean;
  /** Opens one that its `butler.yaml` lets nobody but stock Butler write to, and refuses changes only. Default: false */
  readonly orReadOnly?: boolean;
}

/**
 * Opens the repository after the checks of `openDirectRepository` and those that writing needs beside them.  As stock Butler
 * does, it makes the table of file records where there is none.
 * @throws RepositoryUnavailableError naming the key, what was found and what is supported
 */
export async function openWriteableRepository(options: WriteableRepositoryOptions): Promise<WriteableDirectRepository> {
  return new WriteableDirectRepository(await openParts(options));
}

/** Opens a repository for publications, and makes the tables that these need. @throws as `openWriteableRepository` */
export async function openPublishedRepository(options: WriteableRepositoryOptions): Promise<PublishedDirectRepository> {
  const parts = await openParts(options);
  try {
    await parts.database.transaction(prepareLedger, options.signal ?? AbortSignal.timeout(OPEN_MILLISECONDS));
  } catch (error) {
    await parts.database.close();
    throw error;
  }
  return new PublishedDirectRepository(parts);
}

async function openParts(options: WriteableRepositoryOptions): Promise<WriteableDirectRepositoryParts> {
  const {
    name,
    path,
    fileRoots = [],
    s3,
    ownership,
    exactRoot,
    signal = AbortSignal.timeout(OPEN_MILLISECONDS),
  } = options;
  const config = { ...(await readButlerConfig(name, path)), ...options.placed };
  const { orReadOnly = false } = options;
  const isReadOnly = config.readOnlyBecauseOf.length > 0;
  if (isReadOnly && !orReadOnly) throw notWriteable(name, sectionSet(config.readOnlyBecauseOf[0]!));
  const guard = isReadOnly ? onceWriteable(options) : options.guard;
  const database = await openDatabase(options, guard, config.database, signal);
  const unchecked = { name, config, database, fileRoots, access: 'write', s3, ownership, exactRoot } as const;
  const parts = await checkedParts(unchecked, signal);
  const { location } = parts.datastore;
  try {
    if (database.dialect === 'postgresql') await checkSequences(parts, signal);
    if (!(await parts.datastore.checkTable(signal)) && !isReadOnly) {
      await database.transaction((tx) => ensureRecordsTable(tx, location), signal);
    }
  } catch (error) {
    await database.close();
    throw error;
  }
  return parts;
}

async function openDatabase(
  { name, guard: ownGuard, quickCheck = false, placed }: WriteableRepositoryOptions,
  guard: WriteGuard | undefined,
  location: DatabaseLocation,
  signal: AbortSignal,
): Promise<WriteableDatabase> {
  if (location.dialect === 'sqlite') {
    return new WriteableSqliteDatabase(name, location.path, {
      guard,
      quickCheck,
      keepJournal: ownGuard !== undefined,
      exactPath: placed !== undefined,
    });
  }
  const { WriteablePostgresDatabase } = await import('./postgres/writeable-postgres-database.ts');
  return WriteablePostgresDatabase.open(name, location.url, location.namespace, signal, {
    guard,
    isOthers: placed !== undefined,
  });
}

/** Keys come from bare sequences, which nothing but their names ties to the tables. */
async function checkSequences(
  { name, database, universe, registry }: DirectRepositoryParts,
  signal: AbortSignal,
): Promise<void> {
  const rows = await database.all(
    sql`SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'S'`,
    signal,
  );
  const found = new Set(rows.map(([sequence]) => sequence));
  const { datasetTypes } = await registry.current(signal);
  const expected = [
    ...repositoryTables(universe).flatMap(({ name: table, columns }) =>
      columns.filter(({ type }) => type === 'auto id').map((column) => sequenceName(table, column.name)),
    ),
    ...[...datasetTypes.values()].flatMap(({ calibsTable }) =>
      calibsTable === null ? [] : [sequenceName(calibsTable, 'id')],
    ),
  ];
  const missing = expected.find((sequence) => !found.has(sequence));
  if (missing !== undefined) throw notWriteable(name, `its registry has no sequence '${missing}'.`);
}

/** Admits nobody before its `butler.yaml` is one with which the gateway can write. */
function onceWriteable({ name, path, guard }: WriteableRepositoryOptions): WriteGuard {
  return {
    admit: async (signal) => {
      const [section] = (await readButlerConfig(name, path)).readOnlyBecauseOf;
      if (section === undefined) return (await guard?.admit(signal)) ?? false;
      throw new SatelliteError(
        'CONFLICT',
        `Repository '${name}' can be read here, and written to by stock Butler only: ${sectionSet(section)}`,
      );
    },
    confirm: async () => guard?.confirm(),
    ended: () => guard?.ended(),
  };
}

function sectionSet(section: string): string {
  return `'${section}' is set in its butler.yaml; supported: without it.`;
}

function notWriteable(name: string, why: string): RepositoryUnavailableError {
  return new RepositoryUnavailableError(name, `Repository '${name}' cannot be written to: ${why}`);
}
