import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { QueryContext } from '../../src/repository/repository.ts';
import { ArrayRepository } from '../repository/federated/array-repository.ts';
import { runGateway, type RunningGateway } from './running-gateway.ts';
import { FilesRepository, offer, rawContent, uuidOf } from './small-repositories.ts';

const offered = () => {
  const down = new ArrayRepository('down', rawContent(2, 'elsewhere', 2));
  down.failsAfter = 0;
  return [
    offer(new FilesRepository('dp1', rawContent(12, 'official'))),
    offer(new FilesRepository('own', rawContent(3, 'mine', 1)), 'alice'),
    offer(down),
  ];
};

const RAWS = 'datasetTypes: ["raw"], collections: ["all"]';
const BOTH = 'datasetTypes: ["raw"], collections: ["mine", "official"]';
const DOCUMENTS: Record<string, readonly [query: string, variables?: object]> = {
  'a page of datasets': [
    `{datasets(${RAWS}, first: 5) {nodes {uuid run dataId datasetType {name}} totalCount warnings}}`,
  ],
  'edges and cursors': [
    `{datasets(${RAWS}, first: 2) {edges {cursor node {id uuid}} pageInfo {hasNextPage hasPreviousPage startCursor endCursor}}}`,
  ],
  'aliases and fragments': [
    `query Q($n: Int) {a: datasets(${RAWS}, first: $n) {...F} b: datasets(${RAWS}, first: 1, repositories: ["dp1"]) {...F}}
     fragment F on DatasetConnection {nodes {... on Dataset {uuid datasetType {name dimensions requiredDimensions}}}}`,
    { n: 3 },
  ],
  'skipped fields': [
    `query Q($no: Boolean!) {datasets(${RAWS}, first: 2) {nodes {uuid run @include(if: $no) dataId @skip(if: $no)}}}`,
    { no: false },
  ],
  'what belongs to rows': [
    `{datasets(${RAWS}, first: 3, repositories: ["dp1"]) {nodes {fullDataId files {url size checksum component} stored records {element dataId values timespan {begin}} repository {name kind}}}}`,
  ],
  'one dataset': ['query Q($u: UUID!) {dataset(uuid: $u) {uuid run}}', { u: uuidOf(3).toUpperCase() }],
  nothing: [`{dataset(uuid: "${uuidOf(99)}") {uuid} repository(name: "bob") {name}}`],
  'nodes by id': [`{node(id: "nonsense") {id} viewer {username groups scopes}}`],
  interfaces: [
    `query Q($id: ID!) {node(id: $id) {__typename id ... on Dataset {uuid} ... on Repository {name}}}`,
    { id: Buffer.from('["Repository","dp1"]').toString('base64url') },
  ],
  records: [
    '{dimensionRecords(element: "detector", first: 4, repositories: ["dp1"]) {nodes {element dataId values region timespan {beginNs} repository {name}}}}',
  ],
  'a resolver’s error': [`{datasets(${RAWS}, first: 0) {nodes {uuid}} viewer {username}}`],
  'a missing collection': [
    '{datasets(datasetTypes: ["raw"], collections: ["no/such"], repositories: ["dp1"]) {nodes {uuid}}}',
  ],
  'a repository that is down': [`{datasets(${RAWS}, repositories: ["down"]) {nodes {uuid}}}`],
  'wrong variables': [
    'query Q($u: UUID!, $n: Int) {dataset(uuid: $u) {uuid} collections(first: $n) {nodes {name}}}',
    { u: 'x', n: 'y' },
  ],
  'what a repository holds': [
    '{repository(name: "dp1") {usage {datasets bytes referencedBytes parts {run datasetType datasets bytes referencedBytes}}}}',
  ],
  introspection: [
    '{__schema {queryType {name fields {name args {name defaultValue}}}} __type(name: "Dataset") {interfaces {name}}}',
  ],
};

