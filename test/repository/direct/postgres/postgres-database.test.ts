import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import sql, { join as joinSql } from 'sql-template-tag';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { PostgresDatabase } from '../../../../src/repository/direct/postgres/postgres-database.ts';
import { startPostgres, type Postgres } from '../../../../stack/postgres.ts';
import { temporaryDirectory } from '../../../fixtures/repositories.ts';

const signal = AbortSignal.timeout(20 * 60_000);

let server: Postgres;
let url: string;
let database: PostgresDatabase;

async function execute(statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<object>(statement)).rows;
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  server = await startPostgres();
  url = await server.createDatabase();
  await execute(
    'CREATE SCHEMA "Own-1"; CREATE TABLE "Own-1".t (a int8, b text); INSERT INTO "Own-1".t VALUES (1, \'x\')',
  );
  database = await PostgresDatabase.open('own', url, 'Own-1', signal);
});
afterAll(async () => {
  await database.close();
  await server.stop();
});
afterEach(() => {
  delete process.env['LSST_DB_AUTH'];
  delete process.env['LSST_DB_AUTH_CREDENTIALS'];
});

test('values are exact and of the kinds that SQLite gives', async () => {
  const rows = await database.all(
    sql`SELECT 1::int8, 9007199254740993::int8, 1.5::float8, 3::numeric, 2.5::numeric, true, '\\x00ff'::bytea,
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, int8range(1, NULL), NULL`,
    signal,
  );
  const uuid = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';
  expect(rows).toEqual([[1, 9007199254740993n, 1.5, 3, 2.5, true, Buffer.from([0, 255]), uuid, '[1,)', null]]);
});

test('tables are those of its schema, whatever its name', async () => {
  expect(await database.all(sql`SELECT a, b FROM ${database.table('t')}`, signal)).toEqual([[1, 'x']]);
  expect(await database.all(sql`SELECT current_schema()`, signal)).toEqual([['Own-1']]);
});

test('nothing can be written', async () => {
  await expect(database.all(sql`INSERT INTO ${database.table('t')} VALUES (2, 'y')`, signal)).rejects.toMatchObject({
    code: 'UPSTREAM_UNAVAILABLE',
    repository: 'own',
  });
});

test('rows come in batches, in order; leaving early gives the connection back', async () => {
  const statement = sql`SELECT g FROM generate_series(1, ${10_000}::int) AS g`;
  let rows = 0;
  for await (const batch of database.stream(statement, signal)) for (const [g] of batch) expect(g).toBe((rows += 1));
  expect(rows).toBe(10_000);
  for (let i = 0; i < 15; i += 1) for await (const _ of database.stream(statement, signal)) break;
  expect(await database.all(sql`SELECT 1`, signal)).toEqual([[1]]);
});

test.each(['all', 'stream'] as const)('abort stops the statement in the server: %s', async (method) => {
  const reason = new Error('the client has gone');
  const abort = new AbortController();
  const statement = sql`SELECT pg_sleep(100)`;
  const running =
    method === 'all'
      ? database.all(statement, abort.signal)
      : Array.fromAsync(database.stream(statement, abort.signal));
  const isRunning = async () =>
    (
      await execute(
        `SELECT FROM pg_stat_activity WHERE query ~ 'pg_sleep\\(100|FETCH' AND state = 'active' AND pid <> pg_backend_pid()`,
      )
    ).length > 0;
  await expect.poll(isRunning).toBe(true);
  abort.abort(reason);
  await expect(running).rejects.toBe(reason);
  await expect.poll(isRunning).toBe(false);
});

test('errors tell neither SQL nor where the database is', async () => {
  await expect(database.all(sql`SELECT nothing FROM t`, signal)).rejects.toThrow(
    /^Repository 'own' could not answer: its database reported 42703\.$/,
  );
  const values = joinSql(Array.from({ length: 70_000 }, () => 1));
  await expect(database.all(sql`SELECT ${values}`, signal)).rejects.toMatchObject({ code: 'QUERY_TOO_COSTLY' });
  const nowhere = PostgresDatabase.open('own', 'postgresql://u:p@127.0.0.1:1/db', undefined, signal);
  await expect(nowhere).rejects.toThrow(
    /^Repository 'own' cannot be reached: its database does not take the connection\.$/,
  );
});

test('a connection that the server ends, idle or in use, is replaced', async () => {
  const running = database.all(sql`SELECT pg_sleep(100)`, signal).catch((error: unknown) => error);
  const others = 'FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()';
  await expect.poll(() => execute(`SELECT ${others} AND query ~ 'pg_sleep' AND state = 'active'`)).toHaveLength(1);
  await execute(`SELECT pg_terminate_backend(pid) ${others}`);
  expect(await running).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  await expect.poll(() => database.all(sql`SELECT 1`, signal).catch(() => undefined)).toEqual([[1]]);
});

test('a database without btree_gist, or without the schema, is refused', async () => {
  await expect(PostgresDatabase.open('own', url, 'nowhere', signal)).rejects.toThrow(/no schema 'nowhere'/);
  await execute('DROP EXTENSION btree_gist');
  await expect(PostgresDatabase.open('own', url, 'Own-1', signal)).rejects.toThrow(/lacks the extension 'btree_gist'/);
  await execute('CREATE EXTENSION btree_gist');
});

test('a password is found where stock Butler looks for it', async () => {
  await using directory = await temporaryDirectory();
  const { username, password, host, pathname } = new URL(url);
  const file = join(directory.path, 'db-auth.yaml');
  const others = '- {url: "postgresql://example.org", username: u, password: wrong}\n';
  await writeFile(file, `${others}- {url: "postgresql://127.*/sat*", username: ${username}, password: ${password}}\n`, {
    mode: 0o600,
  });
  process.env['LSST_DB_AUTH'] = file;
  const open = (text: string) => PostgresDatabase.open('own', text, 'Own-1', signal);
  await (await open(`postgresql://${username}@${host}${pathname}`)).close();
  await (await open(`postgresql://${host}${pathname}`)).close();

  process.env['LSST_DB_AUTH_CREDENTIALS'] = JSON.stringify([{ url: `postgresql://${host}`, username, password }]);
  await (await open(`postgresql://${host}${pathname}`)).close();

  process.env['LSST_DB_AUTH_CREDENTIALS'] = '[{"url": "postgresql://secret';
  const failure = open(`postgresql://${host}${pathname}`);
  await expect(failure).rejects.toThrow(/LSST_DB_AUTH_CREDENTIALS must hold a list/);
  await expect(failure).rejects.not.toThrow(/secret/);

  delete process.env['LSST_DB_AUTH_CREDENTIALS'];
  const readable = join(directory.path, 'readable.yaml');
  await writeFile(readable, others, { mode: 0o644 });
  process.env['LSST_DB_AUTH'] = readable;
  await expect(open(`postgresql://${host}${pathname}`)).rejects.toThrow(/can be read by others/);
});
