/** Names that stock Butler let into a repository in SQLite, and that a satellite does not take. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import { queryOf } from '../../src/repository/search/records-of-data-ids.ts';
import { copySqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';
import { contextOf, TransferWorld } from './transfer-world.ts';

const LONG = `u/bob/${'x'.repeat(59)}`;
const LONG_TYPE = 'x'.repeat(129);
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let world: TransferWorld;

beforeAll(async () => {
  directory = await temporaryDirectory();
  const path = join(directory.path, 'official');
  await copySqliteRepository('official', path);
  const database = new Database(join(path, 'gen3.sqlite3'));
  const rename = (table: string, from: string, to: string) =>
    expect(database.prepare(`UPDATE ${table} SET name = ? WHERE name = ?`).run(to, from).changes).toBe(1);
  rename('collection', 'HSC/raw/all', LONG);
  rename('collection', 'HSC/good-seeing', 'good seeing');
  rename('collection', 'HSC/runs/RC2/latest', `${LONG}-too`);
  rename('dataset_type', 'skyMap', LONG_TYPE);
  database.close();
  world = await TransferWorld.over([await openDirectRepository({ name: 'official', path })]);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

const search = (datasetTypes: readonly string[], collections: readonly string[]) => ({
  search: { datasetTypes, collections, findFirst: false },
});

test.each([
  ['a RUN that is too long', search(['raw'], [LONG]), `'${LONG}' cannot be the name of a collection`],
  ['the RUN of datasets that a glob finds', search(['raw'], ['u/bob/*']), `'${LONG}' cannot be the name`],
  ['a chain', search(['src'], [`${LONG}-too`]), `'${LONG}-too' cannot be the name of a collection`],
  ['a TAGGED collection', search(['src', 'calexp'], ['good seeing']), "'good seeing' cannot be the name"],
  ['a dataset type', search([LONG_TYPE], ['skymaps']), `'${LONG_TYPE}' cannot be the name of a dataset type`],
])('%s is told by a dry run, and refused before anything is written', async (_what, selection, reason) => {
  const { conflicts } = await world.plan(selection);
  expect(conflicts.map((conflict) => conflict.reason)).toEqual([expect.stringContaining(reason)]);
  await expect(world.transfer(selection)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining(reason) as string,
  });
  const { repository } = world.satellite;
  expect(await repository.collections({ search: ['*'], includeChains: true }, contextOf())).toEqual([]);
  expect([...(await repository.datasetTypes(contextOf())).keys()]).toEqual([]);
  const instruments = queryOf((await repository.universe(contextOf())).conform(['instrument']));
  expect(await repository.any(instruments, contextOf())).toBe(false);
});
