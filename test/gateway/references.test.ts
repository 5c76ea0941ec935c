import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { NO_RIGHTS } from '../../src/access/grants.ts';
import type { Memberships } from '../../src/access/memberships.ts';
import { Capabilities } from '../../src/access/capability.ts';
import { RepositoryUnavailableError } from '../../src/butler/errors.ts';
import type { Caller, QueryContext } from '../../src/repository/repository.ts';
import type { FileRecord, FileSource } from '../../src/repository/rows.ts';
import { fullName, type SatelliteDirectory, type SatelliteRecord } from '../../src/satellite/satellite.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';
import { runGateway, type RunningGateway } from './running-gateway.ts';
import { bytesOf, FilesRepository, offer, rawContent, uuidOf } from './small-repositories.ts';

/** An official repository that can be down, and that remembers as whom it was asked. */
class OfficialRepository extends FilesRepository {
  isDown = false;
  readonly gone = new Set<string>();
  readonly askedAs: Caller[] = [];

  override async fileSource(uuid: string, component: string | null, ctx?: QueryContext): Promise<FileSource | null> {
    this.askedAs.push(ctx!.caller);
    if (this.isDown) throw new RepositoryUnavailableError('dp1', 'The server of dp1 is down.');
    return this.gone.has(uuid) ? null : super.fileSource(uuid, component);
  }
}

/** A satellite: each dataset is recorded at the address that a test gives it. */
class ReferencingRepository extends FilesRepository {
  readonly addresses = new Map<
    string,
    { readonly url: string; readonly size: number | null; readonly component?: string }
  >();

  override async fileSource(uuid: string, component: string | null): Promise<FileSource | null> {
    const found = this.addresses.get(uuid);
    if (!found || (found.component ?? null) !== component) return null;
    return { kind: 'reference', url: found.url, size: found.size };
  }

  override async files(uuids: readonly string[]): Promise<ReadonlyMap<string, readonly FileRecord[]>> {
    const files = await super.files(uuids);
    return new Map(
      [...files].map(([uuid, records]) => [
        uuid,
        records.map((file) => ({ ...file, component: this.addresses.get(uuid)?.component ?? null })),
      ]),
    );
  }
}

const record: SatelliteRecord = {
  name: 'mine',
  owner: 'alice',
  group: null,
  groupId: null,
  official: 'dp1',
  database: 'SQLITE',
  artifacts: 'FILES',
  id: 's1',
  state: 'READY',
  quotaBytes: null,
  capabilityUrls: true,
  capabilityVersion: 1,
  createdAt: 0,
  deletedAt: null,
  purgeAt: null,
};
const FULL = fullName(record);
const [FIRST, SECOND, LOCAL] = [uuidOf(1, 2), uuidOf(2, 2), uuidOf(1, 1)];
const OFFICIAL = uuidOf(1);

const official = new OfficialRepository('dp1', rawContent(2, 'official'));
const local = new FilesRepository('bobs', rawContent(2, 'bob', 1));
const teams = new OfficialRepository('teams', rawContent(2, 'team', 3));
const mine = new ReferencingRepository(FULL, rawContent(2, 'u/alice/run', 2));
const capabilities = new Capabilities(randomBytes(32));
let satellite = record;
/** Groups of alice, as far as they are known while she is not asking; null: she has no account any more. */
let groupsOfAlice: readonly string[] | null = [];
const memberships: Memberships = {
  note: async () => undefined,
  of: async (username) => groupsOfAlice && { username, groups: username === 'alice' ? groupsOfAlice : [] },
};
const directory = {
  rightsOf: async () => NO_RIGHTS,
  offeredTo: async ({ username }) => (username === 'alice' ? [{ ...offer(mine, 'alice'), bareName: record.name }] : []),
  byId: async (id) => (id === satellite.id ? satellite : null),
} as Partial<SatelliteDirectory> as SatelliteDirectory;

