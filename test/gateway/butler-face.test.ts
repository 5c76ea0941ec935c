/** What the RemoteButler face does beside answering queries, which `test/conformance/butler-face*.test.ts` cover. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { sqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';
import { runGateway, type RunningGateway } from './running-gateway.ts';
import { bytesOf, FilesRepository, offer, rawContent, uuidOf } from './small-repositories.ts';

const official = new FilesRepository('dp1', rawContent(2, 'official'));
const mine = new FilesRepository('mine', rawContent(3, 'own', 1));
let gateway: RunningGateway;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeAll(async () => {
  directory = await temporaryDirectory();
  mine.directory = directory.path;
  gateway = await runGateway({
    offered: [offer(official), offer(mine, 'alice')],
    yaml: 'views: {everything: [mine, dp1], observed: [dp1]}',
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

const get = (path: string, init?: RequestInit) => gateway.fetch(`/api/butler/repo/${path}`, init);
const post = (path: string, body: unknown) =>
  get(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const asBob = async () => ({ headers: { authorization: `Bearer ${await gateway.token('bob')}` } });

interface Line {
  readonly type: string;
  readonly rows: readonly { readonly id: string; readonly run: string }[];
  readonly error?: unknown;
}
const linesOf = async (answer: Response) =>
  (await answer.text())
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
const allRaws = (collections: readonly string[]) => ({
  collections,
  name: ['raw'],
  find_first: true,
  data_id: {},
  where: '',
  bind: {},
  limit: null,
  with_dimension_records: false,
});

test.each(['constructor', '__proto__', 'hasOwnProperty'])(
  '%s is the name of no repository and of no view',
  async (name) => {
    expect((await get(`${name}/v1/universe`)).status).toBe(404);
  },
);

test('what somebody without a token sends is not even read', async () => {
  const init = { method: 'POST', headers: { authorization: '', 'content-type': 'application/json' }, body: '{' };
  expect((await get('dp1/v1/datasets', init)).status).toBe(401);
  expect((await get('dp1/v1/datasets', { ...init, headers: { 'content-type': 'application/json' } })).status).toBe(422);
});

test('a body that is no JSON by its type is refused in words that say so', async () => {
  const answer = await get('dp1/v1/datasets', {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: '{}',
  });
  expect(answer.status).toBe(415);
  expect(await answer.text()).toContain('application/json');
});

describe('several repositories as one', () => {
  test.each(['mine+dp1', 'everything'])('%s has the datasets of both, the earlier one first', async (name) => {
    const lines = await linesOf(await post(`${name}/v1/query/all_datasets`, allRaws(['own', 'official'])));
    const runs = lines.flatMap(({ rows }) => rows.map(({ run }) => run));
    expect(runs).toEqual(['own', 'own', 'own']);
    const official = await linesOf(await post(`${name}/v1/query/all_datasets`, allRaws(['official', 'own'])));
    expect(official.flatMap(({ rows }) => rows.map(({ run }) => run)).toSorted()).toEqual([
      'official',
      'official',
      'own',
    ]);
  });

  test('finds a dataset of either by its UUID', async () => {
    const body = { dataset_ids: [uuidOf(1), uuidOf(3, 1)] };
    const { rows } = (await (await post('mine+dp1/v1/datasets', body)).json()) as Line;
    expect(rows.map(({ id }) => id).toSorted()).toEqual(body.dataset_ids.toSorted());
  });
});

test('a data ID is expanded by records of whichever repository has them', async () => {
  const place = (name: string, root: string, owner = '') => `{name: ${name}, kind: direct, path: '${root}'${owner}}`;
  await using both = await runGateway({
    yaml: `repositories:
  - ${place('mine', sqliteRepository('satellite'), ', owner: alice')}
  - ${place('dp1', sqliteRepository('official'))}`,
  });
  const { data } = await both.ask(
    `{dimensionRecords(element: "visit", repositories: ["dp1"], first: 200) {nodes {dataId}}}`,
  );
  expect(data.dimensionRecords.nodes.length).toBeGreaterThan(10);
  for (const { dataId } of data.dimensionRecords.nodes as readonly { readonly dataId: object }[]) {
    const [one, several] = await Promise.all(
      ['dp1', 'mine+dp1'].map(async (name) => {
        const headers = { 'content-type': 'application/json' };
        const body = JSON.stringify({ data_id: dataId });
        const answer = await both.fetch(`/api/butler/repo/${name}/v1/expand_data_id`, {
          method: 'POST',
          headers,
          body,
        });
        return (await answer.json()) as { readonly data_coordinate?: { readonly records: object } };
      }),
    );
    expect(several).toEqual(one);
    expect(Object.keys(one!.data_coordinate!.records)).toContain('physical_filter');
  }
});

describe('what does not exist for the caller', () => {
  test.each(['mine', 'nothing'])('is unknown, as %s', async (name) => {
    const answer = await get(`${name}/v1/universe`, await asBob());
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({ detail: `Unknown repository '${name}'` });
  });

  test('is unknown in a view too', async () => {
    expect((await get('everything/v1/universe', await asBob())).status).toBe(404);
  });
});

describe('the client configuration', () => {
  test.each(['dp1', 'mine', 'nothing'])('of %s needs no token and tells nothing of it', async (name) => {
    const answer = await fetch(`${gateway.url}/api/butler/repo/${name}/butler.yaml`);
    expect(await answer.json()).toEqual({
      cls: 'lsst.daf.butler.remote_butler.RemoteButler',
      remote_butler: { url: '<butlerRoot>', authentication: 'rubin_science_platform' },
    });
  });
});

describe('the index of repositories', () => {
  const index = async (init?: RequestInit) =>
    (await (await fetch(`${gateway.url}/api/butler/repositories.yaml`, init)).json()) as Record<string, string>;

  test('names nothing of users to those without a token', async () => {
    expect(await index()).toEqual({
      dp1: `${gateway.url}/api/butler/repo/dp1`,
      observed: `${gateway.url}/api/butler/repo/observed`,
    });
  });

  test('names their own repositories to those who have any', async () => {
    const authorization = `Bearer ${await gateway.token()}`;
    expect(Object.keys(await index({ headers: { authorization } }))).toEqual(
      expect.arrayContaining(['mine', 'everything']),
    );
    expect(Object.keys(await index(await asBob()))).toEqual(['dp1', 'observed']);
  });
});

describe('a download', () => {
  const path = (uuid: string) => `mine+dp1/v1/dataset/${uuid}/download`;

  test('gives the bytes, or parts of them, under their own name', async () => {
    const answer = await get(path(uuidOf(1, 1)), { headers: { range: 'bytes=0-4' } });
    expect(answer.status).toBe(206);
    expect(await answer.text()).toBe(bytesOf(uuidOf(1, 1)).slice(0, 5));
    expect(answer.headers.get('content-disposition')).toContain('a%20file.fits');
  });

  test('answers HEAD, which the stock server refuses', async () => {
    const answer = await get(path(uuidOf(1)), { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-length')).toBe(String(bytesOf(uuidOf(1)).length));
  });

  test('leads to a signed address where the repository has one', async () => {
    const answer = await get(path(uuidOf(1)));
    expect(answer.status).toBe(307);
    expect(answer.headers.get('location')).toContain('store.example');
  });

  test('of an unknown dataset is not found, in the words of the stock server', async () => {
    const answer = await get(path(uuidOf(99)));
    expect(answer.status).toBe(404);
    const detail = `Dataset id '${uuidOf(99)}' not found in repository 'mine+dp1'`;
    expect(await answer.json()).toEqual({ detail });
  });
});

describe('a dataset that its first repository does not store, but a later one', () => {
  const uuid = uuidOf(1);
  const referring = new FilesRepository('referring', rawContent(1, 'official'));
  referring.unstored.add(uuid);
  let both: RunningGateway;
  beforeAll(async () => {
    both = await runGateway({ offered: [offer(referring, 'alice'), offer(official)] });
  });
  afterAll(() => both[Symbol.asyncDispose]());

  test('has its files at addresses of the one that has them', async () => {
    const face = '/api/butler/repo/referring+dp1/v1';
    const answer = await both.fetch(`${face}/file_transfer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ dataset_ids: [uuid] }),
    });
    const { files } = (await answer.json()) as { files: Record<string, readonly { url: string }[]> };
    expect(files[uuid]!.map(({ url }) => new URL(url).pathname)).toEqual([`/files/dp1/${uuid}/a%20file.fits`]);
    const [{ pathname }] = files[uuid]!.map(({ url }) => new URL(url)) as [URL];
    for (const path of [pathname, `${face}/dataset/${uuid}/download`]) {
      expect((await both.fetch(path, { redirect: 'manual' })).status).toBe(307);
    }
  });
});

describe('a wrong request', () => {
  test('without a token is told to bring one', async () => {
    const answer = await fetch(`${gateway.url}/api/butler/repo/dp1/v1/universe`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
    expect(((await answer.json()) as { detail: { type: string }[] }).detail[0]!.type).toBe('missing_auth');
  });

  test('names each field that is missing', async () => {
    const answer = await post('dp1/v1/find_dataset', { dataset_type: 'raw' });
    expect(answer.status).toBe(422);
    const { detail } = (await answer.json()) as { detail: readonly { type: string; loc: readonly string[] }[] };
    expect(detail.map(({ type, loc }) => [type, ...loc])).toEqual([
      ['missing', 'body', 'data_id'],
      ['missing', 'body', 'collections'],
      ['missing', 'body', 'timespan'],
    ]);
  });

  test.each([
    ['dp1/v1/dataset/xyz', undefined, 'uuid_parsing'],
    ['dp1/v1/query/all_datasets', '{', 'json_invalid'],
  ])('of %s says what is malformed', async (address, body, type) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await get(address, body === undefined ? {} : { method: 'POST', headers, body });
    expect(answer.status).toBe(422);
    expect(((await answer.json()) as { detail: { type: string }[] }).detail[0]!.type).toBe(type);
  });

  test('of a user is told where no rows are asked, too', async () => {
    const answer = await post('dp1/v1/query/all_datasets', {
      ...allRaws(['official']),
      where: 'detector = 1',
      limit: 0,
    });
    expect(await linesOf(answer)).toMatchObject([{ type: 'error', error: { error_type: 'invalid_query' } }]);
  });

  test('of a user comes inside a stream, where clients expect it', async () => {
    const answer = await post('dp1/v1/query/all_datasets', allRaws(['nowhere']));
    expect(answer.status).toBe(200);
    expect(await linesOf(answer)).toMatchObject([{ type: 'error', error: { error_type: 'missing_collection' } }]);
  });
});

test('a client that waits long for the first rows is told that the query still runs', async () => {
  const query = official.query.bind(official);
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: found, resolve: find } = Promise.withResolvers<void>();
  official.query = async function* (...args: Parameters<typeof query>) {
    ask();
    await found;
    yield* query(...args);
  } as typeof official.query;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    let answer: Response | undefined;
    void post('dp1/v1/query/all_datasets', allRaws(['official'])).then((given) => (answer = given));
    // From now on nothing takes time, and nothing comes before the rows but what says that they will.
    await asked;
    while (!answer) {
      await vi.advanceTimersByTimeAsync(15_000);
      await nextTurn();
    }
    find();
    const types = (await linesOf(answer)).map(({ type }) => type);
    expect([types[0], types.at(-1)]).toEqual(['keep-alive', 'dataset_ref']);
  } finally {
    find();
    vi.useRealTimers();
    official.query = query;
  }
});

test('an address of no method is not found, in the words of the stock server', async () => {
  const answer = await get('dp1/v1/nope');
  expect([answer.status, await answer.json()]).toEqual([404, { detail: 'Not Found' }]);
});

test('a repository that breaks off in the middle of a stream breaks the answer too: never a short clean one', async () => {
  const query = official.query.bind(official);
  official.query = async function* (...args: Parameters<typeof query>) {
    for await (const page of query(...args)) {
      yield page;
      throw new Error('the connection to the database was lost');
    }
  } as typeof official.query;
  try {
    const answer = await post('dp1/v1/query/all_datasets', allRaws(['official']));
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
  } finally {
    official.query = query;
  }
});
