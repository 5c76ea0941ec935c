/** Runs as the faces call them: made, looked at, listed. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VisibleRepositories } from '../access/policy.ts';
import type { Identity, Principal } from '../access/principal.ts';
import { owns } from '../access/readable.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { Jobs } from '../jobs/job.ts';
import type { QueryContext } from '../repository/repository.ts';
import { fullName, sameSatellite, type OpenSatellite } from '../satellite/satellite.ts';
import type { SatelliteService } from '../satellite/service.ts';
import { draftSpec, type DraftSpec } from './create-run.ts';
import { directoryOfRun, RUN_FILES, runPlace, type RunDirectory } from './directory.ts';
import { withGraph } from './graph-view.ts';
import type { PredictedGraph } from './graph/predicted-graph.ts';
import { requireApart, requireUnused } from './output-places.ts';
import { planRunRemoval, type RunRemoval } from './removal.ts';
import { isActive, type RunRecord, type RunState } from './run.ts';
import { failuresOf, logOf, type QuantumFailure } from './run-logs.ts';
import type { CreateRun, RunChange, RunFilter, RunPage, RunService } from './service.ts';
import { changedCollections } from './changed-collections.ts';
import { changedMeanwhile, checkStage, stageToRetry } from './stage-rules.ts';
import type { Stages } from './stages.ts';
import { UNCLAIMED, type RunPosition, type RunEntry, type RunStore, type StageRequest } from './store.ts';

export interface RunsOptions {
  readonly store: RunStore;
  readonly satellites: Pick<SatelliteService, 'find' | 'list' | 'forWriting' | 'forJob'>;
  readonly stages: Stages;
  readonly jobs: Pick<Jobs, 'cancel' | 'retry' | 'find'>;
  /** Where pipeline files may be. */
  readonly pipelines: readonly string[];
  /** Unix milliseconds. @default the machine's clock */
  readonly now?: () => number;
}

/** States in which nothing goes on before somebody asks for it. */
const ENDED: ReadonlySet<RunState> = new Set(['COMPLETED', 'FAILED', 'CANCELLED']);
const READ_MILLISECONDS = 30_000;
/** How often what changed is looked for. */
const WATCH_MILLISECONDS = 500;
/** Runs of one output that are made in the same second take the seconds that follow. */
const MOST_IN_A_SECOND = 60;

export class Runs implements RunService {
  readonly #options: RunsOptions;
  readonly #store: RunStore;

  constructor(options: RunsOptions) {
    this.#options = options;
    this.#store = options.store;
  }

