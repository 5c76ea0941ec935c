/**
 * Quanta of a graph over official data, executed by our workers: inputs come through the gateway's permanent addresses, with
 * signed ones of five seconds behind them, and outputs are those of stock `pipetask run-qbb`.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { pythonProgram } from '../../../stack/checkout.ts';
import { runPython } from '../../../stack/run-python.ts';
import { executeGraph, type ExecuteRequest, type ExecutionResult } from '../../../src/run/execute/execute-graph.ts';
import type { QuantumEvent } from '../../../src/run/execute/quantum-events.ts';
import { GatewayRelay } from '../../../src/run/worker/relay.ts';
import { temporaryDirectory } from '../../fixtures/repositories.ts';
import { attachedThrough, GRAPHS, QUANTA, startRunWorld, type RunWorld } from '../run-world.ts';

// Of a busy machine: alone it takes seconds.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let world: RunWorld;

beforeAll(async () => {
  directory = await temporaryDirectory();
  world = await startRunWorld(join(directory.path, 'world'));
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

async function runDirectory(name: string): Promise<string> {
  const path = join(directory.path, name);
  await mkdir(path);
  return path;
}

interface Execution {
  readonly result: ExecutionResult;
  readonly events: readonly QuantumEvent[];
}

async function execute(request: ExecuteRequest): Promise<Execution> {
  const events: QuantumEvent[] = [];
  const result = await executeGraph(request, (event) => void events.push(event), AbortSignal.timeout(500_000));
  return { result, events };
}

interface Outputs {
  readonly coadds: Readonly<Record<string, unknown>>;
  readonly counts: Readonly<Record<string, number>>;
}

async function outputsOf(graph: string, root: string): Promise<Outputs> {
  const environment = { PYTHONPATH: GRAPHS };
  return JSON.parse(await runPython('test/run/read_outputs.py', [graph, root], environment)) as Outputs;
}

/** The same graph by stock programs, with their outputs in a directory of their own. */
async function stockOutputs(graph: string): Promise<Outputs> {
  const root = await runDirectory('stock');
  await cp(join(world.satellite, 'butler.yaml'), join(root, 'butler.yaml'));
  await using relay = await GatewayRelay.start({ gateway: world.gateway.url, token: world.token });
  const attached = join(root, 'stock.qg');
  await attachedThrough(world, relay, graph, attached);
  const env = { ...process.env, PYTHONPATH: GRAPHS };
  for (const verb of ['pre-exec-init-qbb', 'run-qbb']) {
    await promisify(execFile)(pythonProgram('pipetask'), [verb, root, attached], { env, maxBuffer: 2 ** 26 });
  }
  await rm(attached);
  return await outputsOf(graph, root);
}

describe('84 quanta, of three tasks with a spatial join and calibrations,', () => {
  let run: string;
  let graph: string;
  beforeAll(async () => {
    run = await runDirectory('all');
    graph = await world.graph(run);
  });

  test('are executed by two workers, and their outputs are those of stock pipetask', async () => {
    const { result, events } = await execute(world.execution(run, graph));
    expect(result).toEqual({ succeeded: 84, failed: 0, blocked: 0, skipped: 0 });
    expect(new Set(events.map(({ worker }) => worker)).size).toBe(2);
    const outputs = await outputsOf(graph, world.satellite);
    expect(outputs.counts).toMatchObject({ calibrate_metadata: 36, makeWarp_log: 25, mini_coadd: 23, packages: 1 });
    expect(outputs).toEqual(await stockOutputs(graph));
  });

  test('leave no temporary file of what they read', async () => {
    const [again, temporary] = [await runDirectory('again'), await runDirectory('temporary')];
    await cp(join(world.satellite, 'butler.yaml'), join(again, 'butler.yaml'));
    vi.stubEnv('TMPDIR', temporary);
    const { result } = await execute({ ...world.execution(again, graph), butlerConfig: again });
    vi.unstubAllEnvs();
    expect(result.succeeded).toBe(84);
    expect(await readdir(temporary)).toEqual([]);
  });

  test('are not executed twice', async () => {
    const { result, events } = await execute(world.execution(run, graph));
    expect(result).toEqual({ succeeded: 0, failed: 0, blocked: 0, skipped: 84 });
    expect(events.every(({ event }) => event === 'skipped')).toBe(true);
  });

  test('leave a log each, and events that say what happened', async () => {
    const lines = (await readFile(join(run, 'events.jsonl'), 'utf8')).trimEnd().split('\n');
    const events = lines.map((line) => JSON.parse(line) as QuantumEvent);
    expect(events.filter(({ event }) => event === 'succeeded')).toHaveLength(84);
    for (const [task, count] of Object.entries(QUANTA)) {
      expect(await readdir(join(run, 'logs', task))).toHaveLength(count);
    }
    const { quantum } = events.find(({ task }) => task === 'calibrate')!;
    expect(await readFile(join(run, 'logs', 'calibrate', `${quantum}.log`), 'utf8')).toMatch(/calibrated to \d+/);
  });
});

