/** What a built run reads, brought into a satellite by `transferDatasets`. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type VisibleRepositories } from '../../../src/access/policy.ts';
import type { Principal } from '../../../src/access/principal.ts';
import type { Job, JobKind, Jobs, Json } from '../../../src/jobs/job.ts';
import { RunInputs } from '../../../src/run/transfer/run-inputs.ts';
import type { RunRecord } from '../../../src/run/run.ts';
import type { TransferWorld } from '../../transfer/transfer-world.ts';
import { dumpRegistry } from '../../transfer/registry-dump.ts';
import { HomecomingWorld } from './homecoming-world.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const ALICE = { username: 'alice', groups: [] } as unknown as Principal;

let home: HomecomingWorld;
beforeAll(async () => {
  home = await HomecomingWorld.start();
});
afterAll(() => home[Symbol.asyncDispose]());

/** The service over a satellite, with one run of the world's graph; a job is done when it is asked for. */
async function inputsOf(world: TransferWorld, reached: RunRecord['reached']) {
  await copyFile(home.graph, join(world.directory, 'graph.qg'));
  const spec = { inputs: ['Mini/defaults'], repositories: ['alice~mine', 'dp1'] };
  const run = { id: 'one', reached, directory: world.directory, spec } as unknown as RunRecord;
  const kinds: JobKind[] = [];
  const results: Json[] = [];
  const jobs: Pick<Jobs, 'define' | 'enqueue'> = {
    define: (kind) => void kinds.push(kind),
    enqueue: async (_kind, { input }) => {
      results.push(await kinds[0]!.run(input, world.task()));
      return { id: 'job' } as Job;
    },
  };
  const surroundings = world.surroundings();
  const service = new RunInputs({
    surroundings,
    jobs: jobs as Jobs,
    satellites: surroundings.satellites as never,
    runs: { find: (id) => Promise.resolve(id === run.id ? run : null) },
    planMilliseconds: 600_000,
  });
  const visible: VisibleRepositories = await surroundings.repositoriesOf(ALICE);
  const transfer = (change: object = {}) =>
    service.transfer(
      {
        ...{ run: 'one', from: undefined, to: 'alice~mine', mode: 'REFERENCE', collections: true, dryRun: false },
        ...change,
      },
      ALICE,
      visible,
    );
  return { transfer, results };
}

test('a dry run tells what a job then brings: the datasets, the collections and their memberships', async () => {
  await using world = await home.satellite();
  const { transfer, results } = await inputsOf(world, 'BUILT');
  const { plan } = await transfer({ dryRun: true });
  expect(plan).toMatchObject({ conflicts: [], datasets: expect.any(Number) as number, new: plan?.datasets });
  expect(dumpRegistry(world.root)['dataset']).toBeUndefined();
  await transfer();
  expect(results).toEqual([{ datasets: plan?.datasets, bytes: plan?.bytes, new: plan?.new }]);
  const dump = dumpRegistry(world.root);
  expect(dump['dataset']).toHaveLength(plan!.datasets);
  expect(dump['collection_chain']).toHaveLength(3);
  expect(dump['calibs of {detector,instrument}']).toHaveLength(9);
  expect((await transfer({ dryRun: true })).plan).toMatchObject({ new: 0 });
});

test('without collections, the datasets come in their runs alone', async () => {
  await using world = await home.satellite();
  const { transfer } = await inputsOf(world, 'BUILT');
  await transfer({ collections: false, from: 'dp1' });
  const dump = dumpRegistry(world.root);
  expect(dump['collection_chain']).toBeUndefined();
  expect(dump['calibs of {detector,instrument}']).toBeUndefined();
  expect(dump['run']).toHaveLength(3);
});

test('a run that is not there, and one without a graph, are refused', async () => {
  await using world = await home.satellite();
  const { transfer } = await inputsOf(world, 'CREATED');
  await expect(transfer({ run: 'other' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(transfer()).rejects.toMatchObject({ code: 'CONFLICT' });
});
