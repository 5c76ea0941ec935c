/** Where stock Butler and the gateway write the same things into repositories of their own. */
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { createRepository } from '../../../../src/repository/direct/create.ts';
import { openDirectRepository } from '../../../../src/repository/direct/open.ts';
import { dumpPostgres, dumpSqlite, type RegistryDump } from '../../../fixtures/registry-dump.ts';
import { temporaryDirectory } from '../../../fixtures/repositories.ts';
import { StockWriter } from '../../../fixtures/stock-writer.ts';
import { startPostgres } from '../../../../stack/postgres.ts';

export interface Place extends AsyncDisposable {
  readonly stock: StockWriter;
  /** URI of a file of stock Butler's yaml formatter. */
  readonly file: string;
  /** Makes a repository in which nothing is registered. @returns its root */
  empty(name: string): Promise<string>;
  dump(root: string): Promise<RegistryDump>;
}

export async function sqlitePlace(): Promise<Place> {
  const stock = new StockWriter();
  const directory = await temporaryDirectory();
  const template = join(directory.path, 'template');
  await stock.run('make', { root: template });
  await stock.run('close', { root: template });
  return {
    stock,
    file: await yamlFile(directory.path),
    async empty(name) {
      const root = join(directory.path, name);
      await cp(template, root, { recursive: true });
      return root;
    },
    dump: async (root) => dumpSqlite(join(root, 'gen3.sqlite3')),
    async [Symbol.asyncDispose]() {
      await stock[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

export async function postgresPlace(): Promise<Place> {
  const server = await startPostgres();
  const stock = new StockWriter();
  const directory = await temporaryDirectory();
  const url = await server.createDatabase();
  const template = join(directory.path, 'template');
  await stock.run('make', { root: template });
  await stock.run('close', { root: template });
  const source = await openDirectRepository({ name: 'template', path: template });
  const universe = await source.universe();
  await source.close();
  return {
    stock,
    file: await yamlFile(directory.path),
    async empty(name) {
      const root = join(directory.path, name);
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query(`CREATE SCHEMA ${name}`);
      await client.end();
      const database = { dialect: 'postgresql', url, publicUrl: url, namespace: name } as const;
      await createRepository({ name, directory: root, universe, database, signal: AbortSignal.timeout(60_000) });
      return root;
    },
    dump: (root) => dumpPostgres(url, root.slice(directory.path.length + 1)),
    async [Symbol.asyncDispose]() {
      await stock[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
      await server.stop();
    },
  };
}

async function yamlFile(directory: string): Promise<string> {
  const path = join(directory, 'file.yaml');
  await writeFile(path, 'a: 1\n');
  return pathToFileURL(path).href;
}
