/**
 * From alice's satellite through a review to bob's stock Python and back: a real gateway, and the stock Butler server over the same
 * published repositories, which nobody starts again.  Outputs of a run that is executed go the same way in `publish.ipynb`
 * (`test/journeys/notebook.system.test.ts`).
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import { CHECKOUT, pythonProgram } from '../../stack/checkout.ts';
import { startGateway, StackIssuer, type Gateway } from '../../stack/gateway.ts';
import { startRemoteButler, type RemoteButler } from '../../stack/remote-butler.ts';
import { startS3 } from '../../stack/s3.ts';
import { buildSatellite } from '../../stack/satellite.ts';
import { keptRecords, manifestOf } from './manifest-of.ts';
import { contentOf, contextOf, PublishedWorld, type Content } from './published-world.ts';

const LIMIT = 600_000;
const CHAIN = 'u/alice/defaults';
const COLLECTIONS = [CHAIN, 'u/alice/calib/gen0'];
/** What is asked for of it, in each way that there is. */
const RUN = 'u/alice/psf';
/** Within which a revoked right has ended everywhere. */
const REVOKED_SECONDS = 60;
/** After which an address that was signed before has ended too. */
const SIGNED_SECONDS = 15 * 60;

let stack: AsyncDisposableStack;
let issuer: StackIssuer;
let gateway: Gateway;
let server: RemoteButler;
let bob: Session;
let expected: Content;
let asked: { readonly uuid: string; readonly datasetType: string; readonly dataId: object };

type Answer = Readonly<Record<string, unknown>>;
/** What somebody found, see `what_is_found.py`. */
interface Found {
  readonly anew: Answer;
  readonly before: Answer;
  readonly url: string | null;
  readonly status: number | null;
}

/** Stock Python that stays open. */
class Session {
  readonly #python: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #wrong = '';

  constructor(token: string) {
    const script = join(CHECKOUT, 'test/oracle/what_is_found.py');
    this.#python = spawn(pythonProgram('python'), [script], {
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', BUTLER_RUBIN_ACCESS_TOKEN: token },
    });
    this.#python.stderr.setEncoding('utf8').on('data', (text: string) => void (this.#wrong += text));
    this.#lines = createInterface(this.#python.stdout)[Symbol.asyncIterator]();
  }

  async find(address: string): Promise<Found> {
    this.#python.stdin.write(`${JSON.stringify({ address, run: RUN, ...asked })}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`Python has ended: ${this.#wrong}`);
    return JSON.parse(value) as Found;
  }

  async end(): Promise<void> {
    if (this.#python.exitCode !== null) return;
    this.#python.stdin.end();
    await once(this.#python, 'exit');
  }
}

beforeAll(async () => {
  await using parts = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'journey-'));
  parts.defer(() => rm(directory, { recursive: true }));
  const s3 = parts.use(await startS3(join(directory, 's3'), ['published']));
  const { environment } = s3;
  const root = await buildSatellite();
  const source = await openDirectRepository({ name: 'alice~mine', path: root });
  const manifest = await manifestOf(source, COLLECTIONS, contextOf());
  expected = await contentOf(COLLECTIONS, root);
  const roots = [];
  for (const name of ['open', 'closed']) {
    const world = await PublishedWorld.make({ config: { 'datastore.root': `s3://published/${name}` }, environment });
    parts.use(world);
    // What a server reads once is there, as it is where others have published of the same instrument.
    await world.publish(keptRecords(manifest), source, { publication: 'records' });
    roots.push(world.root);
  }
  await source.close();
  const [open, closed] = roots as [string, string];
  issuer = await StackIssuer.in(directory);
  // What has readers of its own is nobody's to reach there but its operators'.
  const repositories = { open, closed: { root: closed, groups: ['g_operators'] } };
  server = parts.use(await startRemoteButler({ repositories, directory, environment, ingress: { ...issuer } }));
  const published = { kind: 'direct', role: 'published', reviewers: { users: ['curator'] }, restart: 'confirm' };
  gateway = parts.use(
    await startGateway({
      ...{ directory, issuer, environment },
      repositories: [
        { name: 'mine', kind: 'direct', path: root, owner: 'alice' },
        { ...published, name: 'open', path: open, publishing: { servedDirectly: true } },
        { ...published, name: 'closed', path: closed },
      ],
      configuration: { state: `sqlite:${join(directory, 'state.sqlite3')}` },
    }),
  );
  const [uuid, { type, dataId }] = Object.entries(expected.datasets).find(([, { run }]) => run === RUN)!;
  // The oracle tells all values as texts.
  const values = Object.entries(dataId).map(([key, value]) => [key, /^\d+$/.test(value) ? Number(value) : value]);
  asked = { uuid, datasetType: type, dataId: Object.fromEntries(values) as object };
  bob = new Session(await issuer.token('bob'));
  parts.defer(() => bob.end());
  stack = parts.move();
}, LIMIT);
afterAll(() => (stack as AsyncDisposableStack | undefined)?.disposeAsync());

