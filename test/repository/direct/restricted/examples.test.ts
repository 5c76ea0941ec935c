import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildQuery, type QueryRequest } from '../../../../src/butler/query/build.ts';
import type { WriteableDirectRepository } from '../../../../src/repository/direct/writeable-direct-repository.ts';
import type { QueryContext, Repository } from '../../../../src/repository/repository.ts';
import type { DatasetRow } from '../../../../src/repository/rows.ts';
import { postgresPlaces, sqlitePlaces, type Places } from './places.ts';
import { RECORDS, universe } from './sky.ts';
import { build, TYPES, type Dataset, type TypeName, type World } from './world.ts';

const ctx = (): QueryContext => ({ caller: { username: 'ann' }, signal: AbortSignal.timeout(60_000) });

const uuidOf = (i: number) => `0198d2a4-0000-7000-8000-00000000000${String(i)}`;
const dataset = (i: number, type: TypeName, run: string, values: Dataset['values']): Dataset => ({
  uuid: uuidOf(i),
  type,
  run,
  values,
  size: 100 * i,
});
const ANN = { image: uuidOf(1), bias: uuidOf(2) };
const BOB = { sameImage: uuidOf(3), image: uuidOf(4), bias: uuidOf(5), sources: uuidOf(6) };

/** Bob's chain, tag and calibrations are shared with Ann, and hold datasets of hers; his run is not. */
const WORLD: World = {
  collections: [
    { name: 'u/ann/run', type: 'RUN', doc: '' },
    { name: 'u/bob/run', type: 'RUN', doc: '' },
    { name: 'u/bob/tag', type: 'TAGGED', doc: '' },
    { name: 'u/bob/calib', type: 'CALIBRATION', doc: '' },
    { name: 'u/bob/chain', type: 'CHAINED', doc: '' },
    { name: 'u/bob/secret', type: 'CHAINED', doc: '' },
  ],
  datasets: [
    dataset(1, 'calexp', 'u/ann/run', ['CamA', 1, 11]),
    dataset(2, 'bias', 'u/ann/run', ['CamA', 1]),
    dataset(3, 'calexp', 'u/bob/run', ['CamA', 1, 11]),
    dataset(4, 'calexp', 'u/bob/run', ['CamA', 2, 22]),
    dataset(5, 'bias', 'u/bob/run', ['CamA', 1]),
    dataset(6, 'source', 'u/bob/run', ['CamB', 3, 12]),
  ],
  tags: [ANN.image, BOB.image, BOB.sources].map((uuid) => ({ collection: 'u/bob/tag', uuid })),
  certifications: [
    { collection: 'u/bob/calib', uuid: BOB.bias, decade: 0 },
    { collection: 'u/bob/calib', uuid: ANN.bias, decade: 1 },
  ],
  chains: new Map([
    ['u/bob/chain', ['u/bob/run', 'u/ann/run', 'u/bob/tag']],
    ['u/bob/secret', ['u/ann/run']],
  ]),
};
const SHARED = new Set(['u/ann/run', 'u/bob/tag', 'u/bob/calib', 'u/bob/chain']);

