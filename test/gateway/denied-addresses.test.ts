/**
 * Every address of the gateway answers for what is another user's as for what nobody has.  The addresses are those that the
 * running gateway has told its HTTP server of: a new one has to be told of in the table below, or a test fails.
 */
import type Fastify from 'fastify';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { comparable } from './comparable-answers.ts';
import { NONE_UUID, openDenied, SECRET, type DeniedWorld } from './denied-world.ts';

const { routes } = vi.hoisted(() => ({ routes: new Map<string, Set<string>>() }));
vi.mock('fastify', async (original) => {
  const { default: fastify, ...others } = await original<{ readonly default: typeof Fastify }>();
  const listed = (options: FastifyServerOptions): FastifyInstance => {
    const app = fastify(options) as unknown as FastifyInstance;
    app.addHook('onRoute', ({ url, method }) => {
      routes.set(url, new Set([...(routes.get(url) ?? []), ...[method].flat()]));
    });
    return app;
  };
  return { ...others, default: listed };
});

/** What an address, or a body, names. */
interface Named {
  readonly repository: string;
  readonly uuid: string;
  readonly collection: string;
  readonly type: string;
  readonly upload: string;
  readonly run: string;
}
interface Asking {
  readonly path: string;
  readonly body?: unknown;
}
type Askings = (named: Named) => readonly Asking[];

const FACE = '/api/butler/repo/:repository';
const DATA_ID = { instrument: 'HSC', detector: 0 };
const OPEN_RUN = 'u/alice/open/run';
/** An instant within what alice certified, as the protocol has it. */
const ALWAYS = [1, 2 ** 53];

/** Addresses that name nothing: their answers must not name what is alice's. */
const NAMELESS = [
  ...['/healthz', '/metrics', '/schema.graphql', '/api/butler/repositories.yaml', '/api/butler/*'],
  // the pages for the browser
  ...['/', '/*', '/graphiql.json', '/publications', '/publications/:id', '/publications/assets/*'],
  '/publications/settings.json',
];
/** What is asked through them is in `denied-is-absent.test.ts`. */
const ELSEWHERE = ['/graphql', '/graphql/stream', '/export'];

/** With the paths of a repository that is asked for in address and body. */
function face(
  path: string,
  requests: (named: Named) => readonly { readonly path?: string; readonly body?: unknown }[],
) {
  const askings: Askings = (named) =>
    [named.repository, `dp1+${named.repository}`].flatMap((repository) =>
      requests(named).map(({ path: given = path, body }) => ({
        path: `/api/butler/repo/${repository}${given}`,
        ...(body !== undefined && { body }),
      })),
    );
  return [`${FACE}${path}`, askings] as const;
}

/** Query trees for datasets and for dimension records that have some. */
function queries({ collection, type }: Named): readonly { readonly query: object; readonly result_spec: object }[] {
  const dimensions = ['instrument', 'detector'];
  return [[collection], [OPEN_RUN, collection], [`${SECRET}-chain`]].flatMap((collections) => {
    const tree = {
      dimensions,
      datasets: { [type]: { collections, dimensions } },
      predicate: { operands: [] },
      validateGovernorConstraints: true,
    };
    const query = { tree, default_data_id: { dataId: {} }, additional_query_inputs: [] };
    const common = { dimensions, limit: null, order_by: [] };
    const refs = {
      ...common,
      result_type: 'dataset_ref',
      dataset_type_name: type,
      storage_class_name: 'StructuredDataDict',
      find_first: false,
      include_dimension_records: false,
    };
    const ids = { ...common, result_type: 'data_coordinate', include_dimension_records: false };
    return [refs, ids].map((result_spec) => ({ query, result_spec }));
  });
}

const finds = ({ collection, type }: Named) =>
  [null, ALWAYS].flatMap((timespan) =>
    [[collection], [OPEN_RUN, collection], [`${SECRET}-calib`]].map((collections) => ({
      body: { dataset_type: type, data_id: DATA_ID, collections, timespan, dimension_records: true },
    })),
  );
const search = { collection_types: [1, 2, 3, 4], flatten_chains: true, include_chains: true };

