/** What one owner may have in a published repository, over all of their publications. */
import { expect, test, vi } from 'vitest';
import { PublicationRecords } from '../../src/publish/records.ts';
import { openPublishing, type Shown } from './publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

const sizeOf = ({ checks }: Shown) => checks.find(({ code }) => code === 'SIZE');

test('is counted when something is submitted, and again when it is approved and before its commit', async () => {
  // Each of them has 16 to 18 bytes.
  await using world = await openPublishing({ publishing: '{quotaBytes: 40}' });
  const submit = async (name: string, publication?: string) => {
    const wanted = { satellite: 'work', collections: [`u/alice/${name}`], title: name, publication };
    return world.did('alice', 'submitPublication', wanted);
  };
  await world.filled('work', 'u/alice/one', 1);
  for (const name of ['two', 'three']) await world.ingest('work', `u/alice/${name}`, 1);
  const approve = ({ id, digest }: Shown) => ({ publication: id, digest });
  const [one, two, three] = [await submit('one'), await submit('two'), await submit('three')];
  expect(sizeOf(three)).toMatchObject({
    state: 'PASSED',
    message: expect.stringContaining(
      "publications of 'alice' may have in 'published' together, others have 0.0 KiB",
    ) as string,
  });
  for (const fits of [one, two]) {
    await world.did('curator', 'approvePublication', approve(fits));
    await world.reached('alice', fits.id, 'PUBLISHED');
  }
  expect(await world.refused('curator', 'approvePublication', approve(three))).toBe('CONFLICT');
  expect(await world.see('alice', three.id)).toMatchObject({
    state: 'STALE',
    reason: expect.stringMatching(/are asked for, and of the .* withdraw some/) as string,
  });
  const again = await submit('three', three.id);
  expect([again.state, sizeOf(again)?.state]).toEqual(['DRAFT', 'FAILED']);
  // A version takes the place of the one before, and what is withdrawn makes room.
  const next = await submit('one', one.id);
  expect(sizeOf(next)?.state).toBe('PASSED');
  await world.done('alice', 'withdrawPublication', { publication: two.id, comment: 'For room.' });
  const fits = await submit('three', three.id);
  expect(fits.state).toBe('SUBMITTED');
  // What is approved counts as well.
  world.commit.before = async (moment) => {
    if (moment === 'COMMITTING') expect(sizeOf(await submit('two', two.id))?.state).toBe('FAILED');
  };
  await world.did('curator', 'approvePublication', approve(fits));
  await world.reached('alice', fits.id, 'PUBLISHED');
  world.commit.before = () => Promise.resolve();
});

test('is counted before the commit too', async () => {
  await using world = await openPublishing({ publishing: '{quotaBytes: 20}' });
  await world.filled('work', 'u/alice/one', 1);
  await world.ingest('work', 'u/alice/two', 1);
  const submit = (name: string) =>
    world.did('alice', 'submitPublication', { satellite: 'work', collections: [`u/alice/${name}`], title: name });
  const [one, two] = [await submit('one'), await submit('two')];
  await world.did('curator', 'approvePublication', { publication: one.id, digest: one.digest });
  await world.reached('alice', one.id, 'PUBLISHED');
  // As if both had been approved at the same moment.
  using counted = vi.spyOn(PublicationRecords.prototype, 'usedBytes');
  counted.mockResolvedValueOnce(0);
  await world.did('curator', 'approvePublication', { publication: two.id, digest: two.digest });
  const stale = await world.reached('alice', two.id, 'STALE', 'PUBLISHED');
  expect(stale).toMatchObject({ state: 'STALE', reason: expect.stringContaining('are asked for') as string });
  expect(world.commit.visible.size).toBe(1);
});
