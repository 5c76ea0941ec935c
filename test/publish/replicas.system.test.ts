/** Two gateways on one state in PostgreSQL: something is published when each of them shows it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRepository } from '../../src/repository/direct/create.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import { freePort } from '../../stack/free-port.ts';
import { startPostgres, type Postgres } from '../../stack/postgres.ts';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { openSharing, type SharingWorld } from '../gateway/sharing-world.ts';

const RUN = 'u/alice/run';
const LIMIT = 300_000;

let directory: string;
let postgres: Postgres;
let ports: readonly [number, number];
let yaml: string;
let first: SharingWorld;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'publishing-replicas-'));
  postgres = await startPostgres();
  ports = [await freePort(), await freePort()];
  const path = join(directory, 'published');
  const official = await openDirectRepository({ name: 'dp1', path: sqliteRepository('official') });
  const universe = await official.universe();
  const signal = AbortSignal.timeout(60_000);
  await createRepository({ name: 'published', directory: path, universe, database: { dialect: 'sqlite' }, signal });
  await official.close();
  const publishing = { replicas: ports.map((port) => `http://127.0.0.1:${String(port)}`) };
  yaml = `
state: ${JSON.stringify(await postgres.createDatabase())}
satellites: {root: ${JSON.stringify(join(directory, 'satellites'))}}
repositories:
  - {name: dp1, kind: direct, path: ${JSON.stringify(sqliteRepository('official'))}}
  - {name: published, kind: direct, path: ${JSON.stringify(path)}, role: published, reviewers: {groups: [g_curators]}, restart: none, publishing: ${JSON.stringify(publishing)}}`;
  first = await open(0);
  await first.done('alice', 'createSatellite', { name: 'work', official: 'dp1', instruments: ['HSC'] });
  await first.ingest('work', RUN, 3);
}, LIMIT);
afterAll(async () => {
  await first[Symbol.asyncDispose]();
  await postgres.stop();
  await rm(directory, { recursive: true });
});

const open = (replica: 0 | 1) =>
  openSharing({ groups: { curator: ['g_users', 'g_curators'] }, http: { port: ports[replica] }, yaml });

async function found(world: SharingWorld, user: string): Promise<number> {
  const query = `{datasets(datasetTypes: ["note"], collections: ["${RUN}"], repositories: ["published"]) {totalCount}}`;
  const { data } = await world.ask(user, query);
  return (data?.datasets?.totalCount as number | undefined) ?? 0;
}

async function stateAt(world: SharingWorld, id: string) {
  const query = 'query ($id: ID!) {publication(id: $id) {state reason job {id state}}}';
  return (await world.ask('alice', query, { id })).data.publication as {
    readonly state: string;
    readonly job: { readonly id: string; readonly state: string };
  };
}

test('a publication waits for a gateway that is down, with its readers let in and without keeping others from their work, and is published when each shows it', async () => {
  const wanted = { satellite: 'work', collections: [RUN], title: 'Notes', readers: { users: ['bob'] } };
  const submitted = await first.change('alice', 'submitPublication', wanted, 'publication {id digest state}');
  expect(submitted.errors).toBeUndefined();
  const { id, digest } = submitted.data.submitPublication.publication as { id: string; digest: string };
  const approved = await first.change('curator', 'approvePublication', { publication: id, digest }, 'publication {id}');
  expect(approved.errors).toBeUndefined();

  await expect.poll(() => found(first, 'bob'), { timeout: LIMIT }).toBe(3);
  // It gives its place to others, and is no failure.
  await expect.poll(async () => (await stateAt(first, id)).job.state, { timeout: LIMIT }).toBe('QUEUED');
  expect((await stateAt(first, id)).state).toBe('COMMITTING');

  await using second = await open(1);
  await expect.poll(async () => (await stateAt(second, id)).state, { timeout: LIMIT }).toBe('PUBLISHED');
  for (const world of [first, second]) {
    expect([await found(world, 'bob'), await found(world, 'carol')]).toEqual([3, 0]);
  }

  const withdrawn = { publication: id, comment: 'The calibration was wrong.' };
  await second.done('alice', 'withdrawPublication', withdrawn);
  for (const world of [first, second]) expect([await found(world, 'alice'), await found(world, 'bob')]).toEqual([0, 0]);
}, 900_000);
