import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildQuery, type QueryRequest } from '../../../../src/butler/query/build.ts';
import { TRUE, type Predicate } from '../../../../src/butler/query/predicate.ts';
import type { Query, QueryTree } from '../../../../src/butler/query/tree.ts';
import { openDirectRepository } from '../../../../src/repository/direct/open.ts';
import type { DirectRepository } from '../../../../src/repository/direct/direct-repository.ts';
import type { QueryContext } from '../../../../src/repository/repository.ts';
import { readRepository } from '../../../conformance/corpus.ts';
import { postgresRepositories, sqliteRepository } from '../../../fixtures/repositories.ts';

const { universe, datasetTypes } = readRepository('satellite');
const ctx: QueryContext = { caller: { username: 'alice' }, signal: new AbortController().signal };
const detectors: QueryRequest = { result: { type: 'dimension_record', element: 'detector' }, orderBy: ['detector'] };
const refused = (code: string) => expect.objectContaining({ code }) as Error;

const key = (dimension: string) => ({ type: 'dimension_key', dimension }) as const;
const int = (value: number) => ({ type: 'int', value: BigInt(value) }) as const;
const isCam1: Predicate = {
  type: 'comparison',
  operator: '==',
  a: key('instrument'),
  b: { type: 'string', value: 'Cam1' },
};
const isDetector = (value: number): Predicate => ({
  type: 'comparison',
  operator: '==',
  a: key('detector'),
  b: int(value),
});

