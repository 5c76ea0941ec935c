import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { buildQuery } from '../../src/butler/query/build.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import type { Repository } from '../../src/repository/repository.ts';
import type { SatelliteRecord } from '../../src/satellite/satellite.ts';
import { Catalog, type CatalogEntry } from '../../src/satellite/catalog.ts';
import { Quota } from '../../src/satellite/quota.ts';
import { buildOfficial } from '../../stack/official.ts';
import { alice, openWorld, principal, request, signal, visibleTo, type World } from './satellite-world.ts';
import { contentOf } from './tree-content.ts';

const SKYMAP = 'hsc_rings_v1';
const bob = principal('bob');
const ctx = { caller: { username: 'alice' }, signal };

let official: string;
let directory: string;
let world: World;

beforeAll(async () => {
  official = join(await buildOfficial(), 'repository');
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'satellites-'));
  world = await openWorld({ directory, official });
});
afterEach(async () => {
  await world.close();
  await rm(directory, { recursive: true });
});

const create = async (...args: Parameters<typeof request>) =>
  (await world.satellites.create(request(...args), alice)).satellite!;
const openOfficial = async () => {
  const repository = await openDirectRepository({ name: 'dp1', path: official });
  return { repository, [Symbol.asyncDispose]: () => repository.close() };
};
/** Number of records of HSC and of the demo's sky map. */
const count = async (repository: Repository, element: string) => {
  const universe = await repository.universe(ctx);
  const dataId = universe.element(element).governor === 'skymap' ? { skymap: SKYMAP } : { instrument: 'HSC' };
  const { query, spec } = buildQuery(universe, { result: { type: 'dimension_record', element }, dataId });
  return repository.count(query, spec, ctx);
};
/** Puts a dataset into a satellite whose file is elsewhere. */
const refer = async (name: string, where: string) => {
  const { repository } = await world.satellites.forWriting(name, alice);
  const uuid = '019ab000-0000-7000-8000-000000000001';
  const notes = { name: 'notes', dimensions: [], storageClass: 'StructuredDataDict', isCalibration: false };
  await repository.registerDatasetTypes([notes], ctx);
  await repository.registerCollection({ name: 'u/alice/notes', type: 'RUN' }, ctx);
  const datasetType = (await repository.datasetTypes(ctx)).get('notes')!;
  const file = {
    path: `${where}${uuid}/a.json`,
    formatter: 'lsst.daf.butler.formatters.json.JsonFormatter',
    storageClass: 'StructuredDataDict',
    component: null,
    checksum: null,
    size: 10,
  };
  await repository.importDatasets([{ uuid, datasetType, run: 'u/alice/notes', values: [], files: [file] }], ctx);
};
const by = (name: string) => ({ satellite: name, dryRun: false });