describe('a run of which a detector fails and whose first worker is killed', () => {
  let run: string;
  let graph: string;
  let first: Execution;
  beforeAll(async () => {
    run = await runDirectory('failing');
    const configuration = ['calibrate:failDetector=4', `calibrate:killOnce="${join(run, 'killed')}"`];
    graph = await world.graph(run, { configuration, outputRun: 'u/alice/out/20260102T000000Z' });
    first = await execute(world.execution(run, graph));
  });

  test('has its other quanta executed, and those blocked that hang on the failed ones', async () => {
    const { failed, blocked, succeeded } = first.result;
    expect(failed).toBe(4);
    expect(blocked).toBeGreaterThan(0);
    expect(succeeded).toBe(84 - failed - blocked);
    const outputs = await outputsOf(graph, world.satellite);
    expect(outputs.counts['calibrate_metadata']).toBe(32);
  });

  test('says which quanta failed, why, and where in the code', async () => {
    const failed = first.events.filter(({ event }) => event === 'failed');
    expect(failed[0]).toMatchObject({ task: 'calibrate', exception: { type: 'RuntimeError' } });
    expect(failed[0]!.exception!.message).toContain('no light on');
    const log = await readFile(join(run, 'logs', 'calibrate', `${failed[0]!.quantum}.log`), 'utf8');
    expect(log).toMatch(/Traceback[^]*minipipe\/tasks\.py[^]*RuntimeError: no light on/);
  });

  test('tells stock Python in its provenance which quanta failed, and which were blocked', async () => {
    const told = JSON.parse(
      await runPython('test/run/read_provenance.py', [join(run, 'provenance.qg')], { PYTHONPATH: GRAPHS }),
    ) as { statuses: Record<string, Record<string, number>> };
    expect(told.statuses['calibrate']).toEqual({ SUCCESSFUL: 32, FAILED: 4 });
    const { makeWarp, coadd } = told.statuses;
    expect((makeWarp!['BLOCKED'] ?? 0) + (coadd!['BLOCKED'] ?? 0)).toBe(first.result.blocked);
    expect(await readdir(join(run, 'work'))).toEqual([]);
  });

  test('has the quantum of the killed worker done by another one', async () => {
    const killed = first.events.find(({ exception }) => exception?.message.includes('signal 9'))!;
    expect(killed.event).toBe('retried');
    const after = first.events.filter(({ quantum }) => quantum === killed.quantum).slice(2);
    expect(after.map(({ event }) => event)).toEqual(['started', after[1]!.event]);
    expect(after[0]!.worker).not.toBe(killed.worker);
  });

  test('tries only what is missing when it is executed again, as often as it is told to', async () => {
    const { result, events } = await execute({ ...world.execution(run, graph), retries: 1 });
    expect(result).toEqual({ ...first.result, succeeded: 0, skipped: first.result.succeeded });
    expect(events.filter(({ event }) => event === 'retried')).toHaveLength(4);
  });
});

test('a quantum that hangs is ended after the time that it may take, says so, and keeps no other from being executed', async () => {
  const run = await runDirectory('hanging');
  const configuration = [`calibrate:waitFor="${join(run, 'never')}"`];
  const where = "skymap = 'mini_sky' AND visit = 1000 AND detector IN (1, 2)";
  const graph = await world.graph(run, { configuration, where, outputRun: 'u/alice/out/20260104T000000Z' });
  const { result, events } = await execute({ ...world.execution(run, graph), quantumSeconds: 30 });
  expect(result).toMatchObject({ failed: 1 });
  expect(events.filter(({ event, task }) => task === 'calibrate' && event === 'succeeded')).toHaveLength(1);
  const { exception } = events.find(({ event }) => event === 'failed')!;
  expect(exception).toMatchObject({ type: 'TimeLimit', message: expect.stringContaining('30 seconds') });
});

test('a run that is stopped in the middle goes on where it was, and has every output once', async () => {
  const run = await runDirectory('stopped');
  const graph = await world.graph(run, { outputRun: 'u/alice/out/20260103T000000Z' });
  const stop = new AbortController();
  let done = 0;
  const stopped = executeGraph(
    world.execution(run, graph),
    ({ event }) => {
      if (event === 'succeeded') done += 1;
      if (done === 20) stop.abort(new Error('stopped'));
    },
    stop.signal,
  );
  await expect(stopped).rejects.toThrow('stopped');
  const { result } = await execute(world.execution(run, graph));
  expect(result.succeeded + result.skipped).toBe(84);
  expect(result.skipped).toBeGreaterThanOrEqual(20);
  const all = await outputsOf(graph, world.satellite);
  expect(all.counts).toMatchObject({ calibrate_metadata: 36, makeWarp_metadata: 25, coadd_metadata: 23 });
});
