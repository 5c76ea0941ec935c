/** The store of the official files gives a copy too few bytes, none, or others than were recorded. */
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Gateway } from '../../stack/gateway.ts';
import { startRemoteButler, type RemoteButler } from '../../stack/remote-butler.ts';
import { breakConnections, type BrokenConnection } from '../repository/direct/datastore/broken-connection.ts';
import { FaultyWorld, until, type JobId } from './faulty-world.ts';

const SEARCH = { datasetTypes: ['source_catalog'], collections: ['defaults'], findFirst: false };
let world: FaultyWorld;
let broken: BrokenConnection;
let server: RemoteButler;
let gateway: Gateway;

beforeAll(async () => {
  world = await FaultyWorld.open();
  const { root, s3 } = world.official;
  const database = new Sqlite(join(root, 'gen3.sqlite3'));
  const ids = database
    .prepare(
      `SELECT f.dataset_id FROM file_datastore_records f JOIN dataset d ON d.id = f.dataset_id
       JOIN dataset_type t ON t.id = d.dataset_type_id WHERE t.name = 'source_catalog'`,
    )
    .pluck()
    .all() as string[];
  const uuids = ids.map((id) => id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'));
  const digests = await world.officialDigests(uuids);
  const record = database.prepare('UPDATE file_datastore_records SET checksum = ? WHERE dataset_id = ?');
  ids.forEach((id, i) => record.run(digests[uuids[i]!], id));
  database.close();
  broken = await breakConnections(s3.endpoint);
  server = await startRemoteButler({
    repositories: { dp1: root },
    directory: join(world.directory, 'broken'),
    environment: { ...s3.environment, S3_ENDPOINT_URL: broken.endpoint },
  });
  gateway = await world.start({ name: 'gateway', upstream: `${server.url}/dp1` });
});
afterAll(async () => {
  await world.logs();
  await server.stop();
  await broken[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** Starts a copy whose job has to try again, and sees that nothing was recorded. */
async function failing(satellite: string, root: string): Promise<JobId> {
  const input = { from: 'dp1', to: satellite, search: SEARCH, mode: 'COPY' };
  const { job } = (await world.call(gateway, 'transferDatasets', input)) as { readonly job: JobId };
  const logged = async (): Promise<string> =>
    JSON.stringify((await world.ask(gateway, 'query ($id: ID!) {job(id: $id) {log {message}}}', job)).data);
  await until(async () => (await logged()).includes('tried again'));
  expect((await world.judge([root]))[0]).toMatchObject({ datasets: 0, copied: 0 });
  return job;
}

/** Sees that a copy is whole. */
async function completes(satellite: string, root: string, job: JobId): Promise<void> {
  expect(await world.ended(gateway, job)).toMatchObject({ state: 'COMPLETED' });
  expect(broken.left).toBe(0);
  const [found] = await world.judge([root]);
  expect(found!.datasets).toBeGreaterThan(0);
  expect(found!.copied).toBe(found!.datasets);
  expect(found!.digests).toEqual(await world.officialDigests(Object.keys(found!.digests)));
  expect(await world.verified(gateway, satellite)).toMatchObject({ sound: true, findings: [] });
}

test('answers that end too early, break off or are refused are asked for again until all bytes are there', async () => {
  const root = await world.create(gateway, 'early');
  broken.break('GET', ...Array.from({ length: 1000 }, () => 'slow down' as const));
  const job = await failing('early', root);
  broken.mend();
  const faults = ['truncate', 'reset', 'slow down', 'lose answer'] as const;
  broken.break('GET', ...faults, ...faults, ...faults);
  await completes('early', root, job);
});

test('other bytes than those of the recorded checksum are never kept, and the copy is made when the right ones come', async () => {
  const root = await world.create(gateway, 'other');
  broken.break('GET', ...Array.from({ length: 1000 }, () => 'alter' as const));
  const job = await failing('other', root);
  broken.mend();
  await completes('other', root, job);
});
