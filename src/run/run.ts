/** What a run is to its service, its workers and its faces: pipelines over official and own data. */
import type { Json } from '../jobs/job.ts';

export type RunState =
  | 'CREATED'
  | 'BUILDING'
  | 'BUILT'
  | 'EXECUTING'
  | 'EXECUTED'
  | 'TRANSFERRING'
  | 'COMPLETED'
  /** A stage could not be done, or some quanta failed: `error` says why, `retryRun` goes on. */
  | 'FAILED'
  | 'CANCELLED'
  /** A stage waits until its user has what `error` says again: a right, or a token. */
  | 'HELD';

/** How far a run has come, whatever it does now: an execution counts from its beginning, the other stages when they have ended. */
export type RunReached = 'CREATED' | 'BUILT' | 'EXECUTED' | 'COMPLETED';

/** One thing that is done with a run. */
export type RunStage = 'build' | 'execute' | 'transfer' | 'remove';

/** What `createRun` was asked for, checked. */
export interface RunSpec {
  /**
   * `path` is absolute, may name tasks or a subset after `#`, and lies in one of `python.path`.  Null: `graph` is given.
   */
  readonly pipeline: { readonly path: string } | { readonly yaml: string } | null;
  /** A `.qg` file that was made elsewhere, relative to the satellite's directory. */
  readonly graph: string | null;
  /** Overrides of the pipeline's configuration, as `label:field=value`. */
  readonly configuration: readonly string[];
  /** Names in addresses, in search order. */
  readonly repositories: readonly string[];
  /** Collections, with chains as they were named. */
  readonly inputs: readonly string[];
  /** Name of the CHAINED collection of the run's outputs. */
  readonly output: string;
  /** The RUN of its outputs: `{output}/{UTC timestamp}`, or with `extend` the one that is extended. */
  readonly outputRun: string;
  readonly where: string | null;
  /** Values for the names in `where`: JSON as `datasets` takes it. */
  readonly bind: Json | null;
  /** Data IDs of what alone is wanted; null: all. */
  readonly dataIds: readonly Json[] | null;
  readonly skipExistingIn: readonly string[];
  /** Whether the outputs go to the RUN of an earlier run, next to what is there. */
  readonly extend: boolean;
  /** Dataset types that constrain the graph's first query; null: all overall inputs, as stock Python does it. */
  readonly constrainBy: readonly string[] | null;
  readonly executor: 'LOCAL' | 'BPS';
}

export interface QuantaCounts {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Not run, because what they need was not made. */
  readonly blocked: number;
}

/** Why a graph is empty, or would be; for people. */
export interface RunExplanation {
  readonly reason: string;
  readonly suggestions: readonly string[];
}

export interface RunRecord {
  readonly id: string;
  readonly owner: string;
  /** Full name. */
  readonly satellite: string;
  readonly spec: RunSpec;
  readonly state: RunState;
  readonly reached: RunReached;
  /** What is being done, or was begun last and did not end well; null: nothing. */
  readonly stage: RunStage | null;
  /** Absolute, as the gateway sees it: `{satellite's directory}/runs/{output}/{timestamp}`. */
  readonly directory: string;
  /** Null before the graph is built. */
  readonly quanta: QuantaCounts | null;
  readonly explain: RunExplanation | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Of the last stage that the gateway did or does. */
  readonly job: string | null;
  /** Who started that job. */
  readonly jobOwner: string | null;
  /** Name of the user's own machine that does the stage; null: none does. */
  readonly worker: string | null;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly changedAt: number;
}

/** States in which a stage is being done, or waits to go on. */
const ACTIVE: ReadonlySet<RunState> = new Set(['BUILDING', 'EXECUTING', 'TRANSFERRING', 'HELD']);

export function isActive({ state }: Pick<RunRecord, 'state'>): boolean {
  return ACTIVE.has(state);
}
