/**
 * Runs that nobody goes on with, as their machine is not heard of any more or a gateway ended before it had begun; and those
 * that a machine may not go on with.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Principal } from '../../src/access/principal.ts';
import { SatelliteError } from '../../src/butler/errors.ts';
import type { Job, JobKind, Jobs, Task } from '../../src/jobs/job.ts';
import { Claims, type ClaimsOptions } from '../../src/run/claims.ts';
import { Stages, type StageInput, type StagesOptions } from '../../src/run/stages.ts';
import { RUN_TABLES, RunStore, type RunEntry } from '../../src/run/store.ts';
import { openState } from '../../src/state/open.ts';
import type { State } from '../../src/state/state.ts';
import { prepareTables } from '../../src/state/tables.ts';
import type { CopiedTo } from '../../src/transfer/left-files.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';

const ALICE: Principal = { username: 'alice', groups: [], scopes: [], quota: null, kind: 'jwt', token: undefined };
/** For what is done meanwhile, on a busy machine too. */
const PATIENCE = { timeout: 30_000 };
const MADE = Date.parse('2026-01-01T00:00:00Z');

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let state: State;
let store: RunStore;
/** What was enqueued. */
let enqueued: string[];
let isQueueDown: boolean;
/** What was done at the end of transfers. */
let endings: string[];
let kinds: JobKind<StageInput>[];
let stages: Stages;
beforeAll(async () => {
  directory = await temporaryDirectory();
  state = await openState(`sqlite:${join(directory.path, 'state.sqlite3')}`, AbortSignal.timeout(60_000));
  await prepareTables(state.database, RUN_TABLES, AbortSignal.timeout(60_000));
  store = new RunStore(state.database);
});
beforeEach(() => {
  [enqueued, isQueueDown, kinds, endings] = [[], false, [], []];
  const jobs = {
    define: (kind: JobKind<StageInput>) => void kinds.push(kind),
    enqueue: async (_kind: unknown, { input }: { input: { run: string } }) => {
      if (isQueueDown) throw new Error('the queue is down');
      enqueued.push(input.run);
      return { id: 'job' };
    },
  } as unknown as Jobs;
  const surroundings = {
    satellites: {
      forJob: () => Promise.reject(new Error('not asked')),
      release: async (_name: string, job: string) => void endings.push(`released ${job}`),
    },
  };
  const leftFiles = { noteCopy: async ({ id }: Job, { to }: CopiedTo) => void endings.push(`left by ${id} in ${to}`) };
  const log = { warn: () => undefined };
  stages = new Stages({ store, jobs, surroundings, leftFiles, log } as unknown as StagesOptions);
});
afterAll(async () => {
  await state.close();
  await directory[Symbol.asyncDispose]();
});

async function added(id: string, changes: Partial<RunEntry> = {}): Promise<RunEntry> {
  const nothing = { quanta: null, explain: null, error: null, request: null, job: null, jobOwner: null, worker: null };
  const unclaimed = { claim: null, claimedUntil: null, sealedToken: null };
  const spec = { repositories: [], output: 'o', outputRun: `o/${id}` } as unknown as RunEntry['spec'];
  const run = { id, owner: 'alice', satellite: 'alice~work', satelliteId: 's', spec, directory: `/${id}` };
  const stood = { state: 'CREATED', reached: 'CREATED', stage: null, attempt: 0, version: 1 } as const;
  const entry = { ...run, ...nothing, ...unclaimed, ...stood, createdAt: MADE, changedAt: MADE, ...changes };
  await store.add(entry);
  return entry;
}

/** What keeps claims at a time that is set by hand. @param reserve sets bytes aside for what a run has written */
function claimsAt(clock: { now: number }, reserve: () => Promise<void> = async () => undefined): Claims {
  const artifacts = { root: '/satellite', list: async function* () {} };
  const satellite = { id: 's', artifacts, repository: { recordedAt: async () => new Map() } };
  return new Claims({
    ...{
      store,
      now: () => clock.now,
      stages,
      minted: { mint: async () => 'capability' },
      log: { warn: () => undefined },
    },
    satellites: { forWriting: async () => satellite, reserve },
    runs: { writeable: async (id: string) => (await store.get(id))! },
  } as unknown as ClaimsOptions);
}

test('a run whose machine has not been heard of for a minute is FAILED, says so, and can be begun again', async () => {
  await added('claimed');
  const clock = { now: MADE };
  const claims = claimsAt(clock);
  await claims.claim('claimed', { stage: 'build', worker: 'laptop' }, ALICE);
  clock.now += 59_000;
  await claims.sweep();
  expect(await store.get('claimed')).toMatchObject({ state: 'BUILDING', worker: 'laptop' });
  clock.now += 2000;
  await claims.sweep();
  expect(await store.get('claimed')).toMatchObject({
    ...{ state: 'FAILED', worker: null, claim: null },
    error: { code: 'RUN_FAILED', message: expect.stringMatching(/'laptop' has not been heard of.*retryRun/) as string },
  });
  expect((await claims.claim('claimed', { stage: 'build', worker: 'desktop' }, ALICE)).run.worker).toBe('desktop');
});

test('a run that another gateway has just begun is left to it, and one that was forgotten goes on', async () => {
  const { changedAt } = await added('begun', { state: 'BUILDING', stage: 'build', jobOwner: 'alice', attempt: 1 });
  await stages.enqueueForgotten(changedAt - 1);
  expect(enqueued).not.toContain('begun');
  await stages.enqueueForgotten(changedAt + 1);
  expect(enqueued).toContain('begun');
  expect(await store.get('begun')).toMatchObject({ state: 'BUILDING', job: 'job' });
});

