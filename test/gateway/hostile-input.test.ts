/** What is refused in words, before anything is written: names, paths and bodies of those who mean harm. */
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { contentOf } from '../satellite/tree-content.ts';
import { runGateway, type GraphQLAnswer, type RunningGateway } from './running-gateway.ts';
import { jobOf, watched } from './watched-job.ts';

const TEN_MB = 'x'.repeat(10 << 20);
const SHA256 = '0'.repeat(64);

let directory: string;
let gateway: RunningGateway;
/** Of the satellite. */
let root: string;
let before: Awaited<ReturnType<typeof contentOf>>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hostile-'));
  gateway = await runGateway({
    yaml: `
satellites: {root: ${JSON.stringify(join(directory, 'satellites'))}}
repositories:
  - {name: dp1, kind: direct, path: ${JSON.stringify(sqliteRepository('official'))}}`,
  });
  const made = await change('createSatellite', { name: 'mine', official: 'dp1' }, 'satellite {uri}');
  root = (made.data.createSatellite.satellite.uri as string).replace(/^file:\/\//, '');
  const note = { ...mine, name: 'note', dimensions: [], storageClass: 'StructuredDataDict' };
  expect((await change('registerDatasetType', note, 'datasetType {name}')).errors).toBeUndefined();
  await writeFile(join(directory, 'secret.yaml'), 'secret: 1');
  await symlink(directory, join(root, 'linked'));
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});
beforeEach(async () => {
  before = await contentOf(directory);
});
afterEach(async () => {
  expect(await contentOf(directory)).toEqual(before);
});

const mine = { satellite: 'mine' };

test.each([
  ['text for a number', ['HSC', 'x']],
  ['a number that is too large', ['HSC', { i: '9223372036854775808' }]],
  ['half a number', ['HSC', 1.5]],
  ['no number', ['HSC', { f: 'NaN' }]],
  ['a number for text', [7, 1]],
])('a cursor that was made by hand is refused: %s', async (_what, key) => {
  const query = `query ($after: String) {
    dimensionRecords(element: "detector", repositories: ["dp1"], first: 1, after: $after) {pageInfo {endCursor}}
  }`;
  const { data } = await gateway.ask(query);
  const cursor = Buffer.from(data.dimensionRecords.pageInfo.endCursor as string, 'base64url').toString();
  const [version, search] = JSON.parse(cursor) as unknown[];
  const after = Buffer.from(JSON.stringify([version, search, { '': { dp1: key } }])).toString('base64url');
  const { errors } = await gateway.ask(query, { after });
  expect(errors?.[0]).toMatchObject({
    message: expect.stringContaining('cursor') as string,
    extensions: { code: 'INVALID_QUERY' },
  });
});

function change(mutation: string, input: object, fields: string): Promise<GraphQLAnswer> {
  const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
  return gateway.ask(`mutation ($input: ${type}!) {${mutation}(input: $input) {${fields}}}`, { input });
}

/** Expects an error for people: short, and without what a terminal would obey. */
function expectRefusal({ errors }: GraphQLAnswer, ...codes: readonly string[]): void {
  expect(errors).toHaveLength(1);
  const { message, extensions } = errors![0]!;
  expect(codes).toContain(extensions['code']);
  expect(message.length).toBeLessThan(1000);
  expect(message).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}]/u);
}

const ingest = (run: string, file: object) =>
  change('ingestDatasets', { ...mine, datasetType: 'note', run, files: [{ dataId: {}, ...file }] }, 'job {id}');

