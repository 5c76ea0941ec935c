import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DatasetType } from '../../../src/butler/dataset-type.ts';
import type { OrderExpression } from '../../../src/butler/query/expression.ts';
import { anyOf } from '../../../src/butler/query/predicate.ts';
import type { Universe } from '../../../src/butler/universe.ts';
import type { RemoteRepository } from '../../../src/repository/remote/remote-repository.ts';
import type { KeyValue, Position } from '../../../src/repository/repository.ts';
import { asUser, startOfficialServer, type OfficialServer } from './official-server.ts';
import { datasetsSpec, equals, field, key, overDatasets, overDimensions, rowsOf, walk } from './queries.ts';
import fc, { runs } from '../../sample.ts';

let server: OfficialServer;
let repository: RemoteRepository;
let universe: Universe;
let types: ReadonlyMap<string, DatasetType>;
const alice = asUser('alice');

let requests: string[] = [];
const count = (message: unknown) => requests.push((message as { request: { path: string } }).request.path);

beforeAll(async () => {
  server = await startOfficialServer();
  repository = server.open();
  universe = await repository.universe(alice);
  types = await repository.datasetTypes(alice);
  subscribe('undici:request:create', count);
});
afterAll(async () => {
  unsubscribe('undici:request:create', count);
  await server[Symbol.asyncDispose]();
});
beforeEach(() => {
  requests = [];
});

const type = (name: string) => types.get(name)!;
const reversed = (operand: OrderExpression): OrderExpression =>
  operand.type === 'reversed' ? operand : { type: 'reversed', operand };
const bound = (operator: 'begin_of' | 'end_of', element: string): OrderExpression => ({
  type: 'unary',
  operator,
  operand: field(element, 'timespan'),
});
const datasetField = (
  datasetType: string,
  name: 'run' | 'ingest_date',
): OrderExpression & { type: 'dataset_field' } => ({
  type: 'dataset_field',
  datasetType,
  field: name,
});

