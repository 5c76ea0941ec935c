/** Who is told why a version is in its state, and what was in it. */
import { expect, test, vi } from 'vitest';
import { GrantStore } from '../../src/access/grant-store.ts';
import { SatelliteError } from '../../src/butler/errors.ts';
import { openPublishing } from './publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

test('readers are told why it was withdrawn, and nothing of what its owner has to see to', async () => {
  await using world = await openPublishing({ commit: 'real' });
  await world.filled('work', 'u/alice/run', 1);
  const wanted = { satellite: 'work', collections: ['u/alice/run'], title: 'Work' };
  const { id, digest } = await world.did('alice', 'submitPublication', wanted);
  const add = GrantStore.prototype.add;
  using _ = vi.spyOn(GrantStore.prototype, 'add').mockImplementation(async function (this: GrantStore, ...asked) {
    await add.apply(this, asked);
    throw new SatelliteError('QUOTA_EXCEEDED', "There are 20000 grants on it: 'dave' gets none.");
  });
  await world.did('curator', 'approvePublication', { publication: id, digest });
  const missing = expect.stringContaining('Not all of its readers could be let in') as string;
  expect(await world.reached('alice', id, 'PUBLISHED')).toMatchObject({ reason: missing });
  const seen = async (user: string) => (await world.look(user, id, 'state reason')) as object;
  expect(await seen('curator')).toEqual({ state: 'PUBLISHED', reason: missing });
  expect(await seen('bob')).toEqual({ state: 'PUBLISHED', reason: null });
  await world.done('alice', 'withdrawPublication', { publication: id, comment: 'Wrong flats.' });
  expect(await seen('bob')).toEqual({ state: 'WITHDRAWN', reason: 'Wrong flats.' });
});

test('what was replaced or withdrawn shows its readers a tombstone, and not what was in it', async () => {
  await using world = await openPublishing({ commit: 'real' });
  const [first] = await world.filled('work', 'u/alice/run', 2);
  const wanted = { satellite: 'work', collections: ['u/alice/run'], title: 'Work' };
  const publish = async (publication?: string) => {
    const { id, digest } = await world.did('alice', 'submitPublication', { ...wanted, publication });
    await world.did('curator', 'approvePublication', { publication: id, digest });
    await world.reached('alice', id, 'PUBLISHED');
    return id;
  };
  const id = await publish();
  await world.done('alice', 'removeDatasets', { satellite: 'work', uuids: [first], mode: 'PURGE' });
  await publish(id);
  const versions = 'versions {version state manifest {datasetCount}}';
  const replaced = { version: 1, state: 'WITHDRAWN', manifest: null };
  expect((await world.look('bob', id, versions)).versions).toEqual([
    { version: 2, state: 'PUBLISHED', manifest: { datasetCount: 1 } },
    replaced,
  ]);
  const known = (await world.look('alice', id, versions)).versions as object[];
  expect(known[1]).toEqual({ ...replaced, manifest: { datasetCount: 2 } });
});
