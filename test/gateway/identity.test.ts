/** Who asks, through a real gateway: scopes, the ingress's headers, credentials that disagree, tokens that are revoked. */
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { MintedTokens } from '../../src/access/minted-token.ts';
import type { Operation } from '../../src/access/principal.ts';
import { Revocations } from '../../src/access/revocations.ts';
import { openState } from '../../src/state/open.ts';
import type { State } from '../../src/state/state.ts';
import { MockGafaelfawr } from '../../stack/mock-gafaelfawr.ts';
import { sqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';
import { runGateway, type GraphQLAnswer, type RunningGateway } from './running-gateway.ts';

const OFFICIAL = JSON.stringify(sqliteRepository('official'));
const UUID = '0195c2b1-7f3e-7b1a-9c00-1234567890ab';

let mock: MockGafaelfawr;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let state: State;
let gateway: RunningGateway;
/** The same, whose ingress is somewhere else. */
let untrusting: RunningGateway;

beforeAll(async () => {
  mock = await MockGafaelfawr.start();
  mock.setUser('alice', { groups: ['g_users', 'g_dp1'], quota: { api: { satellite: 1000 } } });
  mock.setUser('bob', { groups: ['g_users'] });
  directory = await temporaryDirectory();
  const address = `sqlite:${join(directory.path, 'state.sqlite3')}`;
  const repositories = `
repositories:
  - {name: dp1, kind: direct, path: ${OFFICIAL}}
  - {name: members, kind: direct, path: ${OFFICIAL}, groups: [g_dp1]}`;
  gateway = await runGateway({
    auth: {
      gafaelfawr: { url: mock.url, trustedProxy: ['127.0.0.0/8', '::1/128'] },
      administrators: { users: ['root'] },
    },
    yaml: `state: ${JSON.stringify(address)}\nsatellites: {root: ${JSON.stringify(directory.path)}}\n${repositories}`,
  });
  untrusting = await runGateway({
    auth: { gafaelfawr: { url: mock.url, trustedProxy: ['10.0.0.0/8'] } },
    yaml: repositories,
  });
  state = await openState(address, AbortSignal.timeout(60_000));
});
afterAll(async () => {
  await state.close();
  await gateway[Symbol.asyncDispose]();
  await untrusting[Symbol.asyncDispose]();
  await mock.stop();
  await directory[Symbol.asyncDispose]();
});
afterEach(() => vi.useRealTimers());

/** Headers are sent as they are, also twice. */
async function ask(
  to: RunningGateway,
  headers: Readonly<Record<string, string | string[]>>,
  query: string,
  variables: object = {},
): Promise<GraphQLAnswer> {
  const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().flatMap((one) => [name, one]));
  const { statusCode, body } = await request(`${to.url}/graphql`, {
    method: 'POST',
    headers: ['content-type', 'application/json', ...lines],
    body: JSON.stringify({ query, variables }),
  });
  return { status: statusCode, headers: new Headers(), ...((await body.json()) as object) };
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const WHO = '{viewer {username groups scopes quota}}';
const codes = ({ errors = [] }: GraphQLAnswer) => errors.map(({ extensions }) => extensions['code']);
const pass = (seconds: number) => {
  if (!vi.isFakeTimers()) vi.useFakeTimers({ toFake: ['Date'] });
  vi.advanceTimersByTime(seconds * 1000);
};

describe('a token without the scope to read', () => {
  const none = () => gateway.token('alice', { scopes: ['exec:notebook'] });

  test('tells who one is, and nothing else; the error names the scope', async () => {
    const query = '{viewer {username scopes} repositories {name} __typename}';
    const { data, errors } = await ask(gateway, bearer(await none()), query);
    expect(data).toBeNull();
    expect(errors).toMatchObject([
      { path: ['repositories'], message: expect.stringContaining('"read:image"'), extensions: { code: 'FORBIDDEN' } },
    ]);
    const answer = await ask(
      gateway,
      bearer(await none()),
      '{viewer {username scopes} dataset(uuid: "' + UUID + '") {id}}',
    );
    expect(answer.data).toEqual({ viewer: { username: 'alice', scopes: ['exec:notebook'] }, dataset: null });
    expect(codes(answer)).toEqual(['FORBIDDEN']);
  });

  test('is not hidden from the check by fragments and aliases', async () => {
    const query = 'query {...a} fragment a on Query {... on Query {x: dataset(uuid: "' + UUID + '") {id}}}';
    expect(codes(await ask(gateway, bearer(await none()), query))).toEqual(['FORBIDDEN']);
  });

  test.each([
    ['POST', '/export', JSON.stringify({ field: 'datasets' })],
    ['GET', `/files/dp1/${UUID}/a.fits`, undefined],
    ['HEAD', `/files/dp1/${UUID}/a.fits`, undefined],
    ['GET', '/api/butler/repo/dp1/v1/universe', undefined],
    ['POST', '/graphql/stream', JSON.stringify({ query: 'subscription {jobProgress(id: "x") {id}}' })],
  ])('opens nothing: %s %s', async (method, path, body) => {
    const headers = { ...bearer(await none()), ...(body !== undefined && { 'content-type': 'application/json' }) };
    const answer = await fetch(`${gateway.url}${path}`, { method, headers, ...(body !== undefined && { body }) });
    if (path === '/graphql/stream') expect(await answer.text()).toContain('"FORBIDDEN"');
    else expect(answer.status).toBe(403);
  });
});

test('a token without the scope to change reads, and changes nothing', async () => {
  const headers = bearer(await gateway.token('alice', { scopes: ['read:image'] }));
  expect((await ask(gateway, headers, '{repositories {name}}')).data).toEqual({ repositories: [{ name: 'dp1' }] });
  const create = 'mutation {createSatellite(input: {name: "none", official: "dp1"}) {satellite {name}}}';
  const { errors } = await ask(gateway, headers, create);
  expect(errors).toMatchObject([
    { message: expect.stringContaining('"write:files"'), extensions: { code: 'FORBIDDEN' } },
  ]);
});

test('a token that says nothing of scopes has those of its issuer', async () => {
  const { data } = await ask(gateway, bearer(await gateway.token('alice')), WHO);
  expect(data.viewer.scopes).toEqual(['read:image', 'write:files']);
});

describe('the ingress’s headers', () => {
  const from = (name: string, token?: string) => ({
    'X-Auth-Request-User': name,
    ...(token !== undefined && { 'X-Auth-Request-Token': token }),
  });

  test('from its own address say who asks', async () => {
    const { data } = await ask(gateway, from('alice', mock.token('alice')), WHO);
    expect(data.viewer).toEqual({
      username: 'alice',
      groups: ['g_users', 'g_dp1'],
      scopes: ['read:image', 'write:files'],
      quota: { api: { satellite: 1000 } },
    });
  });

  test.each(['X-Auth-Request-User', 'x-auth-request-user', 'X-AUTH-REQUEST-USER'])(
    'from any other address are nothing: %s',
    async (name) => {
      const spoofed = {
        [name]: 'alice',
        'x-forwarded-for': '10.0.0.1',
        'x-real-ip': '10.0.0.1',
        forwarded: 'for=10.0.0.1',
      };
      expect((await ask(untrusting, spoofed, WHO)).status).toBe(401);
      const headers = { ...spoofed, ...bearer(await untrusting.token('bob')) };
      expect((await ask(untrusting, headers, WHO)).data.viewer.username).toBe('bob');
    },
  );

  test('of two users at once are refused', async () => {
    const answer = await ask(gateway, { 'x-auth-request-user': ['alice', 'bob'] }, WHO);
    expect([answer.status, codes(answer)]).toEqual([400, ['BAD_USER_INPUT']]);
  });

  test('and a token of another user are refused, logged, and in the audit trail', async () => {
    const headers = { ...from('alice', mock.token('alice')), ...bearer(await gateway.token('bob')) };
    const answer = await ask(gateway, headers, WHO);
    expect([answer.status, codes(answer)]).toEqual([400, ['BAD_USER_INPUT']]);
    const logged = gateway.log.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(logged).toContainEqual(expect.objectContaining({ event: 'credentials-disagree', users: ['alice', 'bob'] }));
    const trail = '{auditTrail(first: 5) {nodes {actor action detail}}}';
    const { data } = await ask(gateway, bearer(await gateway.token('root')), trail);
    expect(data.auditTrail.nodes).toContainEqual({
      actor: 'alice',
      action: 'credentialsDisagree',
      detail: { users: ['alice', 'bob'] },
    });
  });
});

test('two tokens of different users in one request are refused, of one user they are one', async () => {
  const authorization = [`Bearer ${await gateway.token('alice')}`, `Bearer ${await gateway.token('bob')}`];
  const answer = await ask(gateway, { authorization }, WHO);
  expect([answer.status, codes(answer)]).toEqual([400, ['BAD_USER_INPUT']]);
  const same = [`Bearer ${await gateway.token('alice')}`, `Bearer ${mock.token('alice')}`];
  expect((await ask(gateway, { authorization: same }, WHO)).data.viewer.username).toBe('alice');
});

test('a cookie is no credential', async () => {
  const cookie = `gafaelfawr=${mock.token('alice')}; token=${await gateway.token('alice')}`;
  expect((await ask(gateway, { cookie }, WHO)).status).toBe(401);
});

describe('a token of Gafaelfawr', () => {
  test('that is revoked opens nothing after 20 seconds, and is in no line of the log', async () => {
    const token = mock.token('alice');
    expect((await ask(gateway, bearer(token), WHO)).data.viewer.groups).toContain('g_dp1');
    mock.revoke(token);
    pass(20);
    expect((await ask(gateway, bearer(token), WHO)).status).toBe(401);
    expect(gateway.log.join('')).not.toContain(token.split('.')[1]);
  });

  test('of one who left a repository’s group finds it as absent as a wrong name, within 20 seconds', async () => {
    const headers = bearer(mock.token('alice'));
    const query = 'query ($name: String!) {repository(name: $name) {name} datasetTypes(repositories: [$name]) {name}}';
    const answer = async (name: string) => {
      const { data, errors } = await ask(gateway, headers, query, { name });
      return JSON.stringify({ data, errors }).replaceAll(name, 'NAME');
    };
    expect(await answer('members')).toContain('"repository":{"name":"NAME"}');
    mock.setUser('alice', { groups: ['g_users'] });
    pass(20);
    expect(await answer('members')).toBe(await answer('nothing'));
    expect((await ask(gateway, headers, '{repositories {name}}')).data).toEqual({ repositories: [{ name: 'dp1' }] });
    mock.setUser('alice', { groups: ['g_users', 'g_dp1'] });
    pass(20);
    expect(await answer('members')).toContain('"repository":{"name":"NAME"}');
  });

  test('cannot be checked while Gafaelfawr is down, which is said', async () => {
    mock.failure = 502;
    const answer = await ask(gateway, bearer(mock.token('bob')), WHO);
    mock.failure = undefined;
    expect([answer.status, codes(answer)]).toEqual([503, ['UPSTREAM_UNAVAILABLE']]);
  });
});

test('a signed token that was revoked is refused within 20 seconds by every gateway, one issued later is not', async () => {
  const token = await gateway.token('carol', { expires: '30 days' });
  expect((await ask(gateway, bearer(token), WHO)).status).toBe(200);
  await new Revocations(state).revoke('carol');
  pass(20);
  const refused = await ask(gateway, bearer(token), WHO);
  expect([refused.status, refused.errors?.[0]?.message]).toEqual([
    401,
    'Your token was refused: it has been revoked; get a new one.',
  ]);
  expect((await ask(gateway, bearer(await gateway.token('carol')), WHO)).status).toBe(200);
});

describe('a token that the gateway minted for a worker', () => {
  const memberships = { of: () => Promise.reject(new Error('only verifying asks')) };
  const minted = async (operations: readonly Operation[], satellite = 'dave~one') => {
    const tokens = new MintedTokens({ secret: state.secret, memberships, scopes: [] });
    return bearer(
      await tokens.mint({ username: 'dave', satellite, operations, job: null, aclRevision: 0, seconds: 900 }),
    );
  };
  beforeAll(async () => {
    const dave = bearer(await gateway.token('dave'));
    for (const name of ['one', 'two']) {
      const create = 'mutation ($input: CreateSatelliteInput!) {createSatellite(input: $input) {satellite {name}}}';
      const answer = await ask(gateway, dave, create, { input: { name, official: 'dp1' } });
      expect(answer.errors).toBeUndefined();
    }
  });

  test('sees its satellite, and no other of its user’s', async () => {
    const { data } = await ask(gateway, await minted(['read']), '{repositories {name} repository(name: "two") {name}}');
    expect(data).toEqual({ repositories: [{ name: 'dave~one' }, { name: 'dp1' }], repository: null });
  });

  test('gets no other satellite by its name or id, no credentials, and nothing of others’ rights', async () => {
    const dave = bearer(await gateway.token('dave'));
    const whole = '{one: satellite(name: "one") {id environment} two: satellite(name: "two") {id}}';
    const { one, two } = (await ask(gateway, dave, whole)).data;
    expect(one.environment).not.toBeNull();
    const headers = await minted(['read']);
    const seen = await ask(
      gateway,
      headers,
      '{one: satellite(name: "one") {environment} two: satellite(name: "two") {id}}',
    );
    expect(seen.data).toEqual({ one: { environment: null }, two: null });
    const byId = await ask(gateway, headers, 'query ($id: ID!) {node(id: $id) {id}}', { id: two.id });
    expect(byId.data).toEqual({ node: null });
    for (const field of ['satellites {name}', 'auditTrail {nodes {actor}}', 'jobs {id}']) {
      expect(codes(await ask(gateway, headers, `{${field}}`)), field).toEqual(['FORBIDDEN']);
    }
  });

  test('does what it was made for on its satellite alone', async () => {
    const create = (name: string, satellite: string) =>
      `mutation {createCollection(input: {satellite: "${satellite}", name: "${name}"}) {collection {name}}}`;
    const headers = await minted(['read', 'curate']);
    expect((await ask(gateway, headers, create('u/dave/a', 'one'))).data.createCollection.collection.name).toBe(
      'u/dave/a',
    );
    expect(codes(await ask(gateway, headers, create('u/dave/a', 'two')))).toEqual(['FORBIDDEN']);
    expect(codes(await ask(gateway, await minted(['read']), create('u/dave/b', 'one')))).toEqual(['FORBIDDEN']);
    const others = [
      'deleteSatellite(input: {satellite: "one"}) {satellite {name}}',
      'retryJob(input: {job: "x"}) {job {id}}',
    ];
    for (const mutation of others) {
      expect(codes(await ask(gateway, headers, `mutation {${mutation}}`)), mutation).toEqual(['FORBIDDEN']);
    }
  });

  test('reads nothing where it was not made for reading', async () => {
    expect(codes(await ask(gateway, await minted(['curate']), '{satellite(name: "one") {name}}'))).toEqual([
      'FORBIDDEN',
    ]);
  });
});
