import { describe, expect, it } from 'vitest';
import { ButlerUserError, RepositoryUnavailableError } from '../../../src/butler/errors.ts';
import type { QueryContext, Repository } from '../../../src/repository/repository.ts';
import { firstDataset } from '../../../src/repository/federated/first-dataset.ts';
import { FederatedRepository } from '../../../src/repository/federated/federated-repository.ts';
import { searchCollections } from '../../../src/repository/search/collections.ts';
import { searchDataIds } from '../../../src/repository/search/data-ids.ts';
import { listDatasetTypes } from '../../../src/repository/search/dataset-types.ts';
import { searchDatasets } from '../../../src/repository/search/datasets.ts';
import { findDataset } from '../../../src/repository/search/find-dataset.ts';
import { getDataset } from '../../../src/repository/search/get-dataset.ts';
import { ArrayRepository, type ArrayCollection, type ArrayDataset } from '../federated/array-repository.ts';
import { smallUniverse } from '../federated/small-universe.ts';

const ctx: QueryContext = { caller: { username: 'alice' }, signal: new AbortController().signal };

interface Made {
  readonly collections: Readonly<Record<string, ArrayCollection>>;
  /** `run detector` of raw datasets of instrument A. */
  readonly raws?: readonly string[];
  readonly version?: number;
}

function repository(name: string, { collections, raws = [], version }: Made): ArrayRepository {
  const universe = smallUniverse(version);
  const type = (of: string, dimensions: readonly string[]) =>
    ({ name: of, dimensions: universe.conform(dimensions), storageClass: 'Exposure', isCalibration: false }) as const;
  const datasets = raws.map((raw): ArrayDataset => {
    const [run, detector] = raw.split(' ') as [string, string];
    const dataId = { instrument: 'A', detector: Number(detector) };
    return { uuid: `${name} ${raw}`, datasetType: 'raw', dataId, run };
  });
  const datasetTypes = [type('raw', ['detector']), type('calexp', ['visit', 'detector'])];
  return new ArrayRepository(name, { universe, datasetTypes, collections, datasets });
}

const RUN = { type: 'RUN' } as const;
const chain = (...children: string[]): ArrayCollection => ({ type: 'CHAINED', children });
const raws = { datasetTypes: ['raw'], findFirst: true, first: 100 };
const uuids = async (members: readonly Repository[], collections: readonly string[], more: object = {}) =>
  (await searchDatasets(members, { ...raws, collections, ...more }, ctx)).rows.map((row) => row.uuid);

