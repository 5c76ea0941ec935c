/** What the gateway knows of users who are not asking. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sql from 'sql-template-tag';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { StateMemberships, type MembershipsOptions } from '../../src/access/memberships-in-state.ts';
import type { Identity, Principal } from '../../src/access/principal.ts';
import { Revocations } from '../../src/access/revocations.ts';
import { SatelliteError } from '../../src/butler/errors.ts';
import { openState } from '../../src/state/open.ts';
import type { State } from '../../src/state/state.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const LIMIT = AbortSignal.timeout(10 * 60_000);

let directory: string;
let state: State;
let now = 1_800_000_000_000;
const warnings: unknown[] = [];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'memberships-'));
  state = await openState(`sqlite:${join(directory, 'state.sqlite3')}`, LIMIT);
});
afterEach(() => expect(warnings).toEqual([]));
afterAll(async () => {
  await state.close();
  await rm(directory, { recursive: true });
});

const open = (options: Partial<MembershipsOptions> = {}) =>
  StateMemberships.open(
    state,
    { now: () => now, log: { warn: (...args: unknown[]) => void warnings.push(args) }, ...options },
    LIMIT,
  );

/** Of a user whose name is the test's. */
function shown(groups: readonly string[], more: Partial<Principal> = {}): Principal {
  const username = expect
    .getState()
    .currentTestName!.toLowerCase()
    .replaceAll(/[^a-z]+/g, '-');
  return {
    username,
    groups,
    scopes: [],
    quota: null,
    kind: 'jwt',
    token: 'secret token',
    expiresAt: now + HOUR,
    groupsUntil: now + 28 * MINUTE,
    source: 'https://id.example/',
    ...more,
  };
}

const notedAt = async ({ username }: Principal) =>
  (
    await state.database.all(
      sql`SELECT noted_at FROM ${state.database.table('membership')} WHERE username = ${username}`,
      LIMIT,
    )
  ).map(([at]) => Number(at));

