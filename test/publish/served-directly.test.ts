/** A published repository whose stock server can be reached without the gateway holds nothing that only some may read. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openPublishing } from './publishing-world.ts';

test('a gateway whose configuration opens such a server does not start while a publication has readers of its own', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'served-directly-'));
  const state = `sqlite:${join(directory, 'state.sqlite3')}`;
  {
    await using world = await openPublishing({ state });
    await world.filled('work', 'u/alice/run', 1);
    const wanted = { satellite: 'work', collections: ['u/alice/run'], title: 'Mine', readers: { users: ['bob'] } };
    const { id, digest } = await world.did('alice', 'submitPublication', wanted);
    await world.did('curator', 'approvePublication', { publication: id, digest });
    await world.reached('alice', id, 'PUBLISHED');
  }
  const opened = openPublishing({ state, publishing: '{servedDirectly: true}' });
  await expect(opened).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('servedDirectly') });
  await (await openPublishing({ state }))[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

test('all users cannot be taken from such a server one by one: what is in it is withdrawn', async () => {
  await using world = await openPublishing({ publishing: '{servedDirectly: true}' });
  await world.filled('work', 'u/alice/run', 1);
  const wanted = { satellite: 'work', collections: ['u/alice/run'], title: 'x' };
  const { id, digest } = await world.did('alice', 'submitPublication', wanted);
  await world.did('curator', 'approvePublication', { publication: id, digest });
  await world.reached('alice', id, 'PUBLISHED');
  const access =
    'query {effectiveAccess(satellite: "published", collection: "u/alice/run", user: "bob") {allowed reasons}}';
  const before = (await world.ask('alice', access)).data.effectiveAccess;
  const grant = /Grant ([0-9a-f-]{36}) /.exec(String(before.reasons))![1]!;
  const { errors } = await world.change('alice', 'revokeAccess', { grant }, 'grant {id}');
  expect(errors).toMatchObject([
    { message: expect.stringContaining('withdraw it'), extensions: { code: 'FORBIDDEN' } },
  ]);
  expect((await world.ask('alice', access)).data.effectiveAccess.allowed).toBe(true);
  await world.done('alice', 'withdrawPublication', { publication: id, comment: 'An error in it.' });
  expect((await world.ask('alice', access)).data.effectiveAccess.allowed).toBe(false);
});
