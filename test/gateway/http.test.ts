import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildSchema } from 'graphql';
import { ArrayRepository } from '../repository/federated/array-repository.ts';
import { runGateway, type RunningGateway } from './running-gateway.ts';
import { offer, rawContent } from './small-repositories.ts';

/** Fails as a library might: with an error that holds secrets. */
class BrokenRepository extends ArrayRepository {
  override datasetTypes(): Promise<never> {
    const cause = new Error('connect ECONNREFUSED db.internal:5432');
    return Promise.reject(new TypeError('SELECT secret FROM /srv/registry.sqlite3', { cause }));
  }
}

const down = new ArrayRepository('down', rawContent(1, 'elsewhere'));
down.failsAfter = 0;
const bobs = new ArrayRepository('bobs-secret', rawContent(1, 'bobs'));
const groups = new ArrayRepository('bobs-groups', rawContent(1, 'groups'));
let gateway: RunningGateway;
beforeAll(async () => {
  const up = new ArrayRepository('dp1', rawContent(3, 'official'));
  const broken = new BrokenRepository('broken', rawContent(1, 'r'));
  gateway = await runGateway({
    offered: [
      offer(up),
      offer(down),
      offer(broken, 'alice'),
      offer(bobs, 'bob'),
      { ...offer(groups), readers: ['g_bobs'] },
    ],
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());

describe('without a good token', () => {
  const DATA = [
    ['POST', '/graphql'],
    ['GET', '/graphql?query={viewer{username}}'],
    ['POST', '/export'],
    ['GET', '/files/dp1/00000000-0000-4000-8000-000000000001/x'],
    ['HEAD', '/files/dp1/00000000-0000-4000-8000-000000000001/x'],
  ] as const;

  test.each(DATA)('%s %s answers 401 and says how to sign in', async (method, path) => {
    const body = method === 'POST' ? { body: '{}', headers: { 'content-type': 'application/json' } } : {};
    const answer = await fetch(`${gateway.url}${path}`, { method, ...body });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="satellite"');
    if (method !== 'HEAD') {
      expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    }
  });

  test('a wrong one is told apart', async () => {
    const answer = await gateway.fetch('/graphql?query={viewer{username}}', { headers: { authorization: 'Bearer x' } });
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  test.each(['/healthz', '/metrics', '/schema.graphql'])('%s answers all the same', async (path) => {
    expect((await fetch(`${gateway.url}${path}`)).status).toBe(200);
  });
});

test('/healthz tells which repositories are up, and no names of users’ own', async () => {
  const health = (await (await fetch(`${gateway.url}/healthz`)).json()) as object;
  expect(health).toEqual({
    status: 'degraded',
    repositories: { dp1: 'up', down: 'down' },
    satellites: { up: 3, down: 0 },
  });
});

test('/schema.graphql is the whole schema, with its descriptions', async () => {
  const schema = buildSchema(await (await fetch(`${gateway.url}/schema.graphql`)).text());
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || ['String', 'Int', 'Boolean', 'ID', 'Float'].includes(type.name)) continue;
    expect(type.description, type.name).toBeTruthy();
    if (!('getFields' in type)) continue;
    for (const field of Object.values(type.getFields())) {
      expect(field.description, `${type.name}.${field.name}`).toBeTruthy();
      for (const arg of 'args' in field ? field.args : []) {
        expect(arg.description, `${type.name}.${field.name}(${arg.name})`).toBeTruthy();
      }
    }
  }
});

test('a defect is answered with a request id that the log knows, and with nothing else', async () => {
  const { errors, headers } = await gateway.ask('{datasetTypes(repositories: ["broken"]) {name}}');
  expect(errors).toMatchObject([
    {
      message: `internal error, request id ${headers.get('x-request-id')}`,
      path: ['datasetTypes'],
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    },
  ]);
  const line = gateway.log.find((text) => text.includes('SELECT secret'))!;
  expect(JSON.parse(line)).toMatchObject({ request: headers.get('x-request-id'), level: 'error' });
});

test('a log line tells who, what and how long, and holds no token, variable or query string', async () => {
  const query =
    'query Mine($where: String) {collections(search: ["official"], repositories: ["dp1"]) {nodes {name}} datasets(datasetTypes: ["raw"], collections: ["official"], where: $where) {nodes {uuid}}}';
  const token = await gateway.token();
  await gateway.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, operationName: 'Mine', variables: { where: "instrument = 'hush'" } }),
  });
  await gateway.fetch('/files/dp1/00000000-0000-4000-8000-000000000001/x?component=hush');
  const lines = gateway.log.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toContainEqual(
    expect.objectContaining({ user: 'alice', operation: 'Mine', route: '/graphql', status: 200, method: 'POST' }),
  );
  const text = gateway.log.join('');
  expect(text).not.toContain('hush');
  expect(text).not.toContain(token.split('.')[2]!);
  expect(text).not.toMatch(/eyJ/);
});

describe('somebody else’s repository is nowhere to be seen', () => {
  test.each([
    '{repositories {name} repository(name: "bobs-secret") {name}}',
    '{collections {nodes {name} totalCount}}',
    `{node(id: "${Buffer.from('["Repository","bobs-secret"]').toString('base64url')}") {id}}`,
  ])('%s', async (query) => {
    const { data } = await gateway.ask(query);
    expect(JSON.stringify(data)).not.toContain('bobs');
  });

  test('not even in an error', async () => {
    const ask = (name: string) => gateway.ask(`{collections(repositories: ["${name}"]) {nodes {name}}}`);
    const [theirs, none] = [await ask('bobs-secret'), await ask('no-such-repo')];
    expect(theirs.errors![0]!.message.replace('bobs-secret', 'X')).toBe(
      none.errors![0]!.message.replace('no-such-repo', 'X'),
    );
    expect(theirs.errors![0]!.extensions).toEqual({ code: 'NOT_FOUND', classification: 'ValidationError' });
  });

  test('nor by an identifier made by hand', async () => {
    const node = async (...key: string[]) => {
      const id = Buffer.from(JSON.stringify(key)).toString('base64url');
      return (await gateway.ask('query Q($id: ID!) {node(id: $id) {__typename}}', { id })).data;
    };
    expect(await node('Collection', 'dp1', 'official')).toEqual({ node: { __typename: 'Collection' } });
    expect(await node('Collection', 'dp1', '*')).toEqual({ node: null });
    expect(await node('Collection', 'bobs-secret', '*')).toEqual({ node: null });
  });

  test('nor in the index of repositories', async () => {
    const index = await (await fetch(`${gateway.url}/api/butler/repositories.yaml`)).text();
    expect(index).toContain('dp1');
    expect(index).not.toContain('bobs');
  });

  test('nor in the metrics', async () => {
    expect(await (await gateway.fetch('/metrics')).text()).not.toContain('bobs');
  });
});
