/** Opens the gateway's state where the configuration's `state` says. */
import { chmod, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SatelliteError } from '../butler/errors.ts';
import { withCredentials } from '../repository/direct/postgres/credentials.ts';
import { WriteableSqliteDatabase } from '../repository/direct/sqlite/writeable-sqlite-database.ts';
import type { WriteableDatabase } from '../repository/direct/database.ts';
import { networkFileSystem } from './network-file-system.ts';
import { readSecret } from './secret.ts';
import type { State } from './state.ts';
import { prepareSchema, prepareTables, STATE_TABLES } from './tables.ts';

/** What errors call it. */
const NAME = 'gateway state';

/** Its schema in PostgreSQL. */
export const STATE_SCHEMA = 'satellite';

/**
 * Opens the state, and makes it where there is none.
 * @param url `sqlite:PATH` (a path is relative to the working directory) or `postgresql://…`
 * @throws SatelliteError BAD_USER_INPUT where it cannot be there, CONFLICT where a newer gateway wrote it
 */
export async function openState(url: string, signal: AbortSignal): Promise<State> {
  const postgresUrl = url.startsWith('postgresql:') ? await withCredentials(url) : undefined;
  const database = await (postgresUrl === undefined
    ? openSqlite(resolve(url.replace(/^sqlite:/, '')))
    : openPostgres(postgresUrl));
  try {
    if (postgresUrl !== undefined) await prepareSchema(database, STATE_SCHEMA, signal);
    await prepareTables(database, STATE_TABLES, signal);
    return { database, secret: await readSecret(database, signal), postgresUrl, close: () => database.close() };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function openPostgres(url: string): Promise<WriteableDatabase> {
  const { WriteablePostgresDatabase } = await import('../repository/direct/postgres/writeable-postgres-database.ts');
  return WriteablePostgresDatabase.openOwn(NAME, url, STATE_SCHEMA);
}

async function openSqlite(path: string): Promise<WriteableDatabase> {
  const remote = await networkFileSystem(dirname(path)).catch(cannotOpen);
  if (remote !== undefined) {
    throw new SatelliteError(
      'BAD_USER_INPUT',
      `The file of 'state' would lie on a network file system (${remote}), where SQLite's locks do not hold: name a local directory, or PostgreSQL.`,
    );
  }
  try {
    // SQLite gives its journal the mode of the file.
    await (await open(path, 'a', 0o600)).close();
    await chmod(path, 0o600);
  } catch (error) {
    cannotOpen(error);
  }
  return new WriteableSqliteDatabase(NAME, path);
}

function cannotOpen(cause: unknown): never {
  const code = String((cause as NodeJS.ErrnoException).code);
  throw new SatelliteError('BAD_USER_INPUT', `The file of 'state' cannot be opened (${code}): check its directory.`, {
    cause,
  });
}
