/** Readers of what was made from an official repository whose own server decides who reads it, which nobody can ask about others. */
import { expect, test } from 'vitest';
import type { OfferedRepository } from '../../src/access/policy.ts';
import { checkInputRights } from '../../src/publish/check-rights.ts';
import type { Readers } from '../../src/publish/publication.ts';

const NOBODY: Readers = { allUsers: false, groups: [], users: [] };

/** @param readers groups that the gateway's configuration lets read the official repository */
async function rightsOf(more: Partial<Readers>, readers?: readonly string[]): Promise<string> {
  const remote: Partial<OfferedRepository> = {
    name: 'dp1',
    admits: () => Promise.resolve(true),
    ...(readers && { readers }),
  };
  const repositories = [remote as OfferedRepository];
  const memberships = { of: () => Promise.resolve(null) };
  const { state } = await checkInputRights(
    { officialRepositories: ['dp1'] },
    { configured: repositories, visible: repositories },
    { ...NOBODY, ...more },
    { name: 'published' },
    memberships,
  );
  return state;
}

test.each([
  ['all users', { allUsers: true }],
  ['a group', { groups: ['g_dp1'] }],
  ['a user', { users: ['bob'] }],
  ['its owner alone', {}],
])('a reviewer is warned of %s, where nothing in the configuration says who reads it', async (_whom, readers) => {
  expect(await rightsOf(readers)).toBe('WARNING');
});

test('where the configuration names the groups that read it, their members are let in, and nobody else', async () => {
  expect(await rightsOf({ groups: ['g_dp1'] }, ['g_dp1'])).toBe('PASSED');
  expect(await rightsOf({ groups: ['g_other'] }, ['g_dp1'])).toBe('FAILED');
  expect(await rightsOf({ users: ['bob'] }, ['g_dp1'])).toBe('FAILED');
  expect(await rightsOf({ allUsers: true }, ['g_dp1'])).toBe('FAILED');
});