async function fetchAs(user: string, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${await issuer.token(user)}`, ...init.headers };
  return fetch(`${gateway.url}${path}`, { redirect: 'manual', ...init, headers });
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as a test reads it
async function ask(user: string, query: string, variables: object): Promise<any> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ query, variables });
  return (await fetchAs(user, '/graphql', { method: 'POST', headers, body })).json();
}

function mutate(user: string, mutation: string, input: object, fields: string) {
  const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`;
  return ask(user, `mutation ($input: ${type}!) {${mutation}(input: $input) {${fields}}}`, { input });
}

/** The publication, after a mutation that has to be done. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as a test reads it
async function change(user: string, mutation: string, input: object): Promise<any> {
  const { data, errors } = await mutate(user, mutation, input, `publication {${SHOWN}}`);
  expect(errors).toBeUndefined();
  return data[mutation].publication;
}

/** What became of a revocation by alice: the code of its refusal. */
async function revoked(grant: string): Promise<string | undefined> {
  return (await mutate('alice', 'revokeAccess', { grant }, 'grant {id}')).errors?.[0].extensions.code as string;
}

async function refusedApproval(publication: string, digest: string): Promise<string | undefined> {
  const { errors } = await mutate('curator', 'approvePublication', { publication, digest }, 'publication {id}');
  return errors?.[0].extensions.code as string;
}

const SHOWN =
  'id version state reason digest title checks {code state message} comments {author text} grants {nodes {id}}';
const seenBy = async (user: string, id: string) =>
  (await ask(user, `query ($id: ID!) {publication(id: $id) {${SHOWN}}}`, { id })).data.publication;

/** The whole review of what is submitted to a repository: sent back once, mended, approved. @returns identifier */
async function published(repository: string, readers: object): Promise<string> {
  const wanted = { satellite: 'mine', repository, collections: [CHAIN], title: 'Point spread functions', readers };
  const first = await change('alice', 'submitPublication', wanted);
  expect([first.state, first.checks.filter((check: { state: string }) => check.state === 'FAILED')]).toEqual([
    ...['SUBMITTED', []],
  ]);
  const publication = first.id as string;
  const comment = 'The RUN of the defects is missing.';
  const back = await change('curator', 'requestPublicationChanges', { publication, comment });
  expect(back).toMatchObject({ state: 'CHANGES_REQUESTED', comments: [{ author: 'curator', text: comment }] });
  const mended = await change('alice', 'submitPublication', { ...wanted, publication, collections: COLLECTIONS });
  expect(mended).toMatchObject({ id: publication, version: 2, state: 'SUBMITTED' });
  expect(await refusedApproval(publication, first.digest as string)).toBe('CONFLICT');
  await change('curator', 'approvePublication', { publication, digest: mended.digest });
  await expect.poll(async () => (await seenBy('alice', publication)).state, { timeout: LIMIT }).toBe('PUBLISHED');
  return publication;
}

