/** Sharing through the real gateway: alice owns, bob is granted, carol has nothing; dave is in a group of alice's. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GraphQLAnswer } from './running-gateway.ts';
import { openSharing, type SharingWorld } from './sharing-world.ts';

let world: SharingWorld;
let now = Date.parse('2027-01-01T00:00:00Z');

beforeAll(async () => {
  world = await openSharing({
    now: () => now,
    yaml: 'satellites: {root: ./satellites, writeGrants: true}',
  });
  await make('mine');
});
afterAll(() => world[Symbol.asyncDispose]());

const make = (name: string) => world.done('alice', 'createSatellite', { name, official: 'dp1' }, 'satellite {name}');
const codes = ({ errors = [] }: GraphQLAnswer) => errors.map(({ extensions }) => extensions['code']);
const sees = async (user: string, name = 'alice~mine') =>
  (await world.ask(user, 'query ($name: String!) {repository(name: $name) {name}}', { name })).data.repository !== null;

describe('a whole satellite', () => {
  test('that is granted is seen at the next request, last of all, and no more after it is revoked', async () => {
    const query = `{repositories {name} satellites {name owner state} satellite(name: "alice~mine") {
      name owner state repository {name} group official database artifacts uri environment usage {bytes} quotaBytes warnings
      createdAt purgeAt grants {id}
    }}`;
    expect((await world.ask('bob', query)).data.satellite).toBeNull();
    const fields = 'grant {id satellite user group allUsers collection right grantedBy grantedAt} accessRevision';
    const { grant, accessRevision } = await world.done(
      'alice',
      'grantAccess',
      { satellite: 'mine', user: 'bob' },
      fields,
    );
    expect(grant).toEqual({
      id: grant.id,
      satellite: 'alice~mine',
      user: 'bob',
      group: null,
      allUsers: false,
      collection: null,
      right: 'READ',
      grantedBy: 'alice',
      grantedAt: '2027-01-01T00:00:00.000Z',
    });
    const { data } = await world.ask('bob', query);
    expect(data.satellites).toEqual([{ name: 'mine', owner: 'alice', state: 'READY' }]);
    expect(data.repositories).toEqual([{ name: 'dp1' }, { name: 'alice~mine' }]);
    const { name, owner, state, repository, warnings, ...others } = data.satellite;
    expect([name, owner, state, repository, warnings]).toEqual(['mine', 'alice', 'READY', { name: 'alice~mine' }, []]);
    expect(Object.values(others as object).every((value) => value === null)).toBe(true);
    expect(await sees('carol')).toBe(false);
    const revoked = await world.done('alice', 'revokeAccess', { grant: grant.id }, 'accessRevision');
    expect(revoked.accessRevision).toBe(accessRevision + 1);
    expect(await sees('bob')).toBe(false);
  });

  test('ceases to be shared at the very moment that was said', async () => {
    await world.grant({ satellite: 'mine', user: 'bob', expiresAt: '2027-01-01T01:00:00Z' });
    expect(await sees('bob')).toBe(true);
    now = Date.parse('2027-01-01T00:59:59.999Z');
    expect(await sees('bob')).toBe(true);
    now += 1;
    expect(await sees('bob')).toBe(false);
  });

  test('is shared with a group that its owner is in, and with all', async () => {
    const toGroup = await world.grant({ satellite: 'mine', group: 'g_lensing' });
    expect([await sees('dave'), await sees('carol')]).toEqual([true, false]);
    await world.revoke(toGroup);
    const toAll = await world.grant({ satellite: 'mine', allUsers: true });
    expect([await sees('dave'), await sees('carol')]).toEqual([true, true]);
    await world.revoke(toAll);
    expect([await sees('dave'), await sees('carol')]).toEqual([false, false]);
  });

  test('takes its grants with it when it is deleted, brings them back, and leaves them behind when it is reset', async () => {
    await make('changing');
    await world.grant({ satellite: 'changing', user: 'bob' });
    const at = { satellite: 'changing' };
    const seen = () => sees('bob', 'alice~changing');
    expect(await seen()).toBe(true);
    await world.done('alice', 'deleteSatellite', at, 'satellite {state}');
    expect(await seen()).toBe(false);
    await world.done('alice', 'restoreSatellite', at, 'satellite {state}');
    expect(await seen()).toBe(true);
    await world.done('alice', 'resetSatellite', at, 'satellite {state}');
    expect(await seen()).toBe(false);
    await world.done('alice', 'restoreSatellite', at, 'satellite {state}');
    expect(await seen()).toBe(true);
  });
});

describe('what can be granted', () => {
  test.each([
    ['two at once', { satellite: 'mine', user: 'bob', allUsers: true }, 'BAD_USER_INPUT'],
    ['nobody', { satellite: 'mine' }, 'BAD_USER_INPUT'],
    ['what is no user name', { satellite: 'mine', user: 'B ob' }, 'BAD_USER_INPUT'],
    ['a glob', { satellite: 'mine', user: 'bob', collection: 'u/*' }, 'BAD_USER_INPUT'],
    ['what is over', { satellite: 'mine', user: 'bob', expiresAt: '2020-01-01' }, 'BAD_USER_INPUT'],
    ['what is no time', { satellite: 'mine', user: 'bob', expiresAt: 'tomorrow' }, 'BAD_USER_INPUT'],
    ['writing to a part', { satellite: 'mine', user: 'bob', collection: 'x', right: 'WRITE' }, 'BAD_USER_INPUT'],
    ['a group that one is not in', { satellite: 'mine', group: 'g_sn' }, 'FORBIDDEN'],
    ['an official repository', { satellite: 'dp1', user: 'bob' }, 'FORBIDDEN'],
    ['what is not there', { satellite: 'nothing', user: 'bob' }, 'NOT_FOUND'],
  ])('not %s', async (_what, input, code) => {
    expect(codes(await world.change('alice', 'grantAccess', input, 'grant {id}'))).toEqual([code]);
  });

  test('only by its owners: a reader is told so, anybody else as of what is not there', async () => {
    const grant = await world.grant({ satellite: 'mine', user: 'bob' });
    const owners = ['grantAccess', 'resetSatellite', 'deleteSatellite', 'verifySatellite', 'rotateSatelliteCapability'];
    for (const mutation of owners) {
      const input = (satellite: string) => ({ satellite, ...(mutation === 'grantAccess' && { user: 'carol' }) });
      const ask = (user: string, satellite: string) =>
        world.change(user, mutation, input(satellite), mutation === 'grantAccess' ? 'grant {id}' : 'satellite {name}');
      expect(codes(await ask('bob', 'alice~mine'))).toEqual(['FORBIDDEN']);
      const words = async (name: string) => JSON.stringify((await ask('carol', name)).errors).replaceAll(name, 'NAME');
      expect(await words('alice~mine')).toBe(await words('alice~none'));
    }
    const revoke = (id: string) => world.change('bob', 'revokeAccess', { grant: id }, 'grant {id}');
    const words = async (id: string) => JSON.stringify((await revoke(id)).errors).replaceAll(id, 'ID');
    expect(await words(grant)).toBe(await words('nothing'));
    await world.revoke(grant);
  });
});

describe('a satellite that is shared for writing', () => {
  test('is curated by the other, who can neither delete nor share it', async () => {
    const read = await world.grant({ satellite: 'mine', user: 'bob' });
    const at = { satellite: 'alice~mine' };
    const create = () => world.change('bob', 'createCollection', { ...at, name: 'u/bob/new' }, 'collection {name}');
    expect(codes(await create())).toEqual(['FORBIDDEN']);
    const write = await world.grant({ satellite: 'mine', user: 'bob', right: 'WRITE' });
    expect((await create()).data.createCollection.collection).toEqual({ name: 'u/bob/new' });
    for (const mutation of ['deleteSatellite', 'resetSatellite', 'checkoutSatellite']) {
      expect(codes(await world.change('bob', mutation, at, 'satellite {name}'))).toEqual(['FORBIDDEN']);
    }
    const share = { ...at, user: 'carol' };
    expect(codes(await world.change('bob', 'grantAccess', share, 'grant {id}'))).toEqual(['FORBIDDEN']);
    await world.revoke(write);
    expect(codes(await create())).toEqual(['FORBIDDEN']);
    await world.revoke(read);
    expect(codes(await create())).toEqual(['NOT_FOUND']);
  });
});

describe('effectiveAccess', () => {
  const ask = (user: string, variables: object) =>
    world.ask(
      user,
      `query ($satellite: String!, $collection: String, $user: String) {
         effectiveAccess(satellite: $satellite, collection: $collection, user: $user) {allowed reasons}
       }`,
      variables,
    );

  test('says why, to owners about everybody and to others about themselves', async () => {
    const grant = await world.grant({ satellite: 'mine', user: 'bob', collection: 'u/alice/x' });
    const at = { satellite: 'alice~mine' };
    const access = async (user: string, variables: object) => (await ask(user, variables)).data.effectiveAccess;
    expect(await access('alice', at)).toEqual({ allowed: true, reasons: ['alice is its owner.'] });
    const bobs = await access('bob', { ...at, collection: 'u/alice/x' });
    expect(bobs).toEqual({ allowed: true, reasons: [expect.stringContaining(grant)] });
    expect((await access('bob', { ...at, collection: 'u/alice/y' })).allowed).toBe(false);
    const asked = await access('alice', { ...at, user: 'bob', collection: 'u/alice/x' });
    expect(asked).toMatchObject({ allowed: true });
    expect(asked.reasons.at(-1)).toContain('groups of bob');
    expect((await access('alice', { ...at, user: 'carol' })).allowed).toBe(false);
    expect(codes(await ask('bob', { ...at, user: 'carol' }))).toEqual(['FORBIDDEN']);
    const words = async (satellite: string, user?: string) =>
      JSON.stringify((await ask('carol', { satellite, user })).data).replaceAll(satellite, 'NAME');
    expect(await words('alice~mine')).toBe(await words('alice~none'));
    expect(await words('alice~mine', 'bob')).toBe(await words('alice~none', 'bob'));
    await world.revoke(grant);
  });
});

describe('the audit trail', () => {
  const query = `query ($satellite: String, $first: Int, $after: String) {
    auditTrail(satellite: $satellite, first: $first, after: $after) {
      nodes {at actor action resource detail} pageInfo {hasNextPage endCursor}
    }
  }`;

  test('holds every change, for owners, in pages, and nothing of dry runs and refusals', async () => {
    await make('audited');
    const at = { satellite: 'audited' };
    await world.change('alice', 'deleteSatellite', { ...at, dryRun: true }, 'plan {bytes}');
    await world.change('alice', 'createCollection', { ...at, name: '' }, 'collection {name}');
    const named = { ...at, name: 'u/alice/c', doc: 'see https://x.example/a?X-Amz-Signature=abc' };
    await world.done('alice', 'createCollection', named, 'collection {name}');
    await world.grant({ ...at, user: 'bob', collection: 'u/' });
    await world.done('alice', 'resetSatellite', at, 'satellite {name}');
    const trail = async (variables: object, user = 'alice') =>
      (await world.ask(user, query, variables)).data.auditTrail;
    const first = await trail({ satellite: 'audited' });
    expect(first.nodes).toMatchObject([{ action: 'resetSatellite', resource: 'alice~audited' }]);
    await world.done('alice', 'restoreSatellite', at, 'satellite {name}');
    const actions: string[] = [];
    for (let after: string | null = null; ;) {
      const page = await trail({ satellite: 'audited', first: 2, after });
      actions.push(...(page.nodes as { action: string }[]).map(({ action }) => action));
      if (!page.pageInfo.hasNextPage) break;
      after = page.pageInfo.endCursor;
    }
    expect(actions).toEqual([
      'restoreSatellite',
      'resetSatellite',
      'grantAccess',
      'createCollection',
      'createSatellite',
    ]);
    const [newest] = (await trail({ first: 1 })).nodes;
    expect(newest).toMatchObject({ actor: 'alice', action: 'restoreSatellite' });
    expect(JSON.stringify(await trail({}))).not.toContain('Signature');
    expect((await trail({}, 'carol')).nodes).toEqual([]);
    expect(codes(await world.ask('bob', query, { satellite: 'alice~audited' }))).toEqual(['FORBIDDEN']);
    const words = async (satellite: string) =>
      JSON.stringify((await world.ask('carol', query, { satellite })).errors).replaceAll(satellite, 'NAME');
    expect(await words('alice~audited')).toBe(await words('alice~none'));
  });

  test('is read in whole by administrators', async () => {
    await using other = await openSharing({ auth: { administrators: { users: ['carol'] } } });
    await other.done('alice', 'createSatellite', { name: 'x', official: 'dp1' }, 'satellite {name}');
    for (const satellite of [null, 'alice~x']) {
      const { data } = await other.ask('carol', query, { satellite });
      expect(data.auditTrail.nodes).toMatchObject([{ actor: 'alice', action: 'createSatellite' }]);
    }
    expect((await other.ask('bob', query, {})).data.auditTrail.nodes).toEqual([]);
  });
});
