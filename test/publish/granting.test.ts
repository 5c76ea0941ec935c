/** What owners let others read of what is published, and take back. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CURATORS, openPublishing, type PublishingWorld } from './publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

let directory: string;
let world: PublishingWorld;
beforeAll(async () => {
  const groups = { ...CURATORS, alice: ['g_users', 'g_lensing', 'g_friends'] };
  directory = await mkdtemp(join(tmpdir(), 'granting-'));
  const state = `sqlite:${statePath()}`;
  world = await openPublishing({ state, publishing: '{approveForOwnGroup: true}', groups });
  const made = { name: 'ours', official: 'dp1', instruments: ['HSC'], group: 'g_lensing' };
  await world.done('alice', 'createSatellite', made, 'job {id}');
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const statePath = () => join(directory, 'state.sqlite3');

/** What the gateway says of a grant by alice. */
async function granted(input: object): Promise<string> {
  const { data, errors } = await world.change(
    'alice',
    'grantAccess',
    { satellite: 'published', ...input },
    'grant {id}',
  );
  return errors
    ? `${String(errors[0]!.extensions['code'])} ${errors[0]!.message}`
    : (data.grantAccess.grant.id as string);
}

const ofGroup = { satellite: 'ours', title: 'Ours', readers: { groups: ['g_lensing'] } };

test('what the owning group reads without a review is let nobody else read', async () => {
  await world.ingest('ours', 'g/g_lensing/run', 1);
  const { id } = await world.did('alice', 'submitPublication', { ...ofGroup, collections: ['g/g_lensing/run'] });
  await world.reached('alice', id, 'PUBLISHED');
  for (const collection of ['g/g_lensing/run', 'g/g_lensing/']) {
    for (const whom of [{ user: 'bob' }, { group: 'g_friends' }]) {
      expect(await granted({ collection, ...whom })).toMatch(/^FORBIDDEN .*without a review/);
    }
    expect(await granted({ collection, group: 'g_lensing' })).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test('what somebody else reads by an earlier grant waits for a reviewer, who is told', async () => {
  const grant = await granted({ collection: 'g/g_lensing/early/', user: 'bob' });
  await world.ingest('ours', 'g/g_lensing/early/run', 1, { name: 'early' });
  const wanted = { ...ofGroup, collections: ['g/g_lensing/early/run'] };
  const { id, digest, state, checks } = await world.did('alice', 'submitPublication', wanted);
  expect(state).toBe('SUBMITTED');
  expect(checks.find(({ code }) => code === 'READERS')).toMatchObject({
    state: 'WARNING',
    message: "By the names of its collections, or grants that are there, 'bob' read it too.",
  });
  await world.did('curator', 'approvePublication', { publication: id, digest });
  await world.reached('alice', id, 'PUBLISHED');
  // A reviewer has seen that, and its owner goes on from there.
  expect(await granted({ collection: 'g/g_lensing/early/', user: 'carol' })).toMatch(/^[0-9a-f-]{36}$/);
  await world.revoke(grant);
});

test('neither is it while it is brought over', async () => {
  await world.ingest('ours', 'g/g_lensing/during/run', 1, { name: 'during' });
  const codes: string[] = [];
  world.commit.before = async (stage) => {
    if (stage === 'VERIFYING') codes.push(await granted({ collection: 'g/g_lensing/during/', user: 'bob' }));
  };
  const wanted = { ...ofGroup, collections: ['g/g_lensing/during/run'] };
  const { id } = await world.did('alice', 'submitPublication', wanted);
  await world.reached('alice', id, 'PUBLISHED', 'STALE');
  world.commit.before = () => Promise.resolve();
  expect(codes).toEqual([expect.stringMatching(/^FORBIDDEN .*without a review/)]);
  expect((await world.see('alice', id)).state).toBe('PUBLISHED');
});

test('a grant that came in beside that, as from another gateway at that moment, leaves it STALE', async () => {
  await world.ingest('ours', 'g/g_lensing/beside/run', 1, { name: 'beside' });
  const commits = world.commit.commits;
  const elsewhere = await granted({ collection: 'g/g_lensing/elsewhere/', user: 'bob' });
  world.commit.before = (stage) => {
    if (stage === 'COMMITTING') {
      const state = new Database(statePath());
      const moved = state.prepare("UPDATE access_grant SET collection = 'g/g_lensing/beside/' WHERE id = ?");
      expect(moved.run(elsewhere).changes).toBe(1);
      state.close();
    }
    return Promise.resolve();
  };
  const wanted = { ...ofGroup, collections: ['g/g_lensing/beside/run'] };
  const { id } = await world.did('alice', 'submitPublication', wanted);
  const { state, reason } = await world.reached('alice', id, 'PUBLISHED', 'STALE', 'FAILED');
  world.commit.before = () => Promise.resolve();
  expect([state, reason]).toEqual(['STALE', expect.stringContaining("'bob' read it too")]);
  expect(world.commit.commits).toBe(commits);
});

test('who may not read a RUN of a published chain any more is not shown the manifest', async () => {
  await world.filled('chained', 'u/alice/chained', 1);
  const wanted = {
    satellite: 'chained',
    collections: ['u/alice/chained-chain'],
    title: 'x',
    readers: { users: ['bob'] },
  };
  const { id, digest } = await world.did('alice', 'submitPublication', wanted);
  await world.did('curator', 'approvePublication', { publication: id, digest });
  await world.reached('alice', id, 'PUBLISHED');
  const fields = 'state manifest {datasetCount}';
  expect(await world.look('bob', id, fields)).toEqual({ state: 'PUBLISHED', manifest: { datasetCount: 1 } });
  // The same grant again is the one that is there.
  await world.revoke(await granted({ collection: 'u/alice/chained', user: 'bob' }));
  expect(await world.look('bob', id, fields)).toEqual({ state: 'PUBLISHED', manifest: null });
  expect(await world.look('alice', id, fields)).toEqual({ state: 'PUBLISHED', manifest: { datasetCount: 1 } });
});

test('a new version that says nothing of readers keeps those of the version before', async () => {
  await world.filled('kept', 'u/alice/kept', 1);
  const wanted = { satellite: 'kept', collections: ['u/alice/kept'], title: 'x' };
  const first = await world.did('alice', 'submitPublication', { ...wanted, readers: { users: ['bob'] } });
  const { readers } = await world.look('alice', first.id, 'readers {allUsers groups users}');
  expect(readers).toEqual({ allUsers: false, groups: [], users: ['bob'] });
  await world.did('curator', 'requestPublicationChanges', { publication: first.id, comment: 'Another title.' });
  const next = await world.did('alice', 'submitPublication', { ...wanted, publication: first.id, title: 'y' });
  expect(next).toMatchObject({ version: 2, state: 'SUBMITTED' });
  expect((await world.look('alice', first.id, 'readers {allUsers groups users}')).readers).toEqual(readers);
});
