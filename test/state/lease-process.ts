/**
 * Holds a lease in a process of its own: `node lease-process.ts STATE_URL`.  Prints its token, and for each line on standard
 * input what `confirm` says.
 */
import { createInterface } from 'node:readline/promises';
import { createLeases } from '../../src/state/leases.ts';
import { openState } from '../../src/state/open.ts';

const [url = ''] = process.argv.slice(2);
const state = await openState(url, AbortSignal.timeout(600_000));
const lease = await createLeases(state).acquire('satellite:alice~mine', 0, AbortSignal.timeout(600_000));
console.log(String(lease.token));
for await (const _line of createInterface({ input: process.stdin })) {
  console.log(
    await lease.confirm().then(
      () => 'held',
      (error: { code: string }) => error.code,
    ),
  );
}