async function withdrawn(publication: string): Promise<void> {
  await change('alice', 'withdrawPublication', { publication, comment: 'The flats were wrong.' });
  const tombstone = { id: publication, state: 'WITHDRAWN', title: 'Point spread functions' };
  expect(await seenBy('alice', publication)).toMatchObject({ ...tombstone, reason: 'The flats were wrong.' });
}

const faceOf = (repository: string) => `${gateway.url}/api/butler/repo/${repository}`;

/** By which ways of asking an answer of stock Python has something. */
function waysOf(answer: Answer): readonly string[] {
  const isSomething = (value: unknown) =>
    Array.isArray(value) ? value.length > 0 : value !== null && value !== 0 && !(value as Answer)['error'];
  return Object.keys(answer).filter((name) => isSomething(answer[name]));
}

/** All by which bob finds anything of a repository: by stock Python at both addresses, GraphQL, and permanent addresses. */
async function bobFinds(repository: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [where, address] of [
    ['face', faceOf(repository)],
    ['server', `${server.url}/${repository}`],
  ] as const) {
    const { anew, before } = await bob.find(address);
    found.push(...waysOf(anew).map((way) => `${where}: ${way}`));
    found.push(...waysOf(before).map((way) => `${where}, opened before: ${way}`));
  }
  const query = `query ($uuid: UUID!, $in: [String!], $run: String!, $type: String!) {
    dataset(uuid: $uuid, repository: "${repository}") {uuid}
    collections(search: ["u/alice/*"], repositories: $in) {nodes {name} totalCount}
  }`;
  const counted = `query ($in: [String!], $run: String!, $type: String!) {
    datasets(datasetTypes: [$type], collections: [$run], repositories: $in) {totalCount nodes {uuid}}
    findDataset(datasetType: $type, collections: [$run], dataId: ${graphqlOf(asked.dataId)}, repositories: $in) {uuid}
  }`;
  const variables = { uuid: asked.uuid, in: [repository], run: RUN, type: asked.datasetType };
  const { data } = await ask('bob', query.replace(', $run: String!, $type: String!', ''), variables);
  if (data.dataset !== null) found.push('graphql: dataset');
  if (data.collections.nodes.length > 0 || data.collections.totalCount > 0) found.push('graphql: collections');
  const { data: more } = await ask('bob', counted, variables);
  if (more?.datasets?.totalCount > 0) found.push('graphql: datasets');
  if (more?.findDataset) found.push('graphql: findDataset');
  const { status } = await fetchAs('bob', permanent.get(repository)!);
  if (status !== 404) found.push(`permanent address: ${String(status)}`);
  return found;
}

/** Waits until bob finds nothing of a repository; by then, whatever he asks for finds nothing. */
async function untilNothing(repository: string): Promise<void> {
  const revokedAt = performance.now();
  for (;;) {
    // What an answer says is counted from when it was asked for, as a busy machine gives it late.
    const askedAt = performance.now();
    const found = await bobFinds(repository);
    if (found.length === 0) return;
    expect(askedAt - revokedAt, found.join()).toBeLessThan(REVOKED_SECONDS * 1000);
  }
}

const graphqlOf = (dataId: object) => JSON.stringify(dataId).replaceAll(/"(\w+)":/g, '$1:');

/** Of the file of the dataset that is asked for. */
const permanent = new Map<string, string>();
async function learnAddress(repository: string): Promise<void> {
  const query = 'query ($uuid: UUID!, $in: String) {dataset(uuid: $uuid, repository: $in) {files {url}}}';
  const { data } = await ask('alice', query, { uuid: asked.uuid, in: repository });
  permanent.set(repository, new URL(data.dataset.files[0].url as string).pathname);
}

