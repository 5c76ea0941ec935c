/** What every queue of jobs keeps, whichever database the state is on. */
import sql from 'sql-template-tag';
import { describe, expect, test } from 'vitest';
import { HeldError, type Job, type Json } from '../../src/jobs/job.ts';
import { expire, job, kind, LIMIT, OWNER, Queue, untilState, type QueueWorld } from './queue.ts';
import { testHeld } from './held.ts';
import { testRetries } from './retries.ts';
import { testLanes } from './lanes.ts';
import { testTakeOver } from './take-over.ts';
import { testUpgrade } from './upgrade.ts';

export function describeQueue(name: string, world: QueueWorld): void {
  describe(`jobs on ${name}`, () => {
    const queue = new Queue(world);
    testJobs(queue);
    testRetries(queue);
    testTakeOver(queue);
    testHeld(queue);
    testLanes(queue);
    testUpgrade(queue);
  });
}

function testJobs(queue: Queue): void {
  test('a job runs to its end, with progress, a log and a result', async () => {
    const work = kind(async (input, task) => {
      await task.log('begun');
      await task.progress({ done: 1, total: 2, unit: 'datasets' });
      return { input, attempt: task.attempt };
    });
    const jobs = await queue.gateway([work]);
    await jobs.start();
    const queued = await jobs.enqueue(work, job({ a: 1 }, { subject: 'satellite:alice~mine' }));
    expect(queued).toMatchObject({ state: 'QUEUED', owner: OWNER, finishedAt: null });
    const done = await untilState(jobs, queued.id, 'COMPLETED');
    expect(done).toMatchObject({
      result: { input: { a: 1 }, attempt: 1 },
      progress: { done: 1, total: 2, unit: 'datasets' },
      error: null,
      subject: 'satellite:alice~mine',
    });
    expect(done.finishedAt).toBeGreaterThanOrEqual(done.createdAt);
    expect(await jobs.log(queued.id, OWNER)).toMatchObject([{ message: 'begun' }]);
  });

  test('a job is seen by its owner alone', async () => {
    const work = kind(async (_input, task) => (await task.log('secret'), null));
    const jobs = await queue.gateway([work]);
    await jobs.start();
    const { id } = await jobs.enqueue(work, job());
    await untilState(jobs, id, 'COMPLETED');
    expect(await jobs.find(id, 'bob')).toBeNull();
    expect(await jobs.log(id, 'bob')).toEqual([]);
    expect(await jobs.list('bob', { first: 10 })).toEqual([]);
    await expect(jobs.cancel(id, 'bob')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(jobs.retry(id, 'bob')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(jobs.watch(id, 'bob', LIMIT)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('jobs are listed newest first, of one subject where it is asked for', async () => {
    const work = kind(async () => null);
    const jobs = await queue.gateway([work]);
    const one = await jobs.enqueue(work, job(1, { subject: 'list:1' }));
    const two = await jobs.enqueue(work, job(2, { subject: 'list:2' }));
    const listed = (await jobs.list(OWNER, { first: 1000 })).map(({ createdAt }) => createdAt);
    expect(listed).toEqual(listed.toSorted((a, b) => b - a));
    expect((await jobs.list(OWNER, { first: 1 })).length).toBe(1);
    expect((await jobs.list(OWNER, { subject: 'list:1', first: 10 })).map(({ id }) => id)).toEqual([one.id]);
    for (const { id } of [one, two]) await jobs.cancel(id, OWNER);
  });

  test('parallel requests with one idempotency key are one job; another input is a conflict', async () => {
    const work = kind(async () => null);
    const jobs = await queue.gateway([work]);
    const request = job({ a: 1, b: [2] }, { idempotencyKey: 'k' });
    const ids = (await Promise.all(Array.from({ length: 5 }, () => jobs.enqueue(work, request)))).map(({ id }) => id);
    expect(new Set(ids).size).toBe(1);
    await expect(jobs.enqueue(work, { ...request, input: { a: 2 } })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(jobs.enqueue(work, { ...request, subject: 'other' })).rejects.toMatchObject({ code: 'CONFLICT' });
    const other = await jobs.enqueue(work, { ...request, owner: 'bob' });
    expect(other.id).not.toBe(ids[0]);
    await jobs.cancel(ids[0]!, OWNER);
    await jobs.cancel(other.id, 'bob');
  });

  test('a request is the same one as what an older gateway queued without the fields that came since', async () => {
    const work = kind(async () => null);
    const jobs = await queue.gateway([work]);
    const old = await jobs.enqueue(work, job({ a: [1], b: { c: 2 } }, { idempotencyKey: 'upgrade' }));
    const again = (input: Json) => jobs.enqueue(work, job(input, { idempotencyKey: 'upgrade' }));
    expect((await again({ a: [1], b: { c: 2, new: null }, new: null })).id).toBe(old.id);
    await expect(again({ a: [1], b: { c: 2 }, new: 3 })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(again({ a: [1, null], b: { c: 2 } })).rejects.toMatchObject({ code: 'CONFLICT' });
    await jobs.cancel(old.id, OWNER);
  });

  test('jobs of one subject run one after the other, others beside them', async () => {
    let running = 0;
    let most = 0;
    const started: string[] = [];
    const free = Promise.withResolvers<void>();
    const work = kind(async (input) => {
      most = Math.max(most, (running += 1));
      started.push(String(input));
      await free.promise;
      running -= 1;
      return null;
    });
    const beside = { ...kind(async () => null), name: 'beside', exclusive: false };
    const jobs = await queue.gateway([work, beside]);
    const ids = [];
    for (const input of ['1', '2', '3']) ids.push((await jobs.enqueue(work, job(input, { subject: 'one' }))).id);
    await jobs.start();
    await untilState(jobs, (await jobs.enqueue(beside, job(0, { subject: 'one' }))).id, 'COMPLETED');
    await untilState(jobs, (await jobs.enqueue(beside, job(0, { subject: 'two' }))).id, 'COMPLETED');
    free.resolve();
    for (const id of ids) await untilState(jobs, id, 'COMPLETED');
    expect(most).toBe(1);
    expect(started.toSorted()).toEqual(['1', '2', '3']);
  });

  test('owners with many jobs do not keep others waiting', async () => {
    const free = Promise.withResolvers<void>();
    const work = kind(async () => (await free.promise, null));
    const jobs = await queue.gateway([work], { concurrency: 2 });
    const many = [];
    for (let i = 0; i < 4; i += 1) many.push((await jobs.enqueue(work, { ...job(i), owner: 'busy' })).id);
    const { id } = await jobs.enqueue(work, job());
    await jobs.start();
    await untilState(jobs, id, 'RUNNING');
    free.resolve();
    await untilState(jobs, id, 'COMPLETED');
  });

  test('one owner’s jobs leave a place for who comes later', async () => {
    const free = Promise.withResolvers<void>();
    const work = kind(async () => (await free.promise, null));
    const jobs = await queue.gateway([work], { concurrency: 2 });
    await jobs.start();
    const [first, second] = [
      await jobs.enqueue(work, { ...job(1), owner: 'busy' }),
      await jobs.enqueue(work, { ...job(2), owner: 'busy' }),
    ];
    for await (const { state } of jobs.watch(first.id, 'busy', LIMIT)) if (state === 'RUNNING') break;
    const { id } = await jobs.enqueue(work, job());
    await untilState(jobs, id, 'RUNNING');
    expect(await jobs.find(second.id, 'busy')).toMatchObject({ state: 'QUEUED' });
    free.resolve();
    await untilState(jobs, id, 'COMPLETED');
  });

  test('a queued job is cancelled at once, and its end is told once', async () => {
    const ended: Job[] = [];
    const work = kind(async () => null, { ended: async (_input, now) => void ended.push(now) });
    const jobs = await queue.gateway([work]);
    const { id } = await jobs.enqueue(work, job());
    expect(await jobs.cancel(id, OWNER)).toMatchObject({ state: 'CANCELLED', error: null });
    expect(await jobs.cancel(id, OWNER)).toMatchObject({ state: 'CANCELLED' });
    await jobs.start();
    expect(ended).toMatchObject([{ id, state: 'CANCELLED' }]);
  });

  test('a running job is cancelled through any gateway, and can be started again where it stopped', async () => {
    const steps: string[] = [];
    const ended: Job[] = [];
    const inSecond = Promise.withResolvers<void>();
    let wait = true;
    const work = kind(
      async (_input, task) => {
        await task.step('first', async () => (steps.push('first'), null));
        await task.step('second', async () => {
          steps.push('second');
          inSecond.resolve();
          if (wait) await new Promise((_resolve, reject) => task.signal.addEventListener('abort', reject));
          return null;
        });
        return 'done';
      },
      { ended: async (_input, now) => void ended.push(now) },
    );
    const jobs = await queue.gateway([work]);
    const other = await queue.gateway([work]);
    await jobs.start();
    const { id } = await jobs.enqueue(work, job());
    await inSecond.promise;
    await other.cancel(id, OWNER);
    await untilState(jobs, id, 'CANCELLED');
    expect(ended).toMatchObject([{ id, state: 'CANCELLED' }]);
    wait = false;
    expect(await jobs.retry(id, OWNER)).toMatchObject({ error: null, finishedAt: null });
    expect(await untilState(jobs, id, 'COMPLETED')).toMatchObject({ result: 'done' });
    expect(steps).toEqual(['first', 'second', 'second']);
    expect(ended).toMatchObject([{ state: 'CANCELLED' }, { state: 'COMPLETED', result: 'done' }]);
    await expect(jobs.retry(id, OWNER)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('a job without a token is held, goes on with a new one, and no token is kept in clear', async () => {
    const seen: (string | undefined)[] = [];
    const work = kind(async (_input, task): Promise<null> => {
      seen.push(jobs.tokenOf(task.jobId));
      if (seen.length === 1) throw new HeldError('UNAUTHENTICATED', 'Your token has ended.');
      return null;
    });
    const jobs = await queue.gateway([work]);
    const { id } = await jobs.enqueue(work, job(null, { token: 'clear-token-1' }));
    const columns = () =>
      jobs.state.database.all(
        sql`SELECT sealed_token FROM ${jobs.state.database.table('job')} WHERE id = ${id}`,
        LIMIT,
      );
    expect(String((await columns())[0]![0])).toMatch(/^[\w-]{40,}$/);
    await jobs.start();
    expect((await untilState(jobs, id, 'HELD')).error).toMatchObject({ code: 'UNAUTHENTICATED' });
    await jobs.retry(id, OWNER, 'clear-token-2');
    await untilState(jobs, id, 'COMPLETED');
    expect(seen).toEqual(['clear-token-1', 'clear-token-2']);
    expect(await columns()).toEqual([[null]]);
    await expect.poll(() => jobs.tokenOf(id)).toBeUndefined();
  });

  test('a job whose end could not be told is ended again', async () => {
    const told: string[] = [];
    const work = kind(async () => 'done', {
      ended: async (_input, { state }) => {
        told.push(state);
        if (told.length === 1) throw new Error('not now');
      },
    });
    const jobs = await queue.gateway([work]);
    await jobs.start();
    const { id } = await jobs.enqueue(work, job());
    await expect.poll(() => told).toEqual(['COMPLETED']);
    await expire(jobs.state, id);
    expect(await untilState(jobs, id, 'COMPLETED')).toMatchObject({ result: 'done' });
    expect(told).toEqual(['COMPLETED', 'COMPLETED']);
  });

  test('jobs are forgotten when they ended long ago', async () => {
    const work = kind(async (_input, task) => (await task.log('done'), task.step('one', async () => null)));
    const jobs = await queue.gateway([work]);
    await jobs.start();
    const { id } = await jobs.enqueue(work, job());
    await untilState(jobs, id, 'COMPLETED');
    const waiting = await jobs.enqueue({ ...work, name: 'nobody does this' }, job());
    const later = await queue.gateway([], { rememberMilliseconds: -1 });
    await later.start();
    expect(await later.find(id, OWNER)).toBeNull();
    expect(await later.find(waiting.id, OWNER)).toMatchObject({ state: 'QUEUED' });
  });

  test('progress is written seldom, and to the last', async () => {
    const work = kind(async (_input, task) => {
      for (let done = 1; done <= 200; done += 1) await task.progress({ done, total: 200, unit: 'bytes' });
      return null;
    });
    const jobs = await queue.gateway([work], { progressMilliseconds: 60_000 });
    await jobs.start();
    const { id } = await jobs.enqueue(work, job());
    expect(await untilState(jobs, id, 'COMPLETED')).toMatchObject({ progress: { done: 200 } });
    const { database } = jobs.state;
    const version = sql`SELECT version FROM ${database.table('job')} WHERE id = ${id}`;
    expect(Number((await database.all(version, LIMIT))[0]![0])).toBeLessThan(6);
  });

  test('watchers in any gateway see a job to its end', async () => {
    const work = kind(async (_input, task) => {
      for (let done = 1; done <= 3; done += 1) await task.progress({ done, total: 3, unit: 'steps' });
      return 'done';
    });
    const jobs = await queue.gateway([work]);
    const other = await queue.gateway([work]);
    const { id } = await jobs.enqueue(work, job());
    const watched = [jobs, other, other].map(async (from) => {
      const states: string[] = [];
      for await (const now of from.watch(id, OWNER, LIMIT)) states.push(`${now.state} ${now.progress.done}`);
      return states;
    });
    await jobs.start();
    for (const states of await Promise.all(watched)) {
      expect(states.at(-1)).toBe('COMPLETED 3');
      expect(new Set(states).size).toBe(states.length);
    }
  });
}
