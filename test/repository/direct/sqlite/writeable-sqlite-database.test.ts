import { execFile } from 'node:child_process';
import { access, mkdtemp, copyFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Sqlite from 'better-sqlite3';
import sql from 'sql-template-tag';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  WriteableSqliteDatabase,
  type WriteableSqliteOptions,
} from '../../../../src/repository/direct/sqlite/writeable-sqlite-database.ts';
import { SatelliteError } from '../../../../src/butler/errors.ts';
import type { WriteGuard } from '../../../../src/repository/direct/database.ts';
import { testTransactions } from '../transactions.ts';

const signal = AbortSignal.timeout(20 * 60_000);

const temporary = () => mkdtemp(join(tmpdir(), 'satellite-test-'));

testTransactions('SQLite', async () => {
  const directory = await temporary();
  return {
    open: async (guard) => new WriteableSqliteDatabase('own', join(directory, 'it.sqlite3'), { create: true, guard }),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
});

describe('an SQLite file', () => {
  let directory: string;
  let path: string;
  const opened: WriteableSqliteDatabase[] = [];

  const open = (options: WriteableSqliteOptions = {}) => {
    const database = new WriteableSqliteDatabase('own', path, options);
    opened.push(database);
    return database;
  };
  const insert = (database: WriteableSqliteDatabase, a: number) =>
    database.transaction((tx) => tx.run(sql`INSERT INTO t VALUES (${a})`), signal);
  const content = (of = path) => {
    const own = new Sqlite(of, { readonly: true });
    try {
      return own.prepare('SELECT a FROM t ORDER BY a').pluck().all();
    } finally {
      own.close();
    }
  };

  beforeEach(async () => {
    directory = await temporary();
    path = join(directory, 'it.sqlite3');
    const own = new Sqlite(path);
    own.exec('CREATE TABLE t (a INTEGER)');
    own.close();
  });
  afterEach(async () => {
    for (const database of opened.splice(0)) await database.close();
    await rm(directory, { recursive: true, force: true });
  });

  test('waits while another process’s writer holds the lock, and while a reader keeps it from committing', async () => {
    const database = open();
    const other = new Sqlite(path);
    try {
      other.exec('BEGIN IMMEDIATE; INSERT INTO t VALUES (1)');
      let done = false;
      const writing = insert(database, 2).then(() => {
        done = true;
      });
      await expect(insert(open({ busyMilliseconds: 300 }), 3)).rejects.toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
        retryAfter: 5,
        message: expect.stringContaining('stayed locked') as string,
      });
      expect(done).toBe(false);
      other.exec('COMMIT');
      await writing;
      expect(content()).toEqual([1, 2]);

      other.exec('BEGIN');
      other.prepare('SELECT * FROM t').all();
      await expect(insert(open({ busyMilliseconds: 300 }), 4)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
      const second = insert(database, 5);
      await expect(insert(open({ busyMilliseconds: 300 }), 6)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
      other.exec('COMMIT');
      await second;
      expect(content()).toEqual([1, 2, 5]);
    } finally {
      other.close();
    }
  });

  test('in WAL mode is refused, and its mode stays', async () => {
    const own = new Sqlite(path);
    own.pragma('journal_mode = WAL');
    own.exec('INSERT INTO t VALUES (1)');
    own.close();
    await expect(insert(open(), 2)).rejects.toMatchObject({ message: expect.stringContaining('WAL mode') as string });
    const again = new Sqlite(path);
    expect(again.pragma('journal_mode', { simple: true })).toBe('wal');
    again.close();
    expect(content()).toEqual([1]);
  });

  test('put in the place of another is the one that is written to', async () => {
    const database = open();
    await insert(database, 1);
    const old = join(directory, 'old.sqlite3');
    await copyFile(path, join(directory, 'new.sqlite3'));
    await rename(path, old);
    await rename(join(directory, 'new.sqlite3'), path);
    await insert(database, 2);
    expect(content(old)).toEqual([1]);
    expect(content()).toEqual([1, 2]);
    await rm(path);
    await expect(insert(database, 3)).rejects.toMatchObject({
      message: expect.stringContaining('no database file') as string,
    });
  });

  test('put in the place of another in the middle of a transaction ends it', async () => {
    const database = open();
    await copyFile(path, join(directory, 'new.sqlite3'));
    const cut = database.transaction(async (tx) => {
      await rename(join(directory, 'new.sqlite3'), path);
      await tx.run(sql`INSERT INTO t VALUES (1)`);
    }, signal);
    await expect(cut).rejects.toMatchObject({ message: expect.stringContaining('another database file') as string });
    await insert(database, 2);
    expect(content()).toEqual([2]);
  });

  test('exchanged between the last look at the lease and the commit: the write is not acknowledged', async () => {
    const database = open({
      guard: {
        admit: async () => false,
        confirm: async () => {
          if (content(path).length > 0) return;
          await copyFile(path, join(directory, 'new.sqlite3'));
          await rename(join(directory, 'new.sqlite3'), path);
        },
        ended: () => undefined,
      },
    });
    await expect(insert(database, 1)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('may be lost') as string,
    });
    expect(content()).toEqual([]);
  });

  test('whose writer was overtaken during its commit: the write is not acknowledged, even where it is there', async () => {
    let asked = 0;
    const lost = new SatelliteError('CONFLICT', 'another writes');
    const guard: WriteGuard = {
      admit: async () => false,
      confirm: async () => {
        asked += 1;
        if (asked > 1) throw lost;
      },
      ended: () => undefined,
    };
    await expect(insert(open({ guard }), 1)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('may be lost') as string,
      cause: lost,
    });
    expect(content()).toEqual([1]);
  });

  test('in which a writer died in the middle is put right by whoever reads or writes next', async () => {
    for (const next of ['all', 'stream', 'transaction'] as const) {
      const program = `
        import Sqlite from ${JSON.stringify(import.meta.resolve('better-sqlite3'))};
        const database = new Sqlite(${JSON.stringify(path)});
        database.pragma('cache_size = 1'); // what is changed goes to the file before the commit
        database.exec('BEGIN; CREATE TABLE big (x)');
        for (let i = 0; i < 100; i += 1) database.exec('INSERT INTO big VALUES (zeroblob(4000)); INSERT INTO t VALUES (7)');
        process.kill(process.pid, 'SIGKILL');`;
      const killed = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
      await expect(killed).rejects.toMatchObject({ signal: 'SIGKILL' });
      await expect(access(`${path}-journal`)).resolves.toBeUndefined();
      const statement = sql`SELECT COUNT(*) FROM t`;
      const database = open();
      if (next === 'all') expect(await database.all(statement, signal)).toEqual([[0]]);
      if (next === 'stream') for await (const rows of database.stream(statement, signal)) expect(rows).toEqual([[0]]);
      if (next === 'transaction') expect(await database.transaction((tx) => tx.all(statement), signal)).toEqual([[0]]);
      expect(content()).toEqual([]);
    }
  });

  test('that is damaged is refused before anything is written', async () => {
    const own = new Sqlite(path);
    own.exec(
      `WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 5000) INSERT INTO t SELECT x FROM c`,
    );
    const bytes = own.serialize();
    own.close();
    bytes.fill(0x5a, 8192, 12288);
    await writeFile(path, bytes);
    await expect(insert(open({ quickCheck: true }), 1)).rejects.toMatchObject({
      message: expect.stringContaining('damaged') as string,
    });
  });

  test('that may not be written to, or has no place left, says so', async () => {
    await expect(open({ create: true }).transaction((tx) => tx.define(['NONSENSE']), signal)).rejects.toMatchObject({
      message: expect.not.stringContaining('NONSENSE') as string,
    });
    const database = open();
    const full = database.transaction(async (tx) => {
      await tx.all(sql`PRAGMA max_page_count = 3`);
      await tx.run(sql`INSERT INTO t VALUES (1)`);
      await tx.run(sql`CREATE TABLE big AS SELECT zeroblob(100000)`);
    }, signal);
    await expect(full).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      message: expect.stringContaining('no space left') as string,
    });
    expect(content()).toEqual([]);
  });

  test('does not keep the process alive, nor does what it left', async () => {
    const module = new URL('../../../../src/repository/direct/sqlite/writeable-sqlite-database.ts', import.meta.url);
    const program = `
      import { WriteableSqliteDatabase } from ${JSON.stringify(module.href)};
      const database = new WriteableSqliteDatabase('own', ${JSON.stringify(path)});
      await database.transaction((tx) => tx.define(['INSERT INTO t VALUES (1)']), AbortSignal.timeout(60000));`;
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { timeout: 100_000 });
    expect(content()).toEqual([1]);
  });
});