describe('a new satellite', () => {
  test('is there at once, of the official universe, and empty', async () => {
    const { satellite, job } = await world.satellites.create(request('mine'), alice);
    expect(job).toBeNull();
    expect(satellite).toMatchObject({ name: 'mine', owner: 'alice', state: 'READY', official: 'dp1' });
    expect(await readdir(world.satellites.uri(satellite!))).toEqual(['butler.yaml', 'gen3.sqlite3']);
    const { repository } = (await visibleTo(world, alice)).get('mine');
    expect(repository.name).toBe('alice~mine');
    expect((await repository.universe(ctx)).version).toBe(8);
    expect(await repository.usage(ctx)).toMatchObject({ datasets: 0, bytes: 0 });
  });

  test('brings whole instruments and sky maps', async () => {
    const { job } = await world.satellites.create(request('mine', { instruments: ['HSC'], skymaps: [SKYMAP] }), alice);
    const ended = await world.ended(job);
    expect(ended).toMatchObject({ state: 'COMPLETED', kind: 'createSatellite', progress: { unit: 'records' } });
    expect(ended.result).toEqual({ records: ended.progress.done });
    expect(ended.progress.total).toBe(ended.progress.done);
    expect(ended.progress.done).toBeGreaterThan(10);
    const { repository } = await world.satellites.forWriting('mine', alice);
    await using stock = await openOfficial();
    for (const element of ['physical_filter', 'detector', 'visit_system', 'tract', 'patch']) {
      expect(await count(repository, element)).toBe(await count(stock.repository, element));
    }
    expect(await count(repository, 'visit')).toBe(0);
  });

  test('of an unknown instrument is refused, naming those that there are', async () => {
    await expect(create('mine', { instruments: ['NoCamera'] })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(/no instrument 'NoCamera'. It has: .*'HSC'/) as string,
    });
    expect(await world.satellites.list(alice, { deleted: true })).toEqual([]);
  });

  test('with calibrations that the official repository has not is refused before anything is made', async () => {
    await expect(create('mine', { curatedCalibrations: ['HSC/calib', 'no/such'] })).rejects.toMatchObject({
      code: 'MISSING_COLLECTION',
    });
    expect(await world.satellites.list(alice, { deleted: true })).toEqual([]);
  });

  test.each(['', 'Mine', '-mine', 'a/b', '..', 'a~b', 'x'.repeat(65)])('cannot have the name %j', async (name) => {
    await expect(create(name)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('cannot have a configured name, or a name twice', async () => {
    await expect(create('dp1')).rejects.toMatchObject({ code: 'CONFLICT' });
    await create('mine');
    await expect(create('mine')).rejects.toMatchObject({ code: 'CONFLICT' });
    await world.satellites.create(request('mine'), bob);
  });

  test('made twice at once is made once, and nothing of the other is left', async () => {
    const made = await Promise.allSettled([create('mine'), create('mine'), create('mine')]);
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(made.find((m) => m.status === 'rejected')).toMatchObject({ reason: { code: 'CONFLICT' } });
    expect(await readdir(join(directory, 'satellites', 'alice'))).toHaveLength(1);
    expect(await readdir(join(directory, 'satellites', '.making'))).toEqual([]);
  });

  test('is the same for the same idempotency key, also at once, and another request with it is refused', async () => {
    const same = await Promise.all([1, 2, 3].map(() => create('mine', { idempotencyKey: 'k' })));
    expect(new Set(same.map(({ id }) => id)).size).toBe(1);
    await expect(create('other', { idempotencyKey: 'k' })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('needs a place that is configured, and membership in its group', async () => {
    await expect(create('mine', { database: 'POSTGRESQL' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(create('mine', { artifacts: 'S3' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(create('mine', { group: 'g_other' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

test('one whose owner wants other file names can be read, and written to again when that is taken back', async () => {
  const config = join(world.satellites.uri(await create('mine')), 'butler.yaml');
  const before = await readFile(config, 'utf8');
  const { repository } = await world.satellites.forWriting('mine', alice);
  await repository.registerCollection({ name: 'first', type: 'TAGGED' }, ctx);
  await world.close();
  await writeFile(config, before.replace(/^datastore:$/m, 'datastore:\n  templates: {default: "{run}/{datasetType}"}'));
  world = await openWorld({ directory, official });
  const again = (await world.satellites.forWriting('mine', alice)).repository;
  expect(await again.collections({ search: ['*'] }, ctx)).toMatchObject([{ name: 'first' }]);
  await expect(again.registerCollection({ name: 'second', type: 'TAGGED' }, ctx)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining("'datastore.templates' is set") as string,
  });
  await writeFile(config, before);
  await again.registerCollection({ name: 'second', type: 'TAGGED' }, ctx);
});

describe('the directory', () => {
  test('shows a satellite to its owner and to the members of its group only', async () => {
    await create('mine');
    await create('ours', { group: 'g_lensing' });
    const member = principal('carol', ['g_lensing']);
    expect((await visibleTo(world, member)).all.map(({ name }) => name)).toEqual(['alice~ours']);
    await world.satellites.forWriting('alice~ours', member);
    for (const name of ['alice~mine', 'mine', 'alice~nothing']) {
      await expect(world.satellites.forWriting(name, member)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    expect((await visibleTo(world, bob)).all).toEqual([]);
    expect(await world.satellites.environment(await create('third'), bob)).toBeNull();
  });

  test('holds the configured repositories that have an owner', async () => {
    await world.close();
    const path = join(directory, 'old');
    await mkdir(path);
    const first = await openWorld({ directory, official });
    const { satellite } = await first.satellites.create(request('mine'), alice);
    const configured = [
      { name: 'old', owner: 'alice', path: first.satellites.uri(satellite!) },
      { name: 'dp1', owner: undefined, path: official },
    ];
    await first.close();
    world = await openWorld({ directory, official, configured });
    const { repository, fullName } = await world.satellites.forWriting('old', alice);
    expect(fullName).toBe('alice~old');
    expect(await repository.registerCollection({ name: 'u/alice/run', type: 'RUN' }, ctx)).toBe(true);
    await expect(world.satellites.forWriting('old', bob)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(world.satellites.forWriting('dp1', alice)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect((await world.satellites.forJob('alice~old')).fullName).toBe('alice~old');
  });
});

describe('deleting', () => {
  const fill = async (satellite: SatelliteRecord) => {
    const { repository } = await world.satellites.forWriting(satellite.name, alice);
    await repository.registerCollection({ name: 'u/alice/run', type: 'RUN' }, ctx);
    await writeFile(join(world.satellites.uri(satellite), 'a file'), 'of mine');
  };

  test('tells first what goes, and does nothing', async () => {
    const satellite = await create('mine');
    await fill(satellite);
    const { plan } = await world.satellites.delete({ ...by('mine'), dryRun: true, purge: false }, alice);
    expect(plan).toEqual({
      datasets: 0,
      bytes: 0,
      references: 0,
      collections: ['u/alice/run'],
      referencedBy: [],
      warning: null,
    });
    expect(await world.satellites.find('mine', alice)).toMatchObject({ state: 'READY' });
  });

  test('names those of one’s own satellites that refer to it', async () => {
    await create('mine');
    await create('other');
    await refer('other', 'https://gateway.example/files/alice~mine/');
    const plan = async (name: string) =>
      (await world.satellites.delete({ satellite: name, dryRun: true, purge: false }, alice)).plan;
    expect(await plan('mine')).toMatchObject({ references: 0, referencedBy: ['alice~other'] });
    expect(await plan('other')).toMatchObject({ datasets: 1, bytes: 0, references: 1, referencedBy: [] });
  });

  test('frees the name, and what was deleted comes back as it was, byte by byte', async () => {
    const satellite = await create('mine');
    await fill(satellite);
    const before = await contentOf(world.satellites.uri(satellite));
    const reader = (await visibleTo(world, alice)).get('mine').repository;
    const deleted = await world.satellites.delete({ ...by('mine'), purge: false }, alice);
    expect(deleted.satellite).toMatchObject({ state: 'DELETED' });
    expect((await visibleTo(world, alice)).all).toEqual([]);
    await expect(reader.collections({ search: ['*'] }, ctx)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    await expect(world.satellites.forWriting('mine', alice)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await readdir(join(directory, 'satellites', 'alice'))).toEqual([]);

    await create('mine');
    await expect(world.satellites.restore(by('mine'), alice)).rejects.toMatchObject({ code: 'CONFLICT' });
    await world.satellites.delete({ ...by('mine'), purge: true }, alice);
    const { satellite: back } = await world.satellites.restore(by('mine'), alice);
    expect(back).toMatchObject({ id: satellite.id, state: 'READY', purgeAt: null });
    expect(await contentOf(world.satellites.uri(satellite))).toEqual(before);
    const { repository } = await world.satellites.forWriting('mine', alice);
    expect(await repository.collections({ search: ['*'] }, ctx)).toMatchObject([{ name: 'u/alice/run' }]);
  });

  test('for good leaves nothing', async () => {
    await fill(await create('mine'));
    const { job } = await world.satellites.delete({ ...by('mine'), purge: true }, alice);
    const progress = { done: 1, total: 1, unit: 'satellites' };
    expect(await world.ended(job)).toMatchObject({ state: 'COMPLETED', progress, result: { purged: true } });
    expect(await world.satellites.list(alice, { deleted: true })).toEqual([]);
    expect(await contentOf(join(directory, 'satellites'))).toEqual(new Map());
    await expect(world.satellites.restore(by('mine'), alice)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('is made good when its time is over', async () => {
    await world.close();
    world = await openWorld({ directory, official, settings: { restoreDays: 0 } });
    await create('mine');
    await world.satellites.delete({ ...by('mine'), purge: false }, alice);
    await world.satellites.sweep(0);
    const [job] = await world.jobs.list('alice', { first: 1 });
    expect(await world.ended(job!)).toMatchObject({ kind: 'purgeSatellite', state: 'COMPLETED' });
    expect(await contentOf(join(directory, 'satellites'))).toEqual(new Map());
  });

  test('for good is done by a gateway whose clock is behind that of the one that was asked', async () => {
    await create('mine');
    const real = Date.now.bind(Date);
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => real() + 3_600_000);
    const { job } = await world.satellites.delete({ ...by('mine'), purge: true }, alice);
    clock.mockRestore();
    expect(await world.ended(job)).toMatchObject({ state: 'COMPLETED', result: { purged: true } });
    expect(await world.satellites.list(alice, { deleted: true })).toEqual([]);
  });

  test('for good is refused where it is brought back at the same time, and can be asked for again', async () => {
    const { id } = await create('mine');
    await world.satellites.delete({ ...by('mine'), purge: false }, alice);
    const change = Catalog.prototype.change;
    const restoring = vi.spyOn(Catalog.prototype, 'change').mockImplementationOnce(async function (this: Catalog) {
      restoring.mockRestore();
      const attaching = { state: 'CREATING', unfinished: 'ATTACH' } as const;
      await change.call(this, id, { state: 'DELETED', unfinished: null }, attaching, signal);
      return false;
    });
    const purge = () => world.satellites.delete({ ...by('mine'), purge: true }, alice);
    await expect(purge()).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await world.jobs.list('alice', { first: 1 })).map(({ kind }) => kind)).toEqual([]);
    await new Catalog(world.state.database, world.satellites.grants).change(
      id,
      { state: 'CREATING', unfinished: 'ATTACH' },
      { state: 'DELETED', unfinished: null },
      signal,
    );
    const { job } = await purge();
    expect(await world.ended(job)).toMatchObject({ state: 'COMPLETED', result: { purged: true } });
  });

  test.each(['without its files', 'with a damaged database', 'with another butler.yaml'])(
    'or resetting one %s goes on, with a warning in place of what is in it',
    async (broken) => {
      const satellite = await create('mine');
      const uri = world.satellites.uri(satellite);
      if (broken.includes('files')) await rm(uri, { recursive: true });
      else if (broken.includes('database')) await writeFile(join(uri, 'gen3.sqlite3'), 'not a database'.repeat(1000));
      else await writeFile(join(uri, 'butler.yaml'), 'registry: {db: 7}');
      const unknown = {
        datasets: null,
        bytes: null,
        references: null,
        collections: null,
        warning: expect.stringContaining('cannot be read') as string,
      };
      const { plan, satellite: anew } = await world.satellites.reset(by('mine'), alice);
      expect(plan).toMatchObject(unknown);
      expect(anew).toMatchObject({ state: 'READY' });
      await rm(world.satellites.uri(anew!), { recursive: true });
      const deleted = await world.satellites.delete({ ...by('mine'), purge: true }, alice);
      expect(deleted.plan).toMatchObject(unknown);
      expect(await world.ended(deleted.job)).toMatchObject({ state: 'COMPLETED', result: { purged: true } });
    },
  );

  test('is not for those who are not its members', async () => {
    await create('mine');
    await expect(world.satellites.delete({ ...by('alice~mine'), purge: true }, bob)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

test('a reset gives an empty satellite under the same name, and can be undone', async () => {
  const old = await create('mine');
  const { repository } = await world.satellites.forWriting('mine', alice);
  await repository.registerCollection({ name: 'u/alice/run', type: 'RUN' }, ctx);
  const { satellite, plan } = await world.satellites.reset(by('mine'), alice);
  expect(plan).toMatchObject({ collections: ['u/alice/run'] });
  expect(satellite).toMatchObject({ name: 'mine', state: 'READY' });
  expect(satellite!.id).not.toBe(old.id);
  expect((await world.satellites.list(alice, { deleted: false })).map(({ id }) => id)).toEqual([satellite!.id]);
  const names = async () =>
    (await (await visibleTo(world, alice)).get('mine').repository.collections({ search: ['*'] }, ctx)).map(
      (c) => c.name,
    );
  expect(await names()).toEqual([]);
  expect((await world.satellites.restore(by('mine'), alice)).satellite).toMatchObject({ id: old.id, state: 'READY' });
  expect(await names()).toEqual(['u/alice/run']);
});

describe('a quota', () => {
  test('is never exceeded, however many reserve at once, and says how much is left', async () => {
    await create('mine', { quotaBytes: 1000 });
    const jobs = Array.from({ length: 12 }, (_, i) => `job ${String(i)}`);
    const reserved = await Promise.allSettled(jobs.map((job) => world.satellites.reserve('alice~mine', job, 300)));
    expect(reserved.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    await expect(world.satellites.reserve('alice~mine', 'another', 101)).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      message: expect.stringContaining('100 bytes left') as string,
    });
    // A plan only asks.
    for (const bytes of [100, 100]) await world.satellites.reserve('alice~mine', null, bytes);
    await expect(world.satellites.reserve('alice~mine', null, 101)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    await Promise.all(jobs.map((job) => world.satellites.release('alice~mine', job)));
    await world.satellites.reserve('alice~mine', 'another', 1000);
    // The same job reserves in place of what it had.
    await world.satellites.reserve('alice~mine', 'another', 999);
  });

  test('that stock Python has overrun keeps nothing out that needs no room', async () => {
    const entry = (await create('mine', { quotaBytes: 1000 })) as CatalogEntry;
    const quota = new Quota(world.state.database);
    const reserve = (bytes: number) => quota.reserve(entry, 'job', bytes, async () => 5000, signal);
    await reserve(0);
    await expect(reserve(1)).rejects.toMatchObject({ message: expect.stringContaining('has 0 bytes left') as string });
  });
});
