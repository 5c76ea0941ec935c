/**
 * Places at which a test can end the process as a power cut would.  `SATELLITE_FAILPOINT=name` (or `name:N`, the Nth time
 * it is reached) in the environment of a gateway kills it there with SIGKILL; without it, reaching one does nothing.
 */

/** Every place, in the order in which work passes it; a fault test hits each one. */
export const FAILPOINTS = [
  'call:before-answer',
  'create:before-database',
  'create:before-butler-yaml',
  'create:before-ready',
  'transfer:before-dimension-records',
  'transfer:before-datasets',
  'transfer:after-datasets',
  'transfer:before-collections',
  'copy:in-file',
  'copy:before-rows',
  'run:before-inputs',
  'run:after-quantum',
  'run:before-outputs',
  'remove:before-files',
  'remove:before-records',
  'delete:before-detach',
  'delete:after-detach',
  'restore:before-attach',
  'restore:after-attach',
  'purge:before-files',
  'purge:before-record',
  'migrate:before-tool',
  'migrate:after-tool',
  'migrate:before-exchange',
  'migrate:after-exchange',
  'migrate:before-undo',
  'migrate:after-undo',
  'publication:in-manifest',
  'publication:before-submitted',
  'publication:before-job',
  'publication:before-staging',
  'publish:in-file',
  'publish:after-file',
  'publish:before-verifying',
  'publish:before-committing',
  'publication:before-narrowing',
  'publication:after-narrowing',
  'publish:before-datasets',
  'publish:before-memberships',
  'publish:before-generation',
  'publish:after-generation',
  'publish:before-sweeping',
  'publication:before-readers',
  'publication:before-published',
  'publication:before-withdrawal',
  'withdraw:before-generation',
  'withdraw:after-generation',
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];

const [wanted, nth = '1'] = (process.env['SATELLITE_FAILPOINT'] ?? '').split(/:(?=\d+$)/);
let reached = 0;

/** Kills the process where the environment says so. */
export function failpoint(name: Failpoint): void {
  if (name !== wanted) return;
  reached += 1;
  if (reached === Number(nth)) process.kill(process.pid, 'SIGKILL');
}
