/** A copy that takes longer than what is known of its submitter's groups counts. */
import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { StateMemberships } from '../../src/access/memberships-in-state.ts';
import { FileArtifactStore } from '../../src/repository/direct/datastore/file-store.ts';
import { openPublishing } from './publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

test.each([
  ['neither begins anew', 0, 0],
  ['what is not there any more comes again, and all of it is hashed', 1, 0],
  ['what was written to meanwhile is found by its hash, and comes again', 0, 1],
])('waits for the sign-in with what is copied and hashed; then %s', async (_then, lost, damaged) => {
  await using world = await openPublishing({ commit: 'real' });
  await world.filled('work', 'u/alice/run', 2);
  const readers = { groups: ['g_lensing'] };
  const wanted = { satellite: 'work', collections: ['u/alice/run'], title: 'Long', readers };
  const { id, digest } = await world.did('alice', 'submitPublication', wanted);
  let areOutdated = false;
  const staged = (calls: readonly (readonly [path: string, ...rest: unknown[]])[]) =>
    calls.filter(([path]) => path.startsWith(`publications/${id}/`) && !path.endsWith('/verified')).length;
  const known = StateMemberships.prototype.of;
  using _ = vi.spyOn(StateMemberships.prototype, 'of').mockImplementation(function (this: StateMemberships, username) {
    if (!areOutdated || username !== 'alice') return known.call(this, username);
    return Promise.resolve({ username, groups: [], groupsAreOutdated: true });
  });
  using written = vi.spyOn(FileArtifactStore.prototype, 'write');
  const measure = FileArtifactStore.prototype.measure;
  using measured = vi.spyOn(FileArtifactStore.prototype, 'measure').mockImplementation(function (
    this: FileArtifactStore,
    ...asked
  ) {
    if (staged([asked]) > 0) areOutdated = true;
    return measure.apply(this, asked);
  });
  await world.did('curator', 'approvePublication', { publication: id, digest });
  const job = async () => (await world.look('alice', id, 'job {id state}')).job as { id: string; state: string };
  await vi.waitFor(async () => expect((await job()).state).toBe('HELD'), { timeout: 240_000 });
  expect(staged(written.mock.calls)).toBe(2);
  expect(staged(measured.mock.calls)).toBe(2);
  measured.mockRestore();
  const area = join(world.published, 'publications', id);
  const files = async () => {
    const found = await readdir(area, { recursive: true, withFileTypes: true });
    return found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  };
  const copies = (await files()).filter((path) => !path.endsWith('/verified'));
  expect(copies).toHaveLength(2);
  for (const path of copies.slice(0, lost)) await rm(path);
  for (const path of copies.slice(0, damaged)) {
    await writeFile(path, 'x'.repeat((await stat(path)).size));
    // Later than the end of what hashed it, whatever the clock of the file system tells apart.
    await utimes(path, new Date(), new Date(Date.now() + 1000));
  }
  areOutdated = false;
  using again = vi.spyOn(FileArtifactStore.prototype, 'measure');
  await world.change('alice', 'retryJob', { job: (await job()).id }, 'job {id}');
  await world.reached('alice', id, 'PUBLISHED');
  // What is damaged is found by reading it, and then all of it is brought over once more and hashed.
  expect(staged(written.mock.calls)).toBe(2 + lost + 2 * damaged);
  if (damaged === 0) expect(staged(again.mock.calls)).toBe(2 * lost);
  const bytes = await Promise.all((await files()).map((path) => readFile(path, 'utf8')));
  expect(bytes).toEqual(['run: u/alice/run', 'run: u/alice/run']);
});
