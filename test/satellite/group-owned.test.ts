/** Satellites of groups, and what is left of grants when a satellite is gone for good. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Principal } from '../../src/access/principal.ts';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { openWorld, principal, request, visibleTo, type World } from './satellite-world.ts';

let directory: string;
let world: World;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'groups-'));
  world = await openWorld({ directory, official: sqliteRepository('official') });
});
afterAll(async () => {
  await world.close();
  await rm(directory, { recursive: true });
});

const member = (username: string, group: string, id: number): Principal => ({
  ...principal(username, [group]),
  groupIds: new Map([[group, id]]),
});

test('a satellite stays with its group when that is renamed, and a new group of the old name does not get it', async () => {
  const { satellites } = world;
  await satellites.create(request('ours', { group: 'g_old' }), member('alice', 'g_old', 7));
  const sees = async (who: Principal) => [
    (await visibleTo(world, who)).find('alice~ours') !== undefined,
    (await satellites.list(who, { deleted: false })).length > 0,
    await satellites.forWriting('alice~ours', who).then(
      () => true,
      () => false,
    ),
  ];
  expect(await sees(member('bob', 'g_old', 7))).toEqual([true, true, true]);
  expect(await sees(member('bob', 'g_new', 7))).toEqual([true, true, true]);
  expect(await sees(member('bob', 'g_old', 8))).toEqual([false, false, false]);
  // Whose token tells no ids is known by the name.
  expect(await sees(principal('bob', ['g_old']))).toEqual([true, true, true]);
  await satellites.reset({ satellite: 'ours', dryRun: false }, member('alice', 'g_old', 7));
  expect(await sees(member('bob', 'g_new', 7))).toEqual([true, true, true]);
});

test('grants go with what is gone for good', async () => {
  const { satellites } = world;
  const alice = principal('alice');
  const { id } = (await satellites.create(request('gone'), alice)).satellite!;
  const resource = `satellite:${id}`;
  const line = { actor: 'alice', action: 'grantAccess', resource, resourceName: 'alice~gone', detail: {} };
  const given = { resource, collection: null, right: 'READ', grantedBy: 'alice', expiresAt: null, note: null } as const;
  const { grant } = await satellites.grants.add({ ...given, subject: { kind: 'user', name: 'bob' } }, line);
  const { job } = await satellites.delete({ satellite: 'gone', dryRun: false, purge: true }, alice);
  expect(await world.ended(job)).toMatchObject({ state: 'COMPLETED' });
  expect(await satellites.grants.get(grant.id)).toBeNull();
});
