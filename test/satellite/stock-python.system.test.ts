/** Stock Python works in satellites with exactly what the gateway gives to their owner: `uri` and `environment`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { schemaOf } from '../../src/satellite/placement.ts';
import type { SatelliteRecord } from '../../src/satellite/satellite.ts';
import { buildOfficial } from '../../stack/official.ts';
import { startPostgres, type Postgres } from '../../stack/postgres.ts';
import { runPython } from '../../stack/run-python.ts';
import { startS3, type S3 } from '../../stack/s3.ts';
import { alice, openWorld, principal, request, signal, type World } from './satellite-world.ts';

const SCRIPT = 'test/oracle/satellite_use.py';
const ctx = { caller: { username: 'alice' }, signal };

let directory: string;
let postgres: Postgres;
let s3: S3;
let world: World;
let others: SatelliteRecord;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stock-'));
  postgres = await startPostgres();
  s3 = await startS3(join(directory, 's3'), ['satellites']);
  world = await openWorld({
    directory,
    official: join(await buildOfficial(), 'repository'),
    settings: {
      postgresql: await postgres.createDatabase(),
      s3: {
        endpoint: s3.endpoint,
        bucket: 'satellites',
        region: 'us-east-1',
        accessKeyId: s3.environment['AWS_ACCESS_KEY_ID'],
        secretAccessKey: s3.environment['AWS_SECRET_ACCESS_KEY'],
        stsEndpoint: undefined,
        roleArn: undefined,
        sessionSeconds: 3600,
      },
    },
  });
  const made = await world.satellites.create(
    request('others', { database: 'POSTGRESQL', artifacts: 'S3' }),
    principal('bob'),
  );
  others = made.satellite!;
});
afterAll(async () => {
  await world.close();
  await s3.stop();
  await postgres.stop();
  await rm(directory, { recursive: true });
});

/** What the process gets is what the gateway gave, and nothing of the gateway's own. */
async function use(uri: string, environment: Readonly<Record<string, unknown>>, refused: readonly string[]) {
  const hidden = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null', LSST_DB_AUTH: '/dev/null' };
  const output = await runPython(SCRIPT, [uri, ...refused], { ...hidden, ...(environment as Record<string, string>) });
  return JSON.parse(output) as { got: unknown; uuid: string; where: string; universe: number; refused: string[] };
}

test.each([
  ['SQLITE', 'FILES'],
  ['SQLITE', 'S3'],
  ['POSTGRESQL', 'FILES'],
  ['POSTGRESQL', 'S3'],
] as const)('on %s and %s', async (database, artifacts) => {
  const name = `${database}-${artifacts}`.toLowerCase();
  const { satellite } = await world.satellites.create(request(name, { database, artifacts }), alice);
  const uri = world.satellites.uri(satellite!);
  const environment = await world.satellites.environment(satellite!, alice);
  const notTheirs = [
    ...(database === 'POSTGRESQL' ? [schemaOf(others)] : []),
    ...(artifacts === 'S3' ? [`s3://satellites/satellites/${others.id}/`, 's3://satellites/'] : []),
  ];
  const { got, uuid, where, universe, refused } = await use(uri, environment!, notTheirs);
  expect(got).toEqual({ seeing: 0.6 });
  expect(universe).toBe(8);
  expect(refused).toEqual(notTheirs);
  expect(where).toContain(artifacts === 'S3' ? `s3://satellites/satellites/${satellite!.id}/u/alice/run/` : uri);

  const { repository } = await world.satellites.forWriting(name, alice);
  expect((await repository.datasets([uuid], ctx)).get(uuid)).toMatchObject({ run: 'u/alice/run' });
  expect(await repository.usage(ctx)).toMatchObject({ datasets: 1 });
  expect(await repository.fileSource(uuid, null, ctx)).toMatchObject({ kind: artifacts === 'S3' ? 'url' : 'path' });

  await world.satellites.delete({ satellite: name, dryRun: false, purge: false }, alice);
  await expect(use(uri, environment!, [])).rejects.toThrow();
  await world.satellites.restore({ satellite: name, dryRun: false }, alice);
  const { job } = await world.satellites.delete({ satellite: name, dryRun: false, purge: true }, alice);
  expect(await world.ended(job)).toMatchObject({ state: 'COMPLETED' });
});
