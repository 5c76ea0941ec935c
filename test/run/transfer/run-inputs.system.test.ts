/** What a built run reads, brought into a satellite by `transferDatasets`. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type VisibleRepositories } from '../../../src/access/policy.ts';
import type { Principal } from '../../../src/access/principal.ts';
import type { FileResolver } from '../../../src/access/file-resolution.ts';
import type { Job, JobKind, Jobs, Json } from '../../../src/jobs/job.ts';
import { RunInputs } from '../../../src/run/transfer/run-inputs.ts';
import type { RunRecord } from '../../../src/run/run.ts';
import type { FileRecord } from '../../../src/repository/rows.ts';
import { openState } from '../../../src/state/open.ts';
import { prepareTables } from '../../../src/state/tables.ts';
import { LEFT_FILES_TABLES, LeftFiles } from '../../../src/transfer/left-files.ts';
import { contextOf, type TransferWorld } from '../../transfer/transfer-world.ts';
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
async function inputsOf(
  world: TransferWorld,
  reached: RunRecord['reached'],
  surroundings = world.surroundings(),
  leftFiles: Pick<LeftFiles, 'noteCopy' | 'beginCopy'> = { noteCopy: async () => {}, beginCopy: async () => {} },
) {
  await copyFile(home.graph, join(world.directory, 'graph.qg'));
  const spec = { inputs: ['Mini/defaults'], repositories: ['alice~mine', 'dp1'] };
  const run = { id: 'one', reached, directory: world.directory, spec } as unknown as RunRecord;
  const kinds: JobKind[] = [];
  const results: Json[] = [];
  const steps = new Map<string, Json>();
  const jobs: Pick<Jobs, 'define' | 'enqueue'> = {
    define: (kind) => void kinds.push(kind),
    enqueue: async (_kind, { input }) => {
      steps.clear();
      const end = (state: Job['state']) => kinds[0]!.ended!(input, { id: 'job', owner: 'alice', state } as Job);
      results.push(
        await kinds[0]!.run(input, world.task(steps)).catch(async (error: unknown) => {
          await end('CANCELLED');
          throw error;
        }),
      );
      await end('COMPLETED');
      return { id: 'job' } as Job;
    },
  };
  const service = new RunInputs({
    surroundings,
    jobs: jobs as Jobs,
    satellites: surroundings.satellites as never,
    leftFiles,
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
  return { transfer, results, steps };
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

test('what a copy had brought when it was cancelled goes from the satellite', async () => {
  await using world = await home.satellite();
  await using parts = new AsyncDisposableStack();
  const state = await openState(`sqlite:${join(world.directory, 'state.sqlite3')}`, contextOf().signal);
  parts.defer(() => state.close());
  await prepareTables(state.database, LEFT_FILES_TABLES, contextOf().signal);
  const surroundings = world.surroundings();
  const filesThere = async () =>
    (await Array.fromAsync(world.satellite.artifacts.list('', contextOf().signal))).map(({ path }) => path);
  // The world's datasets have no bytes at their server.
  let opened = 0;
  const failing = {
    find: async ({ uuid }: { readonly uuid: string }) => (await home.official.files([uuid], contextOf())).get(uuid),
    read: async ([file]: readonly FileRecord[]) => {
      if (opened++ < 3) return Readable.from([Buffer.alloc(file!.size ?? 1)]);
      await vi.waitUntil(async () => (await filesThere()).length >= 3, { timeout: 60_000 });
      throw new Error('it is cancelled');
    },
  };
  const kinds: JobKind[] = [];
  const left = new LeftFiles({
    state,
    jobs: {
      define: (kind) => void kinds.push(kind),
      enqueue: async (_kind, { input }) => {
        await kinds[0]!.run(input, world.task());
        return { id: 'removal', state: 'COMPLETED' } as Job;
      },
      retry: () => expect.fail('it is not retried'),
      steps: async (_id, prefix) => [...inputs.steps].flatMap(([name, to]) => (name.startsWith(prefix) ? [to] : [])),
      forgetSteps: async () => {},
    },
    satellites: { ...surroundings.satellites, forJob: async () => world.satellite, byId: async () => null },
    uploads: { old: async () => [], pathsOf: () => expect.fail('there are none'), forget: async () => {} },
    log: { warn: (what: unknown) => expect.fail(String(what)) },
  });
  const inputs = await inputsOf(world, 'BUILT', { ...surroundings, files: failing as unknown as FileResolver }, left);
  expect(await filesThere()).toEqual([]);
  await expect(inputs.transfer({ mode: 'COPY' })).rejects.toThrow('it is cancelled');
  expect(await filesThere()).toHaveLength(3);
  await left.sweep();
  expect(await filesThere()).toEqual([]);
});