describe.each([
  ['SQLite', sqlitePlaces],
  ['PostgreSQL', postgresPlaces],
] as const)('Where Bob shares what holds his own run, on %s, Ann', (_, makePlaces) => {
  let places: Places;
  let whole: WriteableDirectRepository;
  let seen: Repository;
  beforeAll(async () => {
    places = await makePlaces();
    whole = await places.empty();
    await build(whole, WORLD, RECORDS, ctx());
    seen = whole.readableAs({ key: 'ann', allows: (name) => SHARED.has(name) });
  });
  afterAll(async () => {
    await whole.close();
    await places[Symbol.asyncDispose]();
  });

  const typeOf = (name: TypeName) => ({
    name,
    dimensions: universe.conform(TYPES[name].dimensions),
    storageClass: 'StructuredDataDict',
    isCalibration: TYPES[name].isCalibration,
  });
  async function rows(request: QueryRequest) {
    const { query, spec } = buildQuery(universe, request);
    return {
      rows: (await Array.fromAsync(seen.query(query, spec, ctx()))).flatMap((page) => [...page.rows]),
      count: await seen.count(query, spec, ctx()),
      any: await seen.any(query, ctx()),
    };
  }
  async function uuids(name: TypeName, collections: readonly string[], findFirst = true, limit: number | null = null) {
    const result = { type: 'dataset_ref', datasetType: typeOf(name), collections, findFirst } as const;
    const found = await rows({ result, limit, orderBy: typeOf(name).dimensions.required });
    return { ...found, rows: (found.rows as DatasetRow[]).map(({ uuid }) => uuid) };
  }
  async function recordsOf(element: string): Promise<readonly unknown[]> {
    const { primaryKey } = universe.element(element);
    const { rows: records } = await rows({ result: { type: 'dimension_record', element } });
    return records
      .map((row) => ('element' in row ? (primaryKey ? row.fields[primaryKey.name] : row.fields) : null))
      .sort();
  }
  const messageOf = (answer: Promise<unknown>) =>
    answer.then(
      () => 'an answer',
      (error: unknown) => (error as Error).message,
    );

  test('sees the collections that are shared, and of a chain and its parents only those', async () => {
    const all = await seen.collections({ search: ['*'], includeChains: true, includeParents: true }, ctx());
    expect(all.map(({ name }) => name)).toEqual(['u/ann/run', 'u/bob/calib', 'u/bob/chain', 'u/bob/tag']);
    expect(all.find(({ name }) => name === 'u/bob/chain')).toMatchObject({ children: ['u/ann/run', 'u/bob/tag'] });
    expect(all.find(({ name }) => name === 'u/ann/run')).toMatchObject({ parents: ['u/bob/chain'] });
  });

  test('is told of a collection that is not shared what she is told of a wrong name', async () => {
    for (const denied of ['u/bob/run', 'u/bob/secret']) {
      const ofDenied = await messageOf(seen.collections({ search: [denied] }, ctx()));
      const ofWrong = await messageOf(seen.collections({ search: ['u/bob/none'] }, ctx()));
      expect(ofDenied).toBe(ofWrong.replace('u/bob/none', denied));
      expect(await messageOf(uuids('calexp', [denied]))).toBe(
        await messageOf(uuids('calexp', ['none'])).then((text) => text.replace('none', denied)),
      );
    }
  });

  test('finds her own dataset behind one of his run in a shared chain: it hides nothing', async () => {
    expect(await uuids('calexp', ['u/bob/chain'])).toEqual({ rows: [ANN.image], count: 1, any: true });
    const dataId = { instrument: 'CamA', detector: 1, visit: 11 };
    const request = { datasetType: 'calexp', dataId, collections: ['u/bob/chain'], timespan: null };
    expect((await seen.findDataset(request, ctx()))?.uuid).toBe(ANN.image);
  });

  test('sees in a shared tag the datasets of runs that she may read, and whole pages of them', async () => {
    expect(await uuids('calexp', ['u/bob/tag'], false, 1)).toEqual({ rows: [ANN.image], count: 1, any: true });
    expect(await uuids('calexp', ['u/bob/tag', 'u/ann/run'])).toMatchObject({ rows: [ANN.image] });
  });

  test('looks up a calibration of a run that she may read, and none where only his is valid', async () => {
    const dataId = { instrument: 'CamA', detector: 1 };
    const find = (begin: bigint) =>
      seen.findDataset(
        { datasetType: 'bias', dataId, collections: ['u/bob/calib'], timespan: { begin, end: begin + 1n } },
        ctx(),
      );
    expect((await find(15n))?.uuid).toBe(ANN.bias);
    expect(await find(5n)).toBeNull();
  });

  test('is told by summaries what is there for her', async () => {
    const all = await seen.collections({ search: ['*'], includeChains: true, includeSummary: true }, ctx());
    expect(Object.fromEntries(all.map(({ name, datasetTypes }) => [name, datasetTypes]))).toEqual({
      'u/ann/run': ['bias', 'calexp'],
      'u/bob/calib': ['bias'],
      'u/bob/chain': ['bias', 'calexp'],
      'u/bob/tag': ['calexp'],
    });
  });

  test('does not know a dataset type that only his run has', async () => {
    expect([...(await seen.datasetTypes(ctx())).keys()].sort()).toEqual(['bias', 'calexp']);
    expect(await messageOf(uuids('source', ['u/bob/tag']))).toBe("Dataset type 'source' has not been registered.");
    expect(await messageOf(uuids('raw', ['u/bob/tag']))).toBe("Dataset type 'raw' has not been registered.");
  });

  test('reaches neither datasets of his run nor their files by UUID', async () => {
    const all = [...Object.values(ANN), ...Object.values(BOB)];
    expect([...(await seen.datasets(all, ctx())).keys()].sort()).toEqual(Object.values(ANN));
    expect([...(await seen.files(all, ctx())).keys()].sort()).toEqual(Object.values(ANN));
    expect(await seen.fileSource(BOB.image, null, ctx())).toBeNull();
  });

  test('sees the dimension records that her datasets carry, by implied values too', async () => {
    expect(await recordsOf('instrument')).toEqual(['CamA']);
    expect(await recordsOf('detector')).toEqual([1]);
    expect(await recordsOf('visit')).toEqual([11]);
    expect(await recordsOf('physical_filter')).toEqual(['r1']);
    expect(await recordsOf('day_obs')).toEqual([20_260_101]);
    expect(await recordsOf('exposure')).toEqual([]);
    expect(await recordsOf('visit_system')).toEqual([1]);
    expect(await recordsOf('visit_system_membership')).toEqual([{ instrument: 'CamA', visit_system: 1, visit: 11 }]);
    expect(await recordsOf('visit_detector_region')).toMatchObject([{ detector: 1, visit: 11 }]);
    expect(await recordsOf('patch')).toEqual([]);
  });

  test('combines only such records where she asks for data IDs without datasets, in the sky as well', async () => {
    const dataIds = async (...dimensions: readonly string[]) =>
      (await rows({ result: { type: 'data_coordinate', dimensions } })).rows.map((row) =>
        'values' in row ? row.values : null,
      );
    expect(await dataIds('visit', 'detector')).toHaveLength(1);
    expect(await dataIds('band')).toEqual([['r']]);
    expect(new Set((await dataIds('visit', 'htm7')).map((values) => values?.[2]))).toEqual(new Set([11]));
    expect(await dataIds('visit', 'patch')).toEqual([]);
  });

  test('finds no records beside her datasets that only others have data of', async () => {
    const joins = [{ datasetType: typeOf('calexp'), collections: ['u/bob/chain'] }];
    const dataIds = async (...dimensions: readonly string[]) =>
      (
        await rows({
          result: { type: 'data_coordinate', dimensions },
          joins,
          where: "instrument = 'CamA' AND skymap = 'sky'",
        })
      ).count;
    expect(await dataIds('visit', 'detector', 'patch')).toBe(0);
  });

  test('is told how much there is for her', async () => {
    const usage = await seen.usage(ctx());
    expect(usage).toMatchObject({ datasets: 2, bytes: 300, referencedBytes: 0 });
    expect((await usage!.parts()).map(({ run, datasetType }) => [run, datasetType])).toEqual([
      ['u/ann/run', 'bias'],
      ['u/ann/run', 'calexp'],
    ]);
  });

  test('sees a run as soon as it is shared, and not a moment longer', async () => {
    const shared = new Set([...SHARED, 'u/bob/run']);
    const now = whole.readableAs({ key: 'ann, shared', allows: (name) => shared.has(name) });
    expect((await now.datasets([BOB.image], ctx())).size).toBe(1);
    expect((await seen.datasets([BOB.image], ctx())).size).toBe(0);
  });

  test('sees nothing at all where nothing is shared with her', async () => {
    const nothing = whole.readableAs({ key: 'nothing', allows: () => false });
    expect(await nothing.collections({ search: ['*'] }, ctx())).toEqual([]);
    expect((await nothing.datasetTypes(ctx())).size).toBe(0);
    expect(await nothing.usage(ctx())).toMatchObject({ datasets: 0, bytes: 0 });
    const { query, spec } = buildQuery(universe, { result: { type: 'dimension_record', element: 'visit_definition' } });
    expect(await nothing.count(query, spec, ctx())).toBe(0);
  });

  test('sees at once what comes into a run that she may read, a new dataset type and its exposure too', async () => {
    await whole.registerDatasetTypes([{ name: 'raw', ...TYPES.raw, storageClass: 'StructuredDataDict' }], ctx());
    const datasetType = (await whole.datasetTypes(ctx())).get('raw')!;
    const raws = ['u/ann/run', 'u/bob/run'].map((run, i) => {
      return { uuid: uuidOf(7 + i), datasetType, run, values: ['CamA', 1, [11, 21][i]!], files: [] };
    });
    expect((await seen.datasetTypes(ctx())).has('raw')).toBe(false);
    await whole.importDatasets(raws.slice(1), ctx());
    expect((await seen.datasetTypes(ctx())).has('raw')).toBe(false);
    await whole.importDatasets(raws.slice(0, 1), ctx());
    expect((await seen.datasetTypes(ctx())).has('raw')).toBe(true);
    expect(await recordsOf('exposure')).toEqual([11]);
    expect(await recordsOf('visit_definition')).toEqual([{ instrument: 'CamA', exposure: 11, visit: 11 }]);
  });
});
