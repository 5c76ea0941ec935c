import type { Json } from '../jobs/job.ts';
import type { PythonSettings } from '../satellite/migration-tool.ts';

/** How long a quantum, and the building of a graph, may take where nothing else is said. */
export const QUANTUM_SECONDS = 86_400;
export const BUILD_SECONDS = 21_600;

/** The most that can be said: of seconds what a timer of Node's can wait for. */
export const MOST_SECONDS = 2_000_000;
export const MOST_WORKERS = 1024;
export const MOST_RETRIES = 10;

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
  /** That a quantum may take. */
  readonly quantumSeconds: number;
  /** That a graph, or a plan, may take to be built. */
  readonly buildSeconds: number;
  readonly bps: {
    /** Directory for the runs' tokens while BPS executes them. */
    readonly tokens: string;
    /** Of BPS itself, see `bpsConfig`. */
    readonly settings: Readonly<Record<string, Json>>;
  };
  /** The stack that builds and executes; undefined: there is none. */
  readonly python: PythonSettings | undefined;
}
