/** Names that somebody else takes between the checks of a request and its commit. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createRepository } from '../../src/repository/direct/create.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import { openWriteableRepository } from '../../src/repository/direct/open-writeable.ts';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { openPublishing } from './publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'names-'));
});
afterAll(() => rm(directory, { recursive: true }));

test('in the published repository make a request STALE when it is approved, which says what is there', async () => {
  await using world = await openPublishing({ commit: 'real' });
  const submitted = async (satellite: string, publication?: string) => {
    const wanted = { satellite, collections: ['u/alice/same'], title: satellite, publication };
    const { id, digest } = await world.did('alice', 'submitPublication', wanted);
    return { publication: id, digest };
  };
  await world.filled('one', 'u/alice/same', 1);
  await world.filled('two', 'u/alice/same', 1);
  const [one, two] = [await submitted('one'), await submitted('two')];
  await world.did('curator', 'approvePublication', one);
  await world.reached('alice', one.publication, 'PUBLISHED');
  expect(await world.refused('curator', 'approvePublication', two)).toBe('CONFLICT');
  expect(await world.see('alice', two.publication)).toMatchObject({
    state: 'STALE',
    reason: expect.stringContaining("'published' has 'u/alice/same' already") as string,
  });
  // What has them by its version before is not in its own way.
  await world.did('curator', 'approvePublication', await submitted('one', one.publication));
  expect(await world.reached('alice', one.publication, 'PUBLISHED')).toMatchObject({ version: 2 });
});

test('in an official repository make it STALE before its commit, in words that do not tell where', async () => {
  const official = await openDirectRepository({ name: 'dp1', path: sqliteRepository('official') });
  const signal = AbortSignal.timeout(600_000);
  const universe = await official.universe();
  await official.close();
  const path = join(directory, 'dp2');
  await createRepository({ name: 'dp2', directory: path, universe, database: { dialect: 'sqlite' }, signal });
  await using world = await openPublishing({
    repositories: `  - {name: dp2, kind: direct, path: ${JSON.stringify(path)}}`,
  });
  await world.filled('free', 'shared/run', 1);
  const wanted = { satellite: 'free', collections: ['shared/run'], title: 'Free' };
  const { id: publication, digest } = await world.did('alice', 'submitPublication', wanted);
  world.commit.before = async (moment) => {
    if (moment !== 'COMMITTING') return;
    const dp2 = await openWriteableRepository({ name: 'dp2', path });
    await dp2.registerCollection({ name: 'shared/run', type: 'RUN' }, { caller: { username: 'dp2' }, signal });
    await dp2.close();
  };
  await world.did('curator', 'approvePublication', { publication, digest });
  const stale = await world.reached('alice', publication, 'STALE', 'PUBLISHED');
  expect(stale.reason).toMatch(/^'shared\/run': such a name is not free/);
  expect(stale.reason).not.toContain('dp2');
  expect(world.commit.visible.size).toBe(0);
});
