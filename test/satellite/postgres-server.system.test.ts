import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PostgresServer } from '../../src/satellite/postgres-server.ts';
import { startPostgres, type Postgres } from '../../stack/postgres.ts';

const MINE = { id: 'mine234' };
const KEY = Buffer.alloc(32, 7);
const OTHER = { id: 'other234' };

let cluster: Postgres;
let url: string;
let server: PostgresServer;

beforeAll(async () => {
  cluster = await startPostgres();
  url = await cluster.createDatabase();
});
afterAll(async () => {
  await server.close();
  await cluster.stop();
});

async function query(address: string, text: string): Promise<unknown[][]> {
  const client = new pg.Client({ connectionString: address });
  await client.connect();
  try {
    const answers = await client.query({ text, rowMode: 'array' });
    return [answers].flat().at(-1)!.rows as unknown[][];
  } finally {
    await client.end();
  }
}

const loginUrl = ({ url: address, username, password }: { url: string; username: string; password: string }) => {
  const login = new URL(address);
  login.username = username;
  login.password = password;
  return login.href;
};

const names = () =>
  query(
    url,
    `SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'satellite%'
     UNION ALL SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'satellite%' ORDER BY 1`,
  );

test('a satellite’s role owns its schema, and sees nothing of another’s', async () => {
  // The rights that the documentation asks for, and no more.
  await query(
    url,
    `CREATE ROLE gateway LOGIN PASSWORD 'g' CREATEROLE; GRANT CREATE ON DATABASE "${new URL(url).pathname.slice(1)}" TO gateway`,
  );
  server = new PostgresServer(loginUrl({ url, username: 'gateway', password: 'g' }), KEY);
  for (const satellite of [MINE, OTHER, MINE]) await server.create(satellite);
  await query(
    server.gatewayUrl(MINE),
    'CREATE TABLE satellite_mine234.t (x INT); INSERT INTO satellite_mine234.t VALUES (1)',
  );
  expect(await query(url, `SELECT tableowner::text FROM pg_tables WHERE tablename = 't'`)).toEqual([
    ['satellite_mine234'],
  ]);

  const login = await server.renewPassword(MINE);
  expect(login).toMatchObject({ username: 'satellite_mine234' });
  expect(
    await query(loginUrl(login), 'CREATE TABLE satellite_mine234.u (y INT); SELECT x FROM satellite_mine234.t'),
  ).toEqual([[1]]);
  const other = loginUrl(await server.renewPassword(OTHER));
  for (const text of [
    'SELECT * FROM satellite_mine234.t',
    'CREATE TABLE satellite_mine234.v (x INT)',
    'SET ROLE satellite_mine234',
  ]) {
    await expect(query(other, text)).rejects.toMatchObject({ code: '42501' });
  }
});

test('what a satellite’s users put into its schema runs with no rights of the gateway', async () => {
  const login = loginUrl(await server.renewPassword(MINE));
  for (const [i, act] of [
    'SET ROLE NONE; CREATE ROLE stolen',
    'SET ROLE gateway',
    'RESET SESSION AUTHORIZATION; SET ROLE satellite_other234',
    'SET SESSION AUTHORIZATION gateway',
  ].entries()) {
    await query(
      login,
      `SET search_path = satellite_mine234;
       CREATE TABLE trap${i} (x INT);
       CREATE FUNCTION act${i}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${act}; RETURN NEW; END $$;
       CREATE TRIGGER act BEFORE INSERT ON trap${i} FOR EACH ROW EXECUTE FUNCTION act${i}()`,
    );
    const insert = `INSERT INTO satellite_mine234.trap${i} VALUES (1)`;
    await expect(query(server.gatewayUrl(MINE), insert), act).rejects.toMatchObject({ code: '42501' });
  }
  expect(await query(server.gatewayUrl(MINE), 'SET ROLE NONE; SELECT current_user::text, session_user::text')).toEqual([
    ['satellite_mine234_gateway', 'satellite_mine234_gateway'],
  ]);
});

test('a new password ends the one before', async () => {
  const first = loginUrl(await server.renewPassword(MINE));
  const second = loginUrl(await server.renewPassword(MINE));
  await expect(query(first, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  expect(await query(second, 'SELECT 1')).toEqual([[1]]);
});

test('one that is put aside is shut for its role, in the middle of a session too, and comes back whole', async () => {
  const login = loginUrl(await server.renewPassword(MINE));
  const session = new pg.Client({ connectionString: login });
  session.on('error', () => undefined);
  await session.connect();
  for (let i = 0; i < 2; i++) await server.detach(MINE);
  await expect(session.query('SELECT 1')).rejects.toThrow();
  await expect(query(login, 'SELECT 1')).rejects.toMatchObject({ code: '28000' });
  for (let i = 0; i < 2; i++) await server.attach(MINE);
  expect(await query(login, 'SELECT x FROM satellite_mine234.t')).toEqual([[1]]);
});

test('one that is dropped leaves no schema and no role, put aside or not', async () => {
  await server.detach(OTHER);
  for (const satellite of [MINE, OTHER, MINE]) await server.drop(satellite);
  expect(await names()).toEqual([]);
});

test('a gateway without the rights is told which it needs, and leaves nothing', async () => {
  await query(url, `CREATE ROLE plain LOGIN PASSWORD 'p'`);
  const plain = new PostgresServer(loginUrl({ url, username: 'plain', password: 'p' }), KEY);
  await expect(plain.create(MINE)).rejects.toMatchObject({
    code: 'FORBIDDEN',
    message: expect.stringContaining('CREATEROLE') as string,
  });
  await plain.close();
  expect(await names()).toEqual([]);
});