describe('A search path over several repositories', () => {
  const own = repository('own', { collections: { 'u/alice': RUN, mine: chain('u/alice') }, raws: ['u/alice 1'] });
  const official = repository('official', {
    collections: { defaults: chain('run1', 'run2'), run1: RUN, run2: RUN },
    raws: ['run1 1', 'run1 2', 'run2 3'],
  });

  it('lets the earlier collection win, whichever repository holds it', async () => {
    expect(await uuids([own, official], ['u/alice', 'defaults'])).toEqual([
      'own u/alice 1',
      'official run1 2',
      'official run2 3',
    ]);
    expect(await uuids([own, official], ['defaults', 'u/alice'])).toEqual([
      'official run1 1',
      'official run1 2',
      'official run2 3',
    ]);
  });

  it('follows the definition of a chain of the earlier repository, and says that it hides the other', async () => {
    const mine = repository('own', { collections: { defaults: chain('run2'), run2: RUN } });
    const page = await searchDatasets([mine, official], { ...raws, collections: ['defaults'] }, ctx);
    expect(page.rows.map((row) => row.uuid)).toEqual(['official run2 3']);
    expect(page.warnings).toEqual([expect.stringContaining(`Chain 'defaults' is searched as 'own' defines it`)]);
    const strict = searchDatasets([mine, official], { ...raws, collections: ['defaults'], strict: true }, ctx);
    await expect(strict).rejects.toThrow(/strict.*defaults/u);
  });

  it('refuses a name that has two types', async () => {
    const mine = repository('own', { collections: { run1: { type: 'TAGGED' } } });
    await expect(uuids([mine, official], ['run1'])).rejects.toMatchObject({ code: 'COLLECTION_TYPE' });
  });

  it.each([[[own, official]], [[official]]])('names the nearest collection where one is nowhere', async (members) => {
    await expect(uuids(members, ['run1', 'defalts'])).rejects.toMatchObject({
      code: 'MISSING_COLLECTION',
      message:
        `Collection 'defalts' does not exist, or is not shared with you (signed in as alice). ` +
        `Did you mean 'defaults'?`,
    });
  });

  it('takes globs only where no order is asked', async () => {
    await expect(uuids([own, official], ['run*'])).rejects.toMatchObject({ code: 'INVALID_QUERY' });
    expect(await uuids([own, official], ['r*', 'u/alice'], { findFirst: false })).toEqual([
      'official run1 1',
      'own u/alice 1',
      'official run1 2',
      'official run2 3',
    ]);
  });

  it('gives nothing where it is empty', async () => {
    expect(await uuids([own, official], [])).toEqual([]);
  });

  it('gives a chain the dataset types of its children, whoever has them', async () => {
    const collections = { theirs: chain('defaults'), defaults: chain('run1'), run1: RUN };
    const referring = repository('referring', { collections });
    const query = { search: ['theirs', 'd*'], includeSummary: true };
    const found = await new FederatedRepository([referring, official]).collections(query, ctx);
    expect(found.map(({ name, datasetTypes }) => [name, datasetTypes])).toEqual([
      ['defaults', ['raw']],
      ['theirs', ['raw']],
    ]);
  });

  it('finds one dataset as a search would, with few questions', async () => {
    const find = (collections: readonly string[], detector = 1) =>
      findDataset(
        [own, official],
        { datasetType: 'raw', dataId: { instrument: 'A', detector }, collections, timespan: null },
        ctx,
      );
    expect((await find(['u/alice', 'defaults'])).rows?.uuid).toBe('own u/alice 1');
    expect((await find(['defaults', 'u/alice'])).rows?.uuid).toBe('official run1 1');
    expect((await find(['defaults', 'u/alice'], 9)).rows).toBeNull();
  });

  it('finds what comes before the place in the path where a repository has trouble', async () => {
    const troubled = repository('troubled', { collections: { first: RUN, last: RUN }, raws: ['last 1'] });
    const find = (collections: readonly string[]) =>
      firstDataset(
        new FederatedRepository([own, troubled]),
        [own, troubled],
        { datasetType: 'raw', dataId: { instrument: 'A', detector: 1 }, collections, timespan: null },
        [],
        ctx,
      );
    troubled.findDataset = ({ collections }) =>
      collections.includes('last')
        ? Promise.reject(new ButlerUserError('CALIBRATION_LOOKUP', 'Ambiguous.'))
        : Promise.resolve(null);
    expect((await find(['first', 'u/alice', 'last']))?.uuid).toBe('own u/alice 1');
    await expect(find(['first', 'last', 'u/alice'])).rejects.toMatchObject({ code: 'CALIBRATION_LOOKUP' });
    troubled.findDataset = () => Promise.reject(new RepositoryUnavailableError('troubled', 'It is down.'));
    expect((await find(['u/alice', 'last']))?.uuid).toBe('own u/alice 1');
    await expect(find(['last', 'u/alice'])).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  });

  it('says that a calibration is ambiguous where two repositories have one each in the same collection', async () => {
    const calibrations = ['own', 'official'].map((name) => {
      const collections = { calib: { type: 'CALIBRATION', uuids: [`${name} run 1`] }, run: RUN } as const;
      return repository(name, { collections, raws: ['run 1'] });
    });
    const request = { datasetType: 'raw', dataId: { instrument: 'A', detector: 1 }, timespan: { begin: 0n, end: 1n } };
    const find = (collection: string) =>
      new FederatedRepository(calibrations).findDataset({ ...request, collections: [collection] }, ctx);
    await expect(find('calib')).rejects.toMatchObject({ code: 'CALIBRATION_LOOKUP' });
    expect((await find('run'))?.uuid).toBe('own run 1');
  });
});

