import { execFile } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import pg from 'pg';
import sql from 'sql-template-tag';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Universe } from '../../../src/butler/universe.ts';
import { createRepository, type NewDatabase } from '../../../src/repository/direct/create.ts';
import type { WriteableDatabase } from '../../../src/repository/direct/database.ts';
import { openDirectRepository } from '../../../src/repository/direct/open.ts';
import { WriteablePostgresDatabase } from '../../../src/repository/direct/postgres/writeable-postgres-database.ts';
import { WriteableSqliteDatabase } from '../../../src/repository/direct/sqlite/writeable-sqlite-database.ts';
import { startPostgres, type Postgres } from '../../../stack/postgres.ts';
import { runPython } from '../../../stack/run-python.ts';
import { temporaryDirectory } from '../../fixtures/repositories.ts';

const signal = AbortSignal.timeout(20 * 60_000);
const ctx = { caller: { username: 'alice' }, signal };

const universesFile = new URL('../../data/universes.json.gz', import.meta.url);
/** As GET /v1/universe gives the newest one. */
const universe = Universe.fromJson(
  (JSON.parse(gunzipSync(await readFile(universesFile)).toString()) as readonly { rest: unknown }[])[8]!.rest,
);

let server: Postgres;
let url: string;
let schemas = 0;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeAll(async () => {
  server = await startPostgres();
  url = await server.createDatabase();
});
afterAll(() => server.stop());
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => directory[Symbol.asyncDispose]());

async function execute(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function newDatabase(dialect: NewDatabase['dialect']): Promise<NewDatabase> {
  if (dialect === 'sqlite') return { dialect };
  schemas += 1;
  const namespace = `satellite_${schemas}`;
  await execute(`CREATE SCHEMA ${namespace}`);
  return { dialect, url, publicUrl: url, namespace };
}

async function openForWriting(database: NewDatabase): Promise<WriteableDatabase> {
  return database.dialect === 'sqlite'
    ? new WriteableSqliteDatabase('own', join(directory.path, 'gen3.sqlite3'))
    : WriteablePostgresDatabase.open('own', url, database.namespace, signal);
}

const create = (database: NewDatabase) =>
  createRepository({ name: 'own', directory: directory.path, universe, database, signal });

/** What everybody agrees on: that it opens, and that stock Butler writes to it and reads what it wrote. */
async function expectWhole(): Promise<void> {
  expect(await runPython('test/oracle/stock_writer.py', [directory.path, 'check', '2'])).toBe('1\n');
  const repository = await openDirectRepository({ name: 'own', path: directory.path });
  expect(await repository.universe()).toMatchObject({ namespace: 'daf_butler', version: 8 });
  expect([...(await repository.datasetTypes(ctx)).keys()]).toEqual(['thing']);
  await repository.close();
}

describe.each(['sqlite', 'postgresql'] as const)('a repository on %s', (dialect) => {
  test('is one for stock Butler, which writes to it without having to complete it', async () => {
    const database = await newDatabase(dialect);
    await create(database);
    expect((await readdir(directory.path)).sort()).toEqual(
      dialect === 'sqlite' ? ['butler.yaml', 'gen3.sqlite3'] : ['butler.yaml'],
    );
    await expectWhole();
  });

  test('that is there is refused', async () => {
    const database = await newDatabase(dialect);
    await create(database);
    await expect(create(database)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test.each([
    ['create:before-database', async (): Promise<void> => undefined],
    ['create:before-butler-yaml', expectWhole],
  ] as const)('whose making was cut off at %s is made by the next attempt', async (failpoint, expectIt) => {
    const database = await newDatabase(dialect);
    const module = new URL('../../../src/repository/direct/create.ts', import.meta.url);
    const universes = new URL('../../../src/butler/universe.ts', import.meta.url);
    const program = `
        import { createRepository } from ${JSON.stringify(module.href)};
        import { Universe } from ${JSON.stringify(universes.href)};
        const [directory, universe, database] = JSON.parse(process.env.ARGUMENTS);
        await createRepository({
          name: 'own', directory, universe: Universe.fromJson(universe), database, signal: AbortSignal.timeout(60000),
        });`;
    const cutOff = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
      env: {
        ...process.env,
        SATELLITE_FAILPOINT: failpoint,
        ARGUMENTS: JSON.stringify([directory.path, universe.document, database]),
      },
    });
    await expect(cutOff).rejects.toMatchObject({ signal: 'SIGKILL' });
    expect(await readdir(directory.path)).not.toContain('butler.yaml');
    await create(database);
    await expectIt();
  });

  test('is written to by stock Butler and by us at once', async () => {
    const database = await newDatabase(dialect);
    await create(database);
    await expectWhole(); // registers the dataset type, on which stock Butlers would race with each other
    const stock = ['a', 'b'].map((name) => runPython('test/oracle/stock_writer.py', [directory.path, name, '40']));
    const ours = ['c', 'd'].map(async (name) => {
      const writer = await openForWriting(database);
      for (let i = 0; i < 100; i += 1) {
        await writer.transaction(async (tx) => {
          const id = tx.dialect === 'sqlite' ? sql`NULL` : sql`nextval(${'collection_seq_collection_id'}::regclass)`;
          const [row] = await tx.all(
            sql`INSERT INTO ${tx.table('collection')} (collection_id, name, type) VALUES (${id}, ${`${name}/${i}`}, 1)
              RETURNING collection_id`,
          );
          await tx.insert({ table: 'run', columns: ['collection_id'], rows: [[row![0]!]] });
        }, signal);
      }
      await writer.close();
    });
    expect(await Promise.all(stock)).toEqual(['780\n', '780\n']);
    await Promise.all(ours);
    const repository = await openDirectRepository({ name: 'own', path: directory.path });
    const runs = (await repository.collections({ search: ['*'] }, ctx)).map(({ name }) => name.split('/')[0]);
    expect(['check', ...'abcd'].map((name) => runs.filter((run) => run === name).length)).toEqual([
      2, 40, 40, 100, 100,
    ]);
    await repository.close();
  });
});

test('what an earlier attempt left of an SQLite file is made anew', async () => {
  await writeFile(join(directory.path, 'gen3.sqlite3.making'), 'half');
  await writeFile(join(directory.path, 'gen3.sqlite3'), 'not a registry');
  await create({ dialect: 'sqlite' });
  await expectWhole();
});

test('a schema with other tables is refused, as is one that stock Butler could not write to', async () => {
  const database = await newDatabase('postgresql');
  await create(database);
  await runPython('test/oracle/stock_writer.py', [directory.path, 'check', '1']);
  await rm(join(directory.path, 'butler.yaml'));
  await expect(create(database)).rejects.toMatchObject({ code: 'CONFLICT' });

  const other = (await newDatabase('postgresql')) as NewDatabase & { dialect: 'postgresql' };
  await execute(`CREATE TABLE ${other.namespace}.mine (a int8)`);
  await expect(create(other)).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(create({ ...other, namespace: 'Sat-1' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  expect(await readdir(directory.path)).not.toContain('butler.yaml');
});

test('passwords are in no file of the repository', async () => {
  const database = (await newDatabase('postgresql')) as NewDatabase & { dialect: 'postgresql' };
  const publicUrl = new URL(url);
  publicUrl.password = '';
  await create({ ...database, publicUrl: publicUrl.href });
  const yaml = await readFile(join(directory.path, 'butler.yaml'), 'utf8');
  expect(yaml).not.toContain(new URL(url).password);
  expect(yaml).toContain(`namespace: ${database.namespace}`);
});
