/**
 * What came out of official data is published while its owner is away, also where the official repository is a server that
 * answers nobody without a token: the real stock server, behind the mocks of the platform's ingress and Gafaelfawr.
 */
import { createHash } from 'node:crypto';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createRepository } from '../../src/repository/direct/create.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import { MockGafaelfawr } from '../../stack/mock-gafaelfawr.ts';
import { startRemoteButler, type RemoteButler } from '../../stack/remote-butler.ts';
import { sqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';
import { runGateway, type RunningGateway } from '../gateway/running-gateway.ts';

const USERS = { alice: ['g_users'], bob: ['g_users'], carol: ['g_users', 'g_curators'] } as const;
type User = keyof typeof USERS;

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let mock: MockGafaelfawr;
let server: RemoteButler;
const tokens = new Map<string, string>();

beforeAll(async () => {
  directory = await temporaryDirectory();
  mock = await MockGafaelfawr.start();
  for (const [user, groups] of Object.entries(USERS)) {
    mock.setUser(user, { groups });
    tokens.set(user, mock.token(user));
  }
  const root = join(directory.path, 'official');
  await cp(sqliteRepository('official'), root, { recursive: true });
  const ingress = { gafaelfawr: mock.url };
  server = await startRemoteButler({ repositories: { dp1: root }, directory: directory.path, ingress });
});
afterAll(async () => {
  await server.stop();
  await mock.stop();
  await directory[Symbol.asyncDispose]();
});

/** A gateway that has been asked for nothing yet, over what the ones before it left. */
function startGateway(token: 'forward' | 'delegated'): Promise<RunningGateway> {
  const place = (name: string) => JSON.stringify(join(directory.path, token, name));
  return runGateway({
    auth: { gafaelfawr: { url: mock.url, trustedProxy: ['127.0.0.0/8', '::1/128'] } },
    yaml: `
state: ${JSON.stringify(`sqlite:${join(directory.path, token, 'state.sqlite3')}`)}
satellites: {root: ${place('satellites')}}
repositories:
  - {name: dp1, kind: remote, url: "${server.url}/dp1", token: ${token}}
  - {name: published, kind: direct, path: ${place('published')}, role: published, reviewers: {groups: [g_curators]}}`,
  });
}

/** What a gateway answers to a user, without errors. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as a test reads it
async function asked({ url }: RunningGateway, user: User, query: string, variables: object = {}): Promise<any> {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens.get(user)}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await answer.json()) as { data: unknown; errors?: unknown };
  expect(errors).toBeUndefined();
  return data;
}

async function did(gateway: RunningGateway, user: User, mutation: string, input: object, fields: string) {
  const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) {${mutation}(input: $input) {${fields}}}`;
  const payload = (await asked(gateway, user, query, { input }))[mutation];
  if (!payload.job) return payload;
  const job = 'query ($id: ID!) {job(id: $id) {state error {message}}}';
  const found = async () => (await asked(gateway, user, job, payload.job as object)).job;
  await vi.waitFor(async () => expect(await found()).toEqual({ state: 'COMPLETED', error: null }), 240_000);
  return payload;
}

/** A satellite of alice's with a dataset of hers, in a chain that holds an official run too. */
async function fill(gateway: RunningGateway): Promise<void> {
  const satellite = 'mine';
  await did(
    gateway,
    'alice',
    'createSatellite',
    { name: satellite, official: 'dp1', instruments: ['HSC'] },
    'job {id}',
  );
  const type = { satellite, name: 'note', dimensions: ['detector'], storageClass: 'StructuredDataDict' };
  await did(gateway, 'alice', 'registerDatasetType', type, 'datasetType {name}');
  const bytes = 'made: by alice';
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const upload = { fileName: 'note.yaml', size: bytes.length, sha256 };
  const files = [{ dataId: { instrument: 'HSC', detector: 0 }, upload }];
  const input = { satellite, datasetType: 'note', run: 'u/alice/run', files };
  const begun = await did(gateway, 'alice', 'ingestDatasets', input, 'upload {id files {url}}');
  expect((await fetch(begun.upload.files[0].url as string, { method: 'PUT', body: bytes })).status).toBe(204);
  await did(gateway, 'alice', 'ingestDatasets', { satellite, commit: begun.upload.id as string }, 'job {id}');
  for (const collection of [
    { name: 'HSC/raw/all', type: 'RUN' },
    { name: 'HSC/not-from-there', type: 'RUN' },
    { name: 'u/alice/chain', type: 'CHAINED', children: ['u/alice/run', 'HSC/raw/all'] },
  ]) {
    await did(gateway, 'alice', 'createCollection', { satellite, ...collection }, 'collection {name}');
  }
}

const SHOWN = 'publication {id state digest reason checks {code state message}}';

describe.each(['forward', 'delegated'] as const)('Over an official server that is asked with tokens (%s)', (token) => {
  test('a curator approves, and it is published, while its owner is away and nothing is remembered of the server', async () => {
    const path = join(directory.path, token, 'published');
    const official = await openDirectRepository({ name: 'dp1', path: sqliteRepository('official') });
    const made = { name: 'published', directory: path, universe: await official.universe() };
    await createRepository({ ...made, database: { dialect: 'sqlite' }, signal: AbortSignal.timeout(60_000) });
    await official.close();
    let id: string;
    let digest: string;
    {
      await using gateway = await startGateway(token);
      await fill(gateway);
      const wanted = { satellite: 'mine', collections: ['u/alice/chain'], title: 'Mine', readers: { users: ['bob'] } };
      const { publication } = await did(gateway, 'alice', 'submitPublication', wanted, SHOWN);
      expect(publication.state, JSON.stringify(publication.checks)).toBe('SUBMITTED');
      ({ id, digest } = publication);
    }
    await using gateway = await startGateway(token);
    await did(gateway, 'carol', 'approvePublication', { publication: id, digest, confirmRestart: true }, SHOWN);
    const state = 'query ($id: ID!) {publication(id: $id) {state reason}}';
    const found = async () => (await asked(gateway, 'carol', state, { id })).publication;
    await vi.waitFor(async () => expect(await found()).toEqual({ state: 'PUBLISHED', reason: null }), 240_000);
    const search =
      '{datasets(datasetTypes: ["note"], collections: ["u/alice/chain"], repositories: ["published"]) {nodes {run}}}';
    expect((await asked(gateway, 'bob', search)).datasets.nodes).toEqual([{ run: 'u/alice/run' }]);
  }, 600_000);
});
