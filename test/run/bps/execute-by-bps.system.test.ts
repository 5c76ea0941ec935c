/** The same graph by BPS with Parsl on this machine. */
import { execFile } from 'node:child_process';
import { glob, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { executeByBps, type BpsRequest } from '../../../src/run/bps/execute-by-bps.ts';
import type { QuantumEvent } from '../../../src/run/execute/quantum-events.ts';
import { temporaryDirectory } from '../../fixtures/repositories.ts';
import { secretsBelow } from '../../secrets.ts';
import { startRunWorld, type RunWorld } from '../run-world.ts';

// Of a busy machine: alone it takes a minute.
vi.setConfig({ testTimeout: 1_200_000, hookTimeout: 600_000 });

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

/** One job for all quanta of a task: Parsl starts a Python for each job. */
const SETTINGS = {
  clusterAlgorithm: 'lsst.ctrl.bps.quantum_clustering_funcs.dimension_clustering',
  cluster: {
    calibrations: { pipetasks: 'calibrate', dimensions: 'instrument' },
    warps: { pipetasks: 'makeWarp', dimensions: 'skymap' },
    coadds: { pipetasks: 'coadd', dimensions: 'skymap' },
  },
};

function byBps(run: string, graph: string): BpsRequest {
  return { ...world.execution(run, graph), tokenFile: join(directory.path, 'token'), settings: SETTINGS };
}

test('84 quanta are executed, followed from where one stopped to look, and their outputs are where the graph says', async () => {
  const run = join(directory.path, 'run');
  await mkdir(run);
  const graph = await world.graph(run);
  const events: QuantumEvent[] = [];
  const stop = new AbortController();
  const first = executeByBps(
    byBps(run, graph),
    (event) => {
      events.push(event);
      // As if the gateway went; the workflow goes on.
      stop.abort(new Error('the gateway goes'));
    },
    stop.signal,
  );
  await expect(first).rejects.toThrow('the gateway goes');
  const result = await executeByBps(
    byBps(run, graph),
    (event) => void events.push(event),
    AbortSignal.timeout(1_000_000),
  );
  expect(result).toEqual({ succeeded: 84, failed: 0, blocked: 0, skipped: 0 });
  expect(new Set(events.map(({ event }) => event))).toEqual(new Set(['succeeded']));

  // Of an environment, a token or a way to the gateway nothing is left.
  expect(await Array.fromAsync(glob('**/*.env.info.yaml', { cwd: run }))).toEqual([]);
  expect(await secretsBelow(run)).toEqual([]);
  await expect(readFile(join(directory.path, 'token'))).rejects.toThrow('ENOENT');
  const processes = async () => (await promisify(execFile)('ps', ['-eo', 'args'])).stdout;
  // The one that has told the end is there for a moment longer.
  await expect.poll(processes).not.toContain(run);
});
