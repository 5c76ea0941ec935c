/**
 * What every `Repository` promises, as tests over the conformance repository `official`: hand it a repository of that
 * content, whatever answers for it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildQuery, type QueryRequest } from '../../src/butler/query/build.ts';
import type { Page, PageOptions, QueryContext, Repository } from '../../src/repository/repository.ts';
import type { DatasetRow } from '../../src/repository/rows.ts';

/** A repository under test, and how to be rid of it. */
export interface RepositoryUnderTest {
  readonly repository: Repository;
  readonly dispose: () => PromiseLike<void>;
  /** How many dataset types there are in it; default all 22, one of which has no datasets. */
  readonly datasetTypes?: number;
}

const RUN_1 = 'LSSTCam/calib/DM-50000/run.1';
const RUN_2 = 'LSSTCam/calib/DM-50000/run.2';
/** The bias of detector 94 in each of the runs. */
const BIAS_IN_RUN_1 = '1165eaea-c9fc-5075-bb5b-496aa761531e';
const BIAS_IN_RUN_2 = '53148907-eaed-5a4b-8ae4-e41ecc3233ff';
const NOBODY = '00000000-0000-0000-0000-000000000000';

const context = (): QueryContext => ({ caller: { username: 'alice' }, signal: AbortSignal.timeout(120_000) });

