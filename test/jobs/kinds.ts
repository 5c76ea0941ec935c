/** Kinds of jobs for the contract of queues, also done by processes of their own (`worker-process.ts`). */
import { appendFileSync, readFileSync } from 'node:fs';
import type { JobKind, Task } from '../../src/jobs/job.ts';

/** Steps `1` to `steps`; each one writes `process attempt step` as a line to the file of effects. */
export type Steps = { readonly steps: number; readonly effects: string };

/** @param inStep called in each step after its effect */
export function stepping(process: string, inStep: (step: number, task: Task) => Promise<void>): JobKind<Steps, number> {
  return {
    name: 'stepping',
    run: async ({ steps, effects }, task) => {
      for (let step = 1; step <= steps; step += 1) {
        await task.step(String(step), async () => {
          appendFileSync(effects, `${process} ${task.attempt} ${step}\n`);
          await inStep(step, task);
          return step;
        });
        await task.progress({ done: step, total: steps, unit: 'steps' });
      }
      return steps;
    },
  };
}

/** Lines of effects as `[process, attempt, step]`. */
export function effectsIn(file: string): readonly string[] {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1);
}
