/** Mutations through the real gateway: satellites on SQLite and files, made from the conformance repository. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { runGateway, type GraphQLAnswer, type RunningGateway } from './running-gateway.ts';
import { jobOf, watched } from './watched-job.ts';

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await runGateway({
    yaml: `
satellites: {root: ./satellites}
repositories:
  - {name: dp1, kind: direct, path: ${JSON.stringify(sqliteRepository('official'))}}`,
  });
  const created = await change('createSatellite', { name: 'mine', official: 'dp1' }, 'satellite {name} job {id}');
  expect(created.errors).toBeUndefined();
});
afterAll(() => gateway[Symbol.asyncDispose]());

function change(mutation: string, input: object, fields: string): Promise<GraphQLAnswer> {
  const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
  return gateway.ask(`mutation ($input: ${type}!) {${mutation}(input: $input) {${fields}}}`, { input });
}

/** Codes of the errors of an answer. */
const codesOf = ({ errors = [] }: GraphQLAnswer) => errors.map(({ extensions }) => extensions['code']);

describe('a satellite', () => {
  test('is made in one call, and is searched before the official repository under its full name', async () => {
    const fields =
      'satellite {name owner state database artifacts official uri repository {universe {version}} usage {datasets bytes referencedBytes parts {run datasetType datasets bytes referencedBytes}}} job {id}';
    const { data } = await change('createSatellite', { name: 'second', official: 'dp1' }, fields);
    expect(data.createSatellite).toMatchObject({
      job: null,
      satellite: {
        name: 'second',
        owner: 'alice',
        state: 'READY',
        official: 'dp1',
        usage: { datasets: 0, bytes: 0, referencedBytes: 0, parts: [] },
      },
    });
    expect(data.createSatellite.satellite.repository.universe.version).toBeGreaterThan(0);
    const { data: listed } = await gateway.ask(
      '{satellites {name} repositories {name} repository(name: "second") {name kind}}',
    );
    expect(listed.satellites).toEqual([{ name: 'mine' }, { name: 'second' }]);
    expect(listed.repositories.at(-1)).toEqual({ name: 'dp1' });
    expect(listed.repository).toEqual({ name: 'alice~second', kind: 'SATELLITE' });
  });

  test('does not exist for others', async () => {
    const ask = (query: string) =>
      gateway.token('bob').then(async (token) => {
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
        const answer = await gateway.fetch('/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) });
        return (await answer.json()) as { data: object; errors?: { extensions: { code: string } }[] };
      });
    expect(
      (await ask('{satellites {name} satellite(name: "alice~mine") {name} repository(name: "alice~mine") {name}}'))
        .data,
    ).toEqual({
      satellites: [],
      satellite: null,
      repository: null,
    });
    const refused = await ask('mutation {deleteSatellite(input: {satellite: "alice~mine"}) {plan {bytes}}}');
    expect(refused.errors![0]!.extensions.code).toBe('NOT_FOUND');
  });

  test('is found by its identifier', async () => {
    const { data } = await gateway.ask('{satellite(name: "mine") {id}}');
    const found = await gateway.ask(
      'query ($id: ID!) {node(id: $id) {__typename ... on Satellite {name}}}',
      data.satellite as object,
    );
    expect(found.data.node).toEqual({ __typename: 'Satellite', name: 'mine' });
  });

  test('that is deleted comes back', async () => {
    await change('createSatellite', { name: 'gone', official: 'dp1' }, 'satellite {name}');
    const planned = await change(
      'deleteSatellite',
      { satellite: 'gone', dryRun: true },
      'satellite {state} plan {datasets}',
    );
    expect(planned.data.deleteSatellite).toEqual({ satellite: { state: 'READY' }, plan: { datasets: 0 } });
    const deleted = await change(
      'deleteSatellite',
      { satellite: 'gone' },
      'satellite {state purgeAt repository {name}} job {id}',
    );
    expect(deleted.data.deleteSatellite).toMatchObject({
      satellite: { state: 'DELETED', repository: null },
      job: null,
    });
    expect((await gateway.ask('{satellites(deleted: true) {name}}')).data.satellites).toContainEqual({ name: 'gone' });
    const restored = await change('restoreSatellite', { satellite: 'gone' }, 'satellite {state repository {name}}');
    expect(restored.data.restoreSatellite.satellite).toEqual({ state: 'READY', repository: { name: 'alice~gone' } });
  });
});

describe('a transfer', () => {
  const search = { datasetTypes: ['raw'], collections: ['HSC/raw/all'] };

  test('of a search is planned, done as a job, and a second time changes nothing', async () => {
    const planned = await change(
      'transferDatasets',
      { to: 'mine', search, dryRun: true },
      'job {id} plan {datasets bytes new conflicts}',
    );
    const { job, plan } = planned.data.transferDatasets;
    expect(job).toBeNull();
    expect(plan).toMatchObject({ new: plan.datasets, conflicts: [] });
    for (const added of [plan.datasets, 0]) {
      const started = await change('transferDatasets', { to: 'mine', search }, 'job {id} plan {new}');
      const ended = await watched(gateway, jobOf(started, 'transferDatasets'));
      expect(ended).toMatchObject({ state: 'COMPLETED', result: { datasets: plan.datasets, new: added } });
    }
    const { data } = await gateway.ask(
      '{datasets(datasetTypes: ["raw"], collections: ["HSC/raw/all"], repositories: ["mine"]) {totalCount nodes {repository {name}}}}',
    );
    expect(data.datasets.totalCount).toBe(plan.datasets);
    expect(data.datasets.nodes[0].repository.name).toBe('alice~mine');
  });

  test.each([
    ['nothing that is chosen', { to: 'mine' }],
    ['two choices', { to: 'mine', search, uuids: ['00000000-0000-0000-0000-000000000000'] }],
    ['an upload and a commit', { satellite: 'mine', commit: 'x', files: [] }, 'ingestDatasets'],
  ])('with %s is refused', async (_what, input, mutation = 'transferDatasets') => {
    expect(codesOf(await change(mutation, input, 'job {id}'))).toEqual(['BAD_USER_INPUT']);
  });

  test('of a run that is none is refused', async () => {
    const run = '00000000-0000-4000-8000-000000000000';
    expect(codesOf(await change('transferDatasets', { to: 'mine', run }, 'job {id}'))).toEqual(['NOT_FOUND']);
  });
});

test('an upload that was committed too early is committed again', async () => {
  const type = { satellite: 'mine', name: 'note', dimensions: [], storageClass: 'StructuredDataDict' };
  await change('registerDatasetType', type, 'datasetType {name}');
  const bytes = 'a: 1';
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const files = [{ dataId: {}, upload: { fileName: 'note.yaml', size: bytes.length, sha256 } }];
  const asked = await change(
    'ingestDatasets',
    { satellite: 'mine', datasetType: 'note', run: 'u/alice/notes', files },
    'job {id} upload {id files {url}}',
  );
  const { id } = asked.data.ingestDatasets.upload;
  const address = asked.data.ingestDatasets.upload.files[0].url as string;
  const commit = async () => {
    const answer = await change('ingestDatasets', { satellite: 'mine', commit: id }, 'job {id}');
    return watched(gateway, jobOf(answer, 'ingestDatasets'));
  };
  expect(await commit()).toMatchObject({ state: 'FAILED', error: { code: 'NOT_FOUND' } });
  expect((await fetch(address, { method: 'PUT', body: 'b: 2' })).status).toBe(400);
  expect((await fetch(address, { method: 'PUT', body: bytes })).status).toBe(204);
  const done = await commit();
  expect(done).toMatchObject({ state: 'COMPLETED', result: { datasets: 1, bytes: bytes.length } });
  expect(await commit()).toEqual(done);
});

describe('curating', () => {
  const at = { satellite: 'mine' };
  const search = { datasetTypes: ['raw'], collections: ['HSC/raw/all'] };

  test('registers dataset types, makes and changes collections, tags and certifies', async () => {
    const type = { ...at, name: 'myBias', dimensions: ['detector'], storageClass: 'ExposureF', isCalibration: true };
    const registered = await change('registerDatasetType', type, 'datasetType {name requiredDimensions isCalibration}');
    expect(registered.data.registerDatasetType.datasetType).toEqual({
      name: 'myBias',
      requiredDimensions: ['instrument', 'detector'],
      isCalibration: true,
    });
    const collection = { ...at, name: 'u/alice/best', type: 'TAGGED', doc: 'the best ones' };
    const created = await change('createCollection', collection, 'collection {name type doc}');
    expect(created.data.createCollection.collection).toEqual({
      name: 'u/alice/best',
      type: 'TAGGED',
      doc: 'the best ones',
    });

    const tagged = await change(
      'associateDatasets',
      { ...at, collection: 'u/alice/best', search },
      'datasets collection {datasetTypes {name}}',
    );
    expect(tagged.data.associateDatasets).toMatchObject({ collection: { datasetTypes: [{ name: 'raw' }] } });
    const untagged = await change('disassociateDatasets', { ...at, collection: 'u/alice/best', search }, 'datasets');
    expect(untagged.data.disassociateDatasets.datasets).toBe(tagged.data.associateDatasets.datasets);

    const chain = { ...at, name: 'u/alice/all', type: 'CHAINED', children: ['HSC/raw/all'] };
    await change('createCollection', chain, 'collection {name}');
    const edit = { ...at, collection: 'u/alice/all', children: ['u/alice/best'], edit: 'PREPEND' };
    const changed = await change('setCollectionChain', edit, 'collection {children {name}}');
    expect(changed.data.setCollectionChain.collection.children).toEqual([
      { name: 'u/alice/best' },
      { name: 'HSC/raw/all' },
    ]);
  });

  test('leaves a chain that is there as it is, however it is created again', async () => {
    const chain = { ...at, name: 'u/alice/all', type: 'CHAINED' };
    const names = 'collection {doc children {name}}';
    const children = ['u/alice/best', 'HSC/raw/all'];
    const there = { doc: 'mine', children: children.map((name) => ({ name })) };
    const alike = [{ doc: 'mine' }, { children }, {}];
    for (const rest of alike) {
      const { data } = await change('createCollection', { ...chain, ...rest }, names);
      expect(data.createCollection.collection).toEqual(there);
    }
    for (const others of [['HSC/raw/all'], [...children].reverse(), ['nothing'], []]) {
      const refused = await change('createCollection', { ...chain, children: others, doc: 'other' }, names);
      expect(codesOf(refused)).toEqual(['CONFLICT']);
      expect(refused.errors![0]!.message).toContain('setCollectionChain');
    }
    const { data } = await change('createCollection', chain, names);
    expect(data.createCollection.collection).toEqual(there);
  });

  test('refuses what contradicts, in words, before anything is changed', async () => {
    const chained = await change('removeCollection', { ...at, collection: 'HSC/raw/all' }, 'plan {datasets}');
    expect(codesOf(chained)).toEqual(['CONFLICT']);
    expect(chained.errors![0]!.message).toContain("'u/alice/all'");
    expect(
      codesOf(await change('createCollection', { ...at, name: 'HSC/raw/all', type: 'TAGGED' }, 'collection {name}')),
    ).toEqual(['CONFLICT']);
    expect(codesOf(await change('removeCollection', { ...at, collection: 'nothing' }, 'plan {datasets}'))).toEqual([
      'MISSING_COLLECTION',
    ]);
    expect(codesOf(await change('createCollection', { ...at, name: 'x', children: [] }, 'collection {name}'))).toEqual([
      'BAD_USER_INPUT',
    ]);
    expect(
      codesOf(await change('createCollection', { satellite: 'dp1', name: 'x' }, 'collection {name}')),
    ).toHaveLength(1);
  });

  test('removes with a plan first', async () => {
    const planned = await change(
      'removeCollection',
      { ...at, collection: 'HSC/raw/all', dryRun: true },
      'plan {datasets chains} job {id}',
    );
    const { plan } = planned.data.removeCollection;
    expect(plan.chains).toEqual(['u/alice/all']);
    const purged = await change('removeDatasets', { ...at, mode: 'PURGE', search }, 'plan {datasets} job {id}');
    expect(purged.data.removeDatasets.plan.datasets).toBeGreaterThan(0);
    const removed = await change(
      'removeCollection',
      { ...at, collection: 'HSC/raw/all', unlink: true },
      'plan {datasets chains} job {id}',
    );
    expect(removed.errors).toBeUndefined();
    const { data } = await gateway.ask('{collections(search: ["*"], repositories: ["mine"]) {nodes {name}}}');
    expect(data.collections.nodes).not.toContainEqual({ name: 'HSC/raw/all' });
  });
});

describe('an idempotency key', () => {
  const create = (name: string, idempotencyKey: string) =>
    change('createSatellite', { name, official: 'dp1', idempotencyKey }, 'satellite {name createdAt}');

  test('makes a call that comes again be done once, and answers alike', async () => {
    const [first, together] = await Promise.all([create('once', 'k1'), create('once', 'k1')]);
    const again = await create('once', 'k1');
    expect(first.errors).toBeUndefined();
    expect(together.data).toEqual(first.data);
    expect(again.data).toEqual(first.data);
  });

  test('answers for what is gone since that it was done, and is gone', async () => {
    const make = () =>
      change(
        'createCollection',
        { satellite: 'mine', name: 'u/alice/gone', idempotencyKey: 'k4' },
        'collection {name}',
      );
    expect((await make()).errors).toBeUndefined();
    await change('removeCollection', { satellite: 'mine', collection: 'u/alice/gone' }, 'job {id}');
    const again = await make();
    expect(codesOf(again)).toEqual(['MISSING_COLLECTION']);
    expect(again.errors![0]!.message).toContain('was changed by this call, and is gone since');
  });

  test('is refused with another input, and is free again after a call that failed', async () => {
    await create('keyed', 'k2');
    expect(codesOf(await create('other', 'k2'))).toEqual(['CONFLICT']);
    expect(codesOf(await create('NOT A NAME', 'k3'))).toEqual(['BAD_USER_INPUT']);
    expect((await create('a-name', 'k3')).errors).toBeUndefined();
  });
});

test('mutations in one request are done one after the other, and each sees what came before', async () => {
  const { data } = await gateway.ask(`mutation {
    a: createCollection(input: {satellite: "mine", name: "u/alice/1", type: CHAINED}) {collection {children {name}}}
    b: createCollection(input: {satellite: "mine", name: "u/alice/2"}) {collection {name}}
    c: setCollectionChain(input: {satellite: "mine", collection: "u/alice/1", children: ["u/alice/2"]}) {collection {children {name}}}
  }`);
  expect(data.a.collection.children).toEqual([]);
  expect(data.c.collection.children).toEqual([{ name: 'u/alice/2' }]);
});

test('a body of 10 MB is refused before anything is read of it', async () => {
  const query = `mutation {createCollection(input: {satellite: "mine", name: "${'x'.repeat(10 << 20)}"}) {collection {name}}}`;
  const answer = await gateway.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
});

test('/healthz tells of the state and the jobs', async () => {
  const health = await (await fetch(`${gateway.url}/healthz`)).json();
  expect(health).toMatchObject({ status: 'ok', state: 'up', jobs: { RUNNING: 0, QUEUED: 0 } });
});

test('a gateway without state says that it only reads', async () => {
  await using reading = await runGateway({});
  const answer = await reading.ask('mutation {createSatellite(input: {name: "x", official: "dp1"}) {job {id}}}');
  expect(codesOf(answer)).toEqual(['FORBIDDEN']);
  expect((await reading.ask('{satellites {name} satellite(name: "x") {name} job(id: "x") {id}}')).data).toEqual({
    satellites: [],
    satellite: null,
    job: null,
  });
});
