/** Runs from a question to results at home, through the gateway's own service, over official data behind signed addresses. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runPython } from '../../stack/run-python.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';
import { EVERYTHING, GRAPHS, startServiceWorld, type RunAnswer, type ServiceWorld } from './service-world.ts';

// Of a busy machine: alone it takes seconds.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let world: ServiceWorld;
beforeAll(async () => {
  directory = await temporaryDirectory();
  world = await startServiceWorld(join(directory.path, 'world'));
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

async function stage(mutation: string, id: string, input: object = {}): Promise<RunAnswer> {
  await world.change(mutation, { run: id, ...input });
  return world.atRest(id);
}

/** What stock Python finds in the satellite: datasets by type, read in full, and the children of the output chain. */
async function found(output: string): Promise<{ datasets: Record<string, number>; chain: string[]; inputs: number }> {
  const environment = { PYTHONPATH: GRAPHS, BUTLER_RUBIN_ACCESS_TOKEN: 'any' };
  return JSON.parse(await runPython('test/run/read_results.py', [world.satellite, output], environment));
}

async function provenance(outputRun: string): Promise<{ statuses: object; logs: string }> {
  const environment = { PYTHONPATH: GRAPHS };
  return JSON.parse(await runPython('test/run/read_provenance.py', [world.satellite, outputRun], environment));
}

describe('a run over official data', () => {
  let run: RunAnswer;
  test('is created, built, executed and brought home', async () => {
    ({ run } = await world.change('createRun', EVERYTHING));
    run = await stage('buildRun', run.id);
    expect(run).toMatchObject({ state: 'BUILT', quanta: { total: 84 }, error: null });
    // The job ends a moment after what it was to do.
    await expect
      .poll(async () => (await world.atRest(run.id)).job, { timeout: 60_000 })
      .toMatchObject({ state: 'COMPLETED' });
    const { data } = await world.ask(
      `query ($id: ID!) {run(id: $id) {tasks {label quanta inputs outputs} diagram
        graphQuanta(task: "coadd", first: 2) {nodes {task dataId inputs {datasetType} outputs {datasetType run}}
          pageInfo {hasNextPage endCursor}}
        graphInputs(first: 2) {nodes {datasetType} pageInfo {hasNextPage}} warnings}}`,
      { id: run.id },
    );
    expect(data.run).toMatchObject({ graphInputs: { pageInfo: { hasNextPage: true } }, warnings: [] });
    const { tasks, diagram, graphQuanta } = data.run;
    expect(tasks).toMatchObject([
      { label: 'calibrate', quanta: 36 },
      { label: 'makeWarp', quanta: 25 },
      { label: 'coadd', quanta: 23 },
    ]);
    expect(diagram).toMatch(/^flowchart TD/);
    expect(graphQuanta.pageInfo.hasNextPage).toBe(true);
    expect(graphQuanta.nodes).toHaveLength(2);
    expect(graphQuanta.nodes[0]).toMatchObject({ task: 'coadd', dataId: { skymap: 'mini_sky' } });
    expect(graphQuanta.nodes[0].outputs).toContainEqual({ datasetType: 'mini_coadd', run: run.outputRun });
    run = await stage('executeRun', run.id);
    expect(run).toMatchObject({ state: 'EXECUTED', quanta: { total: 84, succeeded: 84, failed: 0, blocked: 0 } });
    run = await stage('transferRun', run.id);
    expect(run).toMatchObject({ state: 'COMPLETED', error: null });
  });

  test('is read by stock Python in the satellite, with the inputs that it refers to', async () => {
    const { datasets, chain, inputs } = await found(EVERYTHING.output);
    expect(datasets).toMatchObject({ mini_calexp: 36, mini_warp: 25, mini_coadd: 23, calibrate_metadata: 36 });
    expect(chain).toEqual([run.outputRun, 'Mini/defaults']);
    expect(inputs).toBe(36);
  });

  test('has its provenance at home, in which stock Python finds how each quantum went', async () => {
    const { statuses, logs } = await provenance(run.outputRun);
    expect(statuses).toEqual({
      calibrate: { SUCCESSFUL: 36 },
      makeWarp: { SUCCESSFUL: 25 },
      coadd: { SUCCESSFUL: 23 },
    });
    expect(logs).toMatch(/calibrated to \d+/);
  });

  test('leaves a directory that tells what was done, and holds no secret', async () => {
    const read = (name: string) => readFile(join(run.directory, name), 'utf8');
    expect(await read('plan.txt')).toMatch(/calibrate +at most 36 .*\nmakeWarp +at most 25 .*\ncoadd +at most 23 /);
    expect(JSON.parse(await read('run.json'))).toMatchObject({ state: 'COMPLETED', quanta: { succeeded: 84 } });
    const inputs = (await read('inputs.jsonl')).trimEnd().split('\n');
    expect(inputs).toHaveLength(59);
    expect(JSON.parse(await read('collections.json'))).toContainEqual(
      expect.objectContaining({ name: 'Mini/defaults', type: 'CHAINED' }),
    );
    expect(await read('butler/butler.yaml')).not.toMatch(/password|token|postgres/i);
    expect((await read('events.jsonl')).match(/"succeeded"/g)).toHaveLength(84);
  });

  test('is removed with all that it made, and nothing else', async () => {
    const { plan } = await world.change('removeRun', { run: run.id, dryRun: true });
    expect(plan).toMatchObject({ datasets: 294, files: 294, collections: [run.outputRun, EVERYTHING.output] });
    const { data } = await world.ask('mutation ($run: ID!) {removeRun(input: {run: $run}) {job {id}}}', {
      run: run.id,
    });
    for (let state = 'QUEUED'; state !== 'COMPLETED';) {
      const { data: found } = await world.ask(
        'query ($id: ID!) {job(id: $id) {state error {message}}}',
        data.removeRun.job as object,
      );
      ({ state } = found.job);
      expect(['QUEUED', 'RUNNING', 'COMPLETED']).toContain(state);
    }
    const { datasets, inputs } = await found('Mini/defaults');
    expect(datasets).toEqual({});
    expect(inputs).toBe(36);
    await expect(readFile(join(run.directory, 'run.json'))).rejects.toThrow('ENOENT');
  });
});

test('a run whose condition matches nothing says why, and is not executed', async () => {
  const { run } = await world.change('createRun', { ...EVERYTHING, where: "skymap = 'mini_sky' AND visit = 5" });
  const built = await stage('buildRun', run.id);
  expect(built).toMatchObject({ state: 'BUILT', quanta: { total: 0 } });
  expect(built.explain!.reason).toMatch(/No record of visit .* visit = 5/);
  expect(built.explain!.suggestions.join(' ')).toMatch(/define-visits/);
  await expect(world.change('executeRun', { run: run.id })).rejects.toThrow('CONFLICT');
});

test('a pipeline that cannot be imported fails its run with what Python said', async () => {
  const pipeline = { yaml: 'description: none\ntasks:\n  none: minipipe.nowhere.NoTask\n' };
  const { run } = await world.change('createRun', { ...EVERYTHING, pipeline });
  expect(await stage('buildRun', run.id)).toMatchObject({
    state: 'FAILED',
    error: { code: 'RUN_FAILED', message: expect.stringContaining('minipipe.nowhere') },
  });
});
