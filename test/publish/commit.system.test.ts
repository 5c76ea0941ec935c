/** What is published is, for stock Butler, what the satellite has. */
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import type { DirectRepository } from '../../src/repository/direct/direct-repository.ts';
import { startPostgres } from '../../stack/postgres.ts';
import { startS3 } from '../../stack/s3.ts';
import { buildSatellite } from '../../stack/satellite.ts';
import { manifestOf, openedSource } from './manifest-of.ts';
import { contentOf, contextOf, PublishedWorld, s3Access, type Content } from './published-world.ts';

const COLLECTIONS = ['u/alice/defaults', 'u/alice/calib/gen0'];

/** Stock Python is started many times. */
vi.setConfig({ testTimeout: 600_000 });

let root: string;
let source: DirectRepository;
let expected: Content;

beforeAll(async () => {
  root = await buildSatellite();
  source = await openDirectRepository({ name: 'alice~mine', path: root });
  expected = await contentOf(COLLECTIONS, root);
});
afterAll(() => source.close());

const whole = () => manifestOf(source, COLLECTIONS, contextOf());
const files = async (directory: string) =>
  (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());

describe('A satellite that is published', () => {
  test('is found by stock Butler as it is in the satellite: collections, datasets, records, validity ranges, bytes', async () => {
    await using world = await PublishedWorld.make();
    const manifest = await whole();
    expect(await world.publish(manifest, source)).toBe(1);
    expect(world.entered).toEqual(['VERIFYING', 'COMMITTING']);
    const found = await world.content(COLLECTIONS);
    expect(Object.keys(found.datasets).length).toBeGreaterThan(20);
    expect(found.memberships.length).toBeGreaterThan(5);
    expect(found).toEqual(expected);
    // Done again, as after a crash, it changes nothing.
    expect(await world.publish(manifest, source)).toBe(1);
    expect(await world.content(COLLECTIONS)).toEqual(expected);
  });

  test('is gone for stock Butler when it is withdrawn, with its files', async () => {
    await using world = await PublishedWorld.make();
    const manifest = await whole();
    await world.publish(manifest, source);
    expect(await world.withdraw(manifest)).toBe(2);
    expect(await world.withdraw(manifest)).toBe(2);
    expect((await world.content(COLLECTIONS)).missing).toContain('u/alice/defaults');
    expect((await world.content(['*'])).found).toEqual([]);
    expect((await files(world.root)).map(({ name }) => name).sort()).toEqual(['butler.yaml', 'gen3.sqlite3']);
    await expect(world.publish(manifest, source)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('goes from S3 to S3 without its bytes passing through the gateway, into a registry in PostgreSQL', async () => {
    await using s3 = await startS3(join(await mkdtemp(join(tmpdir(), 'published-s3-')), 's3'), [
      'satellites',
      'published',
    ]);
    await using postgres = await startPostgres();
    const stores = (bucket: string) => ({ 'datastore.root': `s3://${bucket}/here` });
    const { environment } = s3;
    await using satellite = await PublishedWorld.make({ config: stores('satellites'), environment });
    await satellite.publish(await whole(), source);
    const database = await postgres.createDatabase();
    const config = { ...stores('published'), 'registry.db': database, 'registry.namespace': 'published' };
    await using world = await PublishedWorld.make({ config, environment });
    const copied = await openDirectRepository({ name: 'copied', path: satellite.root, s3: s3Access(environment) });
    const manifest = await manifestOf(copied, COLLECTIONS, contextOf());
    const read = vi.fn(openedSource);
    expect(await world.publish(manifest, copied, { read })).toBe(1);
    expect(read).not.toHaveBeenCalled();
    await copied.close();
    expect(await world.content(COLLECTIONS)).toEqual(expected);
    await world.withdraw(manifest);
    expect((await world.content(['*'])).found).toEqual([]);
    const { artifacts } = await world.repositories.writeable('published');
    expect(await Array.fromAsync(artifacts.list('', contextOf().signal))).toEqual([]);
  });
});

describe('A later version', () => {
  test('takes the place of the one before at once: what it has no more is gone, what others have stays', async () => {
    await using world = await PublishedWorld.make();
    const other = '6f0a1e3e-0c55-4e0e-8f61-8a3b1b0d7a10';
    const psf = await manifestOf(source, ['u/alice/psf'], contextOf());
    const without = ['u/alice/reprocessing', 'u/alice/calib', 'u/alice/calib/gen0'];
    const all = await manifestOf(source, without, contextOf());
    await world.publish(all, source);
    await world.publish(psf, source, { publication: other });
    const less = await manifestOf(source, without, contextOf(), {
      only: ({ datasetType }) => datasetType === 'object_table',
    });
    expect(await world.publish(less, source, { version: 2 })).toBe(3);
    const found = await world.content([...without, 'u/alice/psf']);
    const kept = [...less.content.datasets, ...psf.content.datasets].map(({ uuid }) => uuid);
    expect(found.found).toEqual([...new Set(kept)].sort());
    expect(found.memberships).toEqual([]);
    for (const [uuid, dataset] of Object.entries(found.datasets)) expect(dataset).toEqual(expected.datasets[uuid]);
    // The one before has nothing left to withdraw, and the other publication keeps what is its own.
    expect(await world.withdraw(all)).toBe(3);
    expect(await world.withdraw(less, { version: 2 })).toBe(4);
    const left = await world.content(['*']);
    expect(left.found).toEqual(psf.content.datasets.map(({ uuid }) => uuid).sort());
    for (const uuid of left.found) expect(left.datasets[uuid]).toEqual(expected.datasets[uuid]);
    await world.withdraw(psf, { publication: other });
    expect((await files(world.root)).map(({ name }) => name).sort()).toEqual(['butler.yaml', 'gen3.sqlite3']);
  });

  test('does not change what somebody else has of the same name', async () => {
    await using world = await PublishedWorld.make();
    await world.publish(await whole(), source);
    const empty = await manifestOf(source, ['u/alice/calib'], contextOf(), { only: () => false });
    for (const [manifest, wrong] of [
      [empty, /'u\/alice\/calib' already, with other content/],
      [await whole(), /already, of another publication/],
    ] as const) {
      const publishing = world.publish(manifest, source, { publication: 'another' });
      await expect(publishing).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringMatching(wrong) });
    }
    expect(await world.content(COLLECTIONS)).toEqual(expected);
  });
});
