import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { takeOver } from '../../../../src/repository/direct/sqlite/take-over.ts';
import type * as WriterModule from '../../../../src/repository/direct/sqlite/writer.ts';
import type { WriteRequest } from '../../../../src/repository/direct/sqlite/writer-messages.ts';

/** What somebody does while the copy is being checked. */
let meanwhile: () => void = () => undefined;

vi.mock('../../../../src/repository/direct/sqlite/writer.ts', async (original) => {
  const { Writer } = await original<typeof WriterModule>();
  return {
    Writer: class extends Writer {
      override async ask(request: WriteRequest) {
        const answer = await super.ask(request);
        if (request.kind === 'begin') meanwhile();
        return answer;
      }
    },
  };
});

let directory: string;
let path: string;
let notebook: Sqlite.Database;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'take-over-'));
  path = join(directory, 'mine', 'gen3.sqlite3');
  await mkdir(dirname(path));
  notebook = new Sqlite(path);
  notebook.exec('CREATE TABLE entry (id INTEGER PRIMARY KEY)');
});
afterEach(async () => {
  notebook.close();
  await rm(directory, { recursive: true });
});

const taken = () => ({ repository: 'alice~mine', path, workshop: join(directory, 'workshop'), ownerMayWrite: false });
const commit = () => void notebook.exec('INSERT INTO entry DEFAULT VALUES');
const count = () => {
  const database = new Sqlite(path, { readonly: true });
  try {
    return database.prepare('SELECT COUNT(*) FROM entry').pluck().get();
  } finally {
    database.close();
  }
};

test('what is committed while the copy is being checked is kept', async () => {
  let asked = 0;
  meanwhile = () => {
    asked += 1;
    if (asked === 1) commit();
  };
  const { ino } = await stat(path);
  await takeOver(taken());
  expect(count()).toBe(1);
  expect(asked).toBe(2);
  expect((await stat(path)).ino).not.toBe(ino);
});

test('from somebody who goes on writing nothing is taken, who may write as before', async () => {
  meanwhile = commit;
  const before = await stat(path);
  await expect(takeOver(taken())).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('being written to by something else') as string,
  });
  const after = await stat(path);
  expect([after.ino, after.mode]).toEqual([before.ino, before.mode]);
  expect(count()).toBe(5);
});

test('a transaction that began while the copy was being checked is not cut off where its user is to be left alone', async () => {
  meanwhile = () => {
    if (!notebook.inTransaction) notebook.exec('BEGIN; INSERT INTO entry DEFAULT VALUES');
  };
  await expect(takeOver({ ...taken(), mustBeAtRest: true })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('A Butler is in a transaction') as string,
  });
  notebook.exec('COMMIT');
  expect(count()).toBe(1);
});
