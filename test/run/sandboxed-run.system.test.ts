/** Runs on a shared gateway, whose pipelines are shut in: over official data and the user's own. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runPython } from '../../stack/run-python.ts';
import { missingSandbox } from '../../stack/sandbox.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';
import { EVERYTHING, startServiceWorld, type ServiceWorld } from './service-world.ts';

// Of a busy machine: alone it takes seconds.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const missing = await missingSandbox();
if (missing !== undefined) console.warn(`Sandboxes are not tested. ${missing}`);

describe.skipIf(missing !== undefined)('a gateway that runs pipelines in sandboxes', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let world: ServiceWorld;
  beforeAll(async () => {
    directory = await temporaryDirectory();
    world = await startServiceWorld(join(directory.path, 'world'), { runs: { executeAs: 'sandbox' } });
    await runPython('test/run/own_raws.py', ['put', world.satellite, join(world.directory, 'repository')]);
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  test('builds, executes and brings home a run of which half of the inputs are the user’s own', async () => {
    const inputs = ['u/alice/raws', 'Mini/defaults'];
    const { run } = await world.change('createRun', { ...EVERYTHING, inputs });
    await world.change('buildRun', { run: run.id });
    expect(await world.atRest(run.id)).toMatchObject({ state: 'BUILT', quanta: { total: 84 }, error: null });
    await world.change('executeRun', { run: run.id });
    expect(await world.atRest(run.id)).toMatchObject({ state: 'EXECUTED', quanta: { succeeded: 84 }, error: null });
    await world.change('transferRun', { run: run.id });
    expect(await world.atRest(run.id)).toMatchObject({ state: 'COMPLETED', error: null });
    const found = await runPython('test/run/own_raws.py', ['read', world.satellite, EVERYTHING.output]);
    expect(JSON.parse(found)).toMatchObject({ raws: { 'u/alice/raws': 18, 'Mini/raw/all': 18 } });
  });
});
