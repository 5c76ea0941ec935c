import { chmod, copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import sql, { join as joinSql } from 'sql-template-tag';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SqliteDatabase } from '../../../../src/repository/direct/sqlite/sqlite-database.ts';
import { WorkerPool } from '../../../../src/repository/direct/sqlite/worker-pool.ts';
import { readNested } from '../../../../src/repository/nested-reads.ts';
import { temporaryDirectory } from '../../../fixtures/repositories.ts';

const signal = AbortSignal.timeout(20 * 60_000);

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let path: string;
let workers: WorkerPool;
let database: SqliteDatabase;

beforeEach(async () => {
  directory = await temporaryDirectory();
  path = join(directory.path, 'it.sqlite3');
  const own = new Sqlite(path);
  own.exec('CREATE TABLE t (a INTEGER, b TEXT); INSERT INTO t VALUES (1, NULL), (2, NULL)');
  own.close();
  workers = new WorkerPool({ running: 1, processes: 3 });
  database = new SqliteDatabase('own', path, workers);
});
afterEach(async () => {
  workers.close();
  await directory[Symbol.asyncDispose]();
});

const count = (n: number) =>
  sql`WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ${BigInt(n)}) SELECT x, x + 0.5, 'x' || x FROM c`;

/** Works for minutes before it gives a row. */
const endless = sql`WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 10000000000) SELECT count(*) FROM c`;

test('integers are exact: numbers up to 2^53, bigints beyond, in any row', async () => {
  const rows = await database.all(
    sql`SELECT 1, 2.5, 9007199254740991 UNION ALL SELECT -9223372036854775808, 1e300, 4102444800000000000`,
    signal,
  );
  expect(rows).toEqual([
    [1, 2.5, 9007199254740991],
    [-9223372036854775808n, 1e300, 4102444800000000000n],
  ]);
  const late = sql`SELECT x FROM (${count(5000)}) UNION ALL SELECT 9007199254740993`;
  const values = (await database.all(late, signal)).map(([value]) => value);
  expect(values.length).toBe(5001);
  expect(values.slice(-2)).toEqual([5000, 9007199254740993n]);
});

test('values keep their kind: bigints are integers, numbers are reals, bytes and nulls', async () => {
  const [row] = await database.all(
    sql`SELECT ${5n} / 2, ${5} / 2, ${true}, ${'x'}, ${null}, ${new Uint8Array([0, 255])}, typeof(${2n ** 62n})`,
    signal,
  );
  expect(row!.slice(0, 5)).toEqual([2, 2.5, 1, 'x', null]);
  expect([...(row![5] as Uint8Array)]).toEqual([0, 255]);
  expect(row![6]).toBe('integer');
});

test('rows come in batches, in order, and all of them', async () => {
  let rows = 0;
  for await (const batch of database.stream(count(10_000), signal)) {
    for (const [x] of batch) expect(x).toBe((rows += 1));
  }
  expect(rows).toBe(10_000);
  expect(await Array.fromAsync(database.stream(sql`SELECT 1 WHERE 0`, signal))).toEqual([]);
});

test('a slow reader does not keep others waiting, nor writers', async () => {
  const slow = database.stream(sql`SELECT * FROM (${count(100_000)}), t WHERE t.a = 1`, signal);
  expect((await slow.next()).value!.length).toBeGreaterThan(0);
  expect(await database.all(sql`SELECT count(*) FROM t`, signal)).toEqual([[2]]);
  const writer = new Sqlite(path, { timeout: 20_000 });
  writer.exec('INSERT INTO t VALUES (3, NULL)');
  writer.close();
  let rows = 0;
  for await (const batch of slow) rows += batch.length;
  expect(rows).toBeGreaterThan(90_000);
});

test('who reads on within their answer gets a worker where slow readers have all', async () => {
  const slow = Array.from({ length: 3 }, () => database.stream(count(100_000), signal));
  for (const stream of slow) expect((await stream.next()).value!.length).toBeGreaterThan(0);
  const waiting = database.all(sql`SELECT 1`, signal);
  expect(await readNested(() => database.all(sql`SELECT count(*) FROM t`, signal))).toEqual([[2]]);
  for (const stream of slow) await stream.return();
  expect(await waiting).toEqual([[1]]);
});

