import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { link, mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import Sqlite from 'better-sqlite3';
import sql from 'sql-template-tag';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { handOut, takeOver } from '../../../../src/repository/direct/sqlite/take-over.ts';
import { WriteableSqliteDatabase } from '../../../../src/repository/direct/sqlite/writeable-sqlite-database.ts';

const PAUSED_WRITER = join(import.meta.dirname, 'paused-writer.ts');
const signal = AbortSignal.timeout(20 * 60_000);
let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'take-over-'));
  path = join(directory, 'mine', 'gen3.sqlite3');
  await mkdir(dirname(path));
  const database = new Sqlite(path);
  database.exec('CREATE TABLE entry (id INTEGER PRIMARY KEY, writer TEXT, text TEXT); CREATE INDEX i ON entry (text)');
  const insert = database.prepare('INSERT INTO entry (writer, text) VALUES (?, ?)');
  database.transaction(() => {
    for (let i = 0; i < 1000; i += 1) insert.run('first', String(i).repeat(50));
  })();
  database.close();
});
afterEach(() => rm(directory, { recursive: true }));

const taken = () => ({ repository: 'alice~mine', path, workshop: join(directory, 'workshop'), ownerMayWrite: false });

function contents(): { readonly check: unknown; readonly writers: unknown } {
  const database = new Sqlite(path, { readonly: true });
  try {
    return {
      check: database.pragma('integrity_check', { simple: true }),
      writers: database.prepare('SELECT writer, COUNT(*) AS n FROM entry GROUP BY writer ORDER BY writer').all(),
    };
  } finally {
    database.close();
  }
}

test.each(['DELETE', 'TRUNCATE'])(
  'a writer (%s) that was overtaken in the middle of a transaction and goes on damages nothing',
  async (mode) => {
    const writer = spawn('node', [PAUSED_WRITER, path, mode], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface(writer.stdout)[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe('paused');

    await takeOver(taken());
    expect(contents()).toEqual({ check: 'ok', writers: [{ writer: 'first', n: 1000 }] });
    const database = new WriteableSqliteDatabase('alice~mine', path, { quickCheck: true, keepJournal: true });
    await database.transaction(async (transaction) => {
      await transaction.run(sql`INSERT INTO entry (writer, text) VALUES ('next', 'y')`);
    }, signal);
    writer.stdin.write('go on\n');
    expect((await lines.next()).value).toBe('committed');
    expect((await lines.next()).value).toBe('SQLITE_READONLY_DBMOVED');
    await once(writer, 'exit');
    await database.close();
    expect(contents()).toEqual({
      check: 'ok',
      writers: [
        { writer: 'first', n: 1000 },
        { writer: 'next', n: 1 },
      ],
    });
  },
);

test('taking over keeps owner and other rights, takes the right to write, and leaves nothing beside the file', async () => {
  const before = await stat(path);
  await takeOver(taken());
  const after = await stat(path);
  expect([after.uid, after.gid, after.mode & 0o777]).toEqual([before.uid, before.gid, before.mode & 0o555]);
  expect(after.ino).not.toBe(before.ino);
  expect(await readdir(dirname(path))).toEqual(['gen3.sqlite3']);
  expect(await readdir(join(directory, 'workshop'))).toEqual([]);
  await handOut(taken());
  expect((await stat(path)).mode & 0o200).toBe(0o200);
});

test('a damaged file is not taken over, and stays as it is', async () => {
  const file = await open(path, 'r+');
  await file.write(Buffer.alloc(4096, 0xff), 0, 4096, 8192);
  await file.close();
  const { ino } = await stat(path);
  await expect(takeOver(taken())).rejects.toMatchObject({
    code: 'UPSTREAM_UNAVAILABLE',
    message: "Repository 'alice~mine' has a damaged database file.",
  });
  expect((await stat(path)).ino).toBe(ino);
});

test.each(['symbolic link to a database', 'hard link to a database', 'link as journal', 'link as directory'])(
  'a %s that the owner has put there leads to no file of others',
  async (kind) => {
    const theirs = join(directory, 'theirs', 'gen3.sqlite3');
    await mkdir(dirname(theirs));
    await writeFile(theirs, 'secret', { mode: 0o640 });
    if (kind === 'link as journal') await symlink(theirs, `${path}-journal`);
    else if (kind === 'link as directory') {
      await rename(dirname(path), join(directory, 'aside'));
      await symlink(dirname(theirs), dirname(path));
    } else {
      await rm(path);
      await (kind === 'hard link to a database' ? link : symlink)(theirs, path);
    }
    for (const work of [() => takeOver(taken()), () => handOut(taken())]) {
      await expect(work()).rejects.toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
        message: expect.stringContaining('a link in place of its database file') as string,
      });
    }
    expect(await readFile(theirs, 'utf8')).toBe('secret');
    expect((await stat(theirs)).mode & 0o777).toBe(0o640);
  },
);
