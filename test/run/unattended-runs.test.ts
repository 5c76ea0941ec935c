/** Runs that nobody goes on with: their machine is not heard of any more, or a gateway ended before it had begun. */
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Principal } from '../../src/access/principal.ts';
import type { Jobs } from '../../src/jobs/job.ts';
import { Claims, type ClaimsOptions } from '../../src/run/claims.ts';
import { Stages, type StagesOptions } from '../../src/run/stages.ts';
import { RUN_TABLES, RunStore, type RunEntry } from '../../src/run/store.ts';
import { openState } from '../../src/state/open.ts';
import type { State } from '../../src/state/state.ts';
import { prepareTables } from '../../src/state/tables.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';

const ALICE: Principal = { username: 'alice', groups: [], scopes: [], quota: null, kind: 'jwt', token: undefined };
const MADE = Date.parse('2026-01-01T00:00:00Z');

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let state: State;
let store: RunStore;
/** What was enqueued. */
let enqueued: string[];
let isQueueDown: boolean;
let stages: Stages;
beforeAll(async () => {
  directory = await temporaryDirectory();
  state = await openState(`sqlite:${join(directory.path, 'state.sqlite3')}`, AbortSignal.timeout(60_000));
  await prepareTables(state.database, RUN_TABLES, AbortSignal.timeout(60_000));
  store = new RunStore(state.database);
});
beforeEach(() => {
  [enqueued, isQueueDown] = [[], false];
  const jobs = {
    define: () => undefined,
    enqueue: async (_kind: unknown, { input }: { input: { run: string } }) => {
      if (isQueueDown) throw new Error('the queue is down');
      enqueued.push(input.run);
      return { id: 'job' };
    },
  } as unknown as Jobs;
  const surroundings = { satellites: { forJob: () => Promise.reject(new Error('not asked')) } };
  stages = new Stages({ store, jobs, surroundings, log: { warn: () => undefined } } as unknown as StagesOptions);
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

test('a run whose machine has not been heard of for a minute is FAILED, says so, and can be begun again', async () => {
  await added('claimed');
  let now = MADE;
  const claims = new Claims({
    ...{ store, now: () => now, stages, minted: { mint: async () => 'capability' } },
    runs: { writeable: async (id: string) => (await store.get(id))! },
  } as unknown as ClaimsOptions);
  await claims.claim('claimed', { stage: 'build', worker: 'laptop' }, ALICE);
  now += 59_000;
  await claims.sweep();
  expect(await store.get('claimed')).toMatchObject({ state: 'BUILDING', worker: 'laptop' });
  now += 2000;
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
