/** Publishing what was published before and is withdrawn, at once or at the same time: what is visible keeps its files. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { RepositoryUnavailableError } from '../../src/butler/errors.ts';
import type { DirectRepository } from '../../src/repository/direct/direct-repository.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import { startPostgres, type Postgres } from '../../stack/postgres.ts';
import { buildSatellite } from '../../stack/satellite.ts';
import { manifestOf, type WholeManifest } from './manifest-of.ts';
import { contentOf, contextOf, PUBLICATION, PublishedWorld, type Content } from './published-world.ts';

const COLLECTIONS = ['u/alice/psf', 'u/alice/calib/gen0'];
const OTHER = '6f0a1e3e-0c55-4e0e-8f61-8a3b1b0d7a10';

/** Stock Python is started many times. */
vi.setConfig({ testTimeout: 600_000 });

let postgres: Postgres;
let source: DirectRepository;
let manifest: WholeManifest;
let expected: Content;

beforeAll(async () => {
  postgres = await startPostgres();
  const root = await buildSatellite();
  source = await openDirectRepository({ name: 'alice~mine', path: root });
  manifest = await manifestOf(source, COLLECTIONS, contextOf());
  expected = await contentOf(COLLECTIONS, root);
});
afterAll(async () => {
  await source.close();
  await postgres.stop();
});

const databases = {
  SQLite: () => Promise.resolve({}),
  PostgreSQL: async () => ({ 'registry.db': await postgres.createDatabase(), 'registry.namespace': 'published' }),
};

const filesIn = async (world: PublishedWorld) => {
  const { artifacts } = await world.repositories.writeable('published');
  return Array.fromAsync(artifacts.list('publications', contextOf().signal));
};

const distinctFiles = () =>
  new Set(manifest.content.datasets.flatMap(({ files }) => files.map((file) => `${file.sha256} ${file.fileName}`)));

/** What stock Butler reads of every dataset, and no file beside those. */
async function expectWhole(world: PublishedWorld): Promise<void> {
  expect(await world.content(COLLECTIONS)).toEqual(expected);
  expect(await filesIn(world)).toHaveLength(distinctFiles().size);
}

describe.each(Object.entries(databases))('On %s, what is published again', (_name, config) => {
  test.each([
    ['as another publication', { publication: OTHER }],
    ['as its next version', { version: 2 }],
  ])('%s while files of the withdrawal are still to be removed, keeps records and bytes', async (_as, again) => {
    await using world = await PublishedWorld.make({ config: await config() });
    const repository = await world.repositories.writeable('published');
    await world.publish(manifest, source);
    const emptying = vi.spyOn(repository, 'emptyTrash');
    emptying.mockRejectedValueOnce(new RepositoryUnavailableError('published', 'not now'));
    await expect(world.withdraw(manifest)).rejects.toThrow('not now');
    await world.publish(manifest, source, again);
    expect(await world.content(COLLECTIONS)).toEqual(expected);
    // As the job of the withdrawal is tried again.
    await world.withdraw(manifest);
    await expectWhole(world);
  });

  test('brings the files that were there when it began, and went with another publication', async () => {
    await using world = await PublishedWorld.make({ config: await config() });
    await world.publish(manifest, source);
    const publishing = world.publish(manifest, source, {
      publication: OTHER,
      enter: async (stage) => void (stage === 'COMMITTING' && (await world.withdraw(manifest))),
    });
    await expect(publishing).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect((await world.content(['*'])).found).toEqual([]);
    // As a job goes on after what passes.
    await world.publish(manifest, source, { publication: OTHER });
    await expectWhole(world);
  });

  test('loses nothing to work of an earlier version that is given up late, and is not visible without its files', async () => {
    await using world = await PublishedWorld.make({ config: await config() });
    const sweep = (version: number) =>
      world.commit.sweep({ publication: PUBLICATION, version, repository: 'published' });
    const publish = (swept: number) =>
      world.publish(manifest, source, {
        version: 2,
        enter: async (stage) => void (stage === 'COMMITTING' && (await sweep(swept))),
      });
    await expect(publish(2)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect((await world.content(['*'])).found).toEqual([]);
    await publish(1);
    await sweep(2);
    await expectWhole(world);
  });

  test('is visible although what it replaces could not be removed, which the next change does', async () => {
    await using world = await PublishedWorld.make({ config: await config() });
    const repository = await world.repositories.writeable('published');
    await world.publish(manifest, source);
    const emptying = vi.spyOn(repository, 'emptyTrash');
    emptying.mockRejectedValueOnce(new RepositoryUnavailableError('published', 'not now'));
    const less = await manifestOf(source, ['u/alice/psf'], contextOf());
    expect(await world.publish(less, source, { version: 2 })).toBe(2);
    expect((await filesIn(world)).length).toBe(distinctFiles().size);
    await world.withdraw(less, { version: 2 });
    expect(await filesIn(world)).toEqual([]);
  });
});

describe('A dimension record that the published repository has with other values', () => {
  test('is in the way of what is published with it, of which nothing is kept', async () => {
    await using world = await PublishedWorld.make();
    const changed: WholeManifest = {
      ...manifest,
      async *records() {
        for await (const page of manifest.records()) {
          yield page.map(({ element, fields }) =>
            element === 'detector' ? { element, fields: { ...fields, purpose: 'FOCUS' } } : { element, fields },
          );
        }
      },
    };
    await world.publish(changed, source, { publication: OTHER });
    await world.withdraw(changed, { publication: OTHER });
    await expect(world.publish(manifest, source)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/detector record of .*purpose/),
    });
    expect((await world.content(['*'])).found).toEqual([]);
    expect(await filesIn(world)).toEqual([]);
  });
});
