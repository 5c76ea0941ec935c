/** Runs that are executed by BPS, and runs of satellites whose files are in an object storage: by the gateway, and from here. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { CHECKOUT } from '../../stack/checkout.ts';
import { runPython } from '../../stack/run-python.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';
import { isFull } from '../sample.ts';
import { secretsBelow } from '../secrets.ts';
import { GRAPHS, PYTHON, startServiceWorld, type RunAnswer, type ServiceWorld } from './service-world.ts';

// Of a busy machine: alone each takes a minute at most.
vi.setConfig({ testTimeout: 1_200_000, hookTimeout: 600_000 });

const VISIT = {
  satellite: 'work',
  pipeline: { path: 'pipeline.yaml#calibrate' },
  inputs: ['Mini/defaults'],
  where: "instrument = 'MiniCam' AND visit = 1001",
};
const ALL = { total: 9, succeeded: 9, failed: 0, blocked: 0 };
/** All of them in one job: Parsl starts a Python for each job. */
const BPS = {
  clusterAlgorithm: 'lsst.ctrl.bps.quantum_clustering_funcs.dimension_clustering',
  cluster: { calibrations: { pipetasks: 'calibrate', dimensions: 'visit' } },
};

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let world: ServiceWorld;
const tokens = () => readdir(join(world.directory, 'bps-tokens'));
beforeAll(async () => {
  directory = await temporaryDirectory();
  world = await startServiceWorld(join(directory.path, 'world'), {
    runs: { executeAs: 'self', user: 'alice', bps: { settings: BPS } },
  });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

async function stage(mutation: string, { id }: RunAnswer): Promise<RunAnswer> {
  await world.change(mutation, { run: id });
  return world.atRest(id);
}

async function built(output: string, more: object): Promise<RunAnswer> {
  const { run } = await world.change('createRun', { ...VISIT, output, ...more });
  const found = await stage('buildRun', run);
  expect(found).toMatchObject({ state: 'BUILT', quanta: { total: 9 }, error: null });
  return found;
}

async function expectHome(run: RunAnswer, uri: string, environment: Readonly<Record<string, string>> = {}) {
  expect(await stage('transferRun', run)).toMatchObject({ state: 'COMPLETED', error: null });
  const own = { PYTHONPATH: GRAPHS, BUTLER_RUBIN_ACCESS_TOKEN: 'any', ...environment };
  const output = run.outputRun.slice(0, run.outputRun.lastIndexOf('/'));
  const read = JSON.parse(await runPython('test/run/read_results.py', [uri, output], own)) as { datasets: object };
  expect(read.datasets).toMatchObject({ mini_calexp: 9, mini_src: 9, calibrate_metadata: 9, calibrate_log: 9 });
}

describe('A run by BPS', () => {
  test('is followed over a kill of the gateway, and leaves no token behind', async () => {
    const go = join(directory.path, 'go');
    const run = await built('u/alice/bps', { executor: 'BPS', configuration: [`calibrate:waitFor=${go}`] });
    await world.change('executeRun', { run: run.id });
    while (((await world.found(run.id)).quanta?.succeeded ?? 0) === 0) await sleep(200);
    await world.kill();
    await world.restart();
    await writeFile(go, '');
    expect(await world.atRest(run.id)).toMatchObject({ state: 'EXECUTED', quanta: ALL, error: null });
    expect(await tokens()).toEqual([]);
    expect(await secretsBelow(run.directory)).toEqual([]);
    const events = await readFile(join(run.directory, 'events.jsonl'), 'utf8');
    expect(events).not.toMatch(/"failed"|"blocked"/);
    await expectHome(run, world.satellite);
  });

  test.runIf(isFull)('ends when it is cancelled, and is tried again for the rest', async () => {
    const go = join(directory.path, 'go-again');
    const run = await built('u/alice/bps-again', { executor: 'BPS', configuration: [`calibrate:waitFor=${go}`] });
    await world.change('executeRun', { run: run.id });
    while (((await world.found(run.id)).quanta?.succeeded ?? 0) === 0) await sleep(200);
    await world.change('cancelRun', { run: run.id });
    expect(await world.atRest(run.id)).toMatchObject({ state: 'CANCELLED', error: null });
    while ((await tokens()).length > 0) await sleep(200);
    await writeFile(go, '');
    expect(await stage('retryRun', run)).toMatchObject({ state: 'EXECUTED', quanta: ALL, error: null });
    await expectHome(run, world.satellite);
  });
});

describe.runIf(isFull)('A run of a satellite whose files are in an object storage', () => {
  let uri: string;
  let environment: Readonly<Record<string, string>>;
  beforeAll(async () => {
    const input = { name: 'far', official: 'dp1', instruments: ['MiniCam'], artifacts: 'S3' };
    const made = await world.ask(
      'mutation ($input: CreateSatelliteInput!) {createSatellite(input: $input) {satellite {uri environment} job {id}}}',
      { input },
    );
    const { satellite, job } = made.data.createSatellite;
    ({ uri, environment } = satellite);
    for (let state = 'QUEUED'; state !== 'COMPLETED'; await sleep(200)) {
      ({ state } = (await world.ask('query ($id: ID!) {job(id: $id) {state}}', job as object)).data.job);
      expect(['QUEUED', 'RUNNING', 'COMPLETED']).toContain(state);
    }
  });

  test('is executed by the gateway, with its credentials for minutes', async () => {
    const run = await built('u/alice/far', { satellite: 'far' });
    expect(await stage('executeRun', run)).toMatchObject({ state: 'EXECUTED', quanta: ALL, error: null });
    expect(await secretsBelow(run.directory)).toEqual([]);
    await expectHome(run, uri, environment);
  });

  test('is executed from here, which is given them with its claim', async () => {
    const run = await built('u/alice/from-here', { satellite: 'far' });
    const args = ['run', 'execute', run.id, '--here', '--python', PYTHON.executable, '--python-path', GRAPHS];
    const env = { ...process.env, SATELLITE_URL: world.gateway.url, SATELLITE_TOKEN: world.token };
    const command = spawn('node', [join(CHECKOUT, 'src/cli/main.ts'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
    });
    const [stdout, stderr] = await Promise.all([text(command.stdout), text(command.stderr), once(command, 'exit')]);
    expect({ stdout, stderr }).toMatchObject({ stdout: expect.stringContaining('9 of 9 quanta done') });
    await expectHome(run, uri, environment);
  });

  test('is not given to BPS, whose jobs would have no credentials', async () => {
    const { run } = await world.change('createRun', {
      ...VISIT,
      satellite: 'far',
      output: 'u/alice/no',
      executor: 'BPS',
    });
    await expect(world.change('buildRun', { run: run.id })).rejects.toThrow(/BAD_USER_INPUT/);
  });
});
