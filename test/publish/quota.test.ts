/** What one owner may have in a published repository, over all of their publications. */
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { SatelliteError } from '../../src/butler/errors.ts';
import type { PublicationVersion } from '../../src/publish/publication.ts';
import { PublicationRecords } from '../../src/publish/records.ts';
import { PUBLICATION_TABLES } from '../../src/publish/tables.ts';
import { openState } from '../../src/state/open.ts';
import { prepareTables } from '../../src/state/tables.ts';
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
  const answer = await world.change('curator', 'approvePublication', approve(three), 'publication {id}');
  expect(answer.errors?.[0]).toMatchObject({
    message: expect.stringMatching(/are asked for, and of the .* withdraw some.* It can be approved when/) as string,
    extensions: { code: 'QUOTA_EXCEEDED' },
  });
  expect(await world.see('alice', three.id)).toMatchObject({ state: 'SUBMITTED', reason: null });
  await world.did('alice', 'withdrawPublication', { publication: three.id });
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

test('is counted before the commit too: of two that were approved at once, the one that was submitted first gets in', async () => {
  await using world = await openPublishing({ publishing: '{quotaBytes: 20}' });
  await world.filled('work', 'u/alice/one', 1);
  await world.ingest('work', 'u/alice/two', 1);
  const submit = (name: string) =>
    world.did('alice', 'submitPublication', { satellite: 'work', collections: [`u/alice/${name}`], title: name });
  const [one, two] = [await submit('one'), await submit('two')];
  // As if both had been approved at the same moment.
  const usedBytes = PublicationRecords.prototype.usedBytes;
  using counted = vi.spyOn(PublicationRecords.prototype, 'usedBytes').mockResolvedValue(0);
  const bothApproved = Promise.withResolvers<void>();
  world.commit.before = (moment) => (moment === 'STAGING' ? bothApproved.promise : Promise.resolve());
  for (const { id, digest } of [two, one]) {
    await world.did('curator', 'approvePublication', { publication: id, digest });
  }
  counted.mockImplementation(usedBytes);
  bothApproved.resolve();
  await world.reached('alice', one.id, 'PUBLISHED');
  const stale = await world.reached('alice', two.id, 'STALE', 'PUBLISHED');
  expect(stale).toMatchObject({ state: 'STALE', reason: expect.stringContaining('are asked for') as string });
  expect(world.commit.visible.size).toBe(1);
});

test('keeps one in of two that are brought in at once, are approved by rule, and have to be tried again', async () => {
  await using world = await openPublishing({ publishing: '{approveForOwnGroup: true, quotaBytes: 25}' });
  const made = { name: 'ours', official: 'dp1', instruments: ['HSC'], group: 'g_lensing' };
  await world.done('alice', 'createSatellite', made, 'job {id}');
  const names = ['one', 'two'];
  for (const name of names) await world.ingest('ours', `g/g_lensing/${name}`, 1);
  // As if each had been looked at before the other was approved.
  const usedBytes = PublicationRecords.prototype.usedBytes;
  using counted = vi.spyOn(PublicationRecords.prototype, 'usedBytes').mockResolvedValue(0);
  const bothAreThere = Promise.withResolvers<void>();
  let there = 0;
  world.commit.before = async (moment) => {
    if (moment !== 'VISIBLE') return;
    there += 1;
    if (there > 2) return;
    if (there === 2) bothAreThere.resolve();
    await bothAreThere.promise;
    throw new SatelliteError('UPSTREAM_UNAVAILABLE', 'Its repository is away for a moment.', {
      repository: 'published',
    });
  };
  // Both look before either of them is STALE or PUBLISHED.
  const bothHaveLooked = Promise.withResolvers<void>();
  let looks = 0;
  const ids: string[] = [];
  for (const title of names) {
    const wanted = {
      satellite: 'ours',
      collections: [`g/g_lensing/${title}`],
      title,
      readers: { groups: ['g_lensing'] },
    };
    ids.push((await world.did('alice', 'submitPublication', wanted)).id);
  }
  await bothAreThere.promise;
  counted.mockImplementation(async function (this: PublicationRecords, version) {
    const used = await usedBytes.call(this, version);
    if ((looks += 1) === 2) bothHaveLooked.resolve();
    await bothHaveLooked.promise;
    return used;
  });
  const [one, two] = await Promise.all(ids.map((id) => world.reached('alice', id, 'PUBLISHED', 'STALE')));
  expect(one).toMatchObject({ state: 'PUBLISHED' });
  expect(two).toMatchObject({ state: 'STALE', reason: expect.stringContaining('are asked for') as string });
});

test('has each publication once, by its largest version, and of a group only what is of this one', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'quota-'));
  const state = await openState(`sqlite:${join(directory.path, 'state.sqlite3')}`, AbortSignal.timeout(60_000));
  await prepareTables(state.database, PUBLICATION_TABLES, AbortSignal.timeout(60_000));
  const records = new PublicationRecords(state.database, [], Date.now);
  const add = async (publication: string, groupId: number | null, bytes: readonly number[]) => {
    const [first, ...more] = bytes.map((size, i) => versionOf(publication, groupId, i + 1, size));
    await records.add(first!);
    let before = first!;
    for (const next of more) {
      expect(await records.addNext(next, before)).toBe(true);
      before = next;
    }
  };
  await add('a', 7, [100, 60]);
  await add('b', 7, [1]);
  await add('old', 8, [10_000]);
  await add('unknown', null, [1000]);
  const used = (groupId: number | null) => records.usedBytes(versionOf('mine', groupId, 1, 5));
  expect(await used(7)).toBe(1101);
  expect(await used(9)).toBe(1000);
  expect(await used(null)).toBe(11_101);
  await state.close();
});

function versionOf(publication: string, groupId: number | null, version: number, bytes: number): PublicationVersion {
  return {
    ...{ publication, version, bytes, groupId, state: version === 1 ? 'PUBLISHED' : 'APPROVED', revision: 1 },
    ...{ repository: 'published', owner: 'alice', group: 'g_lensing', submittedBy: 'alice', title: 'T' },
    source: { repository: 'alice~mine', satelliteId: 's', collections: [], search: null, groups: [] },
    ...{ description: null, licence: null, readers: { allUsers: true, groups: [], users: [] } },
    ...{ digest: null, checks: [], datasets: 1, reason: null, claimedBy: null, claimedUntil: null },
    ...{ approvedBy: null, approvedDigest: null, restartConfirmed: false, generation: null, withdrawnBy: null },
    ...{ goneSince: null, job: null, createdAt: 0, submittedAt: 0, changedAt: 0 },
  };
}