/** A server does not tell validity ranges. */
function served(): Content {
  const { memberships, ...rest } = expected;
  return { ...rest, memberships: memberships.filter(([, , begin]) => begin === null) };
}

const WAYS = ['collections', 'query', 'count', 'find_dataset', 'get_dataset', 'get'];
const OF_REFERENCES = ['get of a reference', 'file of a reference'];

test(
  'for all users: bob reads it from the stock server, that was running before, until alice withdraws it',
  async () => {
    const publication = await published('open', { allUsers: true });
    await learnAddress('open');
    const stock = `${server.url}/open`;
    const token = { BUTLER_RUBIN_ACCESS_TOKEN: await issuer.token('bob') };
    expect(await contentOf(COLLECTIONS, stock, token)).toEqual(served());
    const first = await bob.find(stock);
    expect([waysOf(first.anew), waysOf(first.before), first.status]).toEqual([
      ...[[...WAYS, ...OF_REFERENCES], [...WAYS, ...OF_REFERENCES], 200],
    ]);
    expect((await bobFinds('open')).length).toBeGreaterThan(30);

    // Where a server beside the gateway gives it to all, taking it from its readers is taking it back.
    for (const { id } of (await seenBy('alice', publication)).grants.nodes) {
      expect(await revoked(id as string)).toBe('FORBIDDEN');
    }
    await withdrawn(publication);
    await untilNothing('open');
    // Addresses that either of them had signed are those of nothing.
    for (const address of [stock, faceOf('open')]) expect((await bob.find(address)).status).toBe(404);
    expect(await seenBy('bob', publication)).toMatchObject({ state: 'WITHDRAWN', reason: 'The flats were wrong.' });
  },
  LIMIT,
);

test(
  'for bob alone: he reads it through the gateway until alice revokes it, and never from the stock server beside it',
  async () => {
    const publication = await published('closed', { users: ['bob'] });
    await learnAddress('closed');
    const stock = `${server.url}/closed`;
    expect([waysOf((await bob.find(stock)).anew), waysOf((await bob.find(faceOf('closed'))).anew)]).toEqual([
      ...[[], [...WAYS, ...OF_REFERENCES]],
    ]);
    const { url } = await bob.find(faceOf('closed'));
    const redirected = await fetchAs('bob', permanent.get('closed')!);
    expect(redirected.status).toBe(307);
    for (const signed of [url!, redirected.headers.get('location')!]) {
      const { searchParams } = new URL(signed);
      const seconds = Number(
        searchParams.get('X-Amz-Expires') ?? Number(searchParams.get('Expires')) - Date.now() / 1000,
      );
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(SIGNED_SECONDS);
    }

    // Whom she has not named.
    const carols = { BUTLER_RUBIN_ACCESS_TOKEN: await issuer.token('carol') };
    expect((await contentOf(COLLECTIONS, faceOf('closed'), carols)).missing).toContain(CHAIN);
    expect((await fetchAs('carol', permanent.get('closed')!)).status).toBe(404);

    const { grants } = await seenBy('alice', publication);
    expect(grants.nodes.length).toBeGreaterThan(0);
    for (const { id } of grants.nodes) expect(await revoked(id as string)).toBeUndefined();
    await untilNothing('closed');
    expect(await seenBy('bob', publication)).toBeNull();
    // It is alice's as before.
    const token = { BUTLER_RUBIN_ACCESS_TOKEN: await issuer.token('alice') };
    expect(await contentOf(COLLECTIONS, faceOf('closed'), token)).toEqual(served());

    await withdrawn(publication);
    expect((await contentOf(COLLECTIONS, faceOf('closed'), token)).missing).toContain(CHAIN);
    expect((await fetchAs('alice', permanent.get('closed')!)).status).toBe(404);
    expect((await bob.find(faceOf('closed'))).status).toBe(404);
  },
  LIMIT,
);
