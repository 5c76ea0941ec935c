/** Requests that are made to cost much: each is refused before a repository is asked, and the gateway goes on. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runGateway, type RunningGateway } from './running-gateway.ts';
import { FilesRepository, offer, rawContent } from './small-repositories.ts';

const repository = new FilesRepository('dp1', rawContent(3, 'official'));
let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await runGateway({ offered: [offer(repository)] });
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => {
  repository.calls.length = 0;
});

const many = (n: number, text: (i: number) => string) => Array.from({ length: n }, (_, i) => text(i)).join(' ');
const nested = (depth: number, open: string, inside: string, close: string) =>
  `${open.repeat(depth)}${inside}${close.repeat(depth)}`;
const RAWS = 'datasetTypes: ["raw"], collections: ["all"]';

const DOCUMENTS: Record<string, readonly [query: string, code: string]> = {
  '50 levels': [`{collections {nodes {${nested(50, 'children {', 'name', '}')}}}}`, 'QUERY_TOO_COSTLY'],
  '10 000 levels': [`{collections {nodes ${nested(10_000, '{children', '', '}')}}}`, 'QUERY_TOO_COSTLY'],
  '1 000 aliases': [`{${many(1000, (i) => `a${i}: viewer {username}`)}}`, 'QUERY_TOO_COSTLY'],
  '1 000 aliases of a field that has none below it': [
    `{viewer {${many(600, (i) => `a${i}: username`)}}}`,
    'QUERY_TOO_COSTLY',
  ],
  '1 900 fields of one name': [`{viewer {${many(1900, () => 'username')}}}`, 'QUERY_TOO_COSTLY'],
  '1 000 operations in a document': [many(1000, (i) => `query Q${i} {viewer {username}}`), 'QUERY_TOO_COSTLY'],
  'a fragment that holds itself': [
    '{collections {nodes {...A}}} fragment A on Collection {children {...A}}',
    'GRAPHQL_VALIDATION_FAILED',
  ],
  'fragments in a circle': [
    '{collections {nodes {...A}}} fragment A on Collection {children {...B}} fragment B on Collection {parents {...A}}',
    'GRAPHQL_VALIDATION_FAILED',
  ],
  'fragments that double 40 times': [
    `{collections {nodes {...F0}}} ${many(40, (i) => `fragment F${i} on Collection {...F${i + 1} ...F${i + 1}}`)} fragment F40 on Collection {children {name}}`,
    'QUERY_TOO_COSTLY',
  ],
  'introspection that unfolds': [
    `{__schema {types {${nested(8, 'fields {type {', 'name', '}}')}}}}`,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  'introspection that unfolds in fragments': [
    `{__schema {types {...T0}}} ${many(8, (i) => `fragment T${i} on __Type {fields {type {...T${i + 1}}} interfaces {...T${i + 1}}}`)} fragment T8 on __Type {name}`,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  'a million rows': [`{datasets(${RAWS}, first: 1000000) {nodes {uuid}}}`, 'QUERY_TOO_COSTLY'],
  'more rows than there are integers': [
    `{datasets(${RAWS}, first: 99999999999) {nodes {uuid}}}`,
    'GRAPHQL_VALIDATION_FAILED',
  ],
};

test.each(Object.entries(DOCUMENTS))('%s', async (_what, [query, code]) => {
  const { data, errors } = await gateway.ask(query);
  expect(errors?.[0]?.extensions['code']).toBe(code);
  expect(data).toBeUndefined();
  expect(repository.calls).toEqual([]);
});

/** The answer to a body as it is. */
async function post(path: string, body: string) {
  const answer = await gateway.fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return { status: answer.status, text: await answer.text() };
}

test('1 000 operations in one request', async () => {
  const { status, text } = await post('/graphql', JSON.stringify(Array(1000).fill({ query: '{viewer {username}}' })));
  expect(status).toBe(400);
  expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
});

const TOWERS = { lists: nested(200_000, '[', '1', ']'), objects: nested(100_000, '{"a":', '1', '}') };
describe.each(Object.entries(TOWERS))('a tower of %s', (_what, tower) => {
  const query = `query Q($d: JSONObject) {datasets(${RAWS}, bind: $d) {nodes {uuid}}}`;

  test('in a variable', async () => {
    const { text } = await post('/graphql', `{"query":${JSON.stringify(query)},"variables":{"d":{"x":${tower}}}}`);
    const [error] = (JSON.parse(text) as { errors: [{ message: string; extensions: object }] }).errors;
    expect(error).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
    expect(error.message).toContain('32 levels at most');
    expect(error.message.length).toBeLessThan(1000);
    expect(repository.calls).toEqual([]);
  });

  test('in an export', async () => {
    const rows = `"datasetTypes":["raw"],"collections":["all"],"bind":{"x":${tower}}`;
    const { status, text } = await post('/export', `{"field":"datasets","arguments":{${rows}}}`);
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    expect(text.length).toBeLessThan(1000);
  });

  test('as the whole request', async () => {
    for (const path of ['/graphql', '/export', '/graphql/stream']) {
      expect((await post(path, tower)).text, path).toMatch(/"code":"(BAD_REQUEST|BAD_USER_INPUT)"/);
    }
  });
});