describe('a walk through pages', () => {
  it('gives every record once, in order, whatever the order and the size of the pages', async () => {
    const visits = overDimensions(
      universe.conform(['visit']),
      anyOf(equals('instrument', 'HSC'), equals('instrument', 'LSSTCam')),
    );
    const terms: readonly OrderExpression[] = [
      key('instrument'),
      key('physical_filter'),
      key('day_obs'),
      field('visit', 'name'),
      field('visit', 'exposure_time'),
      field('visit', 'azimuth'),
      field('visit', 'target_name'),
      bound('begin_of', 'visit'),
      bound('end_of', 'visit'),
    ];
    const order = fc.array(
      fc.tuple(fc.constantFrom(...terms), fc.boolean()).map(([term, down]) => (down ? reversed(term) : term)),
      { maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(order, fc.integer({ min: 1, max: 12 }), async (given, pageRows) => {
        const orderBy = [...given, key('instrument'), key('visit')];
        const spec = {
          type: 'dimension_record',
          element: 'visit',
          orderBy,
          limit: null,
          allowDuplicateOverlaps: false,
        } as const;
        const whole = await rowsOf(repository, visits, spec, alice);
        const { rows, keys } = await walk(repository, visits, spec, alice, pageRows);
        expect(rows).toEqual(whole);
        for (const [i, each] of keys.entries())
          if (i > 0) expect(compareKeys(keys[i - 1]!, each, orderBy)).toBeLessThan(0);
      }),
      { numRuns: runs(25) },
    );
  });

  it('gives the same datasets as one query, with find-first and without', async () => {
    const summary = type('visitSummary');
    const query = overDatasets(summary, ['HSC/runs/RC2/w_2026_41/DM-52100', 'HSC/runs/RC2/w_2026_40/DM-52000']);
    const dimensions = summary.dimensions.required.map(key);
    for (const [findFirst, orderBy] of [
      [true, dimensions],
      [true, [reversed(field('visit', 'exposure_time')), ...dimensions]],
      [false, [...dimensions, datasetField('visitSummary', 'run')]],
      [
        false,
        [reversed(datasetField('visitSummary', 'ingest_date')), ...dimensions, datasetField('visitSummary', 'run')],
      ],
    ] as const) {
      const spec = datasetsSpec(summary, { findFirst, orderBy });
      const whole = await rowsOf(repository, query, spec, alice);
      for (const pageRows of [1, 4, 7]) {
        const { rows } = await walk(server.open(), query, spec, alice, pageRows);
        expect(rows.map((row) => row.uuid)).toEqual(whole.map((row) => row.uuid));
      }
    }
  });

  it('never uncovers a shadowed dataset when it goes on by a field of the dataset', async () => {
    const summary = type('visitSummary');
    const query = overDatasets(summary, ['HSC/runs/RC2/w_2026_41/DM-52100', 'HSC/runs/RC2/w_2026_40/DM-52000']);
    const orderBy = [datasetField('visitSummary', 'run'), ...summary.dimensions.required.map(key)];
    const spec = datasetsSpec(summary, { orderBy });
    const whole = await rowsOf(repository, query, spec, alice);
    expect(new Set(whole.map((row) => row.run)).size).toBe(2);
    for (const pageRows of [1, 5]) {
      const { rows } = await walk(repository, query, spec, alice, pageRows);
      expect(rows.map((row) => row.uuid)).toEqual(whole.map((row) => row.uuid));
    }
  });

  it('keeps to the default data ID of the query, and to orders that do not mention the instrument', async () => {
    const visits = { ...overDimensions(universe.conform(['visit'])), defaultDataId: { instrument: 'HSC' } };
    for (const orderBy of [[key('instrument'), key('visit')], [key('visit')]]) {
      const spec = {
        type: 'dimension_record',
        element: 'visit',
        orderBy,
        limit: null,
        allowDuplicateOverlaps: false,
      } as const;
      const whole = await rowsOf(repository, visits, spec, alice);
      expect(new Set(whole.map((row) => row.fields['instrument']))).toEqual(new Set(['HSC']));
      for (const pageRows of [2, 5]) {
        expect((await walk(server.open(), visits, spec, alice, pageRows)).rows).toEqual(whole);
      }
    }
  });

  it('says that a position is lost when its row is gone and nothing else tells where to go on', async () => {
    const calexp = type('calexp');
    const query = overDatasets(calexp, ['HSC/defaults']);
    const orderBy = [datasetField('calexp', 'ingest_date'), ...calexp.dimensions.required.map(key)];
    const after = { official: [1n, 'HSC', 1, 2] };
    const spec = datasetsSpec(calexp, { orderBy, limit: 3 });
    await expect(rowsOf(server.open(), query, spec, alice, { positions: true, after })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  it('refuses a position that was made for another order', async () => {
    const calexp = type('calexp');
    const query = overDatasets(calexp, ['HSC/defaults']);
    for (const after of [{ official: ['HSC'] }, { official: ['HSC', 'x', 3] }]) {
      await expect(
        rowsOf(server.open(), query, datasetsSpec(calexp, { limit: 3 }), alice, { positions: true, after }),
      ).rejects.toMatchObject({ code: 'INVALID_QUERY' });
    }
  });
});

describe('the cost of a walk', () => {
  it('is a few streams, however many pages', async () => {
    const raw = type('raw');
    const query = overDatasets(raw, ['LSSTCam/raw/all', 'HSC/raw/all']);
    const fresh = server.open();
    const warm = datasetsSpec(raw, { limit: 1, orderBy: [] });
    await rowsOf(fresh, query, warm, alice);
    requests = [];
    const { rows } = await walk(fresh, query, datasetsSpec(raw), alice, 1);
    expect(rows).toHaveLength(36);
    // One page, ten pages ahead, and the rest.
    expect(requests.filter((path) => path.endsWith('/query/execute'))).toHaveLength(3);
    expect(requests.length).toBeLessThanOrEqual(4);
  });

  it('is no request at all for pages that were read ahead, also when they are asked again', async () => {
    const raw = type('raw');
    const query = overDatasets(raw, ['LSSTCam/raw/all', 'HSC/raw/all']);
    const fresh = server.open();
    const spec = datasetsSpec(raw, { limit: 4 });
    let after: Position | undefined;
    const positions: Position[] = [];
    const pages: string[][] = [];
    const page = async (from: Position | undefined) => {
      const uuids: string[] = [];
      for await (const part of fresh.query(query, spec, alice, { positions: true, ...(from && { after: from }) })) {
        uuids.push(...part.rows.map((row) => row.uuid));
        after = part.positionAt!(part.rows.length - 1);
      }
      return uuids;
    };
    for (let i = 0; i < 4; i += 1) {
      pages.push(await page(after));
      positions.push(after!);
    }
    requests = [];
    expect(await page(positions[0])).toEqual(pages[1]);
    expect(await page(positions[2])).toEqual(pages[3]);
    expect(requests).toEqual([]);
  });

  it('is borne by each user alone: rows that were read ahead for one are not given to another', async () => {
    const raw = type('raw');
    const query = overDatasets(raw, ['LSSTCam/raw/all', 'HSC/raw/all']);
    const fresh = server.open();
    await walk(fresh, query, datasetsSpec(raw), alice, 5);
    requests = [];
    await walk(fresh, query, datasetsSpec(raw), asUser('bob'), 5);
    expect(requests.some((path) => path.endsWith('/query/execute'))).toBe(true);
  });

  it('is paid again where there is no room to keep rows', async () => {
    const raw = type('raw');
    const query = overDatasets(raw, ['LSSTCam/raw/all', 'HSC/raw/all']);
    const spec = datasetsSpec(raw);
    const whole = await rowsOf(repository, query, spec, alice);
    for (const limits of [{ readAheadBytes: 0 }, { readAheadRows: 3 }, { readAheadSeconds: 0.001 }]) {
      const { rows } = await walk(server.open(limits), query, spec, alice, 5);
      expect(rows.map((row) => row.uuid)).toEqual(whole.map((row) => row.uuid));
    }
  });
});

/** The order that all repositories agree on: NULL first, descending last. */
function compareKeys(a: readonly KeyValue[], b: readonly KeyValue[], orderBy: readonly OrderExpression[]): number {
  for (const [i, term] of orderBy.entries()) {
    const [x, y] = [a[i]!, b[i]!];
    if (x === y) continue;
    const sign = x === null ? -1 : y === null ? 1 : x < y ? -1 : 1;
    return term.type === 'reversed' ? -sign : sign;
  }
  return 0;
}
