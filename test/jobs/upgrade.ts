/** What a gateway of an older version has left of jobs. */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import sql from 'sql-template-tag';
import { expect, test } from 'vitest';
import type { Json } from '../../src/jobs/job.ts';
import { createJobs } from '../../src/jobs/jobs.ts';
import { JOB_TABLES } from '../../src/jobs/tables.ts';
import { openState } from '../../src/state/open.ts';
import type { State } from '../../src/state/state.ts';
import { prepareTables } from '../../src/state/tables.ts';
import { kind, LIMIT, OWNER, untilState, type Queue } from './queue.ts';

/** The last version that knew no lanes, and kept conflicts with the plan of a page. */
const OLDER = { ...JOB_TABLES, versions: JOB_TABLES.versions.slice(0, 2) };

/** To be called in the `describe` of the queue. */
export function testUpgrade(queue: Queue): void {
  /** @param jobs kind, input and steps of each; all of them have failed */
  async function left(jobs: readonly (readonly [string, Json, Readonly<Record<string, Json>>])[]): Promise<State> {
    const state = await openState(await queue.world.url(await mkdtemp(join(queue.directory, 'older-'))), LIMIT);
    await prepareTables(state.database, OLDER, LIMIT);
    await state.database.transaction(async (transaction) => {
      for (const [i, [name, input, steps]] of jobs.entries()) {
        await transaction.run(sql`INSERT INTO ${transaction.table('job')} (
          id, kind, owner, exclusive, input, state, progress, result, created_at, version, not_before, attempt, failures,
          leased_until, cancelled
        ) VALUES (
          ${`job ${i}`}, ${name}, ${OWNER}, 0, ${JSON.stringify(input)}, 'FAILED',
          '{"done":0,"total":null,"unit":"steps"}', 'null', 0, 1, 0, 1, 0, 0, 0
        )`);
        for (const [step, result] of Object.entries(steps)) {
          await transaction.run(sql`INSERT INTO ${transaction.table('job_step')} (job, step, result)
            VALUES (${`job ${i}`}, ${step}, ${JSON.stringify(result)})`);
        }
      }
    }, LIMIT);
    return state;
  }

  test('a transfer that an older gateway refused for conflicts plans those pages again, and all after them', async () => {
    const plan = (conflicts: readonly string[]) => ({ types: ['{"conflicts":["no"]}'], conflicts });
    const free = plan([]);
    await using parts = new AsyncDisposableStack();
    const state = await left([
      [
        'transferRun',
        null,
        {
          'inputs of a: plan:0': free,
          'inputs of b: plan:0': free,
          'inputs of b: plan:1': plan(['in the way']),
          'inputs of b: plan:2': free,
          'records:0': null,
        },
      ],
    ]);
    parts.defer(() => state.close());
    const jobs = await createJobs(state, { pollMilliseconds: 50 });
    parts.defer(() => jobs.close());
    const done: string[] = [];
    const names = ['inputs of a: plan:0', ...[0, 1, 2].map((i) => `inputs of b: plan:${i}`), 'records:0'];
    const transfer = kind(
      async (_input, task) => {
        for (const name of names) await task.step(name, async () => (done.push(name), null));
        return null;
      },
      { name: 'transferRun' },
    );
    jobs.define(transfer);
    await jobs.start();
    await jobs.retry('job 0', OWNER);
    await untilState(jobs, 'job 0', 'COMPLETED');
    expect(done).toEqual([0, 1, 2].map((i) => `inputs of b: plan:${i}`));
  });

  test('what an older gateway queued and takes long keeps no short job waiting', async () => {
    const datasets = '{"mode":"COPY"}';
    const state = await left([
      ['transferDatasets', { datasets, mode: 'REFERENCE' }, {}],
      ['transferDatasets', { datasets, mode: 'COPY' }, {}],
      ['transferRunInputs', { mode: 'COPY' }, {}],
      ...['transferRun', 'removeRun', 'buildRun', 'executeRun'].map((name) => [name, null, {}] as const),
      ...['submitPublication', 'approvePublication', 'withdrawPublication'].map((name) => [name, null, {}] as const),
    ]);
    try {
      await prepareTables(state.database, JOB_TABLES, LIMIT);
      const { database } = state;
      const rows = await database.all(sql`SELECT id, lane FROM ${database.table('job')} WHERE lane <> 'short'`, LIMIT);
      expect(Object.fromEntries(rows)).toEqual({
        ...{ 'job 1': 'bulk', 'job 2': 'bulk', 'job 3': 'bulk', 'job 5': 'run', 'job 6': 'run' },
        ...{ 'job 7': 'bulk', 'job 8': 'bulk' },
      });
    } finally {
      await state.close();
    }
  });
}
