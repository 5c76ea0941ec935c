/** A run whose code runs on its user's own machine: the `satellite` command claims it from a gateway that runs no users' code. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CHECKOUT } from '../../stack/checkout.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';
import { EVERYTHING, GRAPHS, PYTHON, startServiceWorld, type ServiceWorld } from './service-world.ts';

// Of a busy machine: alone it takes seconds.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 600_000 });

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let world: ServiceWorld;
beforeAll(async () => {
  directory = await temporaryDirectory();
  world = await startServiceWorld(join(directory.path, 'world'), { runs: { executeAs: 'none' } });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

async function satellite(...args: readonly string[]) {
  const token = await world.issuer.token('alice');
  const env = { ...process.env, SATELLITE_URL: world.gateway.url, SATELLITE_TOKEN: token };
  const command = spawn('node', [join(CHECKOUT, 'src/cli/main.ts'), 'run', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
  const [stdout, stderr] = await Promise.all([text(command.stdout), text(command.stderr), once(command, 'exit')]);
  return { code: command.exitCode, stdout, stderr };
}

async function post(path: string, body: object, user = 'alice') {
  const answer = await fetch(`${world.gateway.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await world.issuer.token(user)}` },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

test('it goes from a question to results at home', async () => {
  const { where, output } = EVERYTHING;
  const made = await satellite(
    ...['create', 'work', '-p', 'pipeline.yaml', '-i', 'Mini/defaults', '-o', output, '-d', where, '--json'],
  );
  expect(made).toMatchObject({ code: 0, stderr: '' });
  const { run } = JSON.parse(made.stdout) as { run: { id: string } };
  const here = ['--python', PYTHON.executable, '--python-path', GRAPHS];
  const gone = await satellite('go', run.id, ...here);
  expect(gone).toMatchObject({ code: 0 });
  expect(gone.stdout).toContain('completed, 84 of 84 quanta done, 0 failed, 0 blocked');
  const listed = await satellite('list', '--satellite', 'work');
  expect(listed.stdout).toMatch(new RegExp(`^${run.id} +completed`));
  expect((await satellite('logs', run.id)).stdout).toBe('No quantum has failed.\n');
  const removed = await satellite('remove', run.id);
  expect(removed.stdout).toBe(`Run ${run.id} is gone.\n`);
});

test('a claim is one machine’s, ends with a cancel, and is nobody else’s', async () => {
  const { run } = await world.change('createRun', EVERYTHING);
  const place = `/v1/runs/${run.id}`;
  const claiming = { stage: 'build', worker: 'laptop' };
  expect((await post(`${place}/claim`, claiming, 'bob')).status).toBe(404);
  const { body: held } = await post(`${place}/claim`, claiming);
  expect(held).toMatchObject({ run: { id: run.id, state: 'BUILDING' }, directory: run.directory });
  const { claim } = held;
  expect((await post(`${place}/claim`, claiming)).status).toBe(409);
  expect((await post(`${place}/beat`, { claim, quanta: null })).status).toBe(200);
  expect((await post(`${place}/beat`, { claim: 'another' })).status).toBe(409);
  await world.change('cancelRun', { run: run.id });
  expect((await post(`${place}/beat`, { claim })).status).toBe(409);
  expect((await post(`${place}/end`, { claim, end: { failed: 'late' } })).status).toBe(409);
  expect(await world.atRest(run.id)).toMatchObject({ state: 'CANCELLED', error: null });
});

test('an execution that was stopped is gone on with, and no other graph takes its files for its own', async () => {
  const { run } = await world.change('createRun', { ...EVERYTHING, output: 'u/alice/stopped' });
  const built = await satellite('build', run.id, '--python', PYTHON.executable, '--python-path', GRAPHS);
  expect(built).toMatchObject({ code: 0 });
  const claim = async (stage: string) => post(`/v1/runs/${run.id}/claim`, { stage, worker: 'laptop' });
  const { status, body } = await claim('execute');
  expect(status).toBe(200);
  await world.change('cancelRun', { run: run.id });
  const end = { claim: body['claim'], end: { stopped: true } };
  expect((await post(`/v1/runs/${run.id}/end`, end)).status).toBe(200);
  expect((await claim('build')).status).toBe(409);
  expect((await claim('execute')).status).toBe(200);
});

test('the capability of a claim reads, and changes nothing', async () => {
  const { run } = await world.change('createRun', EVERYTHING);
  const { body } = await post(`/v1/runs/${run.id}/claim`, { stage: 'build', worker: 'laptop' });
  const ask = async (query: string) => {
    const answer = await fetch(`${world.gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${String(body['token'])}` },
      body: JSON.stringify({ query }),
    });
    return (await answer.json()) as { data?: Record<string, unknown>; errors?: { extensions: { code: string } }[] };
  };
  const read = await ask('{datasets(datasetTypes: ["mini_raw"], collections: ["Mini/defaults"]) {totalCount}}');
  expect(read.data).toEqual({ datasets: { totalCount: 36 } });
  const refused = await ask(`mutation {cancelRun(input: {run: "${run.id}"}) {run {id}}}`);
  expect(refused.errors![0]!.extensions.code).toBe('FORBIDDEN');
});