describe('the compiling and the interpreting executor agree on', () => {
  let gateways: RunningGateway[];
  beforeAll(async () => {
    const publicUrl = 'publicUrl: https://satellite.example';
    const run = (strategy: 'compiled' | 'interpreted') => runGateway({ offered: offered(), strategy, yaml: publicUrl });
    gateways = [await run('compiled'), await run('interpreted')];
  });
  afterAll(() => Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]())));

  test.each(Object.entries(DOCUMENTS))('%s', async (_what, [query, variables]) => {
    const [compiled, interpreted] = await Promise.all(gateways.map((gateway) => gateway.ask(query, variables)));
    expect({ ...compiled, headers: null }).toEqual({ ...interpreted, headers: null });
    expect(JSON.stringify(compiled!.errors ?? '')).not.toContain('internal error');
  });
});

test('a repository that is down is an error that names it, beside what the others have', async () => {
  await using gateway = await runGateway({ offered: offered() });
  const { data, errors } = await gateway.ask(
    `{datasets(${BOTH}) {nodes {uuid}} again: datasets(${BOTH}) {nodes {uuid}}}`,
  );
  expect(data.datasets.nodes).toHaveLength(12);
  expect(errors).toMatchObject([
    { path: ['datasets'], extensions: { code: 'UPSTREAM_UNAVAILABLE', repository: 'down' } },
    { path: ['again'], extensions: { code: 'UPSTREAM_UNAVAILABLE', repository: 'down' } },
  ]);
});

test.each(['compiled', 'interpreted'] as const)(
  'what stays of a request does not keep its answer (%s)',
  async (strategy) => {
    const asked = new Set<AbortSignal>();
    class WatchedRepository extends ArrayRepository {
      override datasetTypes(ctx?: QueryContext) {
        asked.add(ctx!.signal);
        return super.datasetTypes();
      }
    }
    const repository = new WatchedRepository('dp1', rawContent(1, 'official'));
    await using gateway = await runGateway({ offered: [offer(repository)], strategy });
    const { data } = await gateway.ask('{datasetTypes {name}}');
    expect(data.datasetTypes).not.toEqual([]);
    expect([...asked].map((signal) => getEventListeners(signal, 'abort'))).toEqual([[]]);
  },
);

describe('a request is stopped', () => {
  /** Never answers; its signal is kept. */
  class SilentRepository extends ArrayRepository {
    readonly asked: AbortSignal[] = [];

    override datasetTypes(ctx?: QueryContext): Promise<never> {
      const { signal } = ctx!;
      this.asked.push(signal);
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    }
  }
  const QUERY = '{datasetTypes {name}}';

  test.each(['compiled', 'interpreted'] as const)('at its deadline, upstream too (%s)', async (strategy) => {
    const repository = new SilentRepository('dp1', rawContent(1, 'official'));
    await using gateway = await runGateway({ offered: [offer(repository)], strategy, limits: { seconds: 5 } });
    // What is loaded when it is first needed is, so that the next request gets as far as the repository in time.
    await gateway.ask('{viewer {username}}');
    const { status, errors } = await gateway.ask(QUERY);
    expect(status).toBe(504);
    expect(errors).toMatchObject([{ extensions: { code: 'DEADLINE_EXCEEDED' } }]);
    expect(repository.asked[0]!.aborted).toBe(true);
  });

  test('when the client has gone', async () => {
    const repository = new SilentRepository('dp1', rawContent(1, 'official'));
    await using gateway = await runGateway({ offered: [offer(repository)] });
    const client = new AbortController();
    const asking = gateway.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: QUERY }),
      signal: client.signal,
    });
    while (repository.asked.length === 0) await sleep(5);
    client.abort();
    await expect(asking).rejects.toThrow();
    const [signal] = repository.asked;
    if (!signal!.aborted) await new Promise((resolve) => signal!.addEventListener('abort', resolve));
    expect(signal!.aborted).toBe(true);
  });
});
