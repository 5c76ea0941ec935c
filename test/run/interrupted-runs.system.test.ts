/** Runs whose gateway, official server, disk or token goes away in the middle: they resume to the same result. */
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { revokeTokens } from '../../src/cli/revoke-tokens.ts';
import type { Failpoint } from '../../src/repository/failpoints.ts';
import { runPython } from '../../stack/run-python.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';
import { isFull } from '../sample.ts';
import { GRAPHS, startServiceWorld, type RunAnswer, type ServiceWorld } from './service-world.ts';

// Of a busy machine: alone each takes seconds.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 600_000 });

/** The nine quanta of one visit, each with metadata and a log beside two outputs. */
const VISIT = {
  satellite: 'work',
  pipeline: { path: 'pipeline.yaml#calibrate' },
  inputs: ['Mini/defaults'],
  where: "instrument = 'MiniCam' AND visit = 1001",
};
const ALL = { total: 9, succeeded: 9, failed: 0, blocked: 0 };
const OUTPUTS = { mini_calexp: 9, mini_src: 9, calibrate_metadata: 9 };

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let world: ServiceWorld;
beforeAll(async () => {
  directory = await temporaryDirectory();
  // What fails is not tried again by itself: it is to be seen.
  world = await startServiceWorld(join(directory.path, 'world'), {
    runs: { executeAs: 'self', user: 'alice', retries: 0 },
  });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

const create = async (output: string, more: object = {}) =>
  (await world.change('createRun', { ...VISIT, output, ...more })).run;

async function stage(mutation: string, { id }: RunAnswer): Promise<RunAnswer> {
  await world.change(mutation, { run: id });
  return world.atRest(id);
}

async function built(output: string, more: object = {}): Promise<RunAnswer> {
  const run = await stage('buildRun', await create(output, more));
  expect(run).toMatchObject({ state: 'BUILT', error: null });
  return run;
}

/** Begins a stage with a gateway that is killed in it, and goes on with another one. */
async function killedAt(failpoint: Failpoint | `${Failpoint}:${number}`, mutation: string, { id }: RunAnswer) {
  await world.restart(failpoint);
  // It may be killed before it answers.
  await world.change(mutation, { run: id }).catch(() => undefined);
  await world.gateway.process.whenEnded;
  await world.restart();
  return world.atRest(id);
}

interface Event {
  readonly event: string;
  readonly quantum: string;
}

async function events({ directory: place }: RunAnswer): Promise<readonly Event[]> {
  const lines = (await readFile(join(place, 'events.jsonl'), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Event);
}

const quantaWith = (all: readonly Event[], event: string) =>
  all.filter((one) => one.event === event).map(({ quantum }) => quantum);

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(100);
}

/** Brings it home, and has stock Python read all of it; no row lacks its file, and no file its row. */
async function expectAtHome(run: RunAnswer, output: string, logs: unknown = 9): Promise<void> {
  const found = await world.found(run.id);
  const home = found.state === 'COMPLETED' ? found : await stage('transferRun', run);
  expect(home).toMatchObject({ state: 'COMPLETED', quanta: ALL, error: null });
  const environment = { PYTHONPATH: GRAPHS, BUTLER_RUBIN_ACCESS_TOKEN: 'any' };
  const read = JSON.parse(await runPython('test/run/read_results.py', [world.satellite, output], environment)) as {
    datasets: object;
    chain: readonly string[];
  };
  expect(read.datasets).toMatchObject({ ...OUTPUTS, calibrate_log: logs });
  expect(read.chain).toEqual([run.outputRun, 'Mini/defaults']);
  const { data } = await world.ask('mutation {verifySatellite(input: {satellite: "work"}) {job {id}}}');
  let job = { state: '', result: null as unknown };
  await until(async () => {
    const answer = await world.ask(
      'query ($id: ID!) {job(id: $id) {state result}}',
      data.verifySatellite.job as object,
    );
    job = answer.data.job as typeof job;
    return job.state !== 'QUEUED' && job.state !== 'RUNNING';
  });
  expect(job.result).toMatchObject({ sound: true, findings: [] });
}

test('a gateway that is killed while it executes and while it brings outputs home goes on with what is missing', async () => {
  const output = 'u/alice/killed';
  const run = await built(output);
  const executed = await killedAt('run:after-quantum:3', 'executeRun', run);
  expect(executed).toMatchObject({ state: 'EXECUTED', quanta: ALL });
  const told = await events(executed);
  expect(quantaWith(told, 'skipped').length).toBeGreaterThanOrEqual(3);
  const ends = [...quantaWith(told, 'succeeded'), ...quantaWith(told, 'skipped')];
  expect(new Set(ends).size).toBe(9);
  expect(await killedAt('run:before-outputs', 'transferRun', run)).toMatchObject({ state: 'COMPLETED' });
  // Stock's executor writes the log of a quantum after the metadata by which it is complete: a kill in between leaves none.
  await expectAtHome(executed, output, expect.toBeOneOf([8, 9]));
});

describe.runIf(isFull)('a run goes on', () => {
  test('when the gateway is killed while its graph is built, and before its inputs are placed', async () => {
    const output = 'u/alice/building';
    const run = await create(output);
    await world.change('buildRun', { run: run.id });
    await world.kill();
    await world.restart();
    expect(await world.atRest(run.id)).toMatchObject({ state: 'BUILT', quanta: { total: 9 } });
    expect(await killedAt('run:before-inputs', 'buildRun', run)).toMatchObject({
      state: 'BUILT',
      quanta: { total: 9 },
    });
    await expectAtHome(await stage('executeRun', run), output);
  });

  test('when it was cancelled, with the quanta that had not ended', async () => {
    const output = 'u/alice/cancelled';
    const go = join(directory.path, 'cancelled');
    const run = await built(output, { configuration: [`calibrate:waitFor=${go}`] });
    await world.change('executeRun', { run: run.id });
    await until(async () => ((await world.found(run.id)).quanta?.succeeded ?? 0) > 0);
    await world.change('cancelRun', { run: run.id });
    expect(await world.atRest(run.id)).toMatchObject({ state: 'CANCELLED', error: null });
    await writeFile(go, '');
    expect(await stage('retryRun', run)).toMatchObject({ state: 'EXECUTED', quanta: ALL });
    expect(quantaWith(await events(run), 'skipped')).toHaveLength(1);
    await expectAtHome(run, output);
  });

  test('with the quanta that failed, and what they blocked, alone', async () => {
    const whole = { pipeline: { path: 'pipeline.yaml' }, where: `skymap = 'mini_sky' AND ${VISIT.where}` };
    const run = await built('u/alice/failed', { ...whole, configuration: ['calibrate:failDetector=4'] });
    const failed = await stage('executeRun', run);
    const { total, succeeded, blocked } = failed.quanta!;
    expect(failed).toMatchObject({ state: 'FAILED', quanta: { failed: 1 }, error: { code: 'RUN_FAILED' } });
    expect(blocked).toBeGreaterThan(0);
    expect(succeeded).toBe(total - 1 - blocked);
    const before = await events(run);
    expect(await stage('retryRun', run)).toMatchObject({ state: 'FAILED', quanta: failed.quanta });
    const again = (await events(run)).slice(before.length);
    expect(quantaWith(again, 'started')).toEqual(quantaWith(before, 'failed'));
    expect(quantaWith(again, 'skipped')).toHaveLength(succeeded);
    const { data } = await world.ask('query ($id: ID!) {run(id: $id) {failures {task exception message}}}', run);
    expect(data.run.failures).toEqual([
      { task: 'calibrate', exception: 'RuntimeError', message: expect.stringContaining('no light') },
    ]);
    // What was made comes home.
    expect(await stage('transferRun', run)).toMatchObject({ state: 'COMPLETED', quanta: failed.quanta });
  });

  test('when the official server was away', async () => {
    const output = 'u/alice/away';
    const run = await built(output);
    await world.stopOfficial();
    await world.change('executeRun', { run: run.id });
    await until(async () => quantaWith(await events(run).catch(() => []), 'started').length > 0);
    await world.startOfficial();
    // Without anybody's doing.
    expect(await world.atRest(run.id)).toMatchObject({ state: 'EXECUTED', quanta: ALL });
    expect(quantaWith(await events(run), 'retried')).toEqual([]);
    await expectAtHome(run, output);
  });

  test('when its user has another token than the one that was revoked', async () => {
    const output = 'u/alice/revoked';
    const go = join(directory.path, 'revoked');
    const run = await built(output, { configuration: [`calibrate:waitFor=${go}`] });
    await world.change('executeRun', { run: run.id });
    await until(async () => ((await world.found(run.id)).quanta?.succeeded ?? 0) > 0);
    await revokeTokens('alice', { config: join(world.directory, 'gateway.yaml') });
    const isTaken = async () => (await world.ask('{viewer {username}}')).errors === undefined;
    await until(async () => !(await isTaken()));
    // Those that wait come to the rest of their inputs now, and are refused.
    await writeFile(go, '');
    const record = async () => JSON.parse(await readFile(join(run.directory, 'run.json'), 'utf8')) as RunAnswer;
    await until(async () => (await record()).state !== 'EXECUTING');
    expect(await record()).toMatchObject({ state: 'HELD', error: { code: 'UNAUTHENTICATED' } });
    await until(async () => {
      world.token = await world.issuer.token('alice');
      return isTaken();
    });
    await until(async () => (await world.found(run.id)).state !== 'HELD');
    expect(await world.atRest(run.id)).toMatchObject({ state: 'EXECUTED', quanta: ALL });
    await expectAtHome(run, output);
  });

  const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;
  test.skipIf(!canMount)('when the disk was full (as root, with mounts)', async () => {
    const output = 'u/alice/full';
    const run = await built(output);
    const disk = join(world.satellite.replace(/^file:\/\//, ''), run.outputRun);
    await mkdir(disk, { recursive: true });
    const mount = (...args: readonly string[]) => expect(spawnSync('mount', args).status).toBe(0);
    // Some outputs find a place, and not all.
    mount('-t', 'tmpfs', '-o', 'size=96k', 'tmpfs', disk);
    try {
      const full = await stage('executeRun', run);
      expect(full).toMatchObject({ state: 'FAILED', error: { code: 'RUN_FAILED' } });
      expect(full.quanta!.succeeded).toBeLessThan(9);
      mount('-o', 'remount,size=16m', disk);
      expect(await stage('retryRun', run)).toMatchObject({ state: 'EXECUTED', quanta: ALL });
      await expectAtHome(run, output);
    } finally {
      spawnSync('umount', ['--lazy', disk]);
      await rm(disk, { recursive: true, force: true });
    }
  });
});
