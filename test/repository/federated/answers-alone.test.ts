import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildQuery } from '../../../src/butler/query/build.ts';
import { openDirectRepository } from '../../../src/repository/direct/open.ts';
import { memberAlone } from '../../../src/repository/federated/join/answers-alone.ts';
import { openMembers, type Member } from '../../../src/repository/federated/members.ts';
import { resolveSearchPath, type SearchPath } from '../../../src/repository/federated/search-path.ts';
import type { Repository } from '../../../src/repository/repository.ts';
import { sqliteRepository, temporaryDirectory } from '../../fixtures/repositories.ts';
import { splitRepository } from '../../fixtures/split.ts';

const ctx = { caller: { username: 'alice' }, signal: new AbortController().signal };
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
const open: Repository[] = [];
let [whole, part, rest]: Member[] = [];

beforeAll(async () => {
  directory = await temporaryDirectory();
  const [a, b] = await splitRepository('official', directory.path, 2);
  for (const [name, path] of [
    ['whole', sqliteRepository('official')],
    ['part', a],
    ['rest', b],
  ] as const) {
    open.push(await openDirectRepository({ name, path }));
  }
  [whole, part, rest] = await openMembers(open, ctx);
});

afterAll(async () => {
  for (const repository of open) await repository.close();
  await directory[Symbol.asyncDispose]();
});

/** Who answers for data IDs of visits and the tracts that they overlap. */
async function whoAnswers(members: readonly Member[], where: string): Promise<string | undefined> {
  const { universe } = members[0]!;
  const { query } = buildQuery(universe, {
    where,
    result: { type: 'data_coordinate', dimensions: ['visit', 'tract'] },
  });
  return (await memberAlone(members, query, new Map(), ctx))?.repository.name;
}

const HSC = "instrument = 'HSC' AND skymap = 'hsc_rings_v1'";

test('a repository that has all records of the others answers alone', async () => {
  expect(await whoAnswers([part!, rest!, whole!], HSC)).toBe('whole');
});

test('repositories that each have something to join do not', async () => {
  expect(await whoAnswers([part!, rest!], HSC)).toBeUndefined();
});

test('one whose datasets are searched answers alone where the others’ records are its own too', async () => {
  const type = whole!.datasetTypes.get('src')!;
  const { query } = buildQuery(whole!.universe, {
    where: HSC,
    joins: [{ datasetType: type, collections: ['LSSTCam/runs/nightly/20251204'] }],
    result: { type: 'data_coordinate', dimensions: ['visit', 'tract'] },
  });
  const path: SearchPath = await resolveSearchPath([open[0]!], ['LSSTCam/runs/nightly/20251204'], [], ctx);
  const found = await memberAlone([part!, whole!], query, new Map([['src', path]]), ctx);
  expect(found?.repository.name).toBe('whole');
});
