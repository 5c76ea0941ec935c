/**
 * The stock Butler server's own rule, behind the mocks of the platform's ingress and Gafaelfawr: who may not read an official
 * repository finds it absent.  The server remembers for ever whom it let in; the gateway does not.
 */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { MockGafaelfawr } from '../../stack/mock-gafaelfawr.ts';
import { startRemoteButler, type RemoteButler } from '../../stack/remote-butler.ts';
import { sqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';
import { runGateway, type GraphQLAnswer, type RunningGateway } from '../gateway/running-gateway.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let mock: MockGafaelfawr;
let server: RemoteButler;
let gateway: RunningGateway;
const tokens = new Map<string, string>();

beforeAll(async () => {
  directory = await temporaryDirectory();
  mock = await MockGafaelfawr.start();
  const groups = { alice: ['g_users', 'g_dp1'], bob: ['g_users'], carol: ['g_users', 'g_dp1'], dave: ['g_users'] };
  for (const [user, names] of Object.entries(groups)) {
    mock.setUser(user, { groups: names });
    tokens.set(user, mock.token(user));
  }
  const root = join(directory.path, 'official');
  await cp(sqliteRepository('official'), root, { recursive: true });
  server = await startRemoteButler({
    repositories: { dp1: { root, groups: ['g_dp1'] } },
    directory: directory.path,
    ingress: { gafaelfawr: mock.url },
  });
  const remote = (name: string, more = '') =>
    `  - {name: ${name}, kind: remote, url: "${server.url}/dp1", token: delegated${more}}`;
  gateway = await runGateway({
    auth: { gafaelfawr: { url: mock.url, trustedProxy: ['127.0.0.0/8', '::1/128'] } },
    yaml: `satellites: {root: ./satellites}\nrepositories:\n${remote('dp1')}\n${remote('guarded', ', groups: [g_dp1]')}`,
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await server.stop();
  await mock.stop();
  await directory[Symbol.asyncDispose]();
});
afterEach(() => vi.useRealTimers());

async function ask(headers: Record<string, string>, query: string, variables: object = {}): Promise<GraphQLAnswer> {
  const answer = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return { status: answer.status, headers: answer.headers, ...((await answer.json()) as object) };
}
const bearer = (user: string) => ({ authorization: `Bearer ${tokens.get(user)}` });
const viaIngress = (user: string) => ({ 'x-auth-request-user': user, 'x-auth-request-token': tokens.get(user)! });
const repositories = async (headers: Record<string, string>): Promise<string[]> =>
  ((await ask(headers, '{repositories {name}}')).data.repositories as { name: string }[]).map(({ name }) => name);
/** Status of the server's own answer to a user. */
const directly = async (user: string) =>
  (await fetch(`${server.url}/dp1/v1/universe`, { headers: bearer(user) })).status;

const SEARCHES = `query ($name: String!) {
  repository(name: $name) {name universe {version}}
  datasetTypes(repositories: [$name]) {name}
  collections(repositories: [$name]) {nodes {name}}
  dimensionRecords(element: "instrument", repositories: [$name]) {nodes {values}}
}`;
/** What a user is told of a repository, with any name for it. */
async function told(user: string, name: string): Promise<string> {
  const { data, errors } = await ask(bearer(user), SEARCHES, { name });
  return JSON.stringify({ data, errors }).replaceAll(name, 'NAME');
}

test.each([
  ['a token of Gafaelfawr', bearer],
  ['what the ingress delegated', viaIngress],
])('a member of the group reads the official repository with %s', async (_what, headers) => {
  expect(await repositories(headers('alice'))).toEqual(['dp1', 'guarded']);
  const { data, errors } = await ask(headers('alice'), SEARCHES, { name: 'dp1' });
  expect(errors).toBeUndefined();
  expect(data.repository).toMatchObject({ name: 'dp1' });
  expect(data.collections.nodes.length).toBeGreaterThan(0);
});

test('a job asks the official server with what the ingress delegated to its user', async () => {
  const records = '{dimensionRecords(element: "instrument", repositories: ["dp1"]) {nodes {dataId}}}';
  const [instrument] = (await ask(viaIngress('alice'), records)).data.dimensionRecords.nodes;
  const input = { name: 'mine', official: 'dp1', instruments: [instrument.dataId.instrument] };
  const create = 'mutation ($input: CreateSatelliteInput!) {createSatellite(input: $input) {job {id}}}';
  const { data, errors } = await ask(viaIngress('alice'), create, { input });
  expect(errors).toBeUndefined();
  const query = 'query ($id: ID!) {job(id: $id) {state error {code message}}}';
  const { id } = data.createSatellite.job;
  const job = async () => (await ask(bearer('alice'), query, { id })).data.job;
  await vi.waitFor(async () => expect(await job()).toEqual({ state: 'COMPLETED', error: null }), 200_000);
});

describe('a user without the repository’s group', () => {
  test('sees no official data, with the very answer of a repository that is not there', async () => {
    expect(await directly('bob')).toBe(403);
    expect(await repositories(bearer('bob'))).toEqual([]);
    expect(await repositories(viaIngress('bob'))).toEqual([]);
    for (const name of ['dp1', 'guarded']) expect(await told('bob', name)).toBe(await told('bob', 'nothing'));
    const search = (collection: string) =>
      ask(bearer('bob'), 'query ($c: String!) {datasets(datasetTypes: ["*"], collections: [$c]) {nodes {uuid}}}', {
        c: collection,
      });
    expect(JSON.stringify((await search('HSC/runs/ci_hsc')).errors)).not.toContain('dp1');
    for (const path of [
      '/files/NAME/0195c2b1-7f3e-7b1a-9c00-1234567890ab/a.fits',
      '/api/butler/repo/NAME/v1/universe',
    ]) {
      const answer = async (name: string) => {
        const response = await fetch(gateway.url + path.replace('NAME', name), { headers: bearer('bob') });
        return `${response.status} ${(await response.text()).replaceAll(name, 'NAME')}`;
      };
      expect(await answer('dp1')).toBe(await answer('nothing'));
    }
  });

  test('sees none either when the server’s own memory would let them in, where the configuration names the groups', async () => {
    // As a member she was let in; the server goes on to let her in for good.
    expect(await directly('carol')).toBe(200);
    expect(await repositories(bearer('carol'))).toEqual(['dp1', 'guarded']);
    mock.setUser('carol', { groups: ['g_users'] });
    expect(await directly('carol')).toBe(200);
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.advanceTimersByTime(60_000);
    expect(await repositories(bearer('carol'))).toEqual(['dp1']);
    expect(await told('carol', 'guarded')).toBe(await told('carol', 'nothing'));
  });

  test('sees it soon after joining the group', async () => {
    expect(await repositories(bearer('dave'))).toEqual([]);
    mock.setUser('dave', { groups: ['g_users', 'g_dp1'] });
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.advanceTimersByTime(21_000);
    expect(await repositories(bearer('dave'))).toEqual(['dp1', 'guarded']);
  });
});

test('a user without a token of the platform finds no repository that is read with one', async () => {
  const jwt = await gateway.token('erin');
  expect(await repositories({ authorization: `Bearer ${jwt}` })).toEqual([]);
  expect(await repositories({ 'x-auth-request-user': 'erin' })).toEqual([]);
});

test('a server that is down is not absent: an error names it', async () => {
  await server.stop();
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.advanceTimersByTime(120_000);
  const { errors } = await ask(bearer('alice'), SEARCHES, { name: 'dp1' });
  expect(errors?.map(({ extensions }) => extensions['code'])).toContain('UPSTREAM_UNAVAILABLE');
});
