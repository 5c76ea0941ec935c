/** What `npm run build` made, with its processes, its threads, and what it loads when it is needed. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StackIssuer, startGateway, type Gateway } from '../../stack/gateway.ts';
import { sqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let gateway: Gateway;
let headers: Record<string, string>;

beforeAll(async () => {
  directory = await temporaryDirectory();
  const issuer = await StackIssuer.in(directory.path);
  gateway = await startGateway({
    directory: directory.path,
    issuer,
    repositories: [{ name: 'dp1', kind: 'direct', path: sqliteRepository('official') }],
    configuration: {
      state: `sqlite:${join(directory.path, 'state.sqlite3')}`,
      satellites: { root: join(directory.path, 'satellites') },
    },
    built: true,
  });
  headers = { 'content-type': 'application/json', authorization: `Bearer ${await issuer.token('alice')}` };
});
afterAll(async () => {
  await gateway.stop();
  await directory[Symbol.asyncDispose]();
});

const post = (path: string, body: object) =>
  fetch(`${gateway.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });

test('answers GraphQL, and stock clients, of a repository in SQLite', async () => {
  const datasetTypes = await post('/graphql', { query: '{datasetTypes(search: ["raw"]) {name}}' });
  expect(await datasetTypes.json()).toEqual({ data: { datasetTypes: [{ name: 'raw' }] } });
  const universe = await fetch(`${gateway.url}/api/butler/repo/dp1/v1/universe`, { headers });
  expect(await universe.json()).toMatchObject({ universe: { namespace: 'daf_butler' } });
});

test('makes a satellite, and says what is wrong in the words of the one GraphQL library', async () => {
  const create = 'mutation ($input: CreateSatelliteInput!) {createSatellite(input: $input) {satellite {state}}}';
  const created = await post('/graphql', { query: create, variables: { input: { name: 'work', official: 'dp1' } } });
  expect(await created.json()).toEqual({ data: { createSatellite: { satellite: { state: 'READY' } } } });
  const wrong = await post('/graphql', { query: create, variables: { input: { name: 'work' } } });
  expect(await wrong.json()).toMatchObject({ errors: [{ message: expect.stringContaining('"official"') }] });
});

test('writes Parquet, and has the page with its files', async () => {
  const rows = { field: 'dataIds', arguments: { dimensions: ['detector'] }, format: 'parquet' };
  const exported = Buffer.from(await (await post('/export', rows)).arrayBuffer());
  expect(exported.subarray(0, 4).toString()).toBe('PAR1');
  const page = await (await fetch(gateway.url)).text();
  const script = /src="\.\/([^"]+\.js)"/.exec(page)![1]!;
  expect((await fetch(`${gateway.url}/${script}`)).status).toBe(200);
});
