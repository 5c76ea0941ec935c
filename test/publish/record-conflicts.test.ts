/** Dimension records that the published repository has with other values, or whose names are another's there. */
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
  using registry = await registryOf('mine');
  registry.prepare("UPDATE detector SET purpose = 'GUIDER' WHERE id = 1").run();
});
afterAll(() => world[Symbol.asyncDispose]());

/** The database of a satellite of alice's. */
async function registryOf(satellite: string) {
  const { data } = await world.ask('alice', 'query ($name: String!) {satellite(name: $name) {uri}}', {
    name: satellite,
  });
  const uri = data.satellite.uri as string;
  return registryAt(uri.startsWith('file:') ? fileURLToPath(uri) : uri);
}

function registryAt(root: string) {
  const registry = new Database(join(root, 'gen3.sqlite3'));
  return Object.assign(registry, { [Symbol.dispose]: () => void registry.close() });
}

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

test('are found by the name of a detector too that another one has there, also when it came in after the approval', async () => {
  await world.filled('named', 'u/alice/named', 3);
  const named = await submit('named');
  expect(named.state).toBe('SUBMITTED');
  using registry = await registryOf('named');
  const detector = registry.prepare('SELECT * FROM detector WHERE id = 2').get() as Record<string, unknown>;
  using published = registryAt(world.published);
  const columns = Object.keys(detector);
  published
    .prepare(`INSERT INTO detector (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`)
    .run(...Object.values({ ...detector, id: 9999 }));
  using looked = vi.spyOn(Sources.prototype, 'checkClashes');
  looked.mockResolvedValueOnce();
  await world.did('curator', 'approvePublication', { publication: named.id, digest: named.digest });
  const failed = await world.reached('alice', named.id, 'FAILED', 'STALE', 'PUBLISHED');
  const belongs = expect.stringMatching(/detector: 2 has the full_name '1_55', which belongs to .*detector: 9999/);
  expect(failed).toMatchObject({ state: 'FAILED', reason: belongs });

  const again = await submit('named', named.id);
  expect(again).toMatchObject({ version: 2, state: 'DRAFT' });
  expect(again.checks.filter(({ state }) => state === 'FAILED')).toMatchObject([
    {
      ...{ code: 'CLASHES' },
      message: expect.stringMatching(
        /detector=2\} has the full_name '1_55', which belongs to \{.*detector=9999\}.* another one/,
      ),
    },
  ]);
});
