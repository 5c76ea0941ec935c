import pg from 'pg';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WriteablePostgresDatabase } from '../../../../src/repository/direct/postgres/writeable-postgres-database.ts';
import { startPostgres, type Postgres } from '../../../../stack/postgres.ts';
import { testTransactions } from '../transactions.ts';

const signal = AbortSignal.timeout(20 * 60_000);
/** A function that need not end. */
const FUNCTION = 'CREATE FUNCTION f(int8) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN true; END $$';

let server: Postgres;

async function execute(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<object>(statement)).rows;
  } finally {
    await client.end();
  }
}

function disposable(database: WriteablePostgresDatabase) {
  return { database, [Symbol.asyncDispose]: () => database.close() };
}

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

testTransactions('PostgreSQL', async () => {
  const url = await server.createDatabase();
  await execute(url, 'CREATE SCHEMA own');
  return {
    open: (guard) => WriteablePostgresDatabase.open('own', url, 'own', signal, { guard }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
});

describe('a PostgreSQL database', () => {
  let url: string;
  let database: WriteablePostgresDatabase;

  beforeAll(async () => {
    url = await server.createDatabase();
    await execute(url, 'CREATE SCHEMA own; CREATE TABLE own.t (a int8 PRIMARY KEY, n int8)');
    await execute(url, 'INSERT INTO own.t VALUES (1, 0), (2, 0)');
    database = await WriteablePostgresDatabase.open('own', url, 'own', signal);
  });
  afterAll(() => database.close());

  const add = (a: number) => sql`UPDATE ${database.table('t')} SET n = n + 1 WHERE a = ${a}::int8`;

  test('runs a transaction again that was given up because of a deadlock', async () => {
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let attempts = 0;
    const crossing = (own: number, other: number, mine: typeof first, theirs: typeof first) =>
      database.transaction(async (tx) => {
        attempts += 1;
        await tx.run(add(own));
        mine.resolve();
        await theirs.promise;
        await tx.run(add(other));
      }, signal);
    await Promise.all([crossing(1, 2, first, second), crossing(2, 1, second, first)]);
    expect(attempts).toBeGreaterThan(2);
    expect(await execute(url, 'SELECT DISTINCT n::int FROM own.t')).toEqual([{ n: 2 }]);
  });

  test('all that is made belongs to the role that the address names', async () => {
    await execute(url, 'CREATE ROLE owner_of_own; CREATE SCHEMA roled AUTHORIZATION owner_of_own');
    const address = new URL(url);
    address.searchParams.set('options', '-c role=owner_of_own');
    const roled = await WriteablePostgresDatabase.open('own', address.href, 'roled', signal);
    await roled.transaction((tx) => tx.define(['CREATE TABLE made (a int8)']), signal);
    await roled.close();
    const owner = `SELECT tableowner::text FROM pg_tables WHERE schemaname = 'roled'`;
    expect(await execute(url, owner)).toEqual([{ tableowner: 'owner_of_own' }]);
  });

  test('abort stops the statement that runs', async () => {
    const reason = new Error('the client has gone');
    const abort = new AbortController();
    const running = database.transaction(async (tx) => {
      setTimeout(() => abort.abort(reason), 50);
      await tx.all(sql`SELECT pg_sleep(100)`);
    }, abort.signal);
    await expect(running).rejects.toBe(reason);
    await database.transaction((tx) => tx.run(add(1)), signal);
  });

  test('abort ends what will not end, also where the role that writes is not the one that logged in', async () => {
    await execute(
      url,
      `CREATE ROLE stubborn_owner; CREATE ROLE stubborn_gateway LOGIN PASSWORD 'p' IN ROLE stubborn_owner;
       CREATE SCHEMA stubborn AUTHORIZATION stubborn_owner;
       CREATE FUNCTION stubborn.wait() RETURNS int LANGUAGE plpgsql AS $$ BEGIN LOOP
         BEGIN PERFORM pg_sleep(100); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$`,
    );
    const address = new URL(url);
    Object.assign(address, { username: 'stubborn_gateway', password: 'p' });
    address.searchParams.set('options', '-c role=stubborn_owner');
    await using stubborn = disposable(
      await WriteablePostgresDatabase.open('own', address.href, 'stubborn', signal, { isOthers: true }),
    );
    for (const statement of [sql`SELECT pg_sleep(100)`, sql`SELECT stubborn.wait()`]) {
      const reason = new Error('the client has gone');
      const abort = new AbortController();
      const running = stubborn.database.transaction(async (tx) => {
        await tx.all(sql`SELECT 1`);
        setTimeout(() => abort.abort(reason), 50);
        await tx.all(statement);
      }, abort.signal);
      await expect(running).rejects.toBe(reason);
      // The server says that a session ends before it is off the list.
      const left = () => execute(url, `SELECT FROM pg_stat_activity WHERE query ~ '^SELECT (pg_sleep|stubborn)'`);
      await expect.poll(left).toEqual([]);
    }
    expect(await stubborn.database.transaction((tx) => tx.all(sql`SELECT 1`), signal)).toEqual([[1]]);
  });

  test.each([
    [
      'trigger',
      'CREATE TRIGGER mine BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
    ],
    ['rule', 'CREATE RULE mine AS ON INSERT TO t DO ALSO SELECT pg_sleep(100)'],
    ['view', 'CREATE VIEW v AS SELECT * FROM t'],
    ['check', `${FUNCTION}; ALTER TABLE t ADD CHECK (f(a))`],
    ['operator', `${FUNCTION}; CREATE OPERATOR === (FUNCTION = f, RIGHTARG = int8); ALTER TABLE t ADD CHECK (=== a)`],
    ['domain', `${FUNCTION}; CREATE DOMAIN d AS int8 CHECK (f(VALUE)); ALTER TABLE t ADD c d`],
    ['default', `${FUNCTION}; ALTER TABLE t ADD c bool DEFAULT f(1)`],
    ['generated', `${FUNCTION}; ALTER TABLE t ADD c bool GENERATED ALWAYS AS (f(a)) STORED`],
    ['index', `${FUNCTION}; CREATE INDEX ON t (f(a))`],
    ['policy', `${FUNCTION}; CREATE POLICY mine ON t USING (f(a))`],
  ])('a schema of others with a %s is not written to: nobody could end one that runs for ever', async (what, made) => {
    await execute(
      url,
      `CREATE SCHEMA with_${what}; SET search_path = with_${what};
       CREATE TABLE t (a int8 PRIMARY KEY, b int8 REFERENCES t)`,
    );
    const insert = (of: WriteablePostgresDatabase) =>
      of.transaction((tx) => tx.run(sql`INSERT INTO t VALUES (1, 1) ON CONFLICT DO NOTHING`), signal);
    const opened = async (isOthers: boolean) =>
      disposable(await WriteablePostgresDatabase.open('own', url, `with_${what}`, signal, { isOthers }));
    {
      await using before = await opened(true);
      expect(await insert(before.database)).toBe(1);
    }
    await execute(url, `SET search_path = with_${what}; ${made}`);
    await using after = await opened(true);
    await expect(insert(after.database)).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: expect.stringContaining('which Butler does not make') as string,
    });
  });

  test('abort ends also the wait for a connection', async () => {
    const { promise: go, resolve } = Promise.withResolvers<void>();
    const busy = Array.from({ length: 4 }, () => database.transaction(() => go, signal));
    const reason = new Error('the client has gone');
    const abort = new AbortController();
    const waiting = database.transaction(async () => expect.fail('began'), abort.signal);
    setTimeout(() => abort.abort(reason), 20);
    await expect(waiting).rejects.toBe(reason);
    resolve();
    await Promise.all(busy);
    expect(await database.transaction((tx) => tx.run(add(1)), signal)).toBe(1);
  });

  test('a server that goes away in the middle leaves nothing of the transaction, and can be written to again', async () => {
    const before = await execute(url, 'SELECT n::int FROM own.t ORDER BY a');
    const cut = database.transaction(async (tx) => {
      await tx.run(add(1));
      const [row] = await tx.all(sql`SELECT pg_backend_pid()`);
      await execute(url, `SELECT pg_terminate_backend(${String(row![0])})`);
      await tx.run(add(2));
    }, signal);
    await expect(cut).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', repository: 'own' });
    expect(await execute(url, 'SELECT n::int FROM own.t ORDER BY a')).toEqual(before);
    expect(await database.transaction((tx) => tx.run(add(1)), signal)).toBe(1);
  });
});