test('abort stops a statement that gives no rows, and the next one runs', async () => {
  const reason = new Error('the client has gone');
  const abort = new AbortController();
  const running = database.all(endless, abort.signal);
  // The only slot is taken: this one waits for its turn, and gets it when the endless statement has been stopped.
  const next = database.all(sql`SELECT 1`, signal);
  abort.abort(reason);
  await expect(running).rejects.toBe(reason);
  expect(await next).toEqual([[1]]);
});

test('a statement that waits for its turn can be aborted too', async () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const running = database.all(endless, first.signal);
  const waiting = database.all(sql`SELECT 1`, second.signal);
  second.abort(new Error('waited too long'));
  await expect(waiting).rejects.toThrow('waited too long');
  first.abort(new Error('over'));
  await expect(running).rejects.toThrow('over');
});

test('breaking out of a stream frees its worker', async () => {
  for (let i = 0; i < 5; i += 1) {
    for await (const batch of database.stream(count(1_000_000), signal)) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
  }
  expect(await database.all(sql`SELECT 1`, signal)).toEqual([[1]]);
});

test('nothing can be written', async () => {
  await expect(database.all(sql`INSERT INTO t VALUES (3, NULL) RETURNING a`, signal)).rejects.toMatchObject({
    code: 'UPSTREAM_UNAVAILABLE',
    repository: 'own',
  });
});

test('a file and a directory without write permission can be read', async () => {
  await chmod(path, 0o444);
  await chmod(directory.path, 0o555);
  expect(await database.all(sql`SELECT count(*) FROM t`, signal)).toEqual([[2]]);
  await chmod(directory.path, 0o755);
});

test('what a writer has not committed is not seen, and does not keep readers waiting', async () => {
  const writer = new Sqlite(path);
  writer.exec('BEGIN IMMEDIATE; INSERT INTO t VALUES (3, NULL)');
  expect(await database.all(sql`SELECT count(*) FROM t`, signal)).toEqual([[2]]);
  writer.exec('COMMIT');
  expect(await database.all(sql`SELECT count(*) FROM t`, signal)).toEqual([[3]]);
  writer.close();
});

test('a reader waits while a writer holds the whole file', async () => {
  const writer = new Sqlite(path);
  writer.exec('BEGIN EXCLUSIVE; INSERT INTO t VALUES (3, NULL)');
  const waiting = database.all(sql`SELECT count(*) FROM t`, signal);
  setTimeout(() => writer.exec('COMMIT'), 300);
  expect(await waiting).toEqual([[3]]);
  writer.close();
});

test('a file left in the middle of a write is refused with advice', async () => {
  // A journal with a valid header that no process holds: what a crash in the middle of a commit leaves.
  const writer = new Sqlite(path);
  writer.pragma('cache_size = 1');
  writer.exec('BEGIN EXCLUSIVE; UPDATE t SET b = hex(zeroblob(100000)); UPDATE t SET b = hex(zeroblob(200000))');
  const crashed = join(directory.path, 'crashed.sqlite3');
  await copyFile(path, crashed);
  await copyFile(`${path}-journal`, `${crashed}-journal`);
  writer.exec('ROLLBACK');
  writer.close();
  await expect(new SqliteDatabase('own', crashed, workers).all(sql`SELECT * FROM t`, signal)).rejects.toThrow(
    /left in the middle of a write/,
  );
});

test('too many values are refused before they are sent', async () => {
  const values = joinSql(Array.from({ length: 40_000 }, (_, i) => BigInt(i)));
  await expect(database.all(sql`SELECT * FROM t WHERE a IN (${values})`, signal)).rejects.toMatchObject({
    code: 'QUERY_TOO_COSTLY',
  });
});

test('errors tell neither SQL nor paths', async () => {
  await expect(database.all(sql`SELECT nothing FROM t`, signal)).rejects.toThrow(
    /^Repository 'own' could not answer: its database reported SQLITE_ERROR\.$/,
  );
  const gone = new SqliteDatabase('own', join(directory.path, 'gone.sqlite3'), workers);
  await expect(gone.all(sql`SELECT 1`, signal)).rejects.toThrow(/has no database file where its configuration says/);
  await writeFile(join(directory.path, 'text.sqlite3'), 'no database'.repeat(1000));
  const text = new SqliteDatabase('own', join(directory.path, 'text.sqlite3'), workers);
  await expect(text.all(sql`SELECT * FROM t`, signal)).rejects.toThrow(/damaged/);
});
