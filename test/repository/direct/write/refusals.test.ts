import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeRegion } from '../../../../src/butler/region/codec.ts';
import { circle } from '../../../../src/butler/region/construct.ts';
import type { Universe } from '../../../../src/butler/universe.ts';
import { openDirectRepository } from '../../../../src/repository/direct/open.ts';
import { openWriteableRepository } from '../../../../src/repository/direct/open-writeable.ts';
import type { WriteableDirectRepository } from '../../../../src/repository/direct/writeable-direct-repository.ts';
import type { DimensionRecordRow, FieldValue } from '../../../../src/repository/rows.ts';
import type { ImportedDataset } from '../../../../src/repository/writeable-repository.ts';
import { dumpSqlite } from '../../../fixtures/registry-dump.ts';
import { temporaryDirectory } from '../../../fixtures/repositories.ts';
import { createRepository } from '../../../../src/repository/direct/create.ts';
import { sqliteRepository } from '../../../fixtures/repositories.ts';
import fc from '../../../sample.ts';

const ctx = { caller: { username: 'alice' }, signal: AbortSignal.timeout(20 * 60_000) };
const A = '0198d2a4-0000-7000-8000-00000000000a';
const B = '0198d2a4-0000-7000-8000-00000000000b';

describe('A writer of a registry', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let universe: Universe;
  let root: string;
  let repository: WriteableDirectRepository;
  let number = 0;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const official = await openDirectRepository({ name: 'official', path: sqliteRepository('official') });
    universe = await official.universe();
    await official.close();
    const template = join(directory.path, 'template');
    const signal = AbortSignal.timeout(60_000);
    await createRepository({ name: 'x', directory: template, universe, database: { dialect: 'sqlite' }, signal });
    const target = await openWriteableRepository({ name: 'x', path: template });
    await insert(target, 'instrument', { name: 'Cam', detector_max: 9 });
    await insert(
      target,
      'detector',
      { instrument: 'Cam', id: 1, full_name: 'one' },
      { instrument: 'Cam', id: 2, full_name: 'two' },
    );
    await insert(target, 'skymap', { name: 'map', hash: new Uint8Array([1]), tract_max: 9 });
    await target.registerDatasetTypes(
      [
        { name: 'raw', dimensions: ['detector'], storageClass: 'Exposure', isCalibration: false },
        { name: 'flat', dimensions: ['detector'], storageClass: 'Exposure', isCalibration: true },
      ],
      ctx,
    );
    for (const [name, type] of [
      ['run', 'RUN'],
      ['run2', 'RUN'],
      ['tag', 'TAGGED'],
      ['calib', 'CALIBRATION'],
      ['chain', 'CHAINED'],
    ] as const) {
      await target.registerCollection({ name, type }, ctx);
    }
    await target.close();
  });
  afterAll(() => directory[Symbol.asyncDispose]());

  beforeEach(async () => {
    number += 1;
    root = join(directory.path, String(number));
    await cp(join(directory.path, 'template'), root, { recursive: true });
    repository = await openWriteableRepository({ name: 'x', path: root });
  });
  afterEach(() => repository.close());

  const dump = () => dumpSqlite(join(root, 'gen3.sqlite3'));
  const record = (element: string, fields: Record<string, FieldValue>): DimensionRecordRow => ({
    element: universe.element(element),
    fields,
    repository: 'elsewhere',
  });
  async function insert(
    target: WriteableDirectRepository,
    element: string,
    ...rows: readonly Record<string, FieldValue>[]
  ) {
    return target.insertDimensionRecords(
      rows.map((fields) => record(element, fields)),
      'FAIL',
      ctx,
    );
  }
  function dataset(uuid: string, more: Partial<ImportedDataset> = {}, type = 'raw'): ImportedDataset {
    const datasetType = {
      name: type,
      dimensions: universe.conform(['detector']),
      storageClass: 'Exposure',
      isCalibration: type === 'flat',
    };
    return { uuid, datasetType, run: 'run', values: ['Cam', 1], files: [], ...more };
  }
  /** Expects the refusal, and that nothing was changed by it. */
  async function refused(work: Promise<unknown>, code: string, ...words: readonly (string | RegExp)[]) {
    const before = dump();
    const error = await work.then(
      () => expect.unreachable('it was not refused'),
      (reason: unknown) => reason as { code: string; message: string },
    );
    expect(error).toMatchObject({ code });
    for (const word of words) expect(error.message).toMatch(word);
    expect(dump()).toEqual(before);
  }

  it.each([
    ['*', 'glob'],
    ['a?', 'glob'],
    ['[a]', 'glob'],
    ['a b', 'spaces'],
    ['a\nb', 'control'],
    [`it's`, 'quotes'],
    ['a"b', 'quotes'],
    ['a#b', 'ambiguous'],
    ['a%20b', 'ambiguous'],
    ['$HOME/a', 'ambiguous'],
    ['a/../b', 'dots'],
    ['/a', 'slashes'],
    ['', 'empty'],
    ['~alice/a', 'home'],
    ['x'.repeat(65), '64'],
  ])('refuses a collection named %j, saying why', async (name, why) => {
    await refused(repository.registerCollection({ name, type: 'RUN' }, ctx), 'BAD_USER_INPUT', why);
  });

  it.each([
    ['0raw', 'letters'],
    ['instrument', 'dimension'],
    ['raw.wcs', 'components'],
    ['a'.repeat(129), '128'],
    ['a"; DROP TABLE dataset; --', 'letters'],
  ])('refuses a dataset type named %j, saying why', async (name, why) => {
    const type = { name, dimensions: ['detector'], storageClass: 'Exposure', isCalibration: false };
    await refused(repository.registerDatasetTypes([type], ctx), 'BAD_USER_INPUT', why);
  });

  it('refuses a collection or a dataset type that is there with another definition', async () => {
    await refused(repository.registerCollection({ name: 'run', type: 'TAGGED' }, ctx), 'CONFLICT', 'RUN', 'TAGGED');
    const raw = { name: 'raw', dimensions: ['detector'], storageClass: 'Exposure', isCalibration: false };
    expect(await repository.registerDatasetTypes([raw], ctx)).toEqual([]);
    for (const other of [{ storageClass: 'Image' }, { dimensions: ['instrument'] }, { isCalibration: true }]) {
      await refused(repository.registerDatasetTypes([{ ...raw, ...other }], ctx), 'CONFLICT', 'registered already');
    }
  });

  it('names the dimension records that others need', async () => {
    await refused(
      insert(repository, 'detector', { instrument: 'None', id: 1, full_name: 'x' }),
      'DATA_ID_VALUE',
      "instrument (instrument: 'None')",
    );
    await refused(
      repository.importDatasets([dataset(A, { values: ['Cam', 7] })], ctx),
      'DATA_ID_VALUE',
      "detector (instrument: 'Cam', detector: 7)",
    );
  });

  it('refuses a record that is there, and one whose alternate key is another’s', async () => {
    await refused(
      insert(repository, 'detector', { instrument: 'Cam', id: 1, full_name: 'new' }),
      'CONFLICT',
      'detector: 1',
    );
    await refused(
      insert(repository, 'detector', { instrument: 'Cam', id: 3, full_name: 'one' }),
      'CONFLICT',
      "full_name 'one'",
      'detector: 1',
    );
    const records = [record('detector', { instrument: 'Cam', id: 3, full_name: 'one' })];
    await refused(repository.insertDimensionRecords(records, 'SKIP', ctx), 'CONFLICT', "full_name 'one'");
    await refused(repository.insertDimensionRecords(records, 'REPLACE', ctx), 'CONFLICT', "full_name 'one'");
  });

  it('refuses values that do not fit their columns', async () => {
    await refused(insert(repository, 'detector', { instrument: 'Cam', id: 'three' }), 'DIMENSION_VALUE', 'detector');
    await refused(insert(repository, 'instrument', { name: 'x'.repeat(33) }), 'DIMENSION_VALUE', '32');
    await refused(insert(repository, 'detector', { instrument: 'Cam', id: 2n ** 63n }), 'DIMENSION_VALUE', '64 bits');
    await refused(
      insert(repository, 'detector', { instrument: 'Cam', id: 3, full_name: 3 }),
      'DIMENSION_VALUE',
      'full_name',
    );
    await refused(insert(repository, 'band', { name: 'r' }), 'BAD_USER_INPUT', 'no table');
    await refused(
      insert(repository, 'tract', { skymap: 'map', id: 1, region: new Uint8Array([1, 2]) }),
      'DIMENSION_VALUE',
      'region',
    );
    const ellipse = new Uint8Array(113);
    ellipse[0] = 0x65;
    await refused(insert(repository, 'tract', { skymap: 'map', id: 1, region: ellipse }), 'DIMENSION_VALUE', 'ellipse');
  });

  it('keeps the overlap rows of regions in step with records that are skipped and replaced', async () => {
    const tract = (ra: number) => [
      record('tract', { skymap: 'map', id: 1, region: encodeRegion(circle([ra, 0], 0.2)) }),
    ];
    const pixels = () => dump()['tract_skypix_overlap(skypix_system, skypix_level, skymap, tract, skypix_index)'];
    await repository.insertDimensionRecords(tract(10), 'FAIL', ctx);
    const before = pixels();
    expect(before!.length).toBeGreaterThan(0);
    expect(await repository.insertDimensionRecords(tract(50), 'SKIP', ctx)).toBe(0);
    expect(pixels()).toEqual(before);
    expect(await repository.insertDimensionRecords(tract(50), 'REPLACE', ctx)).toBe(1);
    expect(new Set(pixels()).intersection(new Set(before)).size).toBe(0);
    await repository.insertDimensionRecords(tract(10), 'REPLACE', ctx);
    expect(pixels()).toEqual(before);
  });

  it('refuses to write regions beside overlaps with another pixelization', async () => {
    const database = new Sqlite(join(root, 'gen3.sqlite3'));
    database.prepare('INSERT INTO tract_skypix_overlap_summary VALUES (?, ?, ?)').run('healpix', 5n, 'map');
    database.close();
    const region = encodeRegion(circle([10, 0], 0.2));
    await refused(insert(repository, 'tract', { skymap: 'map', id: 1, region }), 'CONFLICT', 'healpix5');
  });

  it('names both datasets of a conflict, in the plan and in the refusal', async () => {
    await repository.importDatasets([dataset(A)], ctx);
    const taken = dataset(B);
    const plan = await repository.planImport([taken, dataset(A)], ctx);
    expect(plan).toMatchObject({
      newDatasets: [],
      newFiles: [],
      conflicts: [{ uuid: B, existing: A, run: 'run', dataId: { instrument: 'Cam', detector: 1 } }],
    });
    await refused(repository.importDatasets([taken], ctx), 'CONFLICT', A, B);
    await refused(repository.importDatasets([dataset(A, { run: 'run2' })], ctx), 'CONFLICT', 'run2');
    await refused(repository.importDatasets([dataset(A, { values: ['Cam', 2] })], ctx), 'CONFLICT', 'detector: 2');
    await refused(
      repository.importDatasets([dataset(B, { values: ['Cam', 2] }), dataset(A, { values: ['Cam', 2] })], ctx),
      'CONFLICT',
      A,
    );
    expect(await repository.importDatasets([dataset(A)], ctx)).toEqual({
      newDatasets: [],
      newFiles: [],
      conflicts: [],
    });
  });

  it('refuses datasets of types, runs and universes that differ here', async () => {
    await refused(repository.importDatasets([dataset(A, { run: 'none' })], ctx), 'MISSING_COLLECTION', 'none');
    await refused(repository.importDatasets([dataset(A, { run: 'tag' })], ctx), 'COLLECTION_TYPE', 'RUN');
    await refused(repository.importDatasets([dataset(A, {}, 'other')], ctx), 'MISSING_DATASET_TYPE', 'other');
    const type = dataset(A).datasetType;
    await refused(
      repository.importDatasets([dataset(A, { datasetType: { ...type, storageClass: 'Image' } })], ctx),
      'CONFLICT',
      'Image',
    );
    const wider = { ...type, dimensions: universe.conform(['detector', 'exposure']) };
    await refused(
      repository.importDatasets([dataset(A, { datasetType: wider, values: ['Cam', 1, 1] })], ctx),
      'CONFLICT',
      'exposure',
    );
    await refused(repository.importDatasets([dataset('no-uuid')], ctx), 'BAD_USER_INPUT', 'UUID');
  });

  it('names both datasets of one data ID in a TAGGED or CALIBRATION collection', async () => {
    await repository.importDatasets([dataset(A, {}, 'flat'), dataset(B, { run: 'run2' }, 'flat')], ctx);
    await repository.associate('tag', [A], ctx);
    await refused(repository.associate('tag', [B], ctx), 'CONFLICT', A, B);
    await refused(repository.associate('run', [A], ctx), 'COLLECTION_TYPE', 'TAGGED');
    await refused(repository.certify('tag', [A], { begin: 1n, end: 2n }, ctx), 'COLLECTION_TYPE', 'CALIBRATION');
    await repository.certify('calib', [A], { begin: 10n, end: 20n }, ctx);
    await refused(repository.certify('calib', [B], { begin: 19n, end: 30n }, ctx), 'CONFLICT', A, B);
    await refused(repository.certify('calib', [A, B], { begin: 50n, end: 60n }, ctx), 'CONFLICT', A, B);
    await repository.certify('calib', [B], { begin: 20n, end: 30n }, ctx);
  });

  it('takes a range away once where a data ID is named more than once', async () => {
    await repository.importDatasets([dataset(A, {}, 'flat')], ctx);
    await repository.certify('calib', [A], { begin: 10n, end: 40n }, ctx);
    const dataId = { instrument: 'Cam', detector: 1 };
    await repository.decertify('calib', 'flat', { begin: 20n, end: 30n }, [dataId, { ...dataId }], ctx);
    const database = new Sqlite(join(root, 'gen3.sqlite3'), { readonly: true });
    const table = database.prepare('SELECT calibration_association_table FROM dataset_type WHERE name = ?').pluck();
    const calibs = String(table.get('flat'));
    const ranges = database.prepare(`SELECT timespan_begin, timespan_end FROM "${calibs}" ORDER BY 1`).raw().all();
    database.close();
    expect(ranges).toEqual([
      [10, 20],
      [30, 40],
    ]);
  });

  it('checks the chains that hold a collection before it removes anything', async () => {
    const path = 'https://example.org/a';
    const file = { path, formatter: 'f', storageClass: 'Exposure', component: null, checksum: null, size: 5 };
    await repository.importDatasets([dataset(A, { files: [file] })], ctx);
    await repository.setCollectionChain('chain', ['run', 'run2'], 'DEFINE', ctx);
    await repository.setCollectionChain('chain', ['run', 'run2'], 'DEFINE', ctx);
    await refused(repository.setCollectionChain('chain', ['run2', 'run'], 'DEFINE', ctx), 'CONFLICT', 'run, run2');
    await repository.setCollectionChain('chain', ['run', 'run2'], 'REDEFINE', ctx);
    await refused(repository.setCollectionChain('chain', ['chain'], 'EXTEND', ctx), 'COLLECTION_CYCLE', 'chain');
    await refused(repository.removeCollection('run', false, ctx), 'CONFLICT', "'chain'");
    expect(await repository.removeCollection('run', true, ctx)).toMatchObject({ datasets: 1 });
    expect((await repository.collections({ search: ['chain'] }, ctx))[0]).toMatchObject({ children: ['run2'] });
  });

  it('makes no chain of what cannot be its children', async () => {
    const before = dump();
    const chain = { name: 'new', type: 'CHAINED' } as const;
    await refused(
      repository.registerCollection({ ...chain, children: ['run', 'gone'] }, ctx),
      'MISSING_COLLECTION',
      'gone',
    );
    await refused(repository.registerCollection({ ...chain, children: ['new'] }, ctx), 'COLLECTION_CYCLE', 'new');
    expect(dump()).toEqual(before);
    expect(await repository.registerCollection({ ...chain, children: ['run2', 'run'] }, ctx)).toBe(true);
    expect((await repository.collections({ search: ['new'] }, ctx))[0]).toMatchObject({ children: ['run2', 'run'] });
  });

  it('moves references, and says what is recorded where', async () => {
    const at = (path: string) => [
      { path, formatter: 'f', storageClass: 'Exposure', component: null, checksum: null, size: 5 },
    ];
    await repository.importDatasets(
      [dataset(A, { files: at('https://old/a') }), dataset(B, { values: ['Cam', 2], files: at('dir/b.fits') })],
      ctx,
    );
    expect(await repository.recordedAt(['dir/b.fits', 'dir/free'], ctx)).toEqual(new Map([['dir/b.fits', [B]]]));
    const move = (path: string) => (path.startsWith('https://old/') ? path.replace('old', 'new') : null);
    const asked: string[] = [];
    const noted = (path: string, uuid: string) => {
      asked.push(uuid);
      return move(path);
    };
    expect(await repository.moveReferences(noted, ctx, [B])).toBe(0);
    expect(asked).toEqual([B]);
    expect(await repository.moveReferences(move, ctx, [A])).toBe(1);
    expect(await repository.moveReferences(move, ctx)).toBe(0);
    const files = await repository.files([A, B], ctx);
    expect([files.get(A)![0]!.path, files.get(B)![0]!.path]).toEqual(['https://new/a', 'dir/b.fits']);
  });

  it('never lets text of users out of its place in a statement', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 80 }), async (text) => {
        const type = { name: text, dimensions: ['detector'], storageClass: text, isCalibration: false };
        await repository.registerDatasetTypes([type], ctx).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'BAD_USER_INPUT' });
        });
        await repository.setCollectionDoc('run', text.replaceAll('\0', '').toWellFormed(), ctx);
        const [run] = await repository.collections({ search: ['run'] }, ctx);
        expect(run!.doc).toBe(text.replaceAll('\0', '').toWellFormed());
      }),
      { numRuns: 30 },
    );
  });
});
