/** Of several things that are wrong with a query, two repositories tell the one that one repository with all of it tells. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildQuery, type QueryRequest } from '../../../src/butler/query/build.ts';
import { allOf } from '../../../src/butler/query/predicate.ts';
import type { Query } from '../../../src/butler/query/tree.ts';
import type { ResultSpec } from '../../../src/butler/query/result-spec.ts';
import { ctx } from '../../conformance/answers.ts';
import { temporaryDirectory } from '../../fixtures/repositories.ts';
import { answerTo, divide, type Division } from './division.ts';

/** Datasets in a RUN have no validity range. */
const UNBOUNDED = 'bias.timespan OVERLAPS exposure.timespan';
const NESTED = "NOT (visit.region OVERLAPS REGION('CIRCLE 10 10 1'))";

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let division: Division;

beforeAll(async () => {
  directory = await temporaryDirectory();
  division = await divide('satellite', directory.path, 0);
});

afterAll(async () => {
  await division[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

async function built(collection: string, asked: Partial<QueryRequest> = {}) {
  const datasetType = (await division.whole.datasetTypes(ctx)).get('bias')!;
  return buildQuery(await division.whole.universe(ctx), {
    result: { type: 'data_coordinate', dimensions: ['exposure', 'visit', 'detector', 'patch'] },
    joins: [{ datasetType, collections: [collection] }],
    defaultDataId: { instrument: 'Cam1', skymap: 'SkyMap1' },
    ...asked,
  });
}

async function expectError(query: Query, spec: ResultSpec, code: string): Promise<void> {
  const answers = [division.whole, division.together].map((of) => answerTo(of, { query, spec, warnings: [] }));
  expect(await Promise.all(answers)).toEqual([{ error: code }, { error: code }]);
}

test.each([
  [[UNBOUNDED, NESTED], 'INVALID_QUERY'],
  [[NESTED, UNBOUNDED], 'UNIMPLEMENTED_QUERY'],
])('the first one in the expression: %s', async (where, code) => {
  const { query, spec } = await built('imported_g', { where });
  await expectError(query, spec, code);
});

test('a dataset type that nobody has, before an instrument that is not given', async () => {
  const { query, spec } = await built('imported_g', { where: 'visit = 1' });
  const unsaid = { ...query, defaultDataId: {} };
  await expectError(unsaid, spec, 'INVALID_QUERY');
  const datasets = new Map([['nobodys', query.tree.datasets.get('bias')!]]);
  await expectError({ ...unsaid, tree: { ...query.tree, datasets } }, spec, 'MISSING_DATASET_TYPE');
});

test('what is wrong with the query itself, before a collection that is missing for one inside it', async () => {
  const inside = await built('no/such/collection');
  const column = { type: 'dimension_key', dimension: 'visit' } as const;
  const leaf = { type: 'in_query', member: column, column, tree: inside.query.tree } as const;
  const expectWith = async (asked: Partial<QueryRequest>, code: string) => {
    const { query, spec } = await built('imported_g', asked);
    const predicate = allOf(query.tree.predicate, leaf);
    await expectError({ ...query, tree: { ...query.tree, predicate } }, spec, code);
  };
  await expectWith({}, 'MISSING_COLLECTION');
  await expectWith({ where: NESTED }, 'UNIMPLEMENTED_QUERY');
});
