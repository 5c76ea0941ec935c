/** Readers for whom a published repository has no grants left. */
import { expect, test, vi } from 'vitest';
import { GrantStore } from '../../src/access/grant-store.ts';
import type { Grant } from '../../src/access/grants.ts';
import { openPublishing } from './publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

test('are told when it is submitted, before anything is visible', async () => {
  await using world = await openPublishing();
  await world.filled('work', 'u/alice/run', 1);
  const given: Grant = {
    id: 'g',
    resource: 'repository:published',
    collection: 'u/dave/',
    subject: { kind: 'user', name: 'eve' },
    right: 'READ',
    grantedBy: 'dave',
    grantedAt: 0,
    expiresAt: null,
    note: null,
    revokedAt: null,
  };
  using _ = vi.spyOn(GrantStore.prototype, 'on').mockResolvedValue(Array.from({ length: 19_997 }, () => given));
  const submitted = async (users: readonly string[]) => {
    const wanted = { satellite: 'work', collections: ['u/alice/run-chain'], title: 'Work', readers: { users } };
    const { state, checks } = await world.did('alice', 'submitPublication', wanted);
    return { state, check: checks.find(({ code }) => code === 'READERS') };
  };
  // The chain and its RUN.
  expect(await submitted(['bob', 'dave'])).toEqual({
    state: 'DRAFT',
    check: {
      ...{ code: 'READERS', state: 'FAILED' },
      message: expect.stringMatching(/needs 4 grants.* has 19997 of 20000 already: name fewer readers/) as string,
    },
  });
  expect(await submitted(['bob'])).toMatchObject({ state: 'SUBMITTED', check: { state: 'PASSED' } });
});

test('a note as that of a publication is nobody’s to write', async () => {
  await using world = await openPublishing();
  const grant = { satellite: 'published', collection: 'u/alice/', user: 'bob' };
  const note = 'publication 0d4bd8d3-6d1e-4f5f-9f0e-9a0f6a8a3c11';
  const answer = await world.change('alice', 'grantAccess', { ...grant, note }, 'grant {id}');
  expect(answer.errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  await world.grant({ ...grant, note: 'For the publication' });
});