describe('Repositories of different universes', () => {
  const collections = { run1: RUN };
  const old = repository('old', { collections, raws: ['run1 1'], version: 7 });
  const young = repository('young', { collections, raws: ['run1 1', 'run1 2'], version: 8 });

  it('are searched together for dimensions that both identify alike', async () => {
    expect(await uuids([old, young], ['run1'])).toEqual(['old run1 1', 'young run1 2']);
  });

  it('are refused, both named, where they do not', async () => {
    const terms = { dimensions: ['visit', 'physical_filter'], first: 10 };
    await expect(searchDataIds([old, young], terms, ctx)).resolves.toBeDefined();
    await expect(searchDataIds([young, old], terms, ctx)).rejects.toThrow(/small version 8.*small version 7/u);
  });
});

describe('Collections of several repositories', () => {
  const own = repository('own', { collections: { both: chain('a'), a: RUN, mine: RUN } });
  const official = repository('official', { collections: { both: chain('b'), a: RUN, b: RUN }, raws: ['a 1'] });
  const search = { search: ['*'], first: 2 };

  it('come once each, page by page, as the earlier repository has them', async () => {
    const first = await searchCollections([own, official], search, ctx);
    expect(first.rows.map(({ name, repository: of }) => [name, of])).toEqual([
      ['a', 'own'],
      ['b', 'official'],
    ]);
    expect(first.rows[0]!.datasetTypes).toEqual(['raw']);
    expect(first.hasNextPage).toBe(true);
    expect(await first.totalCount()).toBe(4);
    const second = await searchCollections([own, official], { ...search, after: first.cursorAt(1) }, ctx);
    expect(second.rows.map(({ name, children }) => [name, children])).toEqual([
      ['both', ['a']],
      ['mine', []],
    ]);
    expect(second.hasNextPage).toBe(false);
  });

  it('are those of the others where one repository is down, which is named', async () => {
    const down = repository('down', { collections: { 'only/here': RUN } });
    down.failsAfter = 0;
    const page = await searchCollections([own, down], { search: ['mine', 'only/here'], first: 10 }, ctx);
    expect(page.rows.map((row) => row.name)).toEqual(['mine']);
    expect(page.failures).toMatchObject([{ code: 'UPSTREAM_UNAVAILABLE', repository: 'down' }]);
  });
});

describe('Dataset types and datasets by their names', () => {
  const [a, b] = ['a', 'b'].map((name) => repository(name, { collections: { run1: RUN }, raws: ['run1 1'] }));

  it('are listed once each', async () => {
    const { rows } = await listDatasetTypes([a!, b!], ['c*', 'raw', 'nope'], ctx);
    expect(rows.map((type) => type.name)).toEqual(['calexp', 'raw']);
  });

  it.each([
    [['nope'], 'MISSING_DATASET_TYPE'],
    [['raw', 'nope'], 'MISSING_DATASET_TYPE'],
    [['nope*'], 'MISSING_DATASET_TYPE'],
    [[], 'MISSING_DATASET_TYPE'],
    [['raw.wcs'], 'DATASET_TYPE_EXPRESSION'],
  ])('%j is %s', async (datasetTypes, code) => {
    await expect(uuids([a!, b!], ['run1'], { datasetTypes })).rejects.toMatchObject({ code });
  });

  it('come by UUID from those repositories only that are asked', async () => {
    expect((await getDataset([a!, b!], 'b run1 1', ctx)).rows?.repository).toBe('b');
    expect((await getDataset([a!], 'b run1 1', ctx)).rows).toBeNull();
  });

  it('answer as one repository', async () => {
    const both = new FederatedRepository([a!, b!]);
    expect((await both.datasets(['b run1 1', 'a run1 1', 'none'], ctx)).size).toBe(2);
    expect([...(await both.datasetTypes(ctx)).keys()].toSorted()).toEqual(['calexp', 'raw']);
    expect(await uuids([both], ['run1'])).toEqual(['a run1 1']);
    expect(await uuids([both], ['run1'], { findFirst: false })).toEqual(['a run1 1', 'b run1 1']);
  });
});