describe.each(['sqlite', 'postgresql'] as const)('Queries of a direct repository on %s', (dialect) => {
  let repository: DirectRepository;
  let server: Awaited<ReturnType<typeof postgresRepositories>> | undefined;
  beforeAll(async () => {
    server = dialect === 'postgresql' ? await postgresRepositories() : undefined;
    repository = await openDirectRepository({
      name: 'satellite',
      path: server?.satellite ?? sqliteRepository('satellite'),
    });
  });
  afterAll(async () => {
    await repository.close();
    await server?.[Symbol.asyncDispose]();
  });

  /** Detectors that a query of detector records gives. */
  async function found(
    request: QueryRequest,
    change: (tree: QueryTree) => Partial<QueryTree> = () => ({}),
    more: Partial<Query> = {},
  ) {
    const { query, spec } = buildQuery(universe, request);
    const changed = { ...query, ...more, tree: { ...query.tree, ...change(query.tree) } };
    const pages = await Array.fromAsync(repository.query(changed, spec, ctx));
    return pages.flatMap(({ rows }) => rows.map((row) => ('fields' in row ? row.fields['id'] : undefined)));
  }

  it('are refused where they join the timespan of datasets that have no validity range', async () => {
    const result = { type: 'dataset_ref', datasetType: datasetTypes.get('bias')!, findFirst: true } as const;
    const request = { result: { ...result, collections: ['imported_g'] }, dataId: { instrument: 'Cam1' } };
    const { query, spec } = buildQuery(universe, { ...request, where: 'bias.timespan OVERLAPS visit.timespan' });
    await expect(Array.fromAsync(repository.query(query, spec, ctx))).rejects.toEqual(refused('INVALID_QUERY'));
  });

  it('take a list of thousands of values', async () => {
    const list = Array.from({ length: 5000 }, (_, i) => i + 2);
    expect(await found({ ...detectors, where: "instrument = 'Cam1' AND detector IN (:list)", bind: { list } })).toEqual(
      [2, 3, 4],
    );
  });

  it('take thousands of alternatives, as far as a database can', async () => {
    const many: Predicate = { type: 'or', operands: Array.from({ length: 5000 }, (_, i) => isDetector(i + 3)) };
    const ranges = (length: number): Predicate => ({
      type: 'or',
      operands: Array.from({ length }, (_, i) => ({
        type: 'in_range',
        member: key('detector'),
        start: BigInt(i + 4),
        stop: BigInt(i + 9),
        step: 2n,
      })),
    });
    for (const [predicate, wanted] of [
      [many, [3, 4]],
      [ranges(500), [4]],
    ] as const) {
      expect(await found(detectors, () => ({ predicate: { type: 'and', operands: [isCam1, predicate] } }))).toEqual(
        wanted,
      );
    }
    const tooMany = () => ({ predicate: { type: 'and', operands: [isCam1, ranges(3000)] } as const });
    await expect(found(detectors, tooMany)).rejects.toThrow(refused('QUERY_TOO_COSTLY'));
  });

  it('refuse expressions too deep for a database', async () => {
    let predicate: Predicate = isCam1;
    for (let i = 0; i < 2000; i += 1)
      predicate = { type: i % 2 === 0 ? 'or' : 'and', operands: [predicate, isDetector(i)] };
    await expect(found(detectors, () => ({ predicate }))).rejects.toThrow(refused('QUERY_TOO_COSTLY'));
  });

  it('refuse integers that no database holds', async () => {
    const big: Predicate = {
      type: 'comparison',
      operator: '<',
      a: key('detector'),
      b: { type: 'int', value: 2n ** 63n },
    };
    await expect(found(detectors, () => ({ predicate: { type: 'and', operands: [isCam1, big] } }))).rejects.toThrow(
      refused('INVALID_QUERY'),
    );
  });

  it('give NULL for a division by zero', async () => {
    const zero: Predicate = {
      type: 'comparison',
      operator: '>',
      a: {
        type: 'binary',
        operator: '/',
        a: key('detector'),
        b: { type: 'binary', operator: '-', a: key('detector'), b: key('detector') },
      },
      b: int(0),
    };
    expect(await found(detectors, () => ({ predicate: { type: 'and', operands: [isCam1, zero] } }))).toEqual([]);
  });

  it('look into the rows of another query', async () => {
    const { dimensions } = datasetTypes.get('bias')!;
    const biases: QueryTree = {
      dimensions,
      datasets: new Map([['bias', { dimensions, collections: ['imported_g', 'imported_r'] }]]),
      predicate: TRUE,
      dataCoordinateUploads: new Map(),
      materializations: new Map(),
      validateGovernorConstraints: true,
    };
    const inBiases: Predicate = { type: 'in_query', member: key('detector'), column: key('detector'), tree: biases };
    const both = (predicate: Predicate) => () => ({
      predicate: { type: 'and', operands: [isCam1, predicate] } as const,
    });
    expect(await found(detectors, both(inBiases))).toEqual([1, 2, 3, 4]);
    const onlyG = {
      ...inBiases,
      tree: { ...biases, datasets: new Map([['bias', { dimensions, collections: ['imported_g'] }]]) },
    };
    expect(await found(detectors, both(onlyG))).toEqual([1, 2, 3]);
    expect(await found(detectors, both({ type: 'not', operand: onlyG }))).toEqual([4]);
  });

  it('join data IDs that came along, each once', async () => {
    const upload = {
      key: 'u',
      dimensions: universe.conform(['detector']),
      rows: [
        ['Cam1', 3],
        ['Cam1', 1],
        ['Cam1', 3],
        ['Cam1', 77],
      ],
    };
    const change = () => ({ dataCoordinateUploads: new Map([['u', upload.dimensions]]) });
    expect(await found(detectors, change, { uploads: [upload] })).toEqual([1, 3]);
    const none = { ...upload, rows: [] };
    expect(await found(detectors, change, { uploads: [none] })).toEqual([]);
    await expect(found(detectors, change)).rejects.toThrow(refused('INVALID_QUERY'));
  });

  it('compare regions with all of the sky', async () => {
    const request: QueryRequest = {
      result: { type: 'data_coordinate', dimensions: ['tract'] },
      where: "tract.region OVERLAPS REGION('RANGE -Inf +Inf -90 90')",
    };
    const { query, spec } = buildQuery(universe, request);
    const whole = buildQuery(universe, {
      result: { type: 'data_coordinate', dimensions: ['tract'] },
      where: 'tract.region = tract.region',
    });
    expect(await repository.count(query, spec, ctx)).toBe(await repository.count(whole.query, whole.spec, ctx));
  });

  it('give each record once, however often its calibration was certified', async () => {
    const joins = [{ datasetType: datasetTypes.get('bias')!, collections: ['Cam1/calibs'] }];
    const ids = await found({ ...detectors, joins });
    expect(ids).toEqual([...new Set(ids)]);
    expect(ids.length).toBeGreaterThan(0);
  });

  it('explain why there are no rows', async () => {
    const result = {
      type: 'dataset_ref',
      datasetType: datasetTypes.get('bias')!,
      collections: ['u/alice/run1'],
      findFirst: true,
    } as const;
    const { query } = buildQuery(universe, { result, where: "instrument = 'Cam1' AND detector = 1 AND detector = 2" });
    expect(await repository.explain(query, ctx)).toEqual([
      "'where' expression requires both detector=2 and detector=1.",
      "Search for dataset type 'bias' in ['u/alice/run1'] is doomed to fail.",
      "No datasets of type 'bias' in collection 'u/alice/run1'.",
    ]);
    expect(await repository.any(query, ctx, { execute: false, exact: false })).toBe(false);
  });
});
