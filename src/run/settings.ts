import type { Json } from '../jobs/job.ts';
import type { PythonSettings } from '../satellite/migration-tool.ts';

/** How runs are done, from the configuration's section `runs`. */
export interface RunSettings {
  /** Whose processes run users' code: nobody's of this gateway, those of `user` as its own, or each user's in a sandbox. */
  readonly executeAs: 'none' | 'self' | 'sandbox';
  /** Name of the only one whose code runs as `self`; undefined for the others. */
  readonly user?: string | undefined;
  /** Quanta of one run that run at the same time. */
  readonly workers: number;
  /** Of all workers of one run together; null: not limited. */
  readonly memoryBytes: number | null;
  /** How often a quantum that failed is tried again by itself. */
  readonly retries: number;
  readonly bps: {
    /** Directory for the runs' tokens while BPS executes them. */
    readonly tokens: string;
    /** Of BPS itself, see `bpsConfig`. */
    readonly settings: Readonly<Record<string, Json>>;
  };
  /** The stack that builds and executes; undefined: there is none. */
  readonly python: PythonSettings | undefined;
}
