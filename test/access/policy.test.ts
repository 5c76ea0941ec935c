import { expect, test } from 'vitest';
import { nameInAddresses, VisibleRepositories, type OfferedRepository } from '../../src/access/policy.ts';
import type { Repository } from '../../src/repository/repository.ts';

const offer = (name: string, owner?: string): OfferedRepository => ({
  name,
  kind: owner === undefined ? 'OFFICIAL' : 'SATELLITE',
  owner,
  // Only its name is looked at here.
  repository: { name } as Repository,
});
const OFFERED = [offer('dp1'), offer('published'), offer('alice-new', 'alice'), offer('bob-own', 'bob')];
const seenBy = (username: string) => new VisibleRepositories(OFFERED, { username, groups: [] });

test('a user’s own repositories are searched first, then the others as configured', () => {
  expect(seenBy('alice').all.map((r) => r.name)).toEqual(['alice-new', 'dp1', 'published']);
  expect(
    seenBy('alice')
      .select(null)
      .map((r) => r.name),
  ).toEqual(['alice-new', 'dp1', 'published']);
});

test('named repositories are searched in the order of their names, each once', () => {
  expect(
    seenBy('alice')
      .select(['dp1', 'alice-new', 'dp1'])
      .map((r) => r.name),
  ).toEqual(['dp1', 'alice-new']);
});

test('a repository of one’s own is known by its bare and by its full name, and is one', () => {
  expect(seenBy('alice').select(['alice~alice-new', 'alice-new'])).toHaveLength(1);
  expect(nameInAddresses(seenBy('alice').get('alice-new'))).toBe('alice~alice-new');
  expect(seenBy('alice').find('alice~dp1')).toBeUndefined();
});

test('a repository of somebody else is as if it did not exist', () => {
  const answer = (name: string) => {
    try {
      return seenBy('alice').get(name);
    } catch (error) {
      return (error as Error).message.replaceAll(name, 'NAME');
    }
  };
  expect(seenBy('alice').find('bob-own')).toBeUndefined();
  expect(answer('bob-own')).toBe(answer('no-such'));
  expect(answer('bob-own')).toContain('not shared with you (signed in as alice)');
});

test('naming no repository at all is a mistake', () => {
  expect(() => seenBy('alice').select([])).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
});

test('a group’s satellite exists for its members after their own, and a bare name is its owner’s only', () => {
  const offered: OfferedRepository[] = [
    { ...offer('bob~deep', 'bob'), bareName: 'deep', group: 'g_lensing' },
    { ...offer('alice~wide', 'alice'), bareName: 'wide', group: null },
    offer('dp1'),
  ];
  const seen = (username: string, groups: readonly string[]) => new VisibleRepositories(offered, { username, groups });
  expect(seen('alice', ['g_lensing']).all.map((r) => r.name)).toEqual(['alice~wide', 'bob~deep', 'dp1']);
  expect(seen('alice', []).all.map((r) => r.name)).toEqual(['alice~wide', 'dp1']);
  expect(seen('alice', ['g_lensing']).select(['wide', 'alice~wide', 'bob~deep'])).toHaveLength(2);
  expect(seen('alice', ['g_lensing']).find('deep')).toBeUndefined();
});
