import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatasetType } from '../../../src/butler/dataset-type.ts';
import { requiredDataId, fullDataId } from '../../../src/butler/data-id.ts';
import { allOf } from '../../../src/butler/query/predicate.ts';
import type { Universe } from '../../../src/butler/universe.ts';
import type { RemoteRepository } from '../../../src/repository/remote/remote-repository.ts';
import { joined, upload } from '../../../src/repository/federated/probe.ts';
import { asUser, startOfficialServer, type OfficialServer } from './official-server.ts';
import { dataIdsSpec, datasetsSpec, equals, field, key, overDatasets, overDimensions, rowsOf } from './queries.ts';

let server: OfficialServer;
let repository: RemoteRepository;
let universe: Universe;
let types: ReadonlyMap<string, DatasetType>;
const alice = asUser('alice');

beforeAll(async () => {
  server = await startOfficialServer();
  repository = server.open();
  universe = await repository.universe(alice);
  types = await repository.datasetTypes(alice);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const type = (name: string) => types.get(name)!;

describe('what is in a remote repository', () => {
  it('has its universe and dataset types, of one instance for all users', async () => {
    expect(universe.toString()).toBe('daf_butler version 8');
    expect(await repository.universe(asUser('bob'))).toBe(universe);
    expect(type('bias')).toMatchObject({ storageClass: 'ExposureF', isCalibration: true });
    expect(type('bias').dimensions).toBe(universe.conform(['instrument', 'detector']));
    expect(types.size).toBe(22);
  });

  it('gives matches of globs by name, then plain names in search order, chains in their place', async () => {
    const names = async (query: Parameters<RemoteRepository['collections']>[0]) =>
      (await repository.collections(query, alice)).map((c) => c.name);
    expect(await names({ search: ['refcats', 'HSC/runs/RC2/w*', 'HSC/runs/RC2/w_2026_41/DM-52100'] })).toEqual([
      'HSC/runs/RC2/w_2026_40/DM-52000',
      'HSC/runs/RC2/w_2026_41/DM-52100',
      'refcats',
    ]);
    expect(await names({ search: ['HSC/runs/RC2/reverse'], flattenChains: true })).toEqual([
      'HSC/runs/RC2/w_2026_40/DM-52000',
      'HSC/runs/RC2/w_2026_41/DM-52100',
    ]);
    expect(await names({ search: ['*'], types: ['TAGGED'] })).toEqual(['HSC/good-seeing']);
    expect(await names({ search: [] })).toEqual([]);
    expect(await names({ search: ['*'], types: [] })).toEqual([]);
  });

  it('tells parents and dataset types of a collection where they are asked', async () => {
    const search = ['HSC/good-seeing'];
    const [plain] = await repository.collections({ search }, alice);
    expect(plain).toEqual({ name: 'HSC/good-seeing', type: 'TAGGED', doc: expect.any(String) as string, children: [] });
    const [full] = await repository.collections({ search, includeParents: true, includeSummary: true }, alice);
    expect(full).toMatchObject({ parents: expect.any(Array) as string[], datasetTypes: expect.any(Array) as string[] });
  });

  it('says MISSING_COLLECTION for a name that does not exist', async () => {
    await expect(repository.collections({ search: ['nope'] }, alice)).rejects.toMatchObject({
      code: 'MISSING_COLLECTION',
      repository: 'official',
    });
  });
});

describe('rows of a remote repository', () => {
  it('gives datasets with implied dimensions and their run', async () => {
    const calexp = type('calexp');
    const query = overDatasets(calexp, ['HSC/defaults'], equals('instrument', 'HSC'));
    const rows = await rowsOf(repository, query, datasetsSpec(calexp), alice);
    expect(rows.length).toBe(await repository.count(query, datasetsSpec(calexp), alice));
    const first = rows[0]!;
    expect(first).toMatchObject({ datasetType: calexp, repository: 'official' });
    expect(first.uuid).toMatch(/^[0-9a-f-]{36}$/);
    expect(Object.keys(fullDataId(calexp.dimensions, first.values))).toEqual(calexp.dimensions.dataCoordinateKeys);
  });

  it('gives data IDs, also of uploaded ones', async () => {
    const dimensions = universe.conform(['detector']);
    const sent = [['LSSTCam', 90] as const, ['LSSTCam', 94] as const];
    const query = joined(overDimensions(dimensions), [upload(dimensions, dimensions.required, sent)]);
    const rows = await rowsOf(repository, query, dataIdsSpec(dimensions), alice);
    expect(rows.map((row) => requiredDataId(row.dimensions, row.values))).toEqual([
      { instrument: 'LSSTCam', detector: 90 },
      { instrument: 'LSSTCam', detector: 94 },
    ]);
  });

  it('gives nothing where there are no data IDs among those to be joined, at which the server fails', async () => {
    const dimensions = universe.conform(['detector']);
    const query = joined(overDimensions(dimensions), [upload(dimensions, dimensions.required, [])]);
    expect(await rowsOf(repository, query, dataIdsSpec(dimensions), alice)).toEqual([]);
    expect(await repository.count(query, dataIdsSpec(dimensions), alice)).toBe(0);
    expect(await repository.any(query, alice)).toBe(false);
    expect(await repository.explain(query, alice)).toEqual(['There are no data IDs among those to be joined.']);
  });

  it('gives dimension records with every column: regions as bytes, times to the nanosecond', async () => {
    const visit = universe.element('visit');
    const query = overDimensions(universe.conform(['visit']), equals('instrument', 'LSSTCam'));
    const spec = { type: 'dimension_record', element: 'visit', orderBy: [key('visit')], limit: null } as const;
    const [record] = await rowsOf(repository, query, { ...spec, allowDuplicateOverlaps: false }, alice);
    expect(Object.keys(record!.fields)).toEqual([
      'instrument',
      'id',
      'day_obs',
      'physical_filter',
      ...visit.fields.keys(),
    ]);
    expect(record!.fields).toMatchObject({ id: 2025120200439, name: 'MC_O_20251202_000439', exposure_time: 30 });
    expect(record!.fields['timespan']).toEqual({ begin: 1764748747425363958n, end: 1764748778355000000n });
    expect(record!.fields['region']).toBeInstanceOf(Uint8Array);
  });

  it('gives general rows under the names of their columns', async () => {
    const raw = type('raw');
    const query = overDatasets(raw, ['LSSTCam/raw/all']);
    const rows = await rowsOf(
      repository,
      query,
      {
        type: 'general',
        dimensions: raw.dimensions,
        dimensionFields: new Map([['exposure', ['obs_id']]]),
        datasetFields: new Map([['raw', ['ingest_date', 'collection'] as const]]),
        findFirst: false,
        includeDimensionRecords: false,
        orderBy: [],
        limit: 1,
        allowDuplicateOverlaps: false,
      },
      alice,
    );
    expect(Object.keys(rows[0]!.fields)).toEqual([
      ...raw.dimensions.dataCoordinateKeys,
      'exposure.obs_id',
      'raw.collection',
      'raw.ingest_date',
    ]);
    expect(typeof rows[0]!.fields['raw.ingest_date']).toBe('bigint');
  });

  it('tells the collection in which a dataset was found, which is not always its run', async () => {
    const summary = type('visitSummary');
    const found = new Set<string>();
    const query = overDatasets(summary, ['HSC/good-seeing', 'HSC/defaults']);
    for await (const page of repository.query(query, datasetsSpec(summary), alice, { foundIn: true })) {
      page.rows.forEach((row, i) => found.add(`${page.collectionAt!(i)} < ${row.run}`));
    }
    expect(found).toContain('HSC/good-seeing < HSC/runs/RC2/w_2026_40/DM-52000');
    expect(
      [...found].some((pair) => pair === 'HSC/runs/RC2/w_2026_41/DM-52100 < HSC/runs/RC2/w_2026_41/DM-52100'),
    ).toBe(true);
    const bias = overDatasets(type('bias'), ['LSSTCam/calib/DM-50000/run.1']);
    for await (const page of repository.query(bias, datasetsSpec(type('bias')), alice, { foundIn: true })) {
      expect(page.collectionAt!(0)).toBe('LSSTCam/calib/DM-50000/run.1');
    }
  });

  it('gives nothing for a limit of 0, and for a query without rows', async () => {
    const query = overDatasets(type('calexp'), ['HSC/defaults'], equals('instrument', 'nope'));
    expect(await rowsOf(repository, query, datasetsSpec(type('calexp')), alice)).toEqual([]);
    expect(await repository.any(query, alice)).toBe(false);
    const some = overDatasets(type('calexp'), ['HSC/defaults']);
    expect(await rowsOf(repository, some, datasetsSpec(type('calexp'), { limit: 0 }), alice)).toEqual([]);
    expect(await repository.any(some, alice)).toBe(true);
  });

  it('explains an empty answer in stock words', async () => {
    const query = overDatasets(type('calexp'), ['LSSTCam/raw/all']);
    expect(await repository.explain(query, alice)).toContain(
      "No datasets of type 'calexp' in collection 'LSSTCam/raw/all'.",
    );
  });

  it('keeps the type of a user error that comes in the middle of a stream', async () => {
    const query = overDatasets(type('bias'), ['nope']);
    await expect(rowsOf(repository, query, datasetsSpec(type('bias')), alice)).rejects.toMatchObject({
      code: 'MISSING_COLLECTION',
    });
    const unknown = { ...type('bias'), name: 'nope' };
    await expect(
      rowsOf(repository, overDatasets(unknown, ['LSSTCam/raw/all']), datasetsSpec(unknown), alice),
    ).rejects.toMatchObject({ code: 'MISSING_DATASET_TYPE' });
  });

  it('refuses what would make the server answer wrongly: an order outside the rows, a dataset that is not joined', async () => {
    const detector = universe.conform(['detector']);
    const query = overDimensions(universe.conform(['detector', 'exposure']));
    await expect(
      rowsOf(repository, query, dataIdsSpec(detector, { orderBy: [key('exposure')] }), alice),
    ).rejects.toMatchObject({ code: 'INVALID_QUERY' });
    await expect(rowsOf(repository, overDimensions(detector), datasetsSpec(type('bias')), alice)).rejects.toMatchObject(
      { code: 'INVALID_QUERY' },
    );
  });

  it('rejects with the reason of an aborted request, and lets the next one run', async () => {
    const gone = new Error('client gone');
    const controller = new AbortController();
    const query = overDatasets(type('raw'), ['LSSTCam/raw/all']);
    const rows = rowsOf(repository, query, datasetsSpec(type('raw')), asUser('carol', controller.signal));
    controller.abort(gone);
    await expect(rows).rejects.toBe(gone);
    expect(await rowsOf(repository, query, datasetsSpec(type('raw'), { limit: 1 }), asUser('carol'))).toHaveLength(1);
  });
});

describe('single datasets of a remote repository', () => {
  const unknown = '00000000-0000-0000-0000-000000000001';

  it('finds the first dataset of a data ID, and datasets by UUID with required values', async () => {
    const row = await repository.findDataset(
      {
        datasetType: 'raw',
        dataId: { instrument: 'LSSTCam', exposure: 2025120200439, detector: 94 },
        collections: ['LSSTCam/defaults'],
        timespan: null,
      },
      alice,
    );
    expect(row).toMatchObject({ run: 'LSSTCam/raw/all', repository: 'official' });
    expect(row!.values.length).toBe(row!.datasetType.dimensions.dataCoordinateKeys.length);
    const found = await repository.datasets([row!.uuid.toUpperCase(), unknown, 'not a UUID', row!.uuid], alice);
    expect([...found.keys()]).toEqual([row!.uuid]);
    expect(found.get(row!.uuid)!.values).toEqual(['LSSTCam', 94, 2025120200439]);
  });

  it('gives null where there is no dataset, and the error of a bad data ID', async () => {
    const request = { datasetType: 'raw', collections: ['LSSTCam/defaults'], timespan: null };
    const dataId = { instrument: 'LSSTCam', exposure: 1, detector: 94 };
    expect(await repository.findDataset({ ...request, dataId }, alice)).toBeNull();
    await expect(
      repository.findDataset({ ...request, dataId: { instrument: 'LSSTCam', exposure: 1 } }, alice),
    ).rejects.toMatchObject({ code: 'DIMENSION_NAME' });
  });

  it('gives records of a combination in the order of a related field that is NULL for visits without such records', async () => {
    const element = 'visit_detector_region';
    const dimensions = universe.conform(['visit', 'detector']);
    const records = { type: 'dimension_record', element, limit: null, allowDuplicateOverlaps: false } as const;
    const orderBy = [field('visit', 'zenith_angle'), ...dimensions.required.map(key)];
    const ordered = await rowsOf(repository, overDimensions(dimensions), { ...records, orderBy }, alice, {
      positions: true,
    });
    expect(ordered.length).toBe(41);
    const visit = allOf(equals('instrument', 'HSC'), equals('visit', 11690n));
    expect(await rowsOf(repository, overDimensions(dimensions, visit), { ...records, orderBy: [] }, alice)).toEqual([]);
  });

  it('is unavailable where the server fails, and works on the next request', async () => {
    // This repository has no tables of files, so that the server crashes on a question about them.
    await expect(repository.files([unknown], alice)).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      repository: 'official',
    });
    expect(await repository.datasets([unknown], alice)).toEqual(new Map());
  });
});