test('a stage whose job could not be made is not begun: the run is as it was', async () => {
  const run = await added('down', { state: 'EXECUTED', reached: 'EXECUTED' });
  isQueueDown = true;
  await expect(stages.begin(run, 'transfer', { inputs: 'NONE' }, ALICE)).rejects.toThrow('the queue is down');
  const after = await store.get('down');
  expect(after).toMatchObject({ state: 'EXECUTED', stage: null, request: null, job: null });
  isQueueDown = false;
  await stages.begin(after!, 'transfer', { inputs: 'NONE' }, ALICE);
  expect(enqueued).toEqual(['down']);
});

test('a stage that goes on after a crash is the run’s job, also where the crash came before that was noted', async () => {
  await added('crashed', { state: 'EXECUTING', stage: 'execute', jobOwner: 'alice', attempt: 1 });
  const execute = kinds.find(({ name }) => name === 'executeRun')!;
  const task = { jobId: 'its-job', owner: 'alice', signal: AbortSignal.timeout(60_000) } as unknown as Task;
  // There is nothing to execute in this world.
  await expect(execute.run({ run: 'crashed', attempt: 1 }, task)).rejects.toThrow();
  expect(await store.get('crashed')).toMatchObject({ state: 'EXECUTING', job: 'its-job' });
  await expect(execute.run({ run: 'crashed', attempt: 0 }, task)).rejects.toMatchObject({ code: 'CONFLICT' });
});

test('the results of runs that are brought home keep no short job waiting', () => {
  const lanes = kinds.map(({ name, lane }) => [name, lane?.({ run: 'r', attempt: 1 })]);
  expect(Object.fromEntries(lanes)).toEqual({
    buildRun: 'run',
    executeRun: 'run',
    transferRun: 'bulk',
    removeRun: 'short',
  });
});

const BUILT = { state: 'BUILT', reached: 'BUILT', quanta: { total: 1, succeeded: 0, failed: 0, blocked: 0 } } as const;
const LAPTOP = { stage: 'execute', worker: 'laptop' } as const;
const DONE = { executed: { total: 1, succeeded: 1, failed: 0, blocked: 0 } };

test('a run that exceeds its quota is FAILED, and nobody else begins before its machine has stopped', async () => {
  await added('full', BUILT);
  const claims = claimsAt({ now: MADE }, async () => {
    throw new SatelliteError('QUOTA_EXCEEDED', 'There is no room.');
  });
  const { claim } = await claims.claim('full', LAPTOP, ALICE);
  await claims.beat('full', claim, null, ALICE);
  const failed = async () => expect(await store.get('full')).toMatchObject({ state: 'FAILED', worker: null });
  await vi.waitFor(failed, PATIENCE);
  await expect(claims.beat('full', claim, null, ALICE)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
  const other = () => claims.claim('full', { stage: 'execute', worker: 'desktop' }, ALICE);
  await expect(other()).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('60 seconds') });
  await claims.end('full', claim, { stopped: true }, ALICE);
  expect(await store.get('full')).toMatchObject({ state: 'FAILED', error: { code: 'QUOTA_EXCEEDED' } });
  expect((await other()).run.worker).toBe('desktop');
});

test('a run whose outputs cannot be counted goes on to its end', async () => {
  await added('uncounted', BUILT);
  const claims = claimsAt({ now: MADE }, () => Promise.reject(new Error('the database is away')));
  const { claim } = await claims.claim('uncounted', LAPTOP, ALICE);
  await claims.beat('uncounted', claim, null, ALICE);
  expect(await claims.end('uncounted', claim, DONE, ALICE)).toMatchObject({ state: 'EXECUTED', error: null });
});

test('a beat is answered while outputs are counted, which is not begun again meanwhile', async () => {
  await added('slow', BUILT);
  const clock = { now: MADE };
  const counting: (() => void)[] = [];
  const claims = claimsAt(clock, () => new Promise((resolve) => counting.push(resolve)));
  const { claim } = await claims.claim('slow', LAPTOP, ALICE);
  for (let beats = 0; beats < 3; beats += 1) {
    await claims.beat('slow', claim, null, ALICE);
    clock.now += 40_000;
  }
  await vi.waitFor(() => expect(counting).toHaveLength(1), PATIENCE);
  const ending = claims.end('slow', claim, DONE, ALICE);
  counting[0]!();
  await vi.waitFor(() => expect(counting).toHaveLength(2), PATIENCE);
  counting[1]!();
  expect(await ending).toMatchObject({ state: 'EXECUTED' });
});

test('what a run that was brought home by copy has not registered is kept in mind, with what was set aside for it', async () => {
  const transfer = kinds.find(({ name }) => name === 'transferRun')!;
  for (const inputs of ['COPY', 'REFERENCE'] as const) {
    await added(inputs, { state: 'TRANSFERRING', stage: 'transfer', attempt: 1, request: { inputs } });
    for (const state of ['CANCELLED', 'FAILED', 'COMPLETED'] as const) {
      await transfer.ended!({ run: inputs, attempt: 1 }, { id: `${inputs} ${state}`, state, error: null } as Job);
    }
  }
  expect(endings).toEqual([
    ...['left by COPY CANCELLED in alice~work', 'left by COPY FAILED in alice~work', 'released COPY COMPLETED'],
    ...['released REFERENCE CANCELLED', 'released REFERENCE FAILED', 'released REFERENCE COMPLETED'],
  ]);
});
