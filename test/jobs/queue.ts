/** Gateways on one state, as the contract of queues puts them to the test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sql from 'sql-template-tag';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Job, JobKind, Jobs, Json } from '../../src/jobs/job.ts';
import { createJobs, type JobsOptions } from '../../src/jobs/jobs.ts';
import { openState } from '../../src/state/open.ts';
import type { State } from '../../src/state/state.ts';

export interface QueueWorld {
  /** An empty state's address. */
  url(directory: string): Promise<string>;
  /** So long that none ends by itself, however slow the machine is: a test that waits for that calls `expire`. */
  readonly leaseMilliseconds: number;
}

export const OWNER = 'alice';
export const LIMIT = AbortSignal.timeout(20 * 60_000);

export class Queue {
  readonly world: QueueWorld;
  directory = '';
  url = '';
  readonly #open: { jobs: Jobs; state: State }[] = [];

  /** To be made in a `describe`: its state lasts as long as that, its gateways as long as one test. */
  constructor(world: QueueWorld) {
    this.world = world;
    beforeAll(async () => {
      this.directory = await mkdtemp(join(tmpdir(), 'jobs-'));
      this.url = await world.url(this.directory);
    });
    afterEach(async () => {
      for (const { jobs, state } of this.#open.splice(0)) {
        await jobs.close();
        await state.close();
      }
    });
    afterAll(() => rm(this.directory, { recursive: true, force: true }));
  }

  async gateway(kinds: readonly JobKind<never>[], options: JobsOptions = {}): Promise<Jobs & { state: State }> {
    const state = await openState(this.url, LIMIT);
    const jobs = await createJobs(state, {
      leaseMilliseconds: this.world.leaseMilliseconds,
      pollMilliseconds: 50,
      progressMilliseconds: 0,
      backOff: { firstMilliseconds: 1, mostMilliseconds: 10 },
      ...options,
    });
    for (const kind of kinds) jobs.define(kind);
    this.#open.push({ jobs, state });
    return Object.assign(jobs, { state });
  }
}

/** A kind of its own for each test, as all tests share one state. */
export function kind<T extends Json>(
  run: JobKind<Json, T>['run'],
  rest: Partial<JobKind<Json, T>> = {},
): JobKind<Json, T> {
  return { name: `${expect.getState().currentTestName}`, run, ...rest };
}

export const job = (input: Json = null, rest: object = {}) => ({ owner: OWNER, subject: null, input, ...rest });

export async function until(jobs: Jobs, id: string, wanted: (job: Job) => boolean): Promise<Job> {
  for await (const now of jobs.watch(id, OWNER, LIMIT)) if (wanted(now)) return now;
  throw new Error('the job ended otherwise');
}

/** As if the process that has a job had not been heard of for as long as its lease lasts. */
export async function expire({ database }: State, id: string): Promise<void> {
  const statement = sql`UPDATE ${database.table('job')} SET leased_until = 0 WHERE id = ${id}`;
  await database.transaction((transaction) => transaction.run(statement), LIMIT);
}

export const untilState = (jobs: Jobs, id: string, state: Job['state']) =>
  until(jobs, id, (now) => now.state === state);
