/** Jobs do what their owners may do now: they are HELD while a right or a token is missing, and go on by themselves. */
import sql from 'sql-template-tag';
import { expect, test } from 'vitest';
import { SatelliteError } from '../../src/butler/errors.ts';
import { HeldError } from '../../src/jobs/job.ts';
import { job, kind, LIMIT, OWNER, untilState, type Queue } from './queue.ts';

/** A right that can be taken and given back. */
class Right {
  isThere = true;
  asked = 0;

  async check(): Promise<void> {
    this.asked += 1;
    if (!this.isThere) throw new HeldError('NOT_FOUND', 'It is not shared with you any more.', 'RIGHTS');
  }
}

const NEVER = 3_600_000;

/** To be called in the `describe` of the queue. */
export function testHeld(queue: Queue): void {
  test('a job whose right ends between two steps is held before the second, and goes on when it is back', async () => {
    const right = new Right();
    const steps: string[] = [];
    const work = kind(
      async (_input, task) => {
        await task.step('first', async () => {
          steps.push('first');
          right.isThere = false;
          return null;
        });
        await task.step('second', async () => (steps.push('second'), null));
        return 'done';
      },
      { check: () => right.check() },
    );
    const jobs = await queue.gateway([work], { heldMilliseconds: 20, rightsMilliseconds: NEVER });
    await jobs.start();
    const { id } = await jobs.enqueue(work, job());
    const held = await untilState(jobs, id, 'HELD');
    expect(held).toMatchObject({
      finishedAt: null,
      error: { code: 'NOT_FOUND', message: expect.stringMatching(/any/) },
    });
    expect(await jobs.log(id, OWNER)).toMatchObject([{ message: held.error!.message }]);
    const asked = right.asked;
    await expect.poll(() => right.asked).toBeGreaterThan(asked + 2);
    expect(steps).toEqual(['first']);
    expect(await jobs.find(id, OWNER)).toMatchObject({ state: 'HELD' });
    right.isThere = true;
    expect(await untilState(jobs, id, 'COMPLETED')).toMatchObject({ result: 'done', error: null });
    expect(steps).toEqual(['first', 'second']);
  });

  test('a right that ends in the middle of a step stops the step', async () => {
    const right = new Right();
    let attempts = 0;
    const work = kind(
      async (_input, task) =>
        task.step('long', async () => {
          attempts += 1;
          if (attempts > 1) return 'done';
          right.isThere = false;
          return new Promise<string>((_resolve, reject) => {
            task.signal.addEventListener('abort', () => reject(new Error('stopped')));
          });
        }),
      { check: () => right.check() },
    );
    const jobs = await queue.gateway([work], { rightsMilliseconds: 20, heldMilliseconds: NEVER });
    await jobs.start();
    const { id } = await jobs.enqueue(work, job());
    expect((await untilState(jobs, id, 'HELD')).error).toMatchObject({ code: 'NOT_FOUND' });
    right.isThere = true;
    await jobs.resume(OWNER, 'token');
    expect(await untilState(jobs, id, 'COMPLETED')).toMatchObject({ result: 'done' });
  });

  test('a job whose rights are others than when its attempt began goes on with them, where it stopped', async () => {
    let rights = 'many';
    const steps: string[] = [];
    const work = kind(
      async (_input, task) => {
        const seen = rights;
        await task.step('first', async () => {
          steps.push(`first ${seen}`);
          rights = 'few';
          return null;
        });
        await task.step('second', async () => (steps.push(`second ${seen}`), null));
        return task.attempt;
      },
      { check: async () => rights },
    );
    const jobs = await queue.gateway([work]);
    await jobs.start();
    const { id } = await jobs.enqueue(work, job());
    expect(await untilState(jobs, id, 'COMPLETED')).toMatchObject({ result: 2 });
    expect(steps).toEqual(['first many', 'second few']);
    expect(await jobs.log(id, OWNER)).toEqual([]);
  });

  test('a job whose owner lost the right before its turn does nothing', async () => {
    const right = new Right();
    let runs = 0;
    const work = kind(async () => (runs += 1), { check: () => right.check() });
    const jobs = await queue.gateway([work], { heldMilliseconds: NEVER });
    const { id } = await jobs.enqueue(work, job());
    right.isThere = false;
    await jobs.start();
    await untilState(jobs, id, 'HELD');
    await jobs.resume(OWNER, 'token');
    await jobs.retry(id, OWNER, 'token');
    await untilState(jobs, id, 'HELD');
    expect(runs).toBe(0);
    await jobs.cancel(id, OWNER);
  });

  test('a gateway that starts goes on with what was held, when the right is back', async () => {
    const right = new Right();
    const work = kind(async () => 'done', { check: () => right.check() });
    const first = await queue.gateway([work], { heldMilliseconds: NEVER });
    const { id } = await first.enqueue(work, job());
    right.isThere = false;
    await first.start();
    await untilState(first, id, 'HELD');
    await first.close();
    right.isThere = true;
    const second = await queue.gateway([work], { heldMilliseconds: 20 });
    await second.start();
    expect(await untilState(second, id, 'COMPLETED')).toMatchObject({ result: 'done' });
  });

  test('a token that was refused is not used again; another one of the same user is, once', async () => {
    const used: (string | undefined)[] = [];
    const work = kind(async (_input, task) => {
      used.push(jobs.tokenOf(task.jobId) ?? other.tokenOf(task.jobId));
      if (used.at(-1) !== 'good token') throw new SatelliteError('UNAUTHENTICATED', 'It does not accept your token.');
      return 'done';
    });
    const options = { heldMilliseconds: 20 };
    const jobs = await queue.gateway([work], options);
    const other = await queue.gateway([work], options);
    await Promise.all([jobs.start(), other.start()]);
    const { id } = await jobs.enqueue(work, job(null, { token: 'bad token' }));
    const held = await untilState(jobs, id, 'HELD');
    expect(held.error).toMatchObject({ code: 'UNAUTHENTICATED', message: expect.stringContaining('retryJob') });
    const { database } = jobs.state;
    const kept = sql`SELECT sealed_token FROM ${database.table('job')} WHERE id = ${id}`;
    expect(await database.all(kept, LIMIT)).toEqual([[null]]);
    await Promise.all([jobs.resume(OWNER, 'bad token'), other.resume('bob', 'good token')]);
    expect(await jobs.find(id, OWNER)).toMatchObject({ state: 'HELD' });
    await Promise.all([jobs.resume(OWNER, 'good token'), other.resume(OWNER, 'good token')]);
    expect(await untilState(jobs, id, 'COMPLETED')).toMatchObject({ result: 'done' });
    expect(used).toEqual(['bad token', 'good token']);
  });

  test('two tokens that are both refused are not tried in turns', async () => {
    let runs = 0;
    const work = kind(async () => {
      runs += 1;
      throw new SatelliteError('UNAUTHENTICATED', 'It does not accept your token.');
    });
    const jobs = await queue.gateway([work]);
    await jobs.start();
    const { id } = await jobs.enqueue(work, job(null, { token: 'one' }));
    await untilState(jobs, id, 'HELD');
    await jobs.resume(OWNER, 'two');
    await expect.poll(async () => [runs, (await jobs.find(id, OWNER))!.state]).toEqual([2, 'HELD']);
    for (const token of ['one', 'two', 'one']) await jobs.resume(OWNER, token);
    expect(await jobs.find(id, OWNER)).toMatchObject({ state: 'HELD' });
    await jobs.cancel(id, OWNER);
    expect(runs).toBe(2);
  });

  test('a repository whose server refuses the owner is asked again now and then', async () => {
    const work = kind(async (_input, task) => {
      if (task.attempt > 2) return jobs.tokenOf(task.jobId) ?? null;
      throw new SatelliteError('FORBIDDEN', 'You have no permission to read it.', { repository: 'dp1' });
    });
    const jobs = await queue.gateway([work], { heldMilliseconds: 10 });
    await jobs.start();
    const { id } = await jobs.enqueue(work, job(null, { token: 'clear' }));
    expect(await untilState(jobs, id, 'COMPLETED')).toMatchObject({ result: 'clear' });
  });
}
