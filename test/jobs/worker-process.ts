/**
 * A gateway's jobs in a process of its own: `node worker-process.ts STATE_URL LEASE_MILLISECONDS`.  In the third step of the
 * kind `stepping` it prints `in step 3` and stands still until there is a line on standard input: it is then in no transaction,
 * so that SIGSTOP does not leave a lock.  It prints the name of what ended the work.
 */
import { readSync } from 'node:fs';
import { createJobs } from '../../src/jobs/jobs.ts';
import { openState } from '../../src/state/open.ts';
import { stepping } from './kinds.ts';

const [url = '', lease] = process.argv.slice(2);
const state = await openState(url, AbortSignal.timeout(600_000));
const jobs = await createJobs(state, { leaseMilliseconds: Number(lease), pollMilliseconds: 50, concurrency: 1 });
const kind = stepping('child', async (step) => {
  if (step !== 3) return;
  console.log('in step 3');
  readSync(0, Buffer.alloc(100));
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