  async create(
    request: CreateRun,
    principal: Principal,
    repositories: VisibleRepositories,
    query: QueryContext,
  ): Promise<RunRecord> {
    const { satellites, pipelines, now = Date.now } = this.#options;
    const satellite = await satellites.forWriting(request.satellite, principal);
    const draft = await draftSpec({ request, satellite, repositories, pipelines }, query);
    const extended = draft.extend ? await extendedRun(satellite, draft.output, query) : undefined;
    const created = now();
    for (let i = 0; i < MOST_IN_A_SECOND; i += 1) {
      const entry = newRun(draft, extended, principal, satellite, created, i);
      requireApart(entry, await this.#store.ofSatellite(entry));
      if (!(await this.#store.add(entry))) continue;
      await prepareDirectory(satellite, entry, query.signal);
      return entry;
    }
    throw new SatelliteError(
      'CONFLICT',
      `There are too many runs of '${draft.output}' that were made just now: wait a minute.`,
    );
  }

  async find(id: string, principal: Principal): Promise<RunRecord | null> {
    const entry = await this.#store.get(id);
    return entry && (await this.#existsFor(entry, principal)) ? entry : null;
  }

  async list({ satellite, first, after }: RunFilter, principal: Principal): Promise<RunPage> {
    const last = after === undefined ? undefined : await this.find(after, principal);
    if (last === null) throw new SatelliteError('BAD_USER_INPUT', '"after" is no run (any more): begin anew.');
    const names = satellite === undefined ? await this.#usedBy(principal) : [await this.#nameOf(satellite, principal)];
    const known = names.filter((name) => name !== null);
    const rows: RunRecord[] = [];
    // Some may be of a satellite that is gone: the page has those that follow.
    for (let position: RunPosition | undefined = last; rows.length <= first;) {
      const found = await this.#store.list(known, first + 1, position);
      const existing = await Promise.all(found.map((entry) => this.#existsFor(entry, principal)));
      rows.push(...found.filter((_, i) => existing[i]));
      if (found.length <= first) break;
      position = found.at(-1);
    }
    return { rows: rows.slice(0, first), hasNextPage: rows.length > first };
  }

  async build(id: string, principal: Principal): Promise<RunChange> {
    return this.#options.stages.begin(await this.writeable(id, principal), 'build', null, principal);
  }

  async execute(id: string, principal: Principal): Promise<RunChange> {
    return this.#options.stages.begin(await this.writeable(id, principal), 'execute', null, principal);
  }

  async transfer(id: string, inputs: StageRequest['inputs'], principal: Principal): Promise<RunChange> {
    return this.#options.stages.begin(await this.writeable(id, principal), 'transfer', { inputs }, principal);
  }

  async cancel(id: string, principal: Principal): Promise<RunChange> {
    const { jobs, stages } = this.#options;
    const entry = await this.#existing(id, principal);
    if (isActive(entry) && entry.job !== null && entry.worker === null) {
      const job = await jobs.cancel(entry.job, entry.jobOwner!);
      return { run: (await this.#store.get(id)) ?? entry, job };
    }
    if (entry.state === 'COMPLETED' || entry.state === 'CANCELLED') return { run: entry, job: null };
    // The attempt that may go on elsewhere is no longer the latest one, and changes nothing any more.
    // Until it says that it has stopped, or its time is over, a claimant may still write.
    const { claim, claimedUntil } = entry;
    const changes = {
      state: 'CANCELLED' as const,
      ...{ attempt: entry.attempt + 1, error: null, ...UNCLAIMED, claim, claimedUntil },
    };
    const cancelled = await this.#store.change(entry, changes);
    if (!cancelled) throw changedMeanwhile(id);
    await stages.record(cancelled);
    return { run: cancelled, job: null };
  }

  async retry(id: string, principal: Principal): Promise<RunChange> {
    const { jobs, stages } = this.#options;
    const entry = await this.writeable(id, principal);
    if (entry.state === 'HELD' && entry.job !== null) {
      const job = await jobs.retry(entry.job, entry.jobOwner!, principal.token);
      return { run: (await this.#store.get(id)) ?? entry, job };
    }
    return stages.begin(entry, stageToRetry(entry), entry.request, principal);
  }

  async remove(
    id: string,
    dryRun: boolean,
    principal: Principal,
    query: QueryContext,
  ): Promise<RunChange & { readonly plan: RunRemoval }> {
    const { satellites, stages } = this.#options;
    const entry = await this.writeable(id, principal);
    checkStage(entry, 'remove', Date.now());
    requireUnused(entry, await this.#store.ofSatellite(entry));
    const satellite = sameSatellite(await satellites.forWriting(entry.satellite, principal), entry.satelliteId);
    const plan = await planRunRemoval(entry, satellite, query);
    if (dryRun) return { run: entry, job: null, plan };
    return { ...(await stages.begin(entry, 'remove', null, principal)), plan };
  }

  async graph<T>(record: RunRecord, look: (graph: PredictedGraph) => Promise<T>): Promise<T | null> {
    return withGraph(await this.#directoryOf(record), AbortSignal.timeout(READ_MILLISECONDS), look);
  }

  async plan(record: RunRecord): Promise<string | null> {
    const directory = await this.#directoryOf(record);
    return directory.read(RUN_FILES.plan, AbortSignal.timeout(READ_MILLISECONDS));
  }

  async warnings(
    record: RunRecord,
    repositories: VisibleRepositories,
    query: QueryContext,
  ): Promise<readonly string[]> {
    if (record.state !== 'BUILT') return [];
    try {
      return await changedCollections(record, await this.#directoryOf(record), repositories, query);
    } catch (error) {
      // What is wrong with where inputs or the run are is no reason to show nothing of the run.
      if (!(error instanceof SatelliteError) || query.signal.aborted) throw error;
      return [`It cannot be said whether the collections of inputs have changed: ${error.message}`];
    }
  }

  async failures(record: RunRecord): Promise<readonly QuantumFailure[]> {
    return failuresOf(await this.#directoryOf(record), AbortSignal.timeout(READ_MILLISECONDS));
  }

  async log(record: RunRecord, quantum: string): Promise<string | null> {
    return logOf(await this.#directoryOf(record), quantum, AbortSignal.timeout(READ_MILLISECONDS));
  }

  async #directoryOf(record: RunRecord): Promise<RunDirectory> {
    return directoryOfRun((await this.#options.satellites.forJob(record.satellite)).directory, record);
  }

  async *watch(id: string, principal: Principal, signal: AbortSignal): AsyncGenerator<RunRecord, void> {
    await this.#existing(id, principal);
    for (let version = -1; !signal.aborted;) {
      const entry = await this.#store.get(id);
      if (!entry || (entry.version !== version && !(await this.#existsFor(entry, principal)))) return;
      if (entry.version !== version) yield entry;
      if (ENDED.has(entry.state)) return;
      version = entry.version;
      await sleep(WATCH_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #existing(id: string, principal: Principal): Promise<RunEntry> {
    const entry = await this.#store.get(id);
    if (entry && (await this.#existsFor(entry, principal))) return entry;
    throw new SatelliteError(
      'NOT_FOUND',
      `There is no run '${id.slice(0, 60)}' on a satellite that you may write to (signed in as ${principal.username}).`,
    );
  }

  /** One whose satellite the principal can write to now. @throws SatelliteError NOT_FOUND, CONFLICT */
  async writeable(id: string, principal: Principal): Promise<RunEntry> {
    const entry = await this.#existing(id, principal);
    sameSatellite(await this.#options.satellites.forWriting(entry.satellite, principal), entry.satelliteId);
    return entry;
  }

  /** Full names of the satellites whose runs may exist for someone. */
  async #usedBy(principal: Principal): Promise<readonly string[]> {
    const known = await this.#options.satellites.list(principal, { deleted: false });
    const own = known.filter((satellite) => owns(principal, satellite)).map(fullName);
    return [...new Set([...own, ...(await this.#store.satellitesOf(principal.username))])];
  }

  async #nameOf(called: string, principal: Principal): Promise<string | null> {
    const found = await this.#options.satellites.find(called, principal);
    return found && fullName(found);
  }

  /** A run exists for whoever may write to its satellite, as long as that is the one that it was made for. */
  async #existsFor(entry: RunEntry, principal: Principal): Promise<boolean> {
    const { satellites } = this.#options;
    const satellite = await satellites.find(entry.satellite, principal);
    if (!satellite || satellite.id !== entry.satelliteId) return false;
    return owns(principal, satellite) || (await mayWrite(satellites, entry.satellite, principal));
  }
}

async function mayWrite(
  satellites: Pick<SatelliteService, 'forWriting'>,
  name: string,
  principal: Identity,
): Promise<boolean> {
  try {
    await satellites.forWriting(name, principal);
    return true;
  } catch (error) {
    if (!(error instanceof SatelliteError)) throw error;
    // It is checked out, or deleted: the right to it is another question.
    return error.code === 'CONFLICT';
  }
}

function newRun(
  draft: DraftSpec,
  extended: string | undefined,
  { username }: Identity,
  { id, fullName: satellite, directory }: OpenSatellite,
  created: number,
  later: number,
): RunEntry {
  const timestamp = utcTimestamp(created + later * 1000);
  return {
    id: randomUUID(),
    owner: username,
    satellite,
    satelliteId: id,
    spec: { ...draft, outputRun: extended ?? `${draft.output}/${timestamp}` },
    state: 'CREATED',
    reached: 'CREATED',
    stage: null,
    directory: `${directory.root}/${runPlace(draft.output, timestamp)}`,
    quanta: null,
    explain: null,
    error: null,
    request: null,
    job: null,
    jobOwner: null,
    worker: null,
    claim: null,
    claimedUntil: null,
    sealedToken: null,
    attempt: 0,
    createdAt: created,
    changedAt: created,
    version: 1,
  };
}

/** `20260131T235959Z` */
function utcTimestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** The last RUN of a chain of outputs. @throws SatelliteError BAD_USER_INPUT where there is none */
async function extendedRun(
  { repository, fullName: satellite }: OpenSatellite,
  output: string,
  query: QueryContext,
): Promise<string> {
  const all = await repository.collections({ search: ['*'], includeChains: true }, query);
  const chain = all.find(({ name }) => name === output);
  const last = chain?.children?.find((child) => child.startsWith(`${output}/`));
  if (last !== undefined && all.some(({ name, type }) => name === last && type === 'RUN')) return last;
  throw new SatelliteError(
    'BAD_USER_INPUT',
    `There is no run of '${output}' in '${satellite}' to extend: leave "extend" out.`,
  );
}

async function prepareDirectory(satellite: OpenSatellite, entry: RunEntry, signal: AbortSignal): Promise<void> {
  const directory = directoryOfRun(satellite.directory, entry);
  const { pipeline } = entry.spec;
  if (pipeline && 'yaml' in pipeline) await directory.write(RUN_FILES.pipeline, pipeline.yaml, signal);
  await directory.writeRecord(entry, signal);
}
