/** A run of which half of the inputs are the user's own, from a plan to results at home. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runPython } from '../../stack/run-python.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';
import { EVERYTHING, startServiceWorld, type ServiceWorld } from './service-world.ts';

// Of a busy machine: alone it takes seconds.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let world: ServiceWorld;
beforeAll(async () => {
  directory = await temporaryDirectory();
  world = await startServiceWorld(join(directory.path, 'world'));
  await runPython('test/run/own_raws.py', ['put', world.satellite, join(world.directory, 'repository')]);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

test('own raw images stand for official ones in plan, graph, execution and what comes home', async () => {
  const inputs = ['u/alice/raws', 'Mini/defaults'];
  const { run } = await world.change('createRun', { ...EVERYTHING, inputs });
  await world.change('buildRun', { run: run.id });
  expect(await world.atRest(run.id)).toMatchObject({ state: 'BUILT', quanta: { total: 84 } });
  const plan = await readFile(join(run.directory, 'plan.txt'), 'utf8');
  expect(plan).toMatch(/calibrate +at most 36 .*\nmakeWarp +at most 25 .*\ncoadd +at most 23 /);
  expect(plan).toMatch(/\nmini_raw +alice~work +18 +u\/alice\/raws .*\n +dp1 +36 +Mini\/raw\/all\n/);
  await world.change('executeRun', { run: run.id });
  expect(await world.atRest(run.id)).toMatchObject({
    ...{ state: 'EXECUTED', quanta: { succeeded: 84 } },
    job: { progress: { done: 84, total: 84 } },
  });
  await world.change('transferRun', { run: run.id });
  expect(await world.atRest(run.id)).toMatchObject({ state: 'COMPLETED', error: null });
  const found = await runPython('test/run/own_raws.py', ['read', world.satellite, EVERYTHING.output]);
  expect(JSON.parse(found)).toEqual({
    chain: [run.outputRun, ...inputs],
    raws: { 'u/alice/raws': 18, 'Mini/raw/all': 18 },
    bright: { 1000: 9, 1001: 9, 1002: 0, 1003: 0 },
  });
});
