/** Stock Python reads references at permanent addresses: over https with its token, over http with a capability. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { promisify } from 'node:util';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NO_RIGHTS } from '../../src/access/grants.ts';
import { Capabilities } from '../../src/access/capability.ts';
import { parsePermanentAddress, permanentAddress, type AddressedFile } from '../../src/access/permanent-address.ts';
import { parseConfig } from '../../src/gateway/config.ts';
import { startGateway, type Gateway } from '../../src/gateway/gateway.ts';
import { createLog } from '../../src/gateway/log.ts';
import type { SatelliteDirectory, SatelliteRecord } from '../../src/satellite/satellite.ts';
import { freePort } from '../../stack/free-port.ts';
import { StackIssuer } from '../../stack/gateway.ts';
import { startOfficial, type Official } from '../../stack/official.ts';
import { runPython } from '../../stack/run-python.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';

const SCRIPT = 'test/oracle/permanent_addresses.py';
const capabilities = new Capabilities(randomBytes(32));
const satellite = {
  id: 's1',
  owner: 'alice',
  state: 'READY',
  group: null,
  capabilityUrls: true,
  capabilityVersion: 1,
} as SatelliteRecord;
const directory = {
  rightsOf: async () => NO_RIGHTS,
  offeredTo: async () => [],
  byId: async () => satellite,
} as Partial<SatelliteDirectory> as SatelliteDirectory;

let place: Awaited<ReturnType<typeof temporaryDirectory>>;
let official: Official;
let gateway: Gateway;
let tls: Server;
let publicUrl: string;
let root: string;
let zipped: string;
let token: string;
let service: string;
let identity: { readonly issuer: string; readonly audience: string; readonly jwks: string };
const log: string[] = [];

/** Ends TLS in front of the gateway, as an ingress does, with a certificate of an authority of our own. */
async function startTls(port: number, target: () => string): Promise<Server> {
  const [key, certificate] = [join(place.path, 'tls.key'), join(place.path, 'tls.crt')];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
  ]);
  const server = createServer({ key: await readFile(key), cert: await readFile(certificate) }, (socket) => {
    const inner: Socket = connect(Number(new URL(target()).port), '127.0.0.1');
    socket.pipe(inner).pipe(socket);
    for (const end of [socket, inner]) end.on('error', () => [socket, inner].forEach((s) => s.destroy()));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const python = async (step: string, args: readonly string[], environment = {}): Promise<unknown> =>
  JSON.parse(await runPython(SCRIPT, [step, ...args], { BUTLER_RUBIN_ACCESS_TOKEN: token, ...environment }));

const overHttps = () => ({
  LSST_HTTP_AUTH_BEARER_TOKEN: token,
  LSST_HTTP_CACERT_BUNDLE: join(place.path, 'tls.crt'),
  // Where a machine sets this one, it wins.
  REQUESTS_CA_BUNDLE: join(place.path, 'tls.crt'),
});

function addressesIn(repository: string): readonly string[] {
  const database = new Sqlite(join(repository.replace(/^file:\/\//, ''), 'gen3.sqlite3'), { readonly: true });
  try {
    return database.prepare('SELECT path FROM file_datastore_records ORDER BY dataset_id').pluck().all() as string[];
  } finally {
    database.close();
  }
}

/** Gives every reference of the repository another address, made from what its file is. */
async function rewrite(address: (file: AddressedFile) => string): Promise<void> {
  const database = new Sqlite(join(root, 'gen3.sqlite3'));
  type Row = { dataset_id: string; component: string };
  const rows = database.prepare('SELECT dataset_id, component FROM file_datastore_records').all() as Row[];
  const change = database.prepare('UPDATE file_datastore_records SET path = ? WHERE dataset_id = ? AND component = ?');
  for (const { dataset_id: id, component } of rows) {
    const uuid = id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    const shown = (await filesOf(uuid)).find((file) => (file.component ?? '__NULL_STRING__') === component)!;
    change.run(address(parsePermanentAddress(shown.url, [publicUrl])!), id, component);
  }
  database.close();
}

/** The data of an answer of GraphQL. */
async function ask<Data>(query: string, { url } = gateway): Promise<Data> {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await answer.json()) as { data: Data; errors?: unknown };
  expect(errors).toBeUndefined();
  return data;
}

interface ShownFile {
  readonly url: string;
  readonly component: string | null;
}

/** What GraphQL says of the files of an official dataset. */
async function filesOf(uuid: string): Promise<readonly ShownFile[]> {
  const query = `{dataset(uuid: "${uuid}") {files {url component}}}`;
  return (await ask<{ dataset: { files: ShownFile[] } }>(query)).dataset.files;
}

interface Reading {
  readonly datasets: Readonly<Record<string, object>>;
  readonly names: readonly string[];
  readonly sizes: readonly number[];
}

function expectRead(datasets: Reading['datasets'], count: number): void {
  for (const [uuid, found] of Object.entries(datasets)) {
    expect(found, uuid).toMatchObject({
      same: true,
      stored: true,
      exists: true,
      sized: true,
      ranged: true,
      handle: 'HttpReadResourceHandle',
    });
  }
  expect(Object.keys(datasets)).toHaveLength(count);
}

function expectAllRead({ datasets, names, sizes }: Reading): void {
  expectRead(datasets, 6);
  // A file a dataset, and three of each composite.
  expect(names.map((name) => name.replace(/.*\./, '.')).sort()).toEqual([
    ...['.parq', '.parq'],
    ...Array<string>(8).fill('.yaml'),
  ]);
  expect(Math.min(...sizes)).toBeGreaterThan(0);
}

beforeAll(async () => {
  place = await temporaryDirectory();
  root = join(place.path, 'satellite');
  const issuer = await StackIssuer.in(place.path);
  token = await issuer.token('alice');
  official = await startOfficial(join(place.path, 'official'), issuer);
  const port = await freePort();
  publicUrl = `https://127.0.0.1:${port}`;
  identity = { issuer: issuer.issuer, audience: issuer.audience, jwks: issuer.jwks };
  service = await issuer.token('service');
  const config = {
    http: { port: 0 },
    auth: { issuers: [{ ...identity, development: true }] },
    repositories: [{ name: 'dp1', kind: 'remote', url: official.url, token: 'forward', serviceToken: service }],
    publicUrl,
  };
  gateway = await startGateway(
    parseConfig(JSON.stringify(config), { file: join(place.path, 'x.yaml'), environment: {} }),
    {
      log: createLog({ write: (line) => void log.push(line) }),
      satellites: { directory, capabilities },
    },
  );
  tls = await startTls(port, () => gateway.url);
  zipped = (await python('zip_one', [official.root], official.s3.environment)) as string;
  await python('refer', [root, official.url]);
}, 600_000);
afterAll(async () => {
  await gateway.close();
  tls.close();
  await official.stop();
  await place[Symbol.asyncDispose]();
});

test('over https, with its token in LSST_HTTP_AUTH_BEARER_TOKEN', async () => {
  await rewrite((file) => permanentAddress(publicUrl, file));
  expectAllRead((await python('read', [root, official.url], overHttps())) as Reading);
});

test('a member of a zip, of which the store gives only the whole', async () => {
  const [file] = await filesOf(zipped);
  const address = file!.url.replace(publicUrl, gateway.url);
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(address, { headers });
  expect([answer.status, answer.redirected]).toEqual([200, false]);
  const content = await answer.text();
  const part = await fetch(address, { headers: { ...headers, range: 'bytes=-7' } });
  expect([part.status, await part.text()]).toEqual([206, content.slice(-7)]);
});

test('over http, with capabilities and no token', async () => {
  await rewrite((file) => {
    const capability = capabilities.mint({ satelliteId: 's1', version: 1, ...file });
    return permanentAddress(gateway.url, { ...file, capability });
  });
  expectAllRead((await python('read', [root, official.url])) as Reading);
  expect(log.join('\n')).not.toMatch(/~s1\.1\./);
});

test('a reference whose dataset was removed from the official repository is told so at once', async () => {
  await rewrite((file) => permanentAddress(publicUrl, file));
  const database = new Sqlite(join(root, 'gen3.sqlite3'), { readonly: true });
  const { path } = database
    .prepare("SELECT path FROM file_datastore_records WHERE path LIKE '%calexp_metrics%'")
    .get() as {
    path: string;
  };
  database.close();
  const { uuid } = parsePermanentAddress(path, [publicUrl])!;
  await runPython(SCRIPT, ['remove', official.root, uuid], official.s3.environment);
  expect(await python('is_gone', [root, uuid], overHttps())).toEqual({
    stored: false,
    failure: expect.stringMatching(/FileNotFoundError.*404/s) as string,
  });
  const answer = await fetch(path.replace(publicUrl, gateway.url), { headers: { authorization: `Bearer ${token}` } });
  expect(await answer.json()).toMatchObject({
    errors: [{ message: expect.stringContaining(uuid) as string, extensions: { code: 'NOT_FOUND' } }],
  });
});

test('in a satellite of the gateway’s own making, with capabilities that can be rotated', async () => {
  const config = {
    http: { port: 0 },
    auth: { issuers: [{ ...identity, development: true }] },
    repositories: [{ name: 'dp1', kind: 'remote', url: official.url, token: 'forward', serviceToken: service }],
    state: 'sqlite:./state.sqlite3',
    satellites: { root: './satellites' },
  };
  const own = await startGateway(
    parseConfig(JSON.stringify(config), { file: join(place.path, 'own.yaml'), environment: {} }),
    {
      log: createLog({ write: (line) => void log.push(line) }),
    },
  );
  try {
    const made = await ask<{ createSatellite: { satellite: { uri: string } } }>(
      `mutation {createSatellite(input: {name: "mine", official: "dp1", capabilityUrls: true}) {satellite {uri}}}`,
      own,
    );
    const search = `{datasetTypes: ["source_catalog"], collections: ["HSC/defaults"], where: "instrument = 'HSC' AND detector IN (0, 1)"}`;
    const { transferDatasets } = await ask<{ transferDatasets: { job: { id: string } } }>(
      `mutation {transferDatasets(input: {to: "mine", search: ${search}}) {job {id}}}`,
      own,
    );
    const job = () =>
      ask<{ job: { state: string; error: unknown } }>(
        `{job(id: "${transferDatasets.job.id}") {state error {message}}}`,
        own,
      );
    await expect.poll(job, { timeout: 200_000 }).toEqual({ job: { state: 'COMPLETED', error: null } });
    const { uri } = made.createSatellite.satellite;
    const before = (await python('read', [uri, official.url])) as Reading;
    expectRead(before.datasets, before.names.length);
    const [address] = addressesIn(uri);
    expect((await fetch(address!)).status).toBe(200);

    await ask('mutation {rotateSatelliteCapability(input: {satellite: "mine"}) {satellite {name}}}', own);
    expect((await fetch(address!)).status).toBe(403);
    expect((await fetch(addressesIn(uri)[0]!)).status).toBe(200);
  } finally {
    await own.close();
  }
});
