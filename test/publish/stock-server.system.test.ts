/** What a running stock Butler server over a published repository does not show before it is restarted; of the rest, `journey`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DirectRepository } from '../../src/repository/direct/direct-repository.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import { startRemoteButler } from '../../stack/remote-butler.ts';
import { startS3, type S3 } from '../../stack/s3.ts';
import { buildSatellite } from '../../stack/satellite.ts';
import { keptRecords, manifestOf, type WholeManifest } from './manifest-of.ts';
import { contentOf, contextOf, PublishedWorld, type Content } from './published-world.ts';

const COLLECTIONS = ['u/alice/defaults', 'u/alice/calib/gen0'];
/** The server takes any. */
const TOKEN = { BUTLER_RUBIN_ACCESS_TOKEN: 'any' };

let directory: string;
let s3: S3;
let source: DirectRepository;
let manifest: WholeManifest;
let expected: Content;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'served-'));
  s3 = await startS3(join(directory, 's3'), ['published']);
  const root = await buildSatellite();
  source = await openDirectRepository({ name: 'alice~mine', path: root });
  manifest = await manifestOf(source, COLLECTIONS, contextOf());
  expected = await contentOf(COLLECTIONS, root);
});
afterAll(async () => {
  await source.close();
  await s3.stop();
  await rm(directory, { recursive: true });
});

/** A server does not tell validity ranges. */
function fromServer(): Content {
  const { memberships, ...rest } = expected;
  return { ...rest, memberships: memberships.filter(([, , begin]) => begin === null) };
}

const serve = ({ root }: PublishedWorld) =>
  startRemoteButler({ repositories: { published: root }, directory, environment: s3.environment });

async function served(prefix: string, known: readonly string[]) {
  const config = { 'datastore.root': `s3://published/${prefix}` };
  const world = await PublishedWorld.make({ config, environment: s3.environment });
  await world.publish(keptRecords(manifest, known), source, { publication: 'records' });
  const server = await serve(world);
  const url = `${server.url}/published`;
  // It reads what it keeps when it is first asked.
  expect((await contentOf(['*'], url, TOKEN)).found).toEqual([]);
  return { world, server, url };
}

describe('A running stock server', () => {
  test('has to be started again where there are new records of what it keeps, as the check of publications says', async () => {
    const { world, server, url } = await served('fresh', ['instrument', 'skymap']);
    await using _world = world;
    await world.publish(manifest, source);
    await expect(contentOf(COLLECTIONS, url, TOKEN)).rejects.toThrow();
    await server.stop();
    await using again = await serve(world);
    expect(await contentOf(COLLECTIONS, `${again.url}/published`, TOKEN)).toEqual(fromServer());
  }, 300_000);
});
