/** A gateway that is killed in the middle of a change: the next one ends it, and nothing is lost or left over. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createS3Client } from '../../src/repository/direct/datastore/s3-client.ts';
import type { Failpoint } from '../../src/repository/failpoints.ts';
import type { CreateSatellite } from '../../src/satellite/service.ts';
import type { SatelliteSettings } from '../../src/satellite/settings.ts';
import { buildOfficial } from '../../stack/official.ts';
import { startPostgres, type Postgres } from '../../stack/postgres.ts';
import { startS3, type S3 } from '../../stack/s3.ts';
import { oneIn } from '../sample.ts';
import type { Change } from './change-process.ts';
import { alice, openWorld, request, signal, type World, type WorldOptions } from './satellite-world.ts';
import { contentOf } from './tree-content.ts';

const Bucket = 'satellites';
const CHANGE = fileURLToPath(new URL('change-process.ts', import.meta.url));
const ctx = { caller: { username: 'alice' }, signal };
const mine = { satellite: 'mine', dryRun: false };

let official: string;
let directory: string;
let postgres: Postgres;
let database: string;
let s3: S3;
let client: S3Client;
let servers: Partial<SatelliteSettings>;
let world: World | undefined;

beforeAll(async () => {
  official = join(await buildOfficial(), 'repository');
  postgres = await startPostgres();
  database = await postgres.createDatabase();
  s3 = await startS3(await mkdtemp(join(tmpdir(), 'faults-s3-')), [Bucket]);
  const credentials = {
    accessKeyId: s3.environment['AWS_ACCESS_KEY_ID']!,
    secretAccessKey: s3.environment['AWS_SECRET_ACCESS_KEY']!,
  };
  client = createS3Client({ endpoint: s3.endpoint, region: 'us-east-1', credentials });
  servers = {
    postgresql: database,
    s3: {
      endpoint: s3.endpoint,
      bucket: Bucket,
      region: 'us-east-1',
      sessionSeconds: 3600,
      ...credentials,
    } as NonNullable<SatelliteSettings['s3']>,
  };
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faults-'));
});
afterEach(async () => {
  await world?.close();
  world = undefined;
  await rm(directory, { recursive: true });
});
afterAll(async () => {
  client.destroy();
  await s3.stop();
  await postgres.stop();
});

const options = (): WorldOptions => ({ directory, official, settings: servers });
const restart = async () => (world = await openWorld(options()));

/** Does a change in a process of its own, which is killed there. */
async function killedAt(failpoint: Failpoint, change: Change, asked: Partial<CreateSatellite>): Promise<void> {
  await world?.close();
  world = undefined;
  const child = spawn(process.execPath, [CHANGE, JSON.stringify(options()), change, JSON.stringify(asked)], {
    env: { ...process.env, SATELLITE_FAILPOINT: failpoint },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [, killedBy] = (await once(child, 'exit')) as [number | null, string | null];
  expect(killedBy).toBe('SIGKILL');
}

/** Everything of satellites that is anywhere outside the gateway's state. */
async function everything(): Promise<ReadonlyMap<string, string>> {
  const found = new Map(await contentOf(join(directory, 'satellites')));
  const session = new pg.Client({ connectionString: database });
  await session.connect();
  const all = async (text: string) => (await session.query<{ name: string }>(text)).rows.map(({ name }) => name);
  for (const role of await all(`SELECT rolname AS name FROM pg_roles WHERE rolname LIKE 'satellite%'`))
    found.set(role, 'role');
  for (const schema of await all(`SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'satellite%'`)) {
    found.set(`schema ${schema}`, '');
    for (const table of await all(`SELECT tablename AS name FROM pg_tables WHERE schemaname = '${schema}'`)) {
      const rows = await session.query(
        `SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM "${schema}"."${table}" t`,
      );
      found.set(`${schema}.${table}`, JSON.stringify(rows.rows));
    }
  }
  await session.end();
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'satellites/' }));
  for (const { Key, ETag } of Contents) found.set(Key!, ETag!);
  return found;
}

