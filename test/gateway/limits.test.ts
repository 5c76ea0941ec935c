import { afterAll, beforeAll, expect, test } from 'vitest';
import { runGateway, type RunningGateway } from './running-gateway.ts';
import { FilesRepository, offer, rawContent } from './small-repositories.ts';

const repository = new FilesRepository('dp1', rawContent(3, 'official'));
let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await runGateway({ offered: [offer(repository)], limits: { bodyBytes: 200_000 } });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const RAWS = 'datasetTypes: ["raw"], collections: ["all"]';
const chain = (depth: number): string => (depth === 0 ? 'name' : `children {${chain(depth - 1)}}`);
const many = (n: number, text: (i: number) => string) => Array.from({ length: n }, (_, i) => text(i)).join(' ');
const doubling = many(30, (i) => `fragment F${i} on Collection {children {...F${i + 1}} parents {...F${i + 1}}}`);

test.each([
  ['depth', `{collections {nodes {${chain(12)}}}}`, 'levels of nested fields, but the limit is 12'],
  [
    'depth in fragments',
    `{collections {nodes {...F0}}} ${doubling} fragment F30 on Collection {name}`,
    'levels of nested fields',
  ],
  ['aliases', `{${many(31, (i) => `a${i}: viewer {username}`)}}`, '31 aliases, but the limit is 30'],
  ['directives', `{viewer {${many(21, () => 'username @include(if: true)')}}}`, '21 directives, but the limit is 20'],
  ['fields at the top', `{${many(21, () => 'viewer {username}')}}`, '21 fields at its top, but the limit is 20'],
  ['tokens', `{viewer {${many(2001, () => 'username')}}}`, 'more than 2000 tokens'],
  [
    'objects',
    `{${many(5, (i) => `a${i}: datasets(${RAWS}, first: 10000) {nodes {records {element}}}`)}}`,
    '550000 objects that its answer could hold, but the limit is 500000',
  ],
])('a query with too many %s is refused before anything is asked', async (_what, query, message) => {
  repository.calls.length = 0;
  const { data, errors } = await gateway.ask(query);
  expect(data).toBeUndefined();
  expect(errors).toHaveLength(1);
  expect(errors![0]).toMatchObject({
    message: expect.stringContaining(message),
    extensions: { code: 'QUERY_TOO_COSTLY' },
  });
  expect(repository.calls).toEqual([]);
});

test('variables count as what they hold', async () => {
  const query = `query Q($n: Int) {datasets(${RAWS}, first: $n) {nodes {records {element} files {url} collections {parents {name}}}}}`;
  expect((await gateway.ask(query, { n: 3 })).errors).toBeUndefined();
  expect((await gateway.ask(query, { n: 10_000 })).errors).toMatchObject([
    { extensions: { code: 'QUERY_TOO_COSTLY' } },
  ]);
});

test('the introspection of clients passes', async () => {
  const { getIntrospectionQuery } = await import('graphql');
  expect((await gateway.ask(getIntrospectionQuery())).errors).toBeUndefined();
});

test('10 000 rows with their files pass', async () => {
  const { errors } = await gateway.ask(`{datasets(${RAWS}, first: 10000) {nodes {uuid files {url}}}}`);
  expect(errors).toBeUndefined();
});

test.each([0, -1, 10_001])('first: %i is refused', async (first) => {
  const { errors } = await gateway.ask(`{datasets(${RAWS}, first: ${first}) {nodes {uuid}}}`);
  expect(errors).toMatchObject([
    { message: expect.stringContaining('1 to 10000'), extensions: { code: 'BAD_USER_INPUT' } },
  ]);
});

test('a body that is too large is refused', async () => {
  const { status, errors } = await gateway.ask(`{viewer {username}} # ${'x'.repeat(200_000)}`);
  expect(status).toBe(413);
  expect(errors).toMatchObject([
    { message: expect.stringContaining('200000 bytes'), extensions: { code: 'BAD_USER_INPUT' } },
  ]);
});

test('limits that fired are counted', async () => {
  await gateway.ask(`{${many(31, (i) => `a${i}: viewer {username}`)}}`);
  expect(await (await gateway.fetch('/metrics')).text()).toMatch(
    /satellite_limits_fired_total\{limit="aliases"\} [1-9]/,
  );
});
