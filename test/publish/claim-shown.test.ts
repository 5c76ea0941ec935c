/** Who is said to work on a request. */
import { expect, test, vi } from 'vitest';
import { CURATORS, openPublishing } from './publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

const DAY_MILLISECONDS = 86_400_000;
const FIELDS = 'state claimedBy claimedUntil';
const NOBODY = { claimedBy: null, claimedUntil: null };

test('nobody is said to work on what a reviewer claimed once it lapsed, or its owner gave it up', async () => {
  let daysAgo = 4;
  await using world = await openPublishing({ now: () => Date.now() - daysAgo * DAY_MILLISECONDS });
  await world.filled('work', 'u/alice/run', 1);
  const wanted = { satellite: 'work', collections: ['u/alice/run'], title: 'Notes' };
  const { id } = await world.did('alice', 'submitPublication', wanted);
  await world.did('curator', 'claimPublication', { publication: id });
  expect(await world.look('alice', id, FIELDS)).toEqual({ state: 'IN_REVIEW', ...NOBODY });
  daysAgo = 0;
  await world.did('curator', 'claimPublication', { publication: id });
  expect(await world.look('alice', id, FIELDS)).toMatchObject({
    claimedBy: 'curator',
    claimedUntil: expect.any(String),
  });
  await world.did('alice', 'withdrawPublication', { publication: id });
  expect(await world.look('alice', id, FIELDS)).toEqual({ state: 'CANCELLED', ...NOBODY });
});

test('a reviewer’s queue has nothing of which they have submitted a version, also when they left the group that owns it', async () => {
  const groups: Record<string, readonly string[]> = { ...CURATORS };
  await using world = await openPublishing({ groups });
  const made = { name: 'ours', official: 'dp1', instruments: ['HSC'], group: 'g_lensing' };
  await world.done('alice', 'createSatellite', made, 'job {id}');
  await world.ingest('ours', 'g/g_lensing/run', 1);
  const wanted = { satellite: 'alice~ours', collections: ['g/g_lensing/run'], title: 'Ours' };
  const { id } = await world.did('alice', 'submitPublication', wanted);
  const again = async (user: string, version: number) => {
    await world.did('curator', 'requestPublicationChanges', { publication: id, comment: 'Once more.' });
    const next = await world.did(user, 'submitPublication', { ...wanted, publication: id });
    expect(next).toMatchObject({ version, state: 'SUBMITTED' });
  };
  await again('third', 2);
  await again('alice', 3);
  groups['third'] = ['g_users', 'g_curators'];
  const queueOf = async (user: string) =>
    (await world.ask(user, '{publications(toReview: true) {nodes {id actions}}}')).data.publications.nodes as unknown[];
  expect(await world.refused('third', 'claimPublication', { publication: id })).toBe('FORBIDDEN');
  expect(await queueOf('third')).toEqual([]);
  expect(await queueOf('curator')).toHaveLength(1);
});