/** Registers the suite; `make` is called once. */
export function defineRepositorySuite(kind: string, make: () => Promise<RepositoryUnderTest>): void {
  describe(`${kind}, as a repository`, () => {
    let repository: Repository;
    let dispose: () => PromiseLike<void>;
    let datasetTypes: number;
    beforeAll(async () => ({ repository, dispose, datasetTypes = 22 } = await make()));
    afterAll(async () => {
      await repository.close();
      await dispose();
    });

    /** Biases of a search path. */
    async function biases(request: Partial<QueryRequest>, collections = [RUN_2, RUN_1], findFirst = true) {
      const universe = await repository.universe(context());
      const datasetType = (await repository.datasetTypes(context())).get('bias')!;
      const result = { type: 'dataset_ref' as const, datasetType, collections, findFirst };
      const { query, spec } = buildQuery(universe, { orderBy: ['detector'], ...request, result });
      if (spec.type !== 'dataset_ref') throw new TypeError('datasets were asked for');
      return {
        query,
        spec,
        async pages(options: PageOptions = {}, ctx = context()): Promise<readonly Page<DatasetRow>[]> {
          return Array.fromAsync(repository.query(query, spec, ctx, options));
        },
      };
    }
    const rowsOf = (pages: readonly Page<DatasetRow>[]) => pages.flatMap(({ rows }) => rows);
    const detectors = (rows: readonly DatasetRow[]) => rows.map(({ values }) => values[1]);

    test('knows its universe', async () => {
      expect(await repository.universe(context())).toMatchObject({ namespace: 'daf_butler', version: 8 });
    });

    test('knows its dataset types, without components', async () => {
      const types = await repository.datasetTypes(context());
      expect(types.size).toBe(datasetTypes);
      expect(types.get('flat')).toMatchObject({ name: 'flat', storageClass: 'ExposureF', isCalibration: true });
      expect(types.get('flat')!.dimensions.required).toEqual(['instrument', 'detector', 'physical_filter']);
    });

    test('lists collections by glob and by name, globs first', async () => {
      const found = await repository.collections({ search: ['skymaps', 'LSSTCam/n*', 'LSSTCam/e*'] }, context());
      expect(found.map(({ name, type }) => [name, type])).toEqual([
        ['LSSTCam/empty', 'RUN'],
        ['LSSTCam/nothing', 'CHAINED'],
        ['skymaps', 'RUN'],
      ]);
    });

    test('flattens chains in search order', async () => {
      const found = await repository.collections({ search: ['LSSTCam/calib'], flattenChains: true }, context());
      expect(found.map(({ name }) => name)).toEqual([
        'LSSTCam/calib/DM-50000',
        'LSSTCam/calib/DM-40000',
        'LSSTCam/calib/unbounded',
      ]);
    });

    test('tells children, parents and dataset types of a collection where asked', async () => {
      const [chain] = await repository.collections(
        { search: ['refcats'], includeParents: true, includeSummary: true },
        context(),
      );
      expect(chain).toMatchObject({ type: 'CHAINED', children: ['refcats/gen2'], datasetTypes: ['gaia_dr3'] });
      expect([...chain!.parents!].sort()).toEqual(['HSC/defaults', 'LSSTCam/defaults']);
      expect(await repository.collections({ search: [] }, context())).toEqual([]);
    });

    test('refuses a collection that does not exist', async () => {
      const failure = expect.objectContaining({ code: 'MISSING_COLLECTION' }) as unknown;
      await expect(repository.collections({ search: ['no/such'] }, context())).rejects.toThrow(failure);
      const { pages } = await biases({}, ['no/such']);
      await expect(pages()).rejects.toThrow(failure);
    });

    test('gives the first dataset of a search path for each data ID, in order', async () => {
      const rows = rowsOf(await (await biases({})).pages());
      expect(detectors(rows)).toEqual([10, 11, 94, 95, 189]);
      expect(rows[2]).toMatchObject({ uuid: BIAS_IN_RUN_2, run: RUN_2, values: ['LSSTCam', 94] });
    });

    test('gives all datasets of a search path without find-first', async () => {
      const { query, spec, pages } = await biases(
        { dataId: { instrument: 'LSSTCam', detector: 94 } },
        [RUN_2, RUN_1],
        false,
      );
      expect(
        rowsOf(await pages())
          .map(({ uuid }) => uuid)
          .sort(),
      ).toEqual([BIAS_IN_RUN_1, BIAS_IN_RUN_2]);
      expect(await repository.count(query, spec, context())).toBe(2);
    });

    test('limits rows, but not their count', async () => {
      const { query, spec, pages } = await biases({ orderBy: ['-detector'], limit: 2 });
      expect(detectors(rowsOf(await pages()))).toEqual([189, 95]);
      expect(await repository.count(query, spec, context())).toBe(5);
    });

    test('goes on after the position of any row', async () => {
      const { pages } = await biases({});
      const all = rowsOf(await pages());
      for (const page of await pages({ positions: true })) {
        for (let i = 0; i < page.rows.length; i += 1) {
          const rest = rowsOf(await pages({ after: page.positionAt!(i) }));
          expect(rest).toEqual(all.slice(all.findIndex(({ uuid }) => uuid === page.rows[i]!.uuid) + 1));
        }
      }
    });

    test('tells the collection in which a dataset was found', async () => {
      const pages = await (await biases({}, ['LSSTCam/calib/DM-50000/run.2', RUN_1])).pages({ foundIn: true });
      const found = pages.flatMap((page) => page.rows.map((_, i) => page.collectionAt!(i)));
      expect(found).toEqual([RUN_1, RUN_1, RUN_2, RUN_2, RUN_2]);
    });

    test('says whether there is any row', async () => {
      expect(await repository.any((await biases({})).query, context())).toBe(true);
      expect(
        await repository.any((await biases({ where: "instrument = 'LSSTCam' AND detector = 12" })).query, context()),
      ).toBe(false);
    });

    test('finds a dataset by data ID, or by another name of its detector', async () => {
      const request = { datasetType: 'bias', collections: [RUN_1], timespan: null };
      const found = await repository.findDataset(
        { ...request, dataId: { instrument: 'LSSTCam', detector: 94 } },
        context(),
      );
      expect(found).toMatchObject({ uuid: BIAS_IN_RUN_1, run: RUN_1 });
      const none = await repository.findDataset(
        { ...request, dataId: { instrument: 'LSSTCam', detector: 12 } },
        context(),
      );
      expect(none).toBeNull();
      const incomplete = repository.findDataset({ ...request, dataId: { instrument: 'LSSTCam' } }, context());
      await expect(incomplete).rejects.toThrow(expect.objectContaining({ code: 'DIMENSION_NAME' }) as Error);
    });

    test('gives datasets by UUID, and leaves out unknown ones', async () => {
      const found = await repository.datasets([BIAS_IN_RUN_2, NOBODY, BIAS_IN_RUN_1], context());
      expect([...found.keys()].sort()).toEqual([BIAS_IN_RUN_1, BIAS_IN_RUN_2]);
      expect(found.get(BIAS_IN_RUN_1)).toMatchObject({ run: RUN_1, datasetType: { name: 'bias' } });
      expect(found.get(BIAS_IN_RUN_1)!.values.slice(0, 2)).toEqual(['LSSTCam', 94]);
    });

    test('has no files of a dataset that is only registered', async () => {
      expect(await repository.files([BIAS_IN_RUN_1, NOBODY], context())).toEqual(new Map());
      expect(await repository.fileSource(BIAS_IN_RUN_1, null, context())).toBeNull();
    });

    test('tells how much it holds, or that it cannot tell', async () => {
      const usage = await repository.usage(context());
      if (usage) expect(usage).toMatchObject({ datasets: 175, bytes: 0, referencedBytes: 0 });
    });

    test('stops with the reason of its signal', async () => {
      const reason = new Error('the client has gone');
      const ctx = { ...context(), signal: AbortSignal.abort(reason) };
      await expect((await biases({})).pages({}, ctx)).rejects.toBe(reason);
      await expect(repository.datasets([BIAS_IN_RUN_1], ctx)).rejects.toBe(reason);
    });

    test('can be left in the middle of a query', async () => {
      const { query, spec } = await biases({});
      for await (const { rows } of repository.query(query, spec, context())) {
        expect(rows.length).toBeGreaterThan(0);
        break;
      }
      expect((await repository.datasets([BIAS_IN_RUN_1], context())).size).toBe(1);
    });
  });
}