describe.each([
  '*',
  'u/alice/?',
  '[a-z]',
  "it's",
  'say "x"',
  '`id`',
  'nul\u0000nul',
  'red\u001b[31m',
  'line\nline',
  'turned\u202eback',
  '\ud800',
  '../x',
  'u/../../x',
  '/etc/passwd',
  '%2e%2e/x',
  'a#zip-path=b',
  'a\\b',
  'x'.repeat(512),
])('%j', (name) => {
  test('is the name of no collection, dataset type, run, or satellite', async () => {
    for (const type of ['RUN', 'TAGGED', 'CHAINED', 'CALIBRATION']) {
      expectRefusal(await change('createCollection', { ...mine, name, type }, 'collection {name}'), 'BAD_USER_INPUT');
    }
    const definition = { ...mine, name, dimensions: [], storageClass: 'StructuredDataDict' };
    expectRefusal(await change('registerDatasetType', definition, 'datasetType {name}'), 'BAD_USER_INPUT');
    const upload = { fileName: 'a.yaml', size: 1, sha256: SHA256 };
    expectRefusal(await ingest(name, { upload }), 'BAD_USER_INPUT');
    expectRefusal(await ingest(name, { path: 'a.yaml' }), 'BAD_USER_INPUT');
    expectRefusal(await change('createSatellite', { name, official: 'dp1' }, 'job {id}'), 'BAD_USER_INPUT');
  });

  test('is nothing that could be changed', async () => {
    const chain = { ...mine, collection: name, children: [] };
    expectRefusal(await change('setCollectionChain', chain, 'collection {name}'), 'MISSING_COLLECTION');
    const removed = { ...mine, collection: name };
    expectRefusal(await change('removeCollection', removed, 'job {id}'), 'MISSING_COLLECTION');
    expectRefusal(await change('deleteSatellite', { satellite: name }, 'job {id}'), 'NOT_FOUND', 'BAD_USER_INPUT');
  });
});

test.each([
  '../secret.yaml',
  'a/../../../secret.yaml',
  '/etc/passwd',
  'file:///etc/passwd',
  'file:../secret.yaml',
  '%2e%2e/secret.yaml',
  '..%2fsecret.yaml',
  '\uff0e\uff0e/secret.yaml',
  'a\\..\\secret.yaml',
  'a.yaml\u0000.txt',
  'a\u001b[31m.yaml',
  'a.zip#zip-path=../secret.yaml',
  'a.zip#zip-path=m',
  'butler.yaml',
  'gen3.sqlite3',
  'http://2130706433/a.yaml',
  'http://[::ffff:127.0.0.1]/a.yaml',
  'https://user:word@archive.example.org/a.yaml',
  's3://bucket/a.yaml',
  'x'.repeat(512),
])('a file %j is not ingested', async (path) => {
  expectRefusal(await ingest('u/alice/run', { path }), 'BAD_USER_INPUT');
});

test('a file beyond a link out of the root is not ingested', async () => {
  const job = jobOf(await ingest('u/alice/run', { path: 'linked/secret.yaml' }), 'ingestDatasets');
  expect(await watched(gateway, job)).toMatchObject({ state: 'FAILED', error: { code: 'BAD_USER_INPUT' } });
});

describe('a body of 10 MB is refused', () => {
  test.each(['/graphql', '/export'])('at %s', async (path) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await gateway.fetch(path, { method: 'POST', headers, body: JSON.stringify({ query: TEN_MB }) });
    expect(answer.status).toBe(413);
    expect(JSON.stringify(await answer.json())).toContain('send less at once');
  });

  test('where an upload of fewer bytes was promised, and where none was', async () => {
    const asked = await change(
      'ingestDatasets',
      { ...mine, datasetType: 'note', run: 'u/alice/run', files: [{ dataId: {}, upload: upload(13) }] },
      'upload {files {url}}',
    );
    const [{ url }] = asked.data.ingestDatasets.upload.files as [{ url: string }];
    const answer = await fetch(url, { method: 'PUT', body: TEN_MB });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('more than 13 bytes came');
    expect((await gateway.fetch('/uploads/none/0', { method: 'PUT', body: TEN_MB })).status).toBe(404);
  });
});

const upload = (size: number) => ({ fileName: '../../secret.yaml', size, sha256: SHA256 });
