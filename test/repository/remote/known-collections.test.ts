import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RemoteRepository } from '../../../src/repository/remote/remote-repository.ts';
import { FederatedRepository } from '../../../src/repository/federated/federated-repository.ts';
import { ArrayRepository } from '../federated/array-repository.ts';
import { smallUniverse } from '../federated/small-universe.ts';
import { FakeServer, json } from './fake-server.ts';

const ctx = (username: string) => ({
  caller: { username, token: `gt-${username}` },
  signal: new AbortController().signal,
});
const collection = (name: string, type: number, children: readonly string[] = []) => ({
  ...{ name, type, children },
  ...{ doc: '', parents: null, dataset_types: ['raw'] },
});
const missing = json(422, { error_type: 'missing_collection', detail: "No collection with name 'mine' found." });

let server: FakeServer;
let repository: RemoteRepository;
beforeEach(async () => {
  server = await FakeServer.start();
  repository = server.open();
});
afterEach(() => server[Symbol.asyncDispose]());

const asked = () => server.countOf('query_collection_info');
const names = async (search: readonly string[], username = 'alice', flattenChains = false) =>
  (await repository.collections({ search, flattenChains, includeChains: true }, ctx(username))).map(({ name }) => name);
const made = json(200, { collections: [collection('mine', 1)] });

test('a collection that came with a chain is not asked again, alone or among others', async () => {
  server.on(
    'query_collection_info',
    json(200, { collections: [collection('all', 3, ['a', 'b']), collection('a', 1), collection('b', 1)] }),
  );
  expect(await names(['all'], 'alice', true)).toEqual(['all', 'a', 'b']);
  expect(await names(['b', 'a', 'b'])).toEqual(['b', 'a']);
  expect(await names(['a'], 'alice', true)).toEqual(['a']);
  expect(asked()).toBe(1);
});

test('a chain that is found in two ways has its children once, as elsewhere', async () => {
  // So the stock server answers for `defaults` and `HSC/defaults`, which `defaults` holds.
  const twice = [collection('defaults', 3, ['HSC/defaults']), collection('HSC/defaults', 3, ['b', 'b', 'a', 'a'])];
  server.on('query_collection_info', json(200, { collections: twice }));
  await names(['defaults', 'HSC/defaults'], 'alice', true);
  const [info] = await repository.collections({ search: ['HSC/defaults'] }, ctx('alice'));
  expect(info!.children).toEqual(['b', 'a']);
  expect(asked()).toBe(1);
});

test('what one user was told is not told to another', async () => {
  server.on('query_collection_info', json(200, { collections: [collection('a', 1)] }), missing);
  expect(await names(['a'])).toEqual(['a']);
  await expect(names(['a'], 'bob')).rejects.toMatchObject({ code: 'MISSING_COLLECTION' });
  expect(await names(['a'])).toEqual(['a']);
  expect(asked()).toBe(2);
});

test('a collection that was missing is found as soon as it is made', async () => {
  server.on('query_collection_info', missing, made);
  await expect(names(['mine'])).rejects.toMatchObject({ code: 'MISSING_COLLECTION' });
  expect(await names(['mine'])).toEqual(['mine']);
});

test('beside another repository a collection that this one has not is asked once, and again before it is said to be missing', async () => {
  const own = new ArrayRepository('own', {
    universe: smallUniverse(),
    datasetTypes: [],
    datasets: [],
    collections: { mine: { type: 'RUN' } },
  });
  const together = new FederatedRepository([own, repository]);
  server.on('query_collection_info', missing);
  for (let i = 0; i < 3; i += 1) await together.collections({ search: ['mine'] }, ctx('alice'));
  expect(asked()).toBe(1);
  server.on(
    'query_collection_info',
    missing,
    missing,
    json(200, { collections: [] }),
    json(200, { collections: [collection('new', 1)] }),
  );
  await expect(together.collections({ search: ['new'] }, ctx('alice'))).rejects.toMatchObject({
    code: 'MISSING_COLLECTION',
  });
  expect((await together.collections({ search: ['new'] }, ctx('alice'))).map(({ name }) => name)).toEqual(['new']);
});

test('what a capability was told is not told to the user, nor the other way round', async () => {
  repository = server.open({ serviceToken: 'gt-service' });
  server.on('query_collection_info', json(200, { collections: [collection('a', 1)] }), missing);
  const { caller, signal } = ctx('alice');
  const search = { search: ['a'] };
  expect(await repository.collections(search, { caller: { ...caller, asService: true }, signal })).toHaveLength(1);
  await expect(repository.collections(search, { caller, signal })).rejects.toMatchObject({
    code: 'MISSING_COLLECTION',
  });
});

test('the summary of a collection is the server’s own', async () => {
  const summary = { dataset_types: [], governors: { instrument: ['Gone'] } };
  server.on('collection_summary?name=a%2Fb', json(200, { summary }));
  for (let i = 0; i < 2; i += 1) {
    expect(await repository.summary('a/b', ctx('alice'))).toEqual({ datasetTypes: [], governors: summary.governors });
  }
  expect(server.countOf('collection_summary?name=a%2Fb')).toBe(1);
});

test('with an age of 0, everything is asked again', async () => {
  repository = server.open({ limits: { collectionsSeconds: 0 } });
  server.on('query_collection_info', missing, json(200, { collections: [collection('mine', 1)] }));
  await expect(names(['mine'])).rejects.toMatchObject({ code: 'MISSING_COLLECTION' });
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await names(['mine'])).toEqual(['mine']);
});
