/** Runs through the real gateway: made, looked at, listed, by whom they are, and refused. */
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryDirectory, sqliteRepository } from '../fixtures/repositories.ts';
import { jobOf, watched } from '../gateway/watched-job.ts';
import { runGateway, type GraphQLAnswer, type RunningGateway } from '../gateway/running-gateway.ts';

const PIPELINE = 'description: one task\ntasks:\n  calibrate: minipipe.tasks.CalibrateTask\n';
const CREATE = `mutation ($input: CreateRunInput!) {createRun(input: $input) {run {id state directory output outputRun inputs
  repositories quanta {total} job {id} satellite {name}}}}`;

let pipelines: Awaited<ReturnType<typeof temporaryDirectory>>;
let gateway: RunningGateway;
beforeAll(async () => {
  pipelines = await temporaryDirectory();
  await mkdir(join(pipelines.path, 'tasks'));
  await writeFile(join(pipelines.path, 'tasks/mini.yaml'), PIPELINE);
  await writeFile(join(pipelines.path, 'outside.yaml'), PIPELINE);
  gateway = await runGateway({
    yaml: `
satellites: {root: ./satellites}
python: {executable: /bin/false, path: [${JSON.stringify(join(pipelines.path, 'tasks'))}]}
repositories:
  - {name: dp1, kind: direct, path: ${JSON.stringify(sqliteRepository('official'))}}`,
  });
  const created = await gateway.ask(
    'mutation {createSatellite(input: {name: "work", official: "dp1"}) {satellite {name}}}',
  );
  expect(created.errors).toBeUndefined();
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await pipelines[Symbol.asyncDispose]();
});

const asked = {
  satellite: 'work',
  pipeline: { yaml: PIPELINE },
  inputs: ['HSC/raw/all'],
  output: 'u/alice/tries',
};

function create(input: object = {}): Promise<GraphQLAnswer> {
  return gateway.ask(CREATE, { input: { ...asked, ...input } });
}

