/**
 * A gateway's jobs in a process of its own: `node worker-process.ts STATE_URL LEASE_MILLISECONDS`.  In the third step of the
 * kind `stepping` it prints `in step 3` and waits for a line on standard input; it prints the name of what ended the work.
 */
import { createInterface } from 'node:readline/promises';
import { createJobs } from '../../src/jobs/jobs.ts';
import { openState } from '../../src/state/open.ts';
import { stepping } from './kinds.ts';

const [url = '', lease] = process.argv.slice(2);
const input = createInterface({ input: process.stdin });
const state = await openState(url, AbortSignal.timeout(30_000));
const jobs = createJobs(state, { leaseMilliseconds: Number(lease), pollMilliseconds: 50 });
const kind = stepping('child', async (step) => {
  if (step !== 3) return;
  console.log('in step 3');
  await new Promise((resolve) => input.once('line', resolve));
});
jobs.define({
  ...kind,
  run: async (steps, task) => {
    try {
      return await kind.run(steps, task);
    } catch (error) {
      console.log(error instanceof Error ? error.name : error);
      throw error;
    }
  },
});
await jobs.start();
