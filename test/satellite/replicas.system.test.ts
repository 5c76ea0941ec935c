/** Several gateways on one state in PostgreSQL. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildOfficial } from '../../stack/official.ts';
import { startPostgres, type Postgres } from '../../stack/postgres.ts';
import { alice, openWorld, request, signal, visibleTo, type World } from './satellite-world.ts';

const ctx = { caller: { username: 'alice' }, signal };

let directory: string;
let postgres: Postgres;
let worlds: readonly [World, World];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'replicas-'));
  postgres = await startPostgres();
  const options = {
    directory,
    official: join(await buildOfficial(), 'repository'),
    state: await postgres.createDatabase(),
    settings: { postgresql: await postgres.createDatabase() },
  };
  worlds = [await openWorld(options), await openWorld(options)];
});
afterAll(async () => {
  for (const world of worlds) await world.close();
  await postgres.stop();
  await rm(directory, { recursive: true });
});

test('one name is given once, and the satellite exists at every replica', async () => {
  const asked = request('mine', { database: 'POSTGRESQL', quotaBytes: 1000 });
  const made = await Promise.allSettled([0, 1, 0, 1].map((i) => worlds[i]!.satellites.create(asked, alice)));
  expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const refused of made.filter((m) => m.status === 'rejected')) {
    expect(refused).toMatchObject({ reason: { code: 'CONFLICT' } });
  }
  expect(await readdir(join(directory, 'satellites', 'alice'))).toHaveLength(1);

  const { repository } = await worlds[0].satellites.forWriting('mine', alice);
  await repository.registerCollection({ name: 'u/alice/run', type: 'RUN' }, ctx);
  const seen = (await visibleTo(worlds[1], alice)).get('mine').repository;
  expect(await seen.collections({ search: ['*'] }, ctx)).toMatchObject([{ name: 'u/alice/run' }]);
});

test('a quota holds over all replicas', async () => {
  const reserve = (i: number) => worlds[i % 2]!.satellites.reserve('alice~mine', `job ${String(i)}`, 300);
  const reserved = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => reserve(i)));
  expect(reserved.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
});

test('work of another replica is left alone by the sweep, until it is old enough to be nobody’s', async () => {
  const creating = worlds[0].satellites.create(request('other', { database: 'POSTGRESQL' }), alice);
  await worlds[1].satellites.sweep(120_000);
  expect((await creating).satellite).toMatchObject({ state: 'READY' });
});

test('what one replica deletes is gone at the other, whose readers are told so', async () => {
  const reader = (await visibleTo(worlds[1], alice)).get('mine').repository;
  const writer = await worlds[1].satellites.forWriting('mine', alice);
  await reader.collections({ search: ['*'] }, ctx);
  await worlds[0].satellites.delete({ satellite: 'mine', dryRun: false, purge: false }, alice);
  await expect(writer.repository.registerCollection({ name: 'r', type: 'RUN' }, ctx)).rejects.toMatchObject({
    code: 'CONFLICT',
  });
  await expect(reader.usage(ctx)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  expect((await visibleTo(worlds[1], alice)).find('mine')).toBeUndefined();
  await worlds[1].satellites.restore({ satellite: 'mine', dryRun: false }, alice);
  const { repository } = await worlds[0].satellites.forWriting('mine', alice);
  expect(await repository.collections({ search: ['*'] }, ctx)).toMatchObject([{ name: 'u/alice/run' }]);
});