describe.each([
  ['SQLite and files', { database: 'SQLITE', artifacts: 'FILES' }],
  ['PostgreSQL and S3', { database: 'POSTGRESQL', artifacts: 'S3' }],
] as const)('on %s', (_kind, asked) => {
  /** Where servers make each slower, not all of them in `npm test`. */
  const tried = <Point>(points: readonly Point[]) => (asked.artifacts === 'S3' ? oneIn(2, points) : points);

  /** A satellite with something in it. @returns all that there is of it */
  async function made(): Promise<ReadonlyMap<string, string>> {
    const { satellites } = await restart();
    const { satellite } = await satellites.create(request('mine', asked), alice);
    const { repository } = await satellites.forWriting('mine', alice);
    await repository.registerCollection({ name: 'u/alice/run', type: 'RUN' }, ctx);
    await writeFile(join(satellites.uri(satellite!), 'notes'), 'mine');
    if (asked.artifacts === 'S3') {
      await client.send(new PutObjectCommand({ Bucket, Key: `satellites/${satellite!.id}/u/a`, Body: 'a' }));
    }
    return everything();
  }

  test.each(tried(['create:before-database', 'create:before-butler-yaml', 'create:before-ready'] as const))(
    'one that was killed in the making (%s) leaves nothing, and its name is free',
    async (failpoint) => {
      await killedAt(failpoint, 'create', asked);
      const { satellites, warnings } = await restart();
      expect(warnings).toEqual([]);
      expect(await everything()).toEqual(new Map());
      expect(await satellites.list(alice, { deleted: true })).toEqual([]);
      const { satellite } = await satellites.create(request('mine', asked), alice);
      expect(satellite).toMatchObject({ state: 'READY' });
      await purge();
    },
  );

  test.each(tried(['delete:before-detach', 'delete:after-detach'] as const))(
    'a deletion (%s) is ended, and can be undone without a byte lost',
    async (failpoint) => {
      const before = await made();
      await killedAt(failpoint, 'delete', asked);
      const { satellites } = await restart();
      expect(await satellites.find('mine', alice)).toMatchObject({
        state: 'DELETED',
        purgeAt: expect.any(Number) as number,
      });
      expect((await everything()).keys().some((name) => before.has(name) && name.includes('alice'))).toBe(false);
      await satellites.restore(mine, alice);
      expect(await everything()).toEqual(before);
      await purge();
    },
  );

  test.each(tried(['restore:before-attach', 'restore:after-attach'] as const))(
    'one that is brought back (%s) is back',
    async (failpoint) => {
      const before = await made();
      await world!.satellites.delete({ ...mine, purge: false }, alice);
      await killedAt(failpoint, 'restore', asked);
      const { satellites } = await restart();
      expect(await satellites.find('mine', alice)).toMatchObject({ state: 'READY' });
      expect(await everything()).toEqual(before);
      await purge();
    },
  );

  test.each(tried(['create:before-database', 'create:before-ready'] as const))(
    'a reset that made no new one (%s) leaves the old one as it was',
    async (failpoint) => {
      const before = await made();
      await killedAt(failpoint, 'reset', asked);
      const { satellites } = await restart();
      expect(await satellites.find('mine', alice)).toMatchObject({ state: 'READY' });
      expect(await everything()).toEqual(before);
      await purge();
    },
  );

  test('a reset that put the new one in place keeps the old one', async () => {
    const before = await made();
    await killedAt('delete:before-detach', 'reset', asked);
    const { satellites } = await restart();
    const { satellite } = await satellites.restore(mine, alice);
    const after = await everything();
    for (const [name, content] of before) expect(after.get(name)).toBe(content);
    expect(satellite).toMatchObject({ state: 'READY' });
    await purge();
    await purge();
  });

  test.each(tried(['delete:before-detach', 'purge:before-files', 'purge:before-record'] as const))(
    'a removal for good (%s) is ended, and leaves no file, schema, role or object',
    async (failpoint) => {
      await made();
      await killedAt(failpoint, 'purge', asked);
      await restart();
      if (failpoint === 'delete:before-detach') await purge();
      else await gone();
      expect(await everything()).toEqual(new Map());
    },
  );
});

/** Removes the demo of a test for good. */
async function purge(): Promise<void> {
  const { job } = await world!.satellites.delete({ ...mine, purge: true }, alice);
  expect(await world!.ended(job)).toMatchObject({ state: 'COMPLETED' });
}

/** Waits for the job that goes on after the restart. */
async function gone(): Promise<void> {
  const [job] = await world!.jobs.list('alice', { first: 1 });
  expect(await world!.ended(job!)).toMatchObject({ kind: 'purgeSatellite', state: 'COMPLETED' });
  expect(await world!.satellites.list(alice, { deleted: true })).toEqual([]);
}