async function askAs(user: string, query: string, variables: object): Promise<GraphQLAnswer> {
  const headers = { authorization: `Bearer ${await gateway.token(user)}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ query, variables });
  return (await (await gateway.fetch('/graphql', { method: 'POST', headers, body })).json()) as GraphQLAnswer;
}

/** The run that was made. */
const runOf = ({ data }: GraphQLAnswer) => data.createRun.run as { readonly id: string; readonly directory: string };
const codesOf = ({ errors = [] }: GraphQLAnswer) => errors.map(({ extensions }) => extensions['code']);

describe('a run', () => {
  test('is made with a RUN of its own, and a directory in which its user finds what was asked', async () => {
    const { data, errors } = await create({ configuration: ['calibrate:threshold=5'], where: "instrument = 'HSC'" });
    expect(errors).toBeUndefined();
    const { run } = data.createRun;
    const { directory } = run as { directory: string };
    expect(run).toMatchObject({
      state: 'CREATED',
      output: 'u/alice/tries',
      inputs: ['HSC/raw/all'],
      repositories: ['alice~work', 'dp1'],
      quanta: null,
      job: null,
      satellite: { name: 'work' },
    });
    expect(run.outputRun).toMatch(/^u\/alice\/tries\/\d{8}T\d{6}Z$/);
    const record = JSON.parse(await readFile(join(directory, 'run.json'), 'utf8')) as object;
    expect(record).toMatchObject({ id: run.id, owner: 'alice', state: 'CREATED', outputRun: run.outputRun });
    expect(await readFile(join(directory, 'pipeline.yaml'), 'utf8')).toBe(PIPELINE);
  });

  test('made in the same second as another has another RUN', async () => {
    const [first, second] = await Promise.all([create(), create()]);
    expect(first.data.createRun.run.outputRun).not.toBe(second.data.createRun.run.outputRun);
  });

  test('is listed, newest first and by pages, and found by its identifier', async () => {
    const last = runOf(await create()).id;
    const { data } = await gateway.ask(
      '{runs(satellite: "work", first: 2) {nodes {id} pageInfo {hasNextPage endCursor}}}',
    );
    expect(data.runs.nodes[0].id).toBe(last);
    expect(data.runs.pageInfo).toEqual({ hasNextPage: true, endCursor: data.runs.nodes[1].id });
    const { data: rest } = await gateway.ask('query ($after: String) {runs(after: $after) {nodes {id}}}', {
      after: data.runs.pageInfo.endCursor,
    });
    expect(rest.runs.nodes.length).toBeGreaterThan(0);
    expect(rest.runs.nodes).not.toContainEqual({ id: last });
    const { data: found } = await gateway.ask('query ($id: ID!) {run(id: $id) {id} node(id: $id) {__typename id}}', {
      id: last,
    });
    expect(found).toEqual({ run: { id: last }, node: { __typename: 'Run', id: last } });
  });

  test('does not exist for others', async () => {
    const { id } = runOf(await create());
    const query = 'query ($id: ID!) {run(id: $id) {id} node(id: $id) {id} runs(satellite: "alice~work") {nodes {id}}}';
    expect((await askAs('bob', query, { id })).data).toEqual({ run: null, node: null, runs: { nodes: [] } });
  });

  test('is no place to go on from for others: it is as one that there never was', async () => {
    const { id } = runOf(await create());
    const query = 'query ($after: String) {runs(after: $after) {nodes {id}}}';
    const [hers, none] = [await askAs('bob', query, { after: id }), await askAs('bob', query, { after: 'none' })];
    expect(codesOf(hers)).toEqual(['BAD_USER_INPUT']);
    expect(hers.errors![0]!.message).toBe(none.errors![0]!.message);
  });

  test('is gone with its satellite, also when another has its name', async () => {
    const of = { official: 'dp1', name: 'short' };
    const make = 'mutation ($input: CreateSatelliteInput!) {createSatellite(input: $input) {satellite {name}}}';
    await gateway.ask(make, { input: of });
    const { id } = runOf(await create({ satellite: 'short' }));
    await gateway.ask('mutation {deleteSatellite(input: {satellite: "short", purge: true}) {job {id}}}');
    await gateway.ask(make, { input: of });
    const { data } = await gateway.ask('query ($id: ID!) {run(id: $id) {id} runs(satellite: "short") {nodes {id}}}', {
      id,
    });
    expect(data).toEqual({ run: null, runs: { nodes: [] } });
  });
});

test('a gateway that runs one user’s code as its own runs that of no other', async () => {
  await using own = await runGateway({
    yaml: `
satellites: {root: ./satellites}
python: {executable: /bin/false}
runs: {executeAs: self, user: bob}
repositories:
  - {name: dp1, kind: direct, path: ${JSON.stringify(sqliteRepository('official'))}}`,
  });
  await own.ask('mutation {createSatellite(input: {name: "work", official: "dp1"}) {satellite {name}}}');
  const { id } = runOf(await own.ask(CREATE, { input: asked }));
  const refused = await own.ask('mutation ($run: ID!) {buildRun(input: {run: $run}) {run {state}}}', { run: id });
  expect(codesOf(refused)).toEqual(['FORBIDDEN']);
  expect(refused.errors![0]!.message).toMatch(/no pipelines of yours.*satellite run go/);
});

describe('no run has its outputs', () => {
  test('among the directories of runs', async () => {
    expect(codesOf(await create({ output: 'runs/foo' }))).toEqual(['BAD_USER_INPUT']);
    expect(codesOf(await create({ output: 'runs' }))).toEqual(['BAD_USER_INPUT']);
  });

  test('among those of another run, or of a RUN', async () => {
    const { data } = await create({ output: 'u/alice/outer' });
    const { outputRun } = data.createRun.run;
    expect(codesOf(await create({ output: `${outputRun}/x` }))).toEqual(['CONFLICT']);
    const run = 'mutation ($input: CreateCollectionInput!) {createCollection(input: $input) {collection {name}}}';
    const made = await gateway.ask(run, { input: { satellite: 'work', name: 'u/alice/run', type: 'RUN' } });
    expect(made.errors).toBeUndefined();
    expect(codesOf(await create({ output: 'u/alice/run/x' }))).toEqual(['CONFLICT']);
  });

  test('taken away with another run that it extends', async () => {
    const output = 'u/alice/extended';
    const { data } = await create({ output });
    const { id, outputRun } = data.createRun.run as { readonly id: string; readonly outputRun: string };
    const collect = 'mutation ($input: CreateCollectionInput!) {createCollection(input: $input) {collection {name}}}';
    await gateway.ask(collect, { input: { satellite: 'work', name: outputRun, type: 'RUN' } });
    const chain = { satellite: 'work', name: output, type: 'CHAINED', children: [outputRun] };
    expect((await gateway.ask(collect, { input: chain })).errors).toBeUndefined();
    const extending = await create({ output, extend: true });
    expect(extending.errors).toBeUndefined();
    const remove = (run: string) =>
      gateway.ask('mutation ($run: ID!) {removeRun(input: {run: $run, dryRun: true}) {plan {files}}}', { run });
    const refused = await remove(id);
    expect(codesOf(refused)).toEqual(['CONFLICT']);
    expect(refused.errors![0]!.message).toContain(runOf(extending).id);
    expect((await remove(runOf(extending).id)).errors).toBeUndefined();
  });
});

describe('a gateway that runs no users’ code', () => {
  const begin = (mutation: string, id: string) =>
    gateway.ask(`mutation ($run: ID!) {${mutation}(input: {run: $run}) {run {state} job {id}}}`, { run: id });

  test('refuses to build a graph, and says which command does it', async () => {
    const { id } = runOf(await create());
    const refused = await begin('buildRun', id);
    expect(codesOf(refused)).toEqual(['FORBIDDEN']);
    expect(refused.errors![0]!.message).toContain(`satellite run go ${id}`);
    const { data } = await gateway.ask('query ($id: ID!) {run(id: $id) {state}}', { id });
    expect(data.run.state).toBe('CREATED');
  });

  const GRAPH = resolve('test/data/graphs/dictionary.qg');
  test.each<[string, string, (directory: string) => Promise<unknown>, RegExp]>([
    ['a link to a file of others', 'link', (directory) => symlink(GRAPH, join(directory, 'graph.qg')), /is a link/],
    [
      'a directory that leads to those of others',
      'away',
      async (directory) => {
        await rename(directory, `${directory}-was`);
        await mkdir(join(pipelines.path, 'others'));
        await copyFile(GRAPH, join(pipelines.path, 'others/graph.qg'));
        await symlink(join(pipelines.path, 'others'), directory);
      },
      /A link or a file is in the place/,
    ],
    [
      'a pipe, which nobody writes to',
      'pipe',
      async (directory) => execFileSync('mkfifo', [join(directory, 'graph.qg')]),
      /not a file/,
    ],
    [
      'the graph of another run',
      'copy',
      (directory) => copyFile(GRAPH, join(directory, 'graph.qg')),
      /not the graph of this run/,
    ],
  ])('takes no graph from its user’s machine that is %s', async (_what, output, put, why) => {
    const { id, directory } = runOf(await create({ output: `u/alice/${output}` }));
    const post = async (path: string, body: object) => {
      const headers = { authorization: `Bearer ${await gateway.token('alice')}`, 'content-type': 'application/json' };
      const answer = await gateway.fetch(`/v1/runs/${id}/${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      return (await answer.json()) as { readonly claim: string };
    };
    const { claim } = await post('claim', { stage: 'build', worker: 'laptop' });
    await put(directory);
    await post('end', { claim, end: { built: { quanta: 1, datasets: 1, reasons: [] } } });
    const { data } = await gateway.ask('query ($id: ID!) {run(id: $id) {state error {message}}}', { id });
    expect(data.run).toMatchObject({ state: 'FAILED', error: { message: expect.stringMatching(why) as string } });
  });

  test('cancels a run that waits for nothing, and removes it with its directory', async () => {
    const { id, directory } = runOf(await create({ output: 'u/alice/gone' }));
    expect((await begin('cancelRun', id)).data.cancelRun.run.state).toBe('CANCELLED');
    const remove = `mutation ($input: RemoveRunInput!) {removeRun(input: $input) {run {state} job {id state}
      plan {datasets files bytes collections}}}`;
    const plan = { datasets: 0, files: 0, bytes: 0, collections: [] };
    const planned = await gateway.ask(remove, { input: { run: id, dryRun: true } });
    expect(planned.data.removeRun).toEqual({ run: { state: 'CANCELLED' }, job: null, plan });
    const removed = await gateway.ask(remove, { input: { run: id } });
    await watched(gateway, jobOf(removed, 'removeRun'));
    expect((await gateway.ask('query ($id: ID!) {run(id: $id) {id}}', { id })).data.run).toBeNull();
    await expect(readFile(join(directory, 'run.json'))).rejects.toThrow('ENOENT');
  });

  test.each([
    ['executeRun', 'CONFLICT'],
    ['transferRun', 'CONFLICT'],
    ['retryRun', 'CONFLICT'],
  ])('%s of a run without a graph is refused', async (mutation, code) => {
    const { id } = runOf(await create());
    expect(codesOf(await begin(mutation, id))).toEqual([code]);
  });

  test('what is another’s can be neither begun, cancelled nor removed', async () => {
    const { id } = runOf(await create());
    for (const mutation of ['buildRun', 'executeRun', 'transferRun', 'cancelRun', 'retryRun', 'removeRun']) {
      const query = `mutation ($run: ID!) {${mutation}(input: {run: $run}) {run {id}}}`;
      expect(codesOf(await askAs('bob', query, { run: id }))).toEqual(['NOT_FOUND']);
      expect(codesOf(await askAs('bob', query, { run: 'none' }))).toEqual(['NOT_FOUND']);
    }
  });
});

