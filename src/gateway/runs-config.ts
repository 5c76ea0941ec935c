/** The configuration's section `runs`; docs/configuration.md has a row for every key. */
import { z } from 'zod';
import { BUILD_SECONDS, MOST_RETRIES, MOST_SECONDS, MOST_WORKERS, QUANTUM_SECONDS } from '../run/settings.ts';

export const runsConfig = z.strictObject({
  /**
   * Where pipelines, which are users' code, run: `none` (in users' own notebooks, by `satellite run`), `self` (as the gateway's
   * own user: those of `user` only), or `sandbox` (each as its user, shut in). @default none
   */
  executeAs: z.enum(['none', 'self', 'sandbox']).default('none'),
  /** Name of the only user whose code runs as the gateway's own user. Needed with `self`, which gives them all that is its. */
  user: z.string().min(1).optional(),
  /** Runs that are built or executed at the same time; of one user, one less. @default 4 */
  atOnce: z.int().min(1).max(64).default(4),
  /** Quanta of one run that run at the same time. @default 2 */
  workers: z.int().min(1).max(MOST_WORKERS).default(2),
  /** Bytes of memory that the workers of one run share. @default not limited */
  memoryBytes: z.int().positive().optional(),
  /** How often a quantum that failed is tried again by itself. @default 1 */
  retries: z.int().min(0).max(MOST_RETRIES).default(1),
  /** Seconds that a quantum may take; one that takes longer has failed, and is tried again as others are. @default 86400 */
  quantumSeconds: z.int().min(1).max(MOST_SECONDS).default(QUANTUM_SECONDS),
  /** Seconds that the plan or the graph of a run may take to be built. @default 21600 */
  buildSeconds: z.int().min(1).max(MOST_SECONDS).default(BUILD_SECONDS),
  /** How BPS executes runs that ask for it. */
  bps: z
    .strictObject({
      /** Directory for the runs' tokens while BPS executes them, which nobody else may read. @default ./bps-tokens */
      tokens: z.string().min(1).default('./bps-tokens'),
      /** Settings of BPS itself, as its YAML has them. @default Parsl on the gateway's machine, one job a quantum */
      settings: z.record(z.string(), z.json()).default({}),
    })
    .prefault({}),
});
