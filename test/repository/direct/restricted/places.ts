/** Empty repositories of a test's own, on either database. */
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../../../../stack/postgres.ts';
import { createRepository, type NewDatabase } from '../../../../src/repository/direct/create.ts';
import { openWriteableRepository } from '../../../../src/repository/direct/open-writeable.ts';
import type { WriteableDirectRepository } from '../../../../src/repository/direct/writeable-direct-repository.ts';
import { temporaryDirectory } from '../../../fixtures/repositories.ts';
import { universe } from './sky.ts';

export interface Places extends AsyncDisposable {
  /** Makes a repository; all of them have the same name, so that answers can be compared. */
  empty(): Promise<WriteableDirectRepository>;
}

const signal = () => AbortSignal.timeout(120_000);
const name = 'world';

async function made(directory: string, database: NewDatabase): Promise<WriteableDirectRepository> {
  await createRepository({ name, directory, universe, database, signal: signal() });
  return openWriteableRepository({ name, path: directory, signal: signal() });
}

export async function sqlitePlaces(): Promise<Places> {
  const directory = await temporaryDirectory();
  let count = 0;
  return {
    empty: () => made(join(directory.path, String((count += 1))), { dialect: 'sqlite' }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

export async function postgresPlaces(): Promise<Places> {
  const server = await startPostgres();
  const url = await server.createDatabase();
  const directory = await temporaryDirectory();
  let count = 0;
  return {
    async empty() {
      const namespace = `world_${String((count += 1))}`;
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query(`CREATE SCHEMA ${namespace}`);
      await client.end();
      return made(join(directory.path, namespace), { dialect: 'postgresql', url, publicUrl: url, namespace });
    },
    async [Symbol.asyncDispose]() {
      await directory[Symbol.asyncDispose]();
      await server.stop();
    },
  };
}
