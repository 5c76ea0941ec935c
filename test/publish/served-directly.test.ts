/** A published repository whose stock server can be reached without the gateway holds nothing that only some may read. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
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

test('nor while its owner has taken from all users what was for them, or it is withdrawn and still to be taken out', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'served-directly-'));
  const state = `sqlite:${join(directory, 'state.sqlite3')}`;
  const open = async () =>
    (await openPublishing({ state, publishing: '{servedDirectly: true}' }))[Symbol.asyncDispose]();
  const refusal = { code: 'CONFLICT', message: expect.stringContaining('servedDirectly') as string };
  {
    await using world = await openPublishing({ state });
    await world.filled('work', 'u/alice/run', 1);
    const wanted = { satellite: 'work', collections: ['u/alice/run'], title: 'x' };
    const { id, digest } = await world.did('alice', 'submitPublication', wanted);
    await world.did('curator', 'approvePublication', { publication: id, digest });
    await world.reached('alice', id, 'PUBLISHED');
  }
  await open();
  {
    await using world = await openPublishing({ state });
    const { data } = await world.ask('alice', ACCESS);
    await world.revoke(grantIn(data.effectiveAccess.reasons));
  }
  await expect(open()).rejects.toMatchObject(refusal);
  const registry = new Database(join(directory, 'state.sqlite3'));
  registry
    .prepare(
      `UPDATE publication_version SET state = 'WITHDRAWN', readers = '{"allUsers":false,"groups":[],"users":[]}'`,
    )
    .run();
  registry.close();
  await expect(open()).rejects.toMatchObject(refusal);
  await rm(directory, { recursive: true });
});

const ACCESS =
  'query {effectiveAccess(satellite: "published", collection: "u/alice/run", user: "bob") {allowed reasons}}';

function grantIn(reasons: unknown): string {
  return /Grant ([0-9a-f-]{36}) /.exec(String(reasons))![1]!;
}

test('all users cannot be taken from such a server one by one: what is in it is withdrawn', async () => {
  await using world = await openPublishing({ publishing: '{servedDirectly: true}' });
  await world.filled('work', 'u/alice/run', 1);
  const wanted = { satellite: 'work', collections: ['u/alice/run'], title: 'x' };
  const { id, digest } = await world.did('alice', 'submitPublication', wanted);
  await world.did('curator', 'approvePublication', { publication: id, digest });
  await world.reached('alice', id, 'PUBLISHED');
  const grant = grantIn((await world.ask('alice', ACCESS)).data.effectiveAccess.reasons);
  const { errors } = await world.change('alice', 'revokeAccess', { grant }, 'grant {id}');
  expect(errors).toMatchObject([
    { message: expect.stringContaining('withdraw it'), extensions: { code: 'FORBIDDEN' } },
  ]);
  expect((await world.ask('alice', ACCESS)).data.effectiveAccess.allowed).toBe(true);
  await world.done('alice', 'withdrawPublication', { publication: id, comment: 'An error in it.' });
  expect((await world.ask('alice', ACCESS)).data.effectiveAccess.allowed).toBe(false);
});
