/** Dimension records that the published repository has with other values. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Sources } from '../../src/publish/sources.ts';
import { openPublishing, type PublishingWorld } from './publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

let world: PublishingWorld;
beforeAll(async () => {
  world = await openPublishing({ commit: 'real' });
  await world.filled('theirs', 'u/alice/theirs', 2);
  await world.filled('mine', 'u/alice/mine', 2);
  const { data } = await world.ask('alice', '{satellite(name: "mine") {uri}}');
  const uri = data.satellite.uri as string;
  const root = uri.startsWith('file:') ? fileURLToPath(uri) : uri;
  const registry = new Database(join(root, 'gen3.sqlite3'));
  registry.prepare("UPDATE detector SET purpose = 'GUIDER' WHERE id = 1").run();
  registry.close();
}, 120_000);
afterAll(() => world[Symbol.asyncDispose]());

const submit = (satellite: string, publication?: string) => {
  const wanted = { satellite, collections: [`u/alice/${satellite}`], title: satellite };
  return world.did('alice', 'submitPublication', { ...wanted, ...(publication !== undefined && { publication }) });
};

test('are found when it is submitted, with element, data ID and field, and when they came in after that, at the commit', async () => {
  const [theirs, mine] = [await submit('theirs'), await submit('mine')];
  expect([theirs.state, mine.state]).toEqual(['SUBMITTED', 'SUBMITTED']);
  await world.did('curator', 'approvePublication', { publication: theirs.id, digest: theirs.digest });
  await world.reached('alice', theirs.id, 'PUBLISHED');
  // As if they came in just after the approval had looked.
  using looked = vi.spyOn(Sources.prototype, 'checkClashes');
  looked.mockResolvedValueOnce();
  await world.did('curator', 'approvePublication', { publication: mine.id, digest: mine.digest });
  const failed = await world.reached('alice', mine.id, 'FAILED', 'PUBLISHED');
  const conflict = 'The detector record of {instrument=HSC, detector=1} differs between';
  expect(failed).toMatchObject({ state: 'FAILED', reason: expect.stringContaining(conflict) as string });

  const again = await submit('mine', mine.id);
  expect(again).toMatchObject({ version: 2, state: 'DRAFT' });
  expect(again.checks.filter(({ state }) => state === 'FAILED')).toEqual([
    {
      ...{ code: 'CLASHES', state: 'FAILED' },
      message: expect.stringContaining(`${conflict} 'published' and what is to be published (purpose)`) as string,
    },
  ]);
  // What agrees is no conflict.
  const next = await submit('theirs', theirs.id);
  expect(next).toMatchObject({ version: 2, state: 'SUBMITTED' });
});