test('the capability of a claim ends with it: it is not good under the next one', async () => {
  const { id } = runOf(await create({ output: 'u/alice/claimed' }));
  const headers = { authorization: `Bearer ${await gateway.token('alice')}`, 'content-type': 'application/json' };
  const post = async (path: string, what: object) => {
    const answer = await gateway.fetch(`/v1/runs/${id}/${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(what),
    });
    return (await answer.json()) as { readonly claim: string; readonly token: string; readonly errors?: object };
  };
  const claim = () => post('claim', { stage: 'build', worker: 'notebook' });
  const status = async (token: string) => {
    const path = '/api/butler/repo/alice~work/v1/universe';
    return (await gateway.fetch(path, { headers: { authorization: `Bearer ${token}` } })).status;
  };
  const { claim: held, token: first } = await claim();
  expect(await status(first)).toBe(200);
  await gateway.ask('mutation ($run: ID!) {cancelRun(input: {run: $run}) {run {state}}}', { run: id });
  expect(await status(first)).toBe(401);
  // Before its machine has stopped nothing else is begun, and nothing is removed.
  expect(await claim()).toMatchObject({ errors: [{ extensions: { code: 'CONFLICT' } }] });
  const remove = 'mutation ($run: ID!) {removeRun(input: {run: $run, dryRun: true}) {plan {files}}}';
  expect(codesOf(await gateway.ask(remove, { run: id }))).toEqual(['CONFLICT']);
  await post('end', { claim: held, end: { stopped: true } });
  expect(codesOf(await gateway.ask(remove, { run: id }))).toEqual([]);
  const { token: second } = await claim();
  expect(second).not.toBe(first);
  expect(await status(first)).toBe(401);
  expect(await status(second)).toBe(200);
});

describe('a pipeline file', () => {
  test('below a directory of the gateway’s is taken, with labels of its tasks', async () => {
    const { directory } = runOf(await create({ pipeline: { path: 'mini.yaml#calibrate' } }));
    const record = await readFile(join(directory, 'run.json'), 'utf8');
    expect(JSON.parse(record)).toHaveProperty('pipeline.path', join(pipelines.path, 'tasks/mini.yaml#calibrate'));
  });

  test.each(['../outside.yaml', '/etc/passwd', 'missing.yaml', '.', ''])('%j is refused', async (path) => {
    expect(codesOf(await create({ pipeline: { path } }))).toEqual(['BAD_USER_INPUT']);
  });

  test('outside of them is refused in the same words whether or not it is there', async () => {
    const there = join(pipelines.path, 'outside.yaml');
    const [one, other] = [
      await create({ pipeline: { path: there } }),
      await create({ pipeline: { path: `${there}x` } }),
    ];
    expect(codesOf(one)).toEqual(['BAD_USER_INPUT']);
    expect(one.errors![0]!.message.replace(there, '')).toBe(other.errors![0]!.message.replace(`${there}x`, ''));
  });
});

describe('a run is refused', () => {
  test.each([
    ['without a pipeline', { pipeline: null }, 'BAD_USER_INPUT'],
    ['with a pipeline and a graph', { graph: 'a.qg' }, 'BAD_USER_INPUT'],
    ['with a graph that is not there', { pipeline: null, graph: 'a.qg' }, 'BAD_USER_INPUT'],
    ['with a graph outside of its satellite', { pipeline: null, graph: '../a.qg' }, 'BAD_USER_INPUT'],
    ['with a pickled graph', { pipeline: null, graph: 'a.pickle' }, 'BAD_USER_INPUT'],
    ['with text that is no pipeline', { pipeline: { yaml: 'a: [' } }, 'BAD_USER_INPUT'],
    ['with an override of nothing', { configuration: ['calibrate'] }, 'BAD_USER_INPUT'],
    ['without inputs', { inputs: [] }, 'BAD_USER_INPUT'],
    ['with a glob for inputs', { inputs: ['HSC/*'] }, 'BAD_USER_INPUT'],
    ['with inputs that are not there', { inputs: ['HSC/raw/al'] }, 'MISSING_COLLECTION'],
    ['with a repository that is not there', { repositories: ['dp2'] }, 'NOT_FOUND'],
    ['with an output whose run’s name would be too long', { output: `u/${'a'.repeat(46)}` }, 'BAD_USER_INPUT'],
    ['with an output that leads elsewhere', { output: '../x' }, 'BAD_USER_INPUT'],
    ['with a condition that is none', { where: 'visit = ' }, 'INVALID_QUERY'],
    ['that extends what is not there', { extend: true }, 'BAD_USER_INPUT'],
    ['on a satellite that is not there', { satellite: 'none' }, 'NOT_FOUND'],
    ['on an official repository', { satellite: 'dp1' }, 'FORBIDDEN'],
  ])('%s', async (_what, input, code) => {
    expect(codesOf(await create(input))).toEqual([code]);
  });
});
