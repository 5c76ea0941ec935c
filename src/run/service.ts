/** What the faces ask of runs; `schema/run.graphql` says what each means to its user. */
import type { Principal } from '../access/principal.ts';
import type { VisibleRepositories } from '../access/policy.ts';
import type { Job, Json } from '../jobs/job.ts';
import type { QueryContext } from '../repository/repository.ts';
import type { PredictedGraph } from './graph/predicted-graph.ts';
import type { RunRemoval } from './removal.ts';
import type { RunRecord } from './run.ts';
import type { QuantumFailure } from './run-logs.ts';
import type { StageRequest } from './store.ts';

export interface CreateRun {
  /** By bare or full name. */
  readonly satellite: string;
  readonly pipeline: { readonly path: string } | { readonly yaml: string } | null;
  readonly graph: string | null;
  readonly configuration: readonly string[];
  readonly inputs: readonly string[];
  /** Null: the satellite, and the repository that it was made from. */
  readonly repositories: readonly string[] | null;
  readonly output: string;
  /** JSON objects: dimension → value. */
  readonly dataIds: readonly Json[] | null;
  readonly extend: boolean;
  readonly where: string | null;
  readonly bind: Json | null;
  readonly skipExistingIn: readonly string[];
  readonly constrainBy: readonly string[] | null;
  readonly executor: 'LOCAL' | 'BPS';
}

/** A page of runs, the newest first. */
export interface RunPage {
  readonly rows: readonly RunRecord[];
  readonly hasNextPage: boolean;
}

export interface RunFilter {
  /** By bare or full name; undefined: all of the principal's. */
  readonly satellite: string | undefined;
  readonly first: number;
  /** A run's identifier: what follows it. */
  readonly after: string | undefined;
}

/** What a change of a run answers; the job is null where nothing goes on. */
export interface RunChange {
  readonly run: RunRecord;
  readonly job: Job | null;
}

/**
 * Runs exist for whoever may write to their satellite.  Every method that names one throws NOT_FOUND where it does not exist
 * for the principal, and CONFLICT where its state forbids what is asked.
 */
export interface RunService {
  create(
    request: CreateRun,
    principal: Principal,
    repositories: VisibleRepositories,
    query: QueryContext,
  ): Promise<RunRecord>;
  /** Null where there is none for them. */
  find(id: string, principal: Principal): Promise<RunRecord | null>;
  list(filter: RunFilter, principal: Principal): Promise<RunPage>;
  /** @throws FORBIDDEN where this gateway runs no users' code */
  build(id: string, principal: Principal): Promise<RunChange>;
  execute(id: string, principal: Principal): Promise<RunChange>;
  /** @param inputs how what the run read is brought along */
  transfer(id: string, inputs: StageRequest['inputs'], principal: Principal): Promise<RunChange>;
  /** Stops what is being done; what has ended stays as it is. */
  cancel(id: string, principal: Principal): Promise<RunChange>;
  /** Does again what did not end well: of an execution, the quanta that are missing. */
  retry(id: string, principal: Principal): Promise<RunChange>;
  /** Removes a run with all that it made; of a dry run only the plan. */
  remove(
    id: string,
    dryRun: boolean,
    principal: Principal,
    query: QueryContext,
  ): Promise<RunChange & { readonly plan: RunRemoval }>;
  /** Does something with the graph of a run; null where there is none (yet). */
  graph<T>(record: RunRecord, look: (graph: PredictedGraph) => Promise<T>): Promise<T | null>;
  /** What was expected before its graph was built, as tables of text; null where it was not planned (yet). */
  plan(record: RunRecord): Promise<string | null>;
  /** What has changed of what a graph was built from; empty where it is executed, or not built. */
  warnings(record: RunRecord, repositories: VisibleRepositories, query: QueryContext): Promise<readonly string[]>;
  /** Quanta that failed in the last attempt at each, and why. */
  failures(record: RunRecord): Promise<readonly QuantumFailure[]>;
  /** What a quantum logged; null where there is nothing (yet). */
  log(record: RunRecord, quantum: string): Promise<string | null>;
  /** The run now and after each change, until it is COMPLETED, FAILED, CANCELLED or gone. */
  watch(id: string, principal: Principal, signal: AbortSignal): AsyncIterable<RunRecord>;
}
