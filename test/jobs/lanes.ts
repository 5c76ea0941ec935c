/** Jobs have places by what they do, so that short ones do not wait for hours. */
import { expect, test } from 'vitest';
import { SatelliteError } from '../../src/butler/errors.ts';
import type { Lane } from '../../src/jobs/job.ts';
import { job, kind, LIMIT, OWNER, untilState, type Queue } from './queue.ts';

/** To be called in the `describe` of the queue. */
export function testLanes(queue: Queue): void {
  test('runs and what moves many bytes keep no other waiting, and one owner’s not another’s', async () => {
    const free = Promise.withResolvers<void>();
    const long = kind(() => free.promise.then(() => null), { name: 'long', lane: () => 'run' });
    const mixed = kind((isBulk) => (isBulk === true ? free.promise.then(() => null) : Promise.resolve(null)), {
      name: 'mixed',
      lane: (isBulk) => (isBulk === true ? 'bulk' : 'short'),
    });
    const jobs = await queue.gateway([long, mixed], { concurrency: 1, runConcurrency: 2 });
    await jobs.start();
    const first = await jobs.enqueue(long, job(1));
    await untilState(jobs, first.id, 'RUNNING');
    const second = await jobs.enqueue(long, job(2));
    const bulk = await jobs.enqueue(mixed, job(true));
    await untilState(jobs, bulk.id, 'RUNNING');
    const { id } = await jobs.enqueue(mixed, job(false));
    await untilState(jobs, id, 'COMPLETED');
    const bobs = await jobs.enqueue(long, { ...job(3), owner: 'bob' });
    for await (const { state } of jobs.watch(bobs.id, 'bob', LIMIT)) if (state === 'RUNNING') break;
    expect(await jobs.find(second.id, OWNER)).toMatchObject({ state: 'QUEUED' });
    free.resolve();
    for (const of of [first, second, bulk]) await untilState(jobs, of.id, 'COMPLETED');
  });

  test('what another version of the gateway queued in another lane is done, also when it is started again', async () => {
    const work = (lane: Lane) =>
      kind(
        async (_input, task) => (task.attempt === 1 ? Promise.reject(new SatelliteError('CONFLICT', 'No.')) : null),
        {
          name: 'moved to another lane',
          lane: () => lane,
        },
      );
    const older = await queue.gateway([work('short')]);
    const { id } = await older.enqueue(work('short'), job());
    const jobs = await queue.gateway([work('bulk')]);
    await jobs.start();
    await untilState(jobs, id, 'FAILED');
    await jobs.retry(id, OWNER);
    await untilState(jobs, id, 'COMPLETED');
  });

  test('jobs of one subject run one after the other, whatever their lanes', async () => {
    const free = Promise.withResolvers<void>();
    const bulk = kind(() => free.promise.then(() => null), { name: 'bulk', lane: () => 'bulk' });
    const short = kind(async () => null);
    const jobs = await queue.gateway([bulk, short]);
    await jobs.start();
    const first = await jobs.enqueue(bulk, job(null, { subject: 'lanes' }));
    await untilState(jobs, first.id, 'RUNNING');
    const second = await jobs.enqueue(short, job(null, { subject: 'lanes' }));
    await untilState(jobs, (await jobs.enqueue(short, job())).id, 'COMPLETED');
    expect(await jobs.find(second.id, OWNER)).toMatchObject({ state: 'QUEUED' });
    free.resolve();
    for (const { id } of [first, second]) await untilState(jobs, id, 'COMPLETED');
  });
}
