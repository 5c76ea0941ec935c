/**
 * The traps of graph building over two repositories, and what holds that they are none here:
 *
 * | trap                                                             | test                                                              |
 * | ---------------------------------------------------------------- | ----------------------------------------------------------------- |
 * | 1 own calibrations, exposures known to the official one only      | here: "a calibration of one's own is found for official exposures" |
 * | 2 sky map of one's own, official visits                           | here: "official visits overlap a sky map of one's own"             |
 * | 3 conditions on datasets of a type on the other side              | here: "a condition on datasets of one's own narrows official ones" |
 * | 4 other universes                                                 | `search/two-real-repositories.test.ts`                             |
 * | 5 a satellite that was never written to                           | `direct/create.system.test.ts`                                     |
 * | 6 files of one's own datasets are one's own                       | here: "a dataset that both have is one's own, and comes once"      |
 * | 7 the same UUID in both                                           | here: "a dataset that both have is one's own, and comes once"      |
 * | 8 many data IDs                                                   | `remote/many-data-ids.system.test.ts`                              |
 * | any of them, anywhere                                             | `divided.test.ts`                                                  |
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildQuery, type QueryRequest } from '../../../src/butler/query/build.ts';
import type { DataId } from '../../../src/butler/data-id.ts';
import type { DatasetType } from '../../../src/butler/dataset-type.ts';
import { MAX_NSEC, MIN_NSEC } from '../../../src/butler/timespan.ts';
import { createRepository } from '../../../src/repository/direct/create.ts';
import { openDirectRepository } from '../../../src/repository/direct/open.ts';
import { openWriteableRepository } from '../../../src/repository/direct/open-writeable.ts';
import { FederatedRepository } from '../../../src/repository/federated/federated-repository.ts';
import type { Repository } from '../../../src/repository/repository.ts';
import type { DatasetRow, DimensionRecordRow, FieldValue, RowsByResult } from '../../../src/repository/rows.ts';
import type { WriteableRepository } from '../../../src/repository/writeable-repository.ts';
import { ctx } from '../../conformance/answers.ts';
import { sqliteRepository, temporaryDirectory } from '../../fixtures/repositories.ts';

const OWN_BIAS = '00000000-0000-4000-8000-000000000001';
const CALIBRATIONS = 'LSSTCam/calib';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let official: Repository;
let own: WriteableRepository;
let together: Repository;
let types: ReadonlyMap<string, DatasetType>;

beforeAll(async () => {
  directory = await temporaryDirectory();
  official = await openDirectRepository({ name: 'official', path: sqliteRepository('official') });
  types = await official.datasetTypes(ctx);
  const place = { name: 'own', directory: directory.path, signal: ctx.signal };
  await createRepository({ ...place, universe: await official.universe(ctx), database: { dialect: 'sqlite' } });
  own = await openWriteableRepository({ name: 'own', path: directory.path });
  together = new FederatedRepository([own, official]);
  await own.insertDimensionRecords([...(await recordsOf('instrument')), ...(await recordsOf('detector'))], 'FAIL', ctx);
  await own.registerDatasetTypes([{ ...types.get('bias')!, dimensions: types.get('bias')!.dimensions.names }], ctx);
  await own.registerCollection({ name: 'u/me/run', type: 'RUN' }, ctx);
  await own.registerCollection({ name: 'u/me/calib', type: 'CALIBRATION' }, ctx);
  const dataset = { uuid: OWN_BIAS, datasetType: types.get('bias')!, run: 'u/me/run', values: ['LSSTCam', 94] };
  await own.importDatasets([{ ...dataset, files: [] }], ctx);
  await own.certify('u/me/calib', [OWN_BIAS], { begin: MIN_NSEC, end: MAX_NSEC }, ctx);
});

afterAll(async () => {
  await own.close();
  await official.close();
  await directory[Symbol.asyncDispose]();
});

async function ask<R extends QueryRequest['result']['type']>(
  repository: Repository,
  request: QueryRequest & { readonly result: { readonly type: R } },
): Promise<readonly RowsByResult[R][]> {
  const { query, spec } = buildQuery(await repository.universe(ctx), request);
  const pages = await Array.fromAsync(repository.query(query, spec, ctx));
  return pages.flatMap(({ rows }) => rows as RowsByResult[R][]);
}

async function recordsOf(element: string): Promise<readonly DimensionRecordRow[]> {
  return ask(official, { result: { type: 'dimension_record', element } });
}

test("a calibration of one's own is found for official exposures", async () => {
  const request = {
    result: {
      type: 'dataset_ref',
      datasetType: types.get('bias')!,
      findFirst: true,
      collections: ['u/me/calib', CALIBRATIONS],
    },
    dimensions: ['exposure', 'detector'],
    where: "instrument = 'LSSTCam' AND detector = 94 AND exposure.exposure_time > 0",
  } as const;
  const exposures = await ask(official, {
    result: { type: 'data_coordinate', dimensions: ['exposure'] },
    where: "instrument = 'LSSTCam'",
    limit: 1,
  });
  const [exposure] = exposures;
  const uploads = [{ dimensions: ['instrument', 'exposure'], rows: [exposure!.values.slice(0, 2)] }];
  const found: readonly DatasetRow[] = await ask(together, { ...request, uploads });
  expect(found.map(({ uuid, repository }) => [uuid, repository])).toEqual([[OWN_BIAS, 'own']]);
});

const AT = { instrument: 'LSSTCam', detector: 94 };
const bias = (dataId: DataId, collections: readonly string[]) =>
  together.findDataset({ datasetType: 'bias', dataId, collections, timespan: { begin: MIN_NSEC, end: MAX_NSEC } }, ctx);

test.each<[string, DataId]>([
  ['its name', { ...AT, exposure: 'MC_O_20251202_000439' }],
  ['its night and number', { ...AT, day_obs: 20251202, seq_num: 439 }],
  ['its night and number, of the exposure', { ...AT, 'exposure.day_obs': 20251202, 'exposure.seq_num': 439 }],
])("a calibration of one's own is found for an official exposure that is told by %s", async (_, dataId) => {
  expect(await bias(dataId, ['u/me/calib', CALIBRATIONS])).toMatchObject({ uuid: OWN_BIAS, repository: 'own' });
});

test.each<[string, DataId, string]>([
  ['lacks a dimension', { instrument: 'LSSTCam' }, 'DIMENSION_NAME'],
  ['has a misspelt key', { ...AT, expsure: 439 }, 'DIMENSION_VALUE'],
  ['names an exposure that nobody has', { ...AT, exposure: 'none' }, 'DIMENSION_VALUE'],
])('a data ID that %s is refused, whoever may have the dataset', async (_, dataId, code) => {
  for (const collections of [['u/me/calib', CALIBRATIONS], ['u/me/calib'], ['LSSTCam/raw/all'], []]) {
    const request = { datasetType: 'bias', dataId, collections, timespan: null };
    await expect(together.findDataset(request, ctx)).rejects.toMatchObject({ code });
    await expect(official.findDataset({ ...request, collections: [] }, ctx)).rejects.toMatchObject({ code });
  }
});

test('a misspelt key of a data ID is an error that names the one that is near', async () => {
  await expect(bias({ ...AT, expsure: 439 }, [CALIBRATIONS])).rejects.toThrow("Did you mean 'exposure'?");
});

test("official visits overlap a sky map of one's own", async () => {
  const named = (records: readonly DimensionRecordRow[], column: string): readonly DimensionRecordRow[] =>
    records.map((record) => ({ ...record, fields: { ...record.fields, [column]: 'mine' } }));
  const skymap = (await recordsOf('skymap')).find(({ fields }) => fields['name'] === 'discrete/ci_hsc')!;
  const tracts = (await recordsOf('tract')).filter(({ fields }) => fields['skymap'] === 'discrete/ci_hsc');
  const hash: FieldValue = Buffer.alloc((skymap.fields['hash'] as Uint8Array).length, 7);
  const mine = { ...skymap, fields: { ...skymap.fields, name: 'mine', hash } };
  await own.insertDimensionRecords([mine, ...named(tracts, 'skymap')], 'SKIP', ctx);
  const visits = async (repository: Repository, name: string) => {
    const result = { type: 'data_coordinate', dimensions: ['visit', 'tract'] } as const;
    const rows = await ask(repository, { result, where: `instrument = 'HSC' AND skymap = '${name}'` });
    return rows.map(({ values, dimensions }) => values[dimensions.required.indexOf('visit')]).sort();
  };
  const expected = await visits(official, 'discrete/ci_hsc');
  expect(expected.length).toBeGreaterThan(0);
  expect(await visits(together, 'mine')).toEqual(expected);
});

test("a condition on datasets of one's own narrows official ones", async () => {
  const raws = async (run: string): Promise<readonly DatasetRow[]> =>
    ask(together, {
      result: { type: 'dataset_ref', datasetType: types.get('raw')!, findFirst: true },
      joins: [
        { datasetType: types.get('raw')!, collections: ['LSSTCam/raw/all'] },
        { datasetType: types.get('bias')!, collections: ['u/me/run'] },
      ],
      where: `instrument = 'LSSTCam' AND bias.run = '${run}'`,
    });
  const found = await raws('u/me/run');
  expect(found.length).toBeGreaterThan(0);
  expect(new Set(found.map(({ repository }) => repository))).toEqual(new Set(['official']));
  expect(await raws('u/you/run')).toEqual([]);
});

test("a dataset that both have is one's own, and comes once", async () => {
  const search = { type: 'dataset_ref', datasetType: types.get('bias')!, findFirst: false } as const;
  const collections = ['LSSTCam/calib/DM-50000/run.1'];
  const theirs: readonly DatasetRow[] = await ask(official, { result: { ...search, collections } });
  await own.registerCollection({ name: collections[0]!, type: 'RUN' }, ctx);
  await own.importDatasets(
    theirs.map((dataset) => ({ ...dataset, files: [] })),
    ctx,
  );
  const found: readonly DatasetRow[] = await ask(together, { result: { ...search, collections } });
  expect(found.map(({ uuid }) => uuid).sort()).toEqual(theirs.map(({ uuid }) => uuid).sort());
  expect(new Set(found.map(({ repository }) => repository))).toEqual(new Set(['own']));
});

test('the file of a dataset that both have, but only the official one stores, is the official one’s', async () => {
  const file = { fileName: 'b.fits', path: 'b.fits', size: 1, checksum: null, component: null };
  const stored = { ...file, formatter: 'F', storageClass: 'ExposureF' };
  const storing = new Proxy(official, {
    get: (target, name) => {
      if (name === 'files') return async () => new Map([[OWN_BIAS, [stored]]]);
      return Reflect.get(target, name) as unknown;
    },
  });
  const files = await new FederatedRepository([own, storing]).files([OWN_BIAS], ctx);
  expect(files.get(OWN_BIAS)).toEqual([{ ...stored, repository: 'official' }]);
});

test('data IDs that are sent without records of them do not narrow what else is joined', async () => {
  const [skymap] = await recordsOf('skymap');
  const hash: FieldValue = Buffer.alloc((skymap!.fields['hash'] as Uint8Array).length, 8);
  await own.insertDimensionRecords([{ ...skymap!, fields: { ...skymap!.fields, name: 'own map', hash } }], 'SKIP', ctx);
  const sent = { dimensions: ['instrument', 'detector'], rows: [['LSSTCam', 9999]] };
  const of = (name: string) => ({
    dimensions: ['exposure', 'detector', 'skymap'],
    where: `instrument = 'LSSTCam' AND exposure.exposure_time > 0 AND skymap = '${name}'`,
    result: { type: 'data_coordinate', dimensions: ['exposure'] } as const,
    uploads: [sent],
  });
  const expected = await ask(official, of(skymap!.fields['name'] as string));
  expect(expected.length).toBeGreaterThan(0);
  expect(new Set((await ask(together, of('own map'))).map(({ values }) => values))).toEqual(
    new Set(expected.map(({ values }) => values)),
  );
});
