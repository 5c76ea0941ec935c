/** Two publications of one RUN would share their readers: the second is not published. */
import { expect, test, vi } from 'vitest';
import { Sources } from '../../src/publish/sources.ts';
import { openPublishing } from './publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

test('of two requests for one RUN that were both approved, one is published, and the other fails and lets nobody in', async () => {
  await using world = await openPublishing({ commit: 'real' });
  const run = 'u/alice/run';
  const submitted = [];
  for (const [satellite, readers] of [
    ['some', { users: ['bob'] }],
    ['all', { allUsers: true }],
  ] as const) {
    await world.filled(satellite, run, 1);
    const wanted = { satellite, collections: [run], title: satellite, readers };
    submitted.push(await world.did('alice', 'submitPublication', wanted));
  }
  const [some, all] = submitted;
  await world.did('curator', 'approvePublication', { publication: some!.id, digest: some!.digest });
  await world.reached('alice', some!.id, 'PUBLISHED');
  // As if both had been approved at the same moment: else the approval finds it.
  using clashes = vi.spyOn(Sources.prototype, 'checkClashes');
  clashes.mockResolvedValueOnce();
  await world.did('curator', 'approvePublication', { publication: all!.id, digest: all!.digest });
  expect(await world.reached('alice', all!.id, 'FAILED', 'PUBLISHED')).toMatchObject({
    state: 'FAILED',
    reason: expect.stringMatching(/'u\/alice\/run' already, of another publication/),
  });
  const search =
    '{datasets(datasetTypes: ["note"], collections: ["u/alice/run"], repositories: ["published"]) {totalCount}}';
  const found = async (user: string) =>
    (await world.ask(user, search)).data?.datasets?.totalCount as number | undefined;
  expect([await found('bob'), await found('carol')]).toEqual([1, undefined]);
});