let archive: Server;
let archiveUrl: string;
const asked: IncomingMessage[] = [];
let gateway: RunningGateway;
let files: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeAll(async () => {
  archive = createServer((request, response) => {
    asked.push(request);
    const body = 'bytes of an archive';
    const range = /^bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '');
    if (request.url === '/gone') return response.writeHead(404).end();
    if (!range) return response.end(body);
    const [start, end] = [Number(range[1]), Math.min(range[2] ? Number(range[2]) : Infinity, body.length - 1)];
    response.writeHead(206, { 'content-range': `bytes ${start}-${end}/${body.length}` });
    response.end(body.slice(start, end + 1));
  });
  await new Promise<void>((resolve) => archive.listen(0, '127.0.0.1', resolve));
  archiveUrl = `http://127.0.0.1:${(archive.address() as AddressInfo).port}`;
  files = await temporaryDirectory();
  local.directory = files.path;
  gateway = await runGateway({
    offered: [offer(official), offer(local, 'bob'), { ...offer(teams), readers: ['g_team'] }],
    satellites: { directory, capabilities },
    memberships,
    yaml: `outbound: {origins: ["${archiveUrl}"]}`,
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await files[Symbol.asyncDispose]();
  archive.close();
});
beforeEach(() => {
  mine.addresses.clear();
  official.isDown = false;
  official.gone.clear();
  official.askedAs.splice(0);
  asked.splice(0);
  satellite = record;
  groupsOfAlice = [];
});

const errorOf = async (answer: Response) =>
  ((await answer.json()) as { errors: { message: string; extensions: object }[] }).errors[0]!;
const refer = (uuid: string, url: string, size: number | null = 7, component?: string) =>
  mine.addresses.set(uuid, { url, size, ...(component !== undefined && { component }) });

describe('a reference to an official dataset', () => {
  beforeEach(() => void refer(FIRST, `${gateway.url}/files/dp1/${OFFICIAL}/x.fits`));

  test.each([FULL, 'mine'])('is read by %s with one redirect, as its reader', async (name) => {
    const answer = await gateway.fetch(`/files/${name}/${FIRST}/x.fits`);
    expect(answer.status).toBe(307);
    expect(answer.headers.get('location')).toBe(`https://store.example/${OFFICIAL}?signature=secret`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(official.askedAs).toMatchObject([{ username: 'alice', token: expect.any(String) as string }]);
  });

  test.each([FULL, 'mine'])('is found by its UUID in %s', async (repository) => {
    const query = 'query Q($u: UUID!, $r: String) {dataset(uuid: $u, repository: $r) {uuid repository {name}}}';
    const { data } = await gateway.ask(query, { u: FIRST, r: repository });
    expect(data).toEqual({ dataset: { uuid: FIRST, repository: { name: FULL } } });
  });

  test('is not there for others', async () => {
    const headers = { authorization: `Bearer ${await gateway.token('bob')}` };
    expect((await gateway.fetch(`/files/${FULL}/${FIRST}/x.fits`, { headers })).status).toBe(404);
  });

  test('whose dataset is gone says so, and what to do', async () => {
    official.gone.add(OFFICIAL);
    for (const method of ['GET', 'HEAD']) {
      const answer = await gateway.fetch(`/files/${FULL}/${FIRST}/x.fits`, { method });
      expect(answer.status).toBe(404);
      if (method === 'HEAD') continue;
      const { message, extensions } = await errorOf(answer);
      expect(extensions).toMatchObject({ code: 'NOT_FOUND' });
      expect(message).toContain(FIRST);
      expect(message).toContain(OFFICIAL);
      expect(message).toContain('unstore it there (removeDatasets) and then transfer it again');
    }
    const { message } = await errorOf(await gateway.fetch(`/files/dp1/${OFFICIAL}/x.fits`));
    expect(message).toMatch(/no file in repository 'dp1' \(any more\).*If a satellite refers to it, remove/);
  });

  test('whose server is down is asked for again later', async () => {
    official.isDown = true;
    const answer = await gateway.fetch(`/files/${FULL}/${FIRST}/x.fits`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect((await errorOf(answer)).extensions).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  });
});

test('a reference to what is not shared with its reader is as if its target were gone', async () => {
  refer(FIRST, `${gateway.url}/files/bob~bobs/${LOCAL}/x.fits`);
  refer(SECOND, `${gateway.url}/files/carol~none/${LOCAL}/x.fits`);
  const [theirs, none] = await Promise.all(
    [FIRST, SECOND].map(async (uuid) => errorOf(await gateway.fetch(`/files/mine/${uuid}/x.fits`))),
  );
  expect(theirs!.extensions).toMatchObject({ code: 'NOT_FOUND' });
  expect(theirs!.message.replace('bob~bobs', 'carol~none').replace(FIRST, SECOND)).toBe(none!.message);
});

test('references that lead in a circle end', async () => {
  refer(FIRST, `${gateway.url}/files/${FULL}/${SECOND}/x.fits`);
  refer(SECOND, `${gateway.url}/files/mine/${FIRST}/x.fits`);
  const answer = await gateway.fetch(`/files/mine/${FIRST}/x.fits`);
  expect(answer.status).toBe(404);
  expect((await errorOf(answer)).message).toContain('circle');
});

describe('an address elsewhere in a record', () => {
  test('is streamed from a configured origin, in parts too, without the reader’s token', async () => {
    refer(FIRST, `${archiveUrl}/x.fits`, 19);
    const whole = await gateway.fetch(`/files/mine/${FIRST}/x.fits`);
    expect([whole.status, await whole.text()]).toEqual([200, 'bytes of an archive']);
    expect(whole.headers.get('content-encoding')).toBeNull();
    expect(whole.headers.get('cache-control')).toContain('no-transform');
    const part = await gateway.fetch(`/files/mine/${FIRST}/x.fits`, { headers: { range: 'bytes=12-' } });
    expect([part.status, await part.text()]).toEqual([206, 'archive']);
    expect(part.headers.get('content-range')).toBe('bytes 12-18/19');
    for (const { headers } of asked) expect(headers.authorization).toBeUndefined();
  });

  test('tells its size although nobody recorded it', async () => {
    refer(FIRST, `${archiveUrl}/x.fits`, null);
    const answer = await gateway.fetch(`/files/mine/${FIRST}/x.fits`, { method: 'HEAD' });
    expect(answer.headers.get('content-length')).toBe('19');
    expect(new Set(asked.map(({ headers }) => headers.range))).toEqual(new Set(['bytes=0-0']));
  });

  test('where the file is gone says so', async () => {
    refer(FIRST, `${archiveUrl}/gone`, 19);
    for (const method of ['GET', 'HEAD']) {
      expect((await gateway.fetch(`/files/mine/${FIRST}/x.fits`, { method })).status).toBe(404);
    }
  });

  test('whose file is of another size than was recorded says so to who only asks for its size, too', async () => {
    refer(FIRST, `${archiveUrl}/x.fits`, 20);
    for (const method of ['GET', 'HEAD']) {
      expect((await gateway.fetch(`/files/mine/${FIRST}/x.fits`, { method })).status).toBe(409);
    }
  });

  test.each([
    ['another origin', () => `http://localhost:${new URL(archiveUrl).port}/x`],
    ['the metadata service of clouds', () => 'http://169.254.169.254/latest/meta-data'],
    ['something that is no address', () => 'http://[::1'],
    ['credentials in it', () => archiveUrl.replace('//', '//user:secret@')],
    ['an address that this gateway had', () => `https://old.example.org/files/dp1/${OFFICIAL}/x.fits`],
  ])('%s is refused before anything is asked', async (_what, url) => {
    refer(FIRST, url());
    for (const method of ['GET', 'HEAD']) {
      const answer = await gateway.fetch(`/files/mine/${FIRST}/x.fits`, { method });
      expect(answer.status).toBe(403);
      if (method === 'GET') expect((await errorOf(answer)).extensions).toMatchObject({ code: 'FORBIDDEN' });
    }
    expect(asked).toHaveLength(0);
  });
});

test('a component is found by its file’s name, where a client has dropped the query', async () => {
  refer(FIRST, `${archiveUrl}/x.fits`, 19, 'mask');
  for (const address of ['a%20file.fits?component=mask', 'a%20file.fits']) {
    expect(await (await gateway.fetch(`/files/mine/${FIRST}/${address}`)).text()).toBe('bytes of an archive');
  }
  const answer = await gateway.fetch(`/files/mine/${FIRST}/other.fits`);
  expect((await errorOf(answer)).message).toContain('one of mask');
});

test('a name may be as long as names of files are', async () => {
  refer(FIRST, `${archiveUrl}/x.fits`, 19);
  expect((await gateway.fetch(`/files/mine/${FIRST}/${'%C3%A9'.repeat(120)}.fits`)).status).toBe(200);
});

test.each(['/', `/files/dp1/${OFFICIAL}/x.fits`])('%s is no WebDAV, and says so to whoever asks', async (path) => {
  const answer = await fetch(`${gateway.url}${path}`, {
    method: 'OPTIONS',
    headers: { authorization: 'Bearer other' },
  });
  expect([answer.status, answer.headers.get('allow'), answer.headers.get('dav')]).toEqual([
    204,
    'GET, HEAD, OPTIONS',
    null,
  ]);
});

describe('a capability', () => {
  const grant = { satelliteId: 's1', version: 1, repository: 'dp1', uuid: OFFICIAL };
  const open = (capability: string, uuid = OFFICIAL, init: RequestInit = {}) =>
    fetch(`${gateway.url}/files/dp1/~${capability}/${uuid}/x.fits`, { redirect: 'manual', ...init });

  test('opens its dataset without a token, as the owner by the gateway’s own service', async () => {
    const answer = await open(capabilities.mint(grant));
    expect(answer.status).toBe(307);
    expect(answer.headers.get('location')).toContain(OFFICIAL);
    const head = await open(capabilities.mint(grant), OFFICIAL, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(bytesOf(OFFICIAL).length));
    expect(official.askedAs[0]).toEqual({ username: 'alice', asService: true });
  });

  test.each([
    ['was rotated', { capabilityVersion: 2 }],
    ['is of a satellite that was deleted', { state: 'DELETED' as const }],
    ['is of a satellite that has none any more', { capabilityUrls: false }],
    ['is of a satellite that is gone', { id: 's2' }],
  ])('that %s opens nothing', async (_what, change) => {
    satellite = { ...record, ...change };
    const answer = await open(capabilities.mint(grant));
    expect(answer.status).toBe(403);
    expect((await errorOf(answer)).extensions).toMatchObject({ code: 'FORBIDDEN' });
    expect(official.askedAs).toHaveLength(0);
  });

  test('opens what its owner may read as a member of a group, until they are no member', async () => {
    const [uuid] = [uuidOf(1, 3)];
    const capability = capabilities.mint({ ...grant, repository: 'teams', uuid });
    const status = async () =>
      (await fetch(`${gateway.url}/files/teams/~${capability}/${uuid}/x.fits`, { redirect: 'manual' })).status;
    expect(await status()).toBe(404);
    groupsOfAlice = ['g_team'];
    expect(await status()).toBe(307);
    groupsOfAlice = [];
    expect(await status()).toBe(404);
  });

  test('of a group’s satellite opens nothing when who made it has left the group, or has no account any more', async () => {
    satellite = { ...record, group: 'g_team' };
    const capability = capabilities.mint(grant);
    expect((await open(capability)).status).toBe(403);
    groupsOfAlice = ['g_team'];
    expect((await open(capability)).status).toBe(307);
    groupsOfAlice = null;
    expect((await open(capability)).status).toBe(403);
  });

  test('opens no other dataset, and nothing that its owner may not read', async () => {
    expect((await open(capabilities.mint(grant), uuidOf(2))).status).toBe(403);
    const theirs = { ...grant, repository: 'bob~bobs', uuid: LOCAL };
    const answer = await fetch(`${gateway.url}/files/bob~bobs/~${capabilities.mint(theirs)}/${LOCAL}/x.fits`);
    expect(answer.status).toBe(404);
  });

  test('is in no log, and neither is what was signed', async () => {
    const capability = capabilities.mint(grant);
    await open(capability);
    official.isDown = true;
    await open(capability);
    await fetch(`${gateway.url}/files/dp1/~${capability}/${OFFICIAL}/x.fits/and/more`);
    const log = gateway.log.join('\n') + (await (await gateway.fetch('/metrics')).text());
    expect(log).toContain('/files/:repository/~:capability/:uuid/:name');
    for (const secret of [capability.split('.')[2]!, 'signature=secret']) expect(log).not.toContain(secret);
  });
});
