/** Jobs go on elsewhere when a gateway stops, dies or falls silent. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import type { Jobs } from '../../src/jobs/job.ts';
import { effectsIn, stepping } from './kinds.ts';
import { expire, job, OWNER, untilState, type Queue } from './queue.ts';

/** To be called in the `describe` of the queue. */
export function testTakeOver(queue: Queue): void {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  test('a gateway that stops lets steps end; the job goes on in another', async () => {
    const effects = join(queue.directory, 'effects-of-stop');
    await writeFile(effects, '');
    const inStep = Promise.withResolvers<void>();
    const free = Promise.withResolvers<void>();
    const first = stepping('first', async (step) => {
      if (step !== 2) return;
      inStep.resolve();
      await free.promise;
    });
    const jobs = await queue.gateway([first]);
    const second = stepping('second', async () => undefined);
    const other = await queue.gateway([second]);
    await jobs.start();
    const { id } = await jobs.enqueue(first, job({ steps: 3, effects }) as never);
    await inStep.promise;
    const closed = jobs.close();
    free.resolve();
    await closed;
    expect(await other.find(id, OWNER)).toMatchObject({ state: 'QUEUED' });
    await other.start();
    await untilState(other, id, 'COMPLETED');
    expect(effectsIn(effects)).toEqual(['first 1 1', 'first 1 2', 'second 2 3']);
  });

  /** Starts a process, enqueues a job of 5 steps, and waits until the process is in the third. */
  async function childInThirdStep(jobs: Jobs, effects: string) {
    await writeFile(effects, '');
    const program = fileURLToPath(new URL('worker-process.ts', import.meta.url));
    const child = spawn(process.execPath, [program, queue.url, String(queue.world.leaseMilliseconds)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { id } = await jobs.enqueue(
      stepping('parent', async () => undefined),
      job({ steps: 5, effects }) as never,
    );
    expect((await lines.next()).value).toBe('in step 3');
    return { child, lines, id };
  }

  test('what a killed process leaves is taken over: steps that were completed are not run again', async () => {
    const jobs = await queue.gateway([stepping('parent', async () => undefined)]);
    const effects = join(queue.directory, 'effects-of-kill');
    const { child, id } = await childInThirdStep(jobs, effects);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expire(jobs.state, id);
    await jobs.start();
    expect(await untilState(jobs, id, 'COMPLETED')).toMatchObject({ result: 5, progress: { done: 5 } });
    expect(effectsIn(effects)).toEqual([
      ...['child 1 1', 'child 1 2', 'child 1 3'],
      ...['parent 2 3', 'parent 2 4', 'parent 2 5'],
    ]);
  });

  test('a process that was paused and overtaken finds out, and does nothing more', async () => {
    const jobs = await queue.gateway([stepping('parent', async () => undefined)]);
    const effects = join(queue.directory, 'effects-of-stop-and-continue');
    const { child, lines, id } = await childInThirdStep(jobs, effects);
    child.kill('SIGSTOP');
    await expire(jobs.state, id);
    await jobs.start();
    await untilState(jobs, id, 'COMPLETED');
    const before = effectsIn(effects);
    child.stdin.write('go on\n');
    child.kill('SIGCONT');
    expect((await lines.next()).value).toBe('LeaseLostError');
    expect(effectsIn(effects)).toEqual(before);
    expect(await jobs.find(id, OWNER)).toMatchObject({ state: 'COMPLETED', result: 5 });
  });
}
