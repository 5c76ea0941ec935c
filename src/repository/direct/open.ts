/** Opening a DirectButler repository for reading. */
import { RepositoryUnavailableError } from '../../butler/errors.ts';
import sql from 'sql-template-tag';
import { readButlerConfig, type ButlerConfig, type DatabaseLocation } from './butler-config.ts';
import type { Database } from './database.ts';
import { DirectRepository, type DirectRepositoryParts } from './direct-repository.ts';
import { Datastore } from './datastore/datastore.ts';
import { openArtifactStore, type ArtifactStoreOptions } from './datastore/open-store.ts';
import type { S3Access } from './datastore/s3-client.ts';
import { checkAttributes, checkWriteableAttributes } from './registry-attributes.ts';
import { POSTGRES_MAX_AGE_MILLISECONDS, RegistryReader } from './registry-reader.ts';
import { misfitOfStaticTables, readTableColumns } from './registry-tables.ts';
import { SqliteDatabase } from './sqlite/sqlite-database.ts';

export interface DirectRepositoryOptions {
  /** Its name in the gateway. */
  readonly name: string;
  /** Directory that holds `butler.yaml`, such a file, or a `file:` URI of either. */
  readonly path: string;
  /** Directories outside the datastore's root whose files may be given out too, where its records name them. */
  readonly fileRoots?: readonly string[];
  /** How its files are reached where they are in S3. Default: as the environment says. */
  readonly s3?: S3Access | undefined;
  /** Gives up opening. */
  readonly signal?: AbortSignal;
}

/** How long opening may take where nobody waits for it. */
export const OPEN_MILLISECONDS = 60_000;

/**
 * Opens the repository after checking that it is one that we can read in full: managers and their versions, universe,
 * tables and columns, dimension groups.
 * @throws RepositoryUnavailableError naming the key, what was found and what is supported
 */
export async function openDirectRepository(options: DirectRepositoryOptions): Promise<DirectRepository> {
  const { name, path, fileRoots = [], s3, signal = AbortSignal.timeout(OPEN_MILLISECONDS) } = options;
  const config = await readButlerConfig(name, path);
  const database = await openDatabase(name, config.database, signal);
  return new DirectRepository(await checkedParts({ name, config, database, fileRoots, access: 'read', s3 }, signal));
}

/**
 * What a repository is made of, after all checks.  Closes the database where one fails.
 * @throws RepositoryUnavailableError naming the key, what was found and what is supported
 */
export async function checkedParts<D extends Database>(
  { name, config, database, fileRoots, access, ...stores }: UncheckedParts<D>,
  signal: AbortSignal,
): Promise<DirectRepositoryParts & { readonly database: D }> {
  try {
    const refuse = (message: string): never => {
      throw new RepositoryUnavailableError(name, `Repository '${name}' cannot be opened: ${message}`);
    };
    const tables = await readTableColumns(database, signal);
    if (!tables.has('butler_attributes')) refuse('its database holds no Butler registry.');
    const rows = await database.all(sql`SELECT name, value FROM ${database.table('butler_attributes')}`, signal);
    const attributes = new Map(rows as [string, string][]);
    const universe = checkAttributes(name, attributes, config.managers);
    if (access === 'write') checkWriteableAttributes(name, attributes);
    const misfit = misfitOfStaticTables(universe, tables, database.dialect);
    if (misfit !== undefined) refuse(misfit);

    const { datastoreName, recordsTable } = config;
    const { exactRoot = false } = stores;
    const store = await openArtifactStore(name, config.datastoreRoot, stores);
    const datastore = new Datastore(name, database, { datastoreName, recordsTable, fileRoots, exactRoot }, store);
    await datastore.checkTable(signal);
    // What its owner writes by stock Python, they find at once.
    const maxAge = access === 'write' ? 0 : POSTGRES_MAX_AGE_MILLISECONDS;
    const registry = new RegistryReader(name, database, universe, maxAge);
    await registry.current(signal);
    return { name, database, universe, registry, datastore };
  } catch (error) {
    await database.close();
    throw error;
  }
}

interface UncheckedParts<D extends Database> extends ArtifactStoreOptions {
  readonly name: string;
  readonly config: ButlerConfig;
  readonly database: D;
  readonly fileRoots: readonly string[];
  /** Who writes must know more than who reads. */
  readonly access: 'read' | 'write';
}

async function openDatabase(name: string, location: DatabaseLocation, signal: AbortSignal): Promise<Database> {
  if (location.dialect === 'sqlite') return new SqliteDatabase(name, location.path);
  const { PostgresDatabase } = await import('./postgres/postgres-database.ts');
  return PostgresDatabase.open(name, location.url, location.namespace, signal);
}