const NAMING: Readonly<Record<string, Askings>> = Object.fromEntries([
  [
    '/files/:repository/:uuid/:name',
    ({ repository, uuid }) =>
      ['x', 'hush-0.yaml', 'x?component=wcs'].map((file) => ({ path: `/files/${repository}/${uuid}/${file}` })),
  ],
  [
    '/files/:repository/~:capability/:uuid/:name',
    ({ repository, uuid }) => [{ path: `/files/${repository}/~${'A'.repeat(43)}/${uuid}/x` }],
  ],
  ['/files/*', ({ repository, uuid }) => [{ path: `/files/${repository}/${uuid}/x` }]],
  // an upload's address is its right; of those that are not one, none says whether there is such an upload
  ['/uploads/:id/:index', ({ upload }) => ['7', '-1', 'x'].map((file) => ({ path: `/uploads/${upload}/${file}` }))],
  ['/uploads/publications/:id', ({ upload }) => [{ path: `/uploads/publications/${upload}` }]],
  ['/referee/files/:uuid/:name', ({ uuid }) => [{ path: `/referee/files/${uuid}/x` }]],
  ...Object.entries({
    claim: { stage: 'build', worker: 'a notebook' },
    beat: { claim: 'x' },
    end: { claim: 'x', end: { stopped: true } },
  }).map(([what, body]): readonly [string, Askings] => [
    `/v1/runs/:id/${what}`,
    ({ run }) => [{ path: `/v1/runs/${run}/${what}`, body }],
  ]),
  face('/butler.yaml', () => [{}]),
  face('/butler.json', () => [{}]),
  face('/v1/universe', () => [{}]),
  face('/v1/dataset_type/:name', ({ type }) => [{ path: `/v1/dataset_type/${type}` }]),
  face('/v1/dataset/:uuid', ({ uuid }) => [
    { path: `/v1/dataset/${uuid}` },
    { path: `/v1/dataset/${uuid}?dimension_records=true` },
  ]),
  face('/v1/dataset/:uuid/download', ({ uuid }) => [
    { path: `/v1/dataset/${uuid}/download` },
    { path: `/v1/dataset/${uuid}/download?component=wcs` },
  ]),
  face('/v1/get_file/:uuid', ({ uuid }) => [{ path: `/v1/get_file/${uuid}` }]),
  face('/v1/collection_info', ({ collection }) => [
    { path: `/v1/collection_info?name=${collection}&include_doc=true&include_parents=true` },
  ]),
  face('/v1/collection_summary', ({ collection }) => [{ path: `/v1/collection_summary?name=${collection}` }]),
  face('/v1/datasets', ({ uuid }) => [{ body: { dataset_ids: [uuid] } }]),
  face('/v1/find_dataset', finds),
  face('/v1/get_file_by_data_id', finds),
  face('/v1/expand_data_id', ({ repository }) => [
    { body: { data_id: { instrument: repository.endsWith('none') ? 'AliceCan' : 'AliceCam' } } },
    { body: { data_id: DATA_ID } },
  ]),
  face('/v1/file_transfer', ({ uuid }) => [{ body: { dataset_ids: [uuid] } }]),
  face('/v1/query_collections', ({ collection }) =>
    [[collection], ['*'], [OPEN_RUN, collection]].map((names) => ({ body: { search: names, ...search } })),
  ),
  face('/v1/query_collection_info', ({ collection, type }) =>
    [[collection], ['*']].map((expression) => ({
      body: {
        expression,
        ...search,
        include_parents: true,
        include_summary: true,
        include_doc: true,
        summary_datasets: [type],
      },
    })),
  ),
  face('/v1/query_dataset_types', ({ type }) => [[type], ['*']].map((names) => ({ body: { search: names } }))),
  face('/v1/query/execute', (named) => queries(named).map((body) => ({ body }))),
  face('/v1/query/all_datasets', ({ collection, type }) =>
    [[collection], ['*'], [OPEN_RUN, collection]].map((collections) => ({
      body: {
        collections,
        name: [type],
        find_first: false,
        data_id: {},
        where: '',
        bind: {},
        limit: null,
        with_dimension_records: true,
      },
    })),
  ),
  face('/v1/query/count', (named) => queries(named).map((body) => ({ body: { ...body, exact: true, discard: true } }))),
  face('/v1/query/any', (named) =>
    queries(named).map(({ query }) => ({ body: { query, execute: true, exact: true } })),
  ),
  face('/v1/query/explain', (named) => queries(named).map(({ query }) => ({ body: { query, execute: true } }))),
] satisfies (readonly [string, Askings])[]);

let denied: DeniedWorld;
let real: Named;
beforeAll(async () => {
  denied = await openDenied();
  const { pairs } = denied.strangers[0]!;
  const [uuid, upload] = [pairs['uuid']![0] as string, pairs['commit']![0] as string];
  const run = pairs['run.id']![0] as string;
  real = { repository: 'alice~mine', uuid, collection: SECRET, type: 'hush', upload, run };
});
afterAll(() => denied.world[Symbol.asyncDispose]());

/** Nobody's; a part of alice's satellite is there for bob. */
const nobodys = (user: string): Named => ({
  repository: user === 'bob' ? 'alice~mine' : 'alice~none',
  uuid: NONE_UUID,
  collection: 'u/alice/secreu',
  type: 'husk',
  upload: 'x'.repeat(real.upload.length),
  run: NONE_UUID,
});

async function answers(user: string, method: string, askings: readonly Asking[]): Promise<readonly string[]> {
  const given: string[] = [];
  for (const { path, body } of askings) {
    const hasBody = method === 'POST' || method === 'PUT';
    const init = {
      method,
      ...(hasBody && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body ?? {}) }),
    };
    const response = await denied.world.fetch(user, path, init);
    given.push(denied.neutral(await comparable(response)).replaceAll(/AliceCa[mn]/g, 'INSTRUMENT'));
  }
  return given;
}

test('every address is known to name something, or nothing', () => {
  const known = [...Object.keys(NAMING), ...NAMELESS, ...ELSEWHERE];
  expect([...routes.keys()].toSorted()).toEqual(known.toSorted());
});

describe.each(['carol', 'bob'])('%s', (user) => {
  test.each(Object.entries(NAMING))('is answered for what is alice’s as for what nobody has at %s', async (url, of) => {
    for (const method of routes.get(url)!) {
      expect(await answers(user, method, of(real))).toEqual(await answers(user, method, of(nobodys(user))));
    }
  });

  test.each(NAMELESS)('is not told of what is alice’s by %s', async (url) => {
    const text = await (await denied.world.fetch(user, url)).text();
    for (const name of [real.uuid, SECRET, 'hush', 'AliceCam']) expect(text).not.toContain(name);
    if (user === 'carol') expect(text).not.toContain('alice~');
  });
});

test('alice herself is given what the others are asked about', async () => {
  const shown = [
    '/v1/dataset/:uuid',
    '/v1/find_dataset',
    '/v1/query/execute',
    '/v1/query/count',
    '/v1/query_dataset_types',
  ];
  for (const path of shown) {
    const of = NAMING[`${FACE}${path}`]!;
    const method = routes.get(`${FACE}${path}`)!.has('POST') ? 'POST' : 'GET';
    expect(await answers('alice', method, of(real))).not.toEqual(await answers('alice', method, of(nobodys('bob'))));
  }
});
