import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDirectRepository } from '../../../../src/repository/direct/open.ts';
import { openWriteableRepository } from '../../../../src/repository/direct/open-writeable.ts';
import { mirror } from '../../../fixtures/mirror.ts';
import { dumpSqlite } from '../../../fixtures/registry-dump.ts';
import { temporaryDirectory } from '../../../fixtures/repositories.ts';
import { StockWriter } from '../../../fixtures/stock-writer.ts';

const ctx = { caller: { username: 'alice' }, signal: AbortSignal.timeout(300_000) };

/** Files of registry_data that go together. */
const CONTENTS = [
  ['base.yaml', 'datasets.yaml', 'spatial.yaml'],
  ['hsc-rc2-subset-v0.yaml'],
  ['ci_hsc-subset.yaml', 'ci_hsc-subset-skymap.yaml'],
  ['lsstcam-subset.yaml'],
];

describe('What is written for daf_butler’s registry_data', () => {
  let stock: StockWriter;
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let empty: string;
  beforeAll(async () => {
    stock = new StockWriter();
    directory = await temporaryDirectory();
    empty = join(directory.path, 'empty');
    await stock.run('make', { root: empty });
    await stock.run('close', { root: empty });
  });
  afterAll(async () => {
    await stock[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  it.each(CONTENTS.map((files) => ({ files })))(
    '$files equals, value and type, what stock Butler writes',
    async ({ files }) => {
      const theirs = join(directory.path, `theirs-${files[0]}`);
      const ours = join(directory.path, `ours-${files[0]}`);
      for (const root of [theirs, ours]) await cp(empty, root, { recursive: true });
      for (const file of files) await stock.run('load', { root: theirs, file });
      await stock.run('close', { root: theirs });

      const source = await openDirectRepository({ name: 'theirs', path: theirs });
      const target = await openWriteableRepository({ name: 'ours', path: ours });
      await mirror(source, target, ctx);
      await source.close();
      await target.close();
      expect(dumpSqlite(join(ours, 'gen3.sqlite3'))).toEqual(dumpSqlite(join(theirs, 'gen3.sqlite3')));
    },
  );
});
