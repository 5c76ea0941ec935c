/** Data IDs that are sent with a query stand for themselves, whether or not there are records of them. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildQuery } from '../../../../src/butler/query/build.ts';
import type { Universe } from '../../../../src/butler/universe.ts';
import { createRepository } from '../../../../src/repository/direct/create.ts';
import { openDirectRepository } from '../../../../src/repository/direct/open.ts';
import { explainQuery } from '../../../../src/repository/federated/explain/explain.ts';
import type { Explanation } from '../../../../src/repository/federated/explain/explanation.ts';
import { openMembers } from '../../../../src/repository/federated/members.ts';
import { joined, upload } from '../../../../src/repository/federated/probe.ts';
import type { Repository } from '../../../../src/repository/repository.ts';
import { ctx } from '../../../conformance/answers.ts';
import { sqliteRepository, temporaryDirectory } from '../../../fixtures/repositories.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let universe: Universe;
const empty: Repository[] = [];

beforeAll(async () => {
  directory = await temporaryDirectory();
  const official = await openDirectRepository({ name: 'official', path: sqliteRepository('official') });
  universe = await official.universe();
  await official.close();
  for (const name of ['a', 'b']) {
    const place = { name, directory: join(directory.path, name), signal: ctx.signal };
    await createRepository({ ...place, universe, database: { dialect: 'sqlite' } });
    empty.push(await openDirectRepository({ name, path: place.directory }));
  }
});

afterAll(async () => {
  for (const repository of empty) await repository.close();
  await directory[Symbol.asyncDispose]();
});

async function explained(dimension: string): Promise<Explanation> {
  const { query, spec } = buildQuery(universe, { result: { type: 'data_coordinate', dimensions: [dimension] } });
  const group = universe.groupOf(dimension);
  const sent = joined(query, [upload(group, group.required, [['HSC', 1]])]);
  return explainQuery(await openMembers(empty, ctx), { query: sent, spec, paths: new Map() }, ctx);
}

test('a query of sent detectors finds them without records, and is not explained by their want', async () => {
  expect(await explained('detector')).toMatchObject({ isEmpty: false, reason: null });
});

test('a query of sent visits needs their records, which say what the visits imply', async () => {
  expect(await explained('visit')).toMatchObject({
    isEmpty: true,
    reason: expect.stringContaining('no records of visit') as string,
  });
});