describe('of tokens that state groups', () => {
  test('the groups of the one that was shown last count, at every gateway', async () => {
    const [one, other] = [await open(), await open()];
    const alice = shown(['g_lensing', 'g_users'], { groupIds: new Map([['g_lensing', 7]]) });
    expect(await one.of(alice.username)).toBeNull();
    await one.note(alice);
    const known = { username: alice.username, groups: ['g_lensing', 'g_users'], groupIds: new Map([['g_lensing', 7]]) };
    expect(await other.of(alice.username)).toEqual(known);
    await other.note(shown(['g_users']));
    expect((await one.of(alice.username))!.groups).toEqual(['g_users']);
    await other.note(alice);
    expect(await one.of(alice.username)).toEqual(known);
  });

  test('groups count until the token ends, or until they are too old; the name stays', async () => {
    const memberships = await open();
    const alice = shown(['g_users'], { expiresAt: now + MINUTE });
    await memberships.note(alice);
    const known = () => memberships.of(alice.username);
    now += MINUTE - 1;
    expect(await known()).toMatchObject({ groups: ['g_users'] });
    now += 1;
    expect(await known()).toEqual({ username: alice.username, groups: [], groupsAreOutdated: true });
    await memberships.note(shown(['g_users'], { expiresAt: null }));
    now += 28 * MINUTE - 1;
    expect(await known()).toMatchObject({ groups: ['g_users'] });
    now += 1;
    expect(await known()).toMatchObject({ groups: [], groupsAreOutdated: true });
  });

  test('a new token that lasts longer counts at once', async () => {
    const memberships = await open();
    const alice = shown(['g_users']);
    await memberships.note(alice);
    now += 28 * MINUTE - 1000;
    await memberships.note(shown(['g_users'], { token: 'a newer one' }));
    now += 2000;
    expect((await memberships.of(alice.username))!.groups).toEqual(['g_users']);
  });

  test('a token whose groups are too old takes nothing from what a newer one said', async () => {
    const memberships = await open();
    const old = shown([], { token: 'old', groupsAreOutdated: true });
    await memberships.note(old);
    expect(await memberships.of(old.username)).toMatchObject({ groups: [] });
    await memberships.note(shown(['g_users']));
    for (let i = 0; i < 3; i += 1) {
      now += MINUTE;
      await memberships.note(old);
      expect(await memberships.of(old.username)).toMatchObject({ groups: ['g_users'] });
    }
    now += 25 * MINUTE;
    expect(await memberships.of(old.username)).toMatchObject({ groups: [], groupsAreOutdated: true });
  });

  test('who had all tokens revoked is not known until they come with another one', async () => {
    const memberships = await open();
    const alice = shown(['g_users']);
    const before = now;
    now = Date.now();
    await memberships.note(alice);
    await new Revocations(state).revoke(alice.username);
    expect(await memberships.of(alice.username)).toBeNull();
    now += 2 * MINUTE;
    await memberships.note(shown(['g_users'], { token: 'new' }));
    expect(await memberships.of(alice.username)).toMatchObject({ groups: ['g_users'] });
    now = before;
  });

  test('who asks again and again is written down once a minute', async () => {
    const memberships = await open();
    const begun = now;
    for (let i = 0; i < 5; i += 1) {
      await memberships.note(shown(['g_users'], { expiresAt: begun + HOUR }));
      now += 10_000;
    }
    expect(await notedAt(shown([]))).toEqual([begun]);
    now = begun + 60_000;
    await memberships.note(shown(['g_users'], { expiresAt: begun + HOUR }));
    expect(await notedAt(shown([]))).toEqual([now]);
  });

  test('no token is kept', async () => {
    await (await open()).note(shown(['g_users']));
    const rows = await state.database.all(sql`SELECT * FROM ${state.database.table('membership')}`, LIMIT);
    expect(rows.flat().join()).not.toContain('secret');
  });
});

test('those who wait for a user are told of new groups, of a new token, and now and then', async () => {
  const told: string[] = [];
  const memberships = await open({ shown: ({ groups, token }) => void told.push(`${groups.join()} ${token}`) });
  const ask = (groups: readonly string[], token: string) => memberships.note(shown(groups, { token }));
  for (const token of ['1', '1', '2', '2', '1']) await ask(['a'], token);
  expect(told).toEqual(['a 1', 'a 2', 'a 1']);
  await ask(['a', 'b'], '1');
  expect(told.at(-1)).toBe('a,b 1');
  now += 60_000;
  await ask(['a', 'b'], '1');
  expect(told).toHaveLength(5);
});

describe('where the platform can be asked', () => {
  const asked = (identity: (username: string) => Promise<Identity | null>) =>
    open({ accounts: { name: 'https://platform.example', identity } });

  test('its answer counts, whatever the last token said', async () => {
    const memberships = await asked(async (username) => ({ username, groups: ['now'] }));
    await memberships.note(shown(['before']));
    expect((await memberships.of(shown([]).username))!.groups).toEqual(['now']);
  });

  test('who had an account there and has none any more is not known', async () => {
    const memberships = await asked(async () => null);
    await memberships.note(shown(['g_users'], { source: 'https://platform.example' }));
    expect(await memberships.of(shown([]).username)).toBeNull();
  });

  test('a user of another issuer, whom it does not know, has the groups of their token', async () => {
    const memberships = await asked(async () => null);
    await memberships.note(shown(['g_users']));
    expect((await memberships.of(shown([]).username))!.groups).toEqual(['g_users']);
  });

  test('nothing is guessed while it is down', async () => {
    const memberships = await asked(async () => {
      throw new SatelliteError('UPSTREAM_UNAVAILABLE', 'It is down.');
    });
    await memberships.note(shown(['g_users']));
    await expect(memberships.of(shown([]).username)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  });
});
