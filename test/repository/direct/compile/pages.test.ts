import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildQuery, type QueryRequest } from '../../../../src/butler/query/build.ts';
import { openDirectRepository } from '../../../../src/repository/direct/open.ts';
import type { DirectRepository } from '../../../../src/repository/direct/direct-repository.ts';
import type { PageOptions, Position, QueryContext } from '../../../../src/repository/repository.ts';
import type { DatasetRow } from '../../../../src/repository/rows.ts';
import { readRepository } from '../../../conformance/corpus.ts';
import { postgresRepositories, sqliteRepository } from '../../../fixtures/repositories.ts';
import fc, { runs } from '../../../sample.ts';

const { universe, datasetTypes } = readRepository('official');
const ctx: QueryContext = { caller: { username: 'alice' }, signal: new AbortController().signal };

const datasets = (name: string, collections: readonly string[], findFirst = true): QueryRequest => ({
  result: { type: 'dataset_ref', datasetType: datasetTypes.get(name)!, collections, findFirst },
});

/** Queries, the columns that tell their rows apart, and others to order by before these. */
const searches: readonly (readonly [string, QueryRequest, readonly string[], readonly string[]])[] = [
  [
    'records, some with NULL',
    { result: { type: 'dimension_record', element: 'visit' } },
    ['instrument', 'visit'],
    ['target_name', 'exposure_time', 'seq_num', 'day_obs', 'band'],
  ],
  [
    'records without a key in common',
    { result: { type: 'dimension_record', element: 'detector' } },
    ['instrument', 'detector'],
    ['purpose', 'raft', 'full_name'],
  ],
  ['datasets of one collection', datasets('bias', ['LSSTCam/calib/DM-50000/run.1']), ['instrument', 'detector'], []],
  [
    'first datasets of several',
    datasets('bias', ['LSSTCam/calib/DM-50000/run.2', 'LSSTCam/calib/DM-50000/run.1']),
    ['detector'],
    ['detector.full_name', 'detector.purpose'],
  ],
  [
    'first datasets with conditions on them',
    { ...datasets('bias', ['LSSTCam/calib/DM-50000/run.2', 'LSSTCam/calib/DM-50000/run.1']), where: "bias.run != 'x'" },
    ['detector'],
    ['run', 'ingest_date'],
  ],
  [
    'all datasets of several',
    datasets('bias', ['LSSTCam/calib/DM-50000/run.2', 'LSSTCam/calib/DM-50000/run.1'], false),
    ['detector', 'run'],
    ['ingest_date'],
  ],
  [
    'data IDs that share the sky',
    { result: { type: 'data_coordinate', dimensions: ['visit', 'tract'] }, dataId: { instrument: 'HSC' } },
    ['visit', 'skymap', 'tract'],
    ['visit.exposure_time'],
  ],
];

describe.each(['sqlite', 'postgresql'] as const)('Pages of a direct repository on %s', (dialect) => {
  let repository: DirectRepository;
  let server: Awaited<ReturnType<typeof postgresRepositories>> | undefined;
  beforeAll(async () => {
    server = dialect === 'postgresql' ? await postgresRepositories() : undefined;
    repository = await openDirectRepository({
      name: 'official',
      path: server?.official ?? sqliteRepository('official'),
    });
  });
  afterAll(async () => {
    await repository.close();
    await server?.[Symbol.asyncDispose]();
  });

  async function read(request: QueryRequest, options: PageOptions = {}) {
    const { query, spec } = buildQuery(universe, request);
    const rows: unknown[] = [];
    const collections: string[] = [];
    let last: Position | undefined;
    for await (const page of repository.query(query, spec, ctx, { ...options, positions: true })) {
      rows.push(...page.rows.map((row) => ('values' in row ? row.values : row.fields)));
      page.rows.forEach((_, i) => page.collectionAt && collections.push(page.collectionAt(i)));
      last = page.positionAt!(page.rows.length - 1);
    }
    return { rows, last, collections };
  }

  it.each(searches)('put together are the whole answer, in any order: %s', async (_, request, keys, others) => {
    const order = fc
      .tuple(fc.shuffledSubarray([...others]), fc.shuffledSubarray([...keys], { minLength: keys.length }))
      .chain(([first, then]) => fc.tuple(...[...first, ...then].map((name) => fc.constantFrom(name, `-${name}`))));
    const whole = await read(request);
    expect(whole.rows.length).toBeGreaterThan(1);
    await fc.assert(
      fc.asyncProperty(order, fc.integer({ min: 1, max: whole.rows.length }), async (orderBy, limit) => {
        const { rows } = await read({ ...request, orderBy });
        expect(rows).toHaveLength(whole.rows.length);
        const walked: unknown[] = [];
        let after: Position | undefined;
        for (;;) {
          const page = await read({ ...request, orderBy, limit }, after ? { after } : {});
          walked.push(...page.rows);
          if (page.rows.length < limit) break;
          after = page.last;
        }
        expect(walked).toEqual(rows);
      }),
      { numRuns: runs(12) },
    );
  });

  it('begin with NULLs, and end with them in reverse', async () => {
    const request: QueryRequest = { result: { type: 'dimension_record', element: 'visit' } };
    const targets = async (orderBy: readonly string[]) =>
      (await read({ ...request, orderBy })).rows.map((row) => (row as Record<string, unknown>)['target_name']);
    const ascending = await targets(['target_name', 'instrument', 'visit']);
    expect(ascending[0]).toBeNull();
    expect(ascending.at(-1)).not.toBeNull();
    expect(await targets(['-target_name', '-instrument', '-visit'])).toEqual(ascending.toReversed());
  });

  it('order strings by code point, whatever the collation of the database', async () => {
    const { rows } = await read({
      result: { type: 'dimension_record', element: 'physical_filter' },
      orderBy: ['physical_filter', 'instrument'],
    });
    const names = rows.map((row) => (row as Record<string, string>)['name']!);
    expect(names).toEqual(names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  });

  it('hold the same datasets with or without implied dimensions', async () => {
    for (const [name, collection] of [
      ['flat', 'LSSTCam/calib/DM-50000/run.1'],
      ['raw', 'LSSTCam/raw/all'],
      ['calexp', 'everything'],
    ] as const) {
      const request = { ...datasets(name, [collection]), orderBy: datasetTypes.get(name)!.dimensions.required };
      const [full, required] = [await read(request), await read(request, { implied: false })];
      const length = datasetTypes.get(name)!.dimensions.required.length;
      expect(required.rows).toEqual((full.rows as DatasetRow['values'][]).map((values) => values.slice(0, length)));
    }
  });

  it('tell the collection that won for each data ID', async () => {
    const path = ['LSSTCam/calib/DM-50000/run.2', 'LSSTCam/calib/DM-50000/run.1'];
    const first = await read({ ...datasets('bias', path), orderBy: ['detector'] }, { foundIn: true });
    const bare = await read(
      { ...datasets('bias', path), orderBy: ['detector'], where: "bias.run != 'x'" },
      { foundIn: true },
    );
    expect(first.collections).toHaveLength(first.rows.length);
    expect(new Set(first.collections)).toEqual(new Set(path));
    expect(bare).toEqual(first);
  });
});
