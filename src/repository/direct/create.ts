/** Making a DirectButler repository: its registry in full, then the `butler.yaml` that makes it one. */
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import sql from 'sql-template-tag';
import { stringify } from 'yaml';
import { SatelliteError } from '../../butler/errors.ts';
import type { Universe } from '../../butler/universe.ts';
import { failpoint } from '../failpoints.ts';
import { FILE_DATASTORE } from './butler-config.ts';
import type { Transaction } from './database.ts';
import { configuredManagers, newAttributes } from './registry-attributes.ts';
import { defineTables } from './schema/define.ts';
import { FILE_RECORDS_TABLE, repositoryTables } from './schema/static-tables.ts';

export type NewDatabase =
  /** `gen3.sqlite3` in the repository's directory. */
  | { readonly dialect: 'sqlite' }
  | {
      readonly dialect: 'postgresql';
      /** As whom the gateway connects; that role owns what is made. */
      readonly url: string;
      /** What `butler.yaml` says: without a password. */
      readonly publicUrl: string;
      /** A schema that is there and is empty; a plain identifier in small letters, as stock Butler needs it. */
      readonly namespace: string;
    };

export interface NewRepository {
  /** Its name, for errors. */
  readonly name: string;
  /** Made where it is not there. */
  readonly directory: string;
  /** Its document is stored as it was read. */
  readonly universe: Universe;
  readonly database: NewDatabase;
  /** Where its files go: a path or an address. Default: its directory */
  readonly datastoreRoot?: string;
  readonly signal: AbortSignal;
}

/**
 * Makes a repository that stock Butler opens, and that needs no first writer to complete it.  What an interrupted attempt
 * left in the directory or the schema is used or made anew.
 * @throws SatelliteError CONFLICT where there is a repository or something else already; RepositoryUnavailableError
 */
export async function createRepository(repository: NewRepository): Promise<void> {
  const { name, directory, universe, database, datastoreRoot = '<butlerRoot>', signal } = repository;
  await mkdir(directory, { recursive: true });
  const config = join(directory, 'butler.yaml');
  if (await exists(config)) {
    throw new SatelliteError('CONFLICT', `Repository '${name}' is there already.`, { repository: name });
  }
  failpoint('create:before-database');
  if (database.dialect === 'sqlite') await writeDurably(join(directory, 'gen3.sqlite3'), await emptyRegistry(universe));
  else await createInPostgres(name, universe, database, signal);
  failpoint('create:before-butler-yaml');
  signal.throwIfAborted();
  await writeDurably(config, butlerYaml(database, datastoreRoot));
}

/** Content of the `butler.yaml` of a repository. */
export function butlerYaml(database: NewDatabase, root: string): string {
  const location =
    database.dialect === 'sqlite'
      ? { db: 'sqlite:///<butlerRoot>/gen3.sqlite3' }
      : { db: database.publicUrl, namespace: database.namespace };
  return stringify({
    datastore: { cls: FILE_DATASTORE, records: { table: FILE_RECORDS_TABLE }, root },
    registry: { ...location, managers: configuredManagers() },
  });
}

/** Files of empty registries: all satellites of an official repository begin as the same one. */
const emptyRegistries = new WeakMap<Universe, Buffer>();

/** The content of an SQLite file with a registry in which nothing is registered. */
async function emptyRegistry(universe: Universe): Promise<Buffer> {
  const made = emptyRegistries.get(universe);
  if (made) return made;
  const database = new Sqlite(':memory:');
  try {
    for (const statement of defineTables(repositoryTables(universe), 'sqlite')) database.exec(statement);
    await setImmediate();
    const insert = database.prepare('INSERT INTO butler_attributes (name, value) VALUES (?, ?)');
    for (const attribute of newAttributes(universe)) insert.run(...attribute);
    database.prepare('INSERT INTO opaque_meta (table_name) VALUES (?)').run(FILE_RECORDS_TABLE);
    const content = database.serialize();
    emptyRegistries.set(universe, content);
    return content;
  } finally {
    database.close();
  }
}

async function createInPostgres(
  name: string,
  universe: Universe,
  { url, namespace }: NewDatabase & { dialect: 'postgresql' },
  signal: AbortSignal,
): Promise<void> {
  if (!/^[a-z_][a-z0-9_]*$/.test(namespace)) {
    throw new SatelliteError('BAD_USER_INPUT', `Stock Butler cannot write to a schema with the name '${namespace}'.`);
  }
  const { WriteablePostgresDatabase } = await import('./postgres/writeable-postgres-database.ts');
  const database = await WriteablePostgresDatabase.open(name, url, namespace, signal);
  try {
    await database.transaction(async (transaction) => {
      if (await isMade(transaction, name, universe)) return;
      await transaction.define(defineTables(repositoryTables(universe), 'postgresql'));
      const attributes = newAttributes(universe);
      await transaction.insert({ table: 'butler_attributes', columns: ['name', 'value'], rows: attributes });
      await transaction.insert({ table: 'opaque_meta', columns: ['table_name'], rows: [[FILE_RECORDS_TABLE]] });
    }, signal);
  } finally {
    await database.close();
  }
}

/** Whether an attempt that ended before `butler.yaml` was written has made it already. @throws SatelliteError CONFLICT */
async function isMade(transaction: Transaction, name: string, universe: Universe): Promise<boolean> {
  const tables = await transaction.all(sql`SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()`);
  if (tables.length === 0) return false;
  if (tables.some(([table]) => table === 'butler_attributes')) {
    const attributes = await transaction.all(sql`SELECT name, value FROM ${transaction.table('butler_attributes')}`);
    const found = new Map(attributes as readonly (readonly [string, string])[]);
    const [row] = await transaction.all(sql`SELECT count(*) FROM ${transaction.table('collection')}`);
    if (row![0] === 0 && newAttributes(universe).every(([key, value]) => found.get(key) === value)) return true;
  }
  throw new SatelliteError('CONFLICT', `Repository '${name}' cannot be made: its schema has tables already.`);
}

/** Writes a file under another name first: it is there in full or not at all, and before any file that is written later. */
export async function writeDurably(path: string, content: string | Buffer): Promise<void> {
  const making = `${path}.making`;
  await using file = await open(making, 'w');
  await file.writeFile(content);
  await file.sync();
  await rename(making, path);
  await using directory = await open(dirname(path));
  await directory.sync();
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
