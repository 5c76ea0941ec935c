/** Queries that would cost too much are refused by counting, before anything else is asked. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDirectRepository } from '../../../../src/repository/direct/open.ts';
import { FederatedRepository } from '../../../../src/repository/federated/federated-repository.ts';
import {
  DEFAULT_QUERY_LIMITS,
  type QueryContext,
  type QueryLimits,
  type Repository,
} from '../../../../src/repository/repository.ts';
import { buildQuery } from '../../../../src/butler/query/build.ts';
import { searchDataIds } from '../../../../src/repository/search/data-ids.ts';
import { searchDatasets } from '../../../../src/repository/search/datasets.ts';
import type { DataIdSearchRequest } from '../../../../src/repository/search/search.ts';
import { temporaryDirectory } from '../../../fixtures/repositories.ts';
import { splitRepository } from '../../../fixtures/split.ts';
import { EMPTY_ANSWERS } from './empty-answers.ts';

const calls: string[] = [];
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let members: readonly Repository[];

beforeAll(async () => {
  directory = await temporaryDirectory();
  const paths = await splitRepository('official', directory.path, 1);
  members = await Promise.all(
    paths.map(async (path, i) => recorded(await openDirectRepository({ name: ['work', 'dp1'][i]!, path }))),
  );
});
afterAll(async () => {
  for (const repository of members) await repository.close();
  await directory[Symbol.asyncDispose]();
});

/** The repository; what it is asked is written to `calls`. */
function recorded(repository: Repository): Repository {
  return new Proxy(repository, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]): unknown => {
        calls.push(String(name));
        return Reflect.apply(value, target, args);
      };
    },
  });
}

function context(limits: Partial<QueryLimits>): QueryContext {
  const { signal } = new AbortController();
  return { caller: { username: 'alice' }, signal, limits: { ...DEFAULT_QUERY_LIMITS, ...limits } };
}

const HSC = "instrument = 'HSC'";
const joined: Omit<DataIdSearchRequest, 'first'> = {
  dimensions: ['visit', 'detector'],
  datasets: [
    { datasetType: 'src', collections: ['everything'] },
    { datasetType: 'visitSummary', collections: ['everything'] },
  ],
  where: HSC,
};
const apart: Omit<DataIdSearchRequest, 'first'> = { dimensions: ['visit', 'detector'], where: HSC };
const onTheSky: Omit<DataIdSearchRequest, 'first'> = {
  dimensions: ['visit', 'tract'],
  where: `${HSC} AND skymap = 'hsc_rings_v1'`,
};

async function search(request: Omit<DataIdSearchRequest, 'first'>, limits: Partial<QueryLimits>, of = members) {
  calls.length = 0;
  return searchDataIds(of, { first: 10, ...request }, context(limits));
}

const REFUSED = { code: 'QUERY_TOO_COSTLY' };

describe('What would cost too much is refused before any rows are asked', () => {
  test('a join, naming the search that is too wide and what to constrain', async () => {
    const message = /datasets of type '(src|visitSummary)'.*"instrument = 'HSC'" is too wide.*constrain .*visit/s;
    await expect(search(joined, { joinedRows: 3 })).rejects.toMatchObject({
      ...REFUSED,
      message: expect.stringMatching(message) as string,
    });
    expect(calls).not.toContain('query');
    expect(calls).toContain('count');
  });

  test.each([
    ['two repositories', 2],
    ['one repository', 1],
  ])('each visit with each detector of %s, naming both', async (_, count) => {
    const message =
      /pairs each of \d+ records of (visit|detector) with each of \d+ records of (visit|detector).*constrain/s;
    const attempt = search(apart, { pairedRows: 20 }, members.slice(0, count));
    await expect(attempt).rejects.toMatchObject({ ...REFUSED, message: expect.stringMatching(message) as string });
    expect(calls).not.toContain('query');
  });

  test('records whose regions are compared here', async () => {
    await expect(search(onTheSky, { pairedRows: 2 })).rejects.toMatchObject(REFUSED);
    expect(calls).not.toContain('query');
  });

  test('datasets that an expression pairs with further dimensions', async () => {
    calls.length = 0;
    const request = { datasetTypes: ['raw'], collections: ['everything'], findFirst: true, first: 10 };
    const where = `${HSC} AND skymap = 'hsc_rings_v1' AND tract > 0 AND patch > 0`;
    const attempt = searchDatasets(members.slice(0, 1), { ...request, where }, context({ pairedRows: 1 }));
    await expect(attempt).rejects.toMatchObject(REFUSED);
    expect(calls).not.toContain('query');
  });

  test('a count', async () => {
    const page = await search({ ...apart, rows: false }, { pairedRows: 20 });
    await expect(page.totalCount()).rejects.toMatchObject(REFUSED);
    expect(calls).not.toContain('query');
  });

  test.each(['query', 'count'] as const)('the same of a RemoteButler client: %s', async (how) => {
    const { query, spec } = buildQuery(await members[0]!.universe(context({})), {
      where: HSC,
      result: { type: 'data_coordinate', dimensions: ['visit', 'detector'] },
    });
    const together = new FederatedRepository(members);
    const ctx = context({ pairedRows: 20 });
    calls.length = 0;
    const attempt =
      how === 'count' ? together.count(query, spec, ctx) : Array.fromAsync(together.query(query, spec, ctx));
    await expect(attempt).rejects.toMatchObject(REFUSED);
    expect(calls).not.toContain('query');
  });
});

describe('What is narrow enough', () => {
  test('is not counted at all where one thing fixes each row', async () => {
    await search({ dimensions: ['visit'], where: HSC }, { pairedRows: 1, joinedRows: 1 });
    expect(calls).not.toContain('count');
  });

  test('is answered where the data ID fixes one side', async () => {
    const visits = await search({ dimensions: ['visit'], where: HSC }, {});
    const { rows } = await search({ ...apart, dataId: { instrument: 'HSC', detector: 10 } }, { pairedRows: 1 });
    expect(rows.length).toBe(visits.rows.length);
  });

  test('may be a search of any size, where few data IDs of another narrow it', async () => {
    const datasets = [
      { datasetType: 'src', collections: ['everything'] },
      { datasetType: 'visitSummary', collections: ['HSC/good-seeing'] },
    ];
    const page = await search({ ...joined, datasets }, {});
    const { steps, estimatedRows } = await page.explain();
    const all = steps.reduce((sum, step) => sum + step.estimatedRows!, 0);
    const found = steps.reduce((sum, { foundRows }) => sum + foundRows!, 0);
    expect(page.rows.length).toBeGreaterThan(0);
    expect([found < all, estimatedRows! < all]).toEqual([true, true]);
    expect((await search({ ...joined, datasets }, { joinedRows: all - 1 })).rows).toEqual(page.rows);
  });
});

test('explain shows the plan of what is refused', async () => {
  const page = await search({ ...joined, rows: false }, { joinedRows: 3 });
  const explanation = await page.explain();
  expect(calls).not.toContain('query');
  expect(explanation).toMatchObject({ isEmpty: null, reason: null, joinedHere: true });
  expect(explanation.steps.map(({ estimatedRows }) => estimatedRows)).not.toContain(null);
});

test.each(EMPTY_ANSWERS.map((given) => [given.because, given] as const))(
  'few questions find out that %s',
  async (_, { explain }) => {
    calls.length = 0;
    await explain(members, context({}));
    expect(calls.length).toBeLessThanOrEqual(150);
    expect(calls.filter((name) => name === 'any').length).toBeLessThanOrEqual(30);
  },
);
