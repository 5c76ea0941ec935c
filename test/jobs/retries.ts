/** Work that failed is done again: by itself where waiting helps, and where its owner says so. */
import sql from 'sql-template-tag';
import { expect, test } from 'vitest';
import { SatelliteError } from '../../src/butler/errors.ts';
import { job, kind, LIMIT, OWNER, untilState, type Queue } from './queue.ts';

/** To be called in the `describe` of the queue. */
export function testRetries(queue: Queue): void {
  test('an error of the user fails the job at once; it goes on at the step that failed', async () => {
    const steps: string[] = [];
    const work = kind(async (_input, task) => {
      const given = await task.step('first', async () => (steps.push('first'), { value: 7 }));
      await task.step('second', async () => {
        steps.push('second');
        if (task.attempt === 1) throw new SatelliteError('QUOTA_EXCEEDED', 'There are 3 bytes left.');
        return null;
      });
      return given;
    });
    const jobs = await queue.gateway([work]);
    await jobs.start();
    const { id } = await jobs.enqueue(work, job());
    const failed = await untilState(jobs, id, 'FAILED');
    expect(failed.error).toEqual({ code: 'QUOTA_EXCEEDED', message: 'There are 3 bytes left.' });
    await jobs.retry(id, OWNER);
    expect(await untilState(jobs, id, 'COMPLETED')).toMatchObject({ result: { value: 7 }, error: null });
    expect(steps).toEqual(['first', 'second', 'second']);
  });

  test('steps that wrote what may be gone since are done again when a job that failed is started again', async () => {
    const steps: string[] = [];
    const work = {
      ...kind(async (_input, task) => {
        for (const name of ['plan:0', 'write:0']) await task.step(name, async () => steps.push(name));
        await task.step('end', async () => {
          if (task.attempt === 1) throw new SatelliteError('CONFLICT', 'Something is in the way.');
          return null;
        });
        return null;
      }),
      redoneSteps: ['write:'],
    };
    const jobs = await queue.gateway([work]);
    await jobs.start();
    const { id } = await jobs.enqueue(work, job());
    await untilState(jobs, id, 'FAILED');
    await jobs.retry(id, OWNER);
    await untilState(jobs, id, 'COMPLETED');
    expect(steps).toEqual(['plan:0', 'write:0', 'write:0']);
  });

  test('a source that is away for a while is asked again, not before the time that it named', async () => {
    const attempts: number[] = [];
    const work = kind(async (_input, task) => {
      attempts.push(Date.now());
      if (task.attempt === 1) throw new SatelliteError('RATE_LIMITED', 'Too fast.', { retryAfter: 1 });
      if (task.attempt < 4) throw new SatelliteError('UPSTREAM_UNAVAILABLE', 'Away.');
      return task.attempt;
    });
    const jobs = await queue.gateway([work]);
    await jobs.start();
    const { id } = await jobs.enqueue(work, job());
    expect(await untilState(jobs, id, 'COMPLETED')).toMatchObject({ result: 4 });
    expect(attempts[1]! - attempts[0]!).toBeGreaterThanOrEqual(900);
    expect((await jobs.log(id, OWNER))[0]!.message).toMatch(/^Too fast\. It will be tried again in \d+ s\.$/);
  });

  test('retries end: of a source that stays away, and of a defect', async () => {
    const away = kind(
      async () => {
        throw new SatelliteError('UPSTREAM_UNAVAILABLE', 'Away.');
      },
      { retries: 2 },
    );
    let attempts = 0;
    const broken = {
      ...kind(async () => {
        attempts += 1;
        throw new TypeError('a secret of the gateway');
      }),
      name: 'broken',
    };
    const jobs = await queue.gateway([away, broken]);
    await jobs.start();
    const { id } = await jobs.enqueue(away, job());
    expect((await untilState(jobs, id, 'FAILED')).error).toEqual({ code: 'UPSTREAM_UNAVAILABLE', message: 'Away.' });
    const defect = await jobs.enqueue(broken, job());
    const { error } = await untilState(jobs, defect.id, 'FAILED');
    expect(error).toEqual({ code: 'INTERNAL_SERVER_ERROR', message: `internal error in job ${defect.id}` });
    expect(attempts).toBe(3);
  });

  test('a job that took its process with it again and again is not tried for ever', async () => {
    let runs = 0;
    const work = kind(async () => (runs += 1));
    const jobs = await queue.gateway([work]);
    const { id } = await jobs.enqueue(work, job());
    const { database } = jobs.state;
    const fail = sql`UPDATE ${database.table('job')} SET failures = 9 WHERE id = ${id}`;
    await database.transaction((transaction) => transaction.run(fail), LIMIT);
    await jobs.start();
    expect((await untilState(jobs, id, 'FAILED')).error).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
    expect(runs).toBe(0);
  });

  test('a job is tried again as often after a step that it got past as before it', async () => {
    const attempts = { first: 0, second: 0 };
    const failingTwice = async (step: keyof typeof attempts) => {
      attempts[step] += 1;
      if (attempts[step] <= 2) throw new SatelliteError('UPSTREAM_UNAVAILABLE', 'The source is away.');
      return null;
    };
    const run: Parameters<typeof kind>[0] = async (_input, task) => {
      await task.step('first', () => failingTwice('first'));
      return task.step('second', () => failingTwice('second'));
    };
    const work = kind(run, { retries: 2 });
    const jobs = await queue.gateway([work]);
    await jobs.start();
    const { id } = await jobs.enqueue(work, job());
    await untilState(jobs, id, 'COMPLETED');
    expect(attempts).toEqual({ first: 3, second: 3 });
  });
}
