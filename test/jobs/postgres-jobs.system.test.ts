import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { startPostgres, type Postgres } from '../../stack/postgres.ts';
import type { JobKind } from '../../src/jobs/job.ts';
import { createJobs } from '../../src/jobs/jobs.ts';
import { openState } from '../../src/state/open.ts';
import { describeQueue } from './contract.ts';

const LIMIT = AbortSignal.timeout(20 * 60_000);

let postgres: Postgres | undefined;
afterAll(() => postgres?.stop());

async function emptyDatabase(): Promise<string> {
  postgres ??= await startPostgres();
  return postgres.createDatabase();
}

// A queue in PostgreSQL takes as long to deliver again what a process left, and ten seconds at least.
describeQueue('PostgreSQL', { url: emptyDatabase, leaseMilliseconds: 10_000 });

const OPTIONS = {
  leaseMilliseconds: 10_000,
  pollMilliseconds: 50,
  backOff: { firstMilliseconds: 1, mostMilliseconds: 10 },
};

test('gateways that start at once on an empty database share its jobs', async () => {
  const url = await emptyDatabase();
  const kind: JobKind<number, number> = { name: 'double', run: async (input) => 2 * input };
  const gateways = await Promise.all(
    [1, 2, 3].map(async () => {
      const state = await openState(url, LIMIT);
      const jobs = await createJobs(state, OPTIONS);
      jobs.define(kind);
      await jobs.start();
      return { state, jobs };
    }),
  );
  try {
    const results = await Promise.all(
      gateways.map(async ({ jobs }, input) => {
        const { id } = await jobs.enqueue(kind, { owner: 'alice', subject: null, input });
        for await (const job of gateways[0]!.jobs.watch(id, 'alice', LIMIT)) if (job.finishedAt) return job.result;
        return null;
      }),
    );
    expect(results).toEqual([0, 2, 4]);
  } finally {
    for (const { state, jobs } of gateways) {
      await jobs.close();
      await state.close();
    }
  }
});

test('the queues that a gateway of an older version made are as this one’s', async () => {
  const url = await emptyDatabase();
  const prepared = async () => {
    const state = await openState(url, LIMIT);
    const jobs = await createJobs(state, OPTIONS);
    await jobs.start();
    await jobs.close();
    await state.close();
  };
  const client = new pg.Client(url);
  await client.connect();
  const settings = async () => {
    const select =
      'SELECT name, retry_delay, retry_delay_max, heartbeat_seconds FROM satellite_queue.queue ORDER BY name';
    return (await client.query(select)).rows as unknown[];
  };
  try {
    await prepared();
    const own = await settings();
    await client.query(
      'UPDATE satellite_queue.queue SET retry_delay = 5, retry_delay_max = 60, heartbeat_seconds = 99',
    );
    await prepared();
    expect(await settings()).toEqual(own);
  } finally {
    await client.end();
  }
});

test('a job goes on after the database cut all connections in the middle of a step', async () => {
  const url = await emptyDatabase();
  const state = await openState(url, LIMIT);
  const jobs = await createJobs(state, OPTIONS);
  const administrator = new pg.Client(url);
  await administrator.connect();
  const steps: string[] = [];
  const kind: JobKind<null, string> = {
    name: 'cut off',
    run: async (_input, task) => {
      await task.step('before', async () => (steps.push('before'), null));
      await task.step('during', async () => {
        steps.push('during');
        if (task.attempt > 1) return null;
        await administrator.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid()`,
        );
        return null;
      });
      return 'done';
    },
  };
  jobs.define(kind);
  try {
    await jobs.start();
    const { id } = await jobs.enqueue(kind, { owner: 'alice', subject: 'satellite:alice~mine', input: null });
    for await (const job of jobs.watch(id, 'alice', LIMIT)) {
      if (job.finishedAt !== null) expect(job).toMatchObject({ state: 'COMPLETED', result: 'done' });
    }
    expect(steps.slice(0, 2)).toEqual(['before', 'during']);
    expect(steps.filter((step) => step === 'before').length).toBe(1);
  } finally {
    await jobs.close();
    await state.close();
    await administrator.end();
  }
});
