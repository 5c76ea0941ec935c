/** The work of runs as durable jobs: begun, gone on with after a crash, held, ended. */
import type { Logger } from 'pino';
import type { Principal } from '../access/principal.ts';
import type { MintedTokens } from '../access/minted-token.ts';
import type { Job, JobKind, Jobs, Json, Lane, Task } from '../jobs/job.ts';
import type { MadeFrom } from '../satellite/made-from.ts';
import { sameSatellite, type OpenSatellite, type SatelliteDirectory } from '../satellite/satellite.ts';
import { endTransfer, type LeftFiles } from '../transfer/left-files.ts';
import { contextOf, writeableSatellite, type TransferSurroundings } from '../transfer/attempt-setting.ts';
import { makeGraph, placeInputs, type Stack } from './build-work.ts';
import { directoryOfRun, RUN_FILES } from './directory.ts';
import { ExecuteStage, superseded, type StageEnd } from './execute-stage.ts';
import { planBeforeBuilding } from './plan/plan-before-building.ts';
import { planText } from './plan/run-plan.ts';
import { endOutputQuota, OutputQuota } from './output-quota.ts';
import { requireUnused } from './output-places.ts';
import { requireReach, requireStack } from './reach.ts';
import { removeRunOutputs } from './removal.ts';
import { runTokens } from './run-tokens.ts';
import type { RunExplanation, RunStage } from './run.ts';
import type { RunSettings } from './settings.ts';
import { changedMeanwhile, checkStage, WORKING } from './stage-rules.ts';
import { UNCLAIMED, type RunEntry, type RunStore, type StageRequest } from './store.ts';
import { bringRunHome } from './transfer/bring-run-home.ts';
import { readableRepositories, readingRules } from './transfer/readable-repositories.ts';
import { sandboxUid } from './worker/sandbox.ts';

export interface StagesOptions {
  readonly store: RunStore;
  readonly jobs: Jobs;
  readonly settings: RunSettings;
  readonly surroundings: TransferSurroundings & { readonly satellites: Pick<SatelliteDirectory, 'forJob'> };
  readonly madeFrom: Pick<MadeFrom, 'add'>;
  /** Is told of copies that were not ended. */
  readonly leftFiles: Pick<LeftFiles, 'noteCopy' | 'beginCopy'>;
  readonly minted: Pick<MintedTokens, 'mint'>;
  readonly publicUrl: () => string;
  readonly log: Pick<Logger, 'warn'>;
}

/** One attempt at a stage of a run: an older one changes nothing any more. */
export type StageInput = { readonly run: string; readonly attempt: number };

const KIND = { build: 'buildRun', execute: 'executeRun', transfer: 'transferRun', remove: 'removeRun' } as const;
const LANES: Readonly<Record<RunStage, Lane>> = { build: 'run', execute: 'run', transfer: 'bulk', remove: 'short' };
const WRITE_MILLISECONDS = 30_000;

export class Stages {
  readonly #options: StagesOptions;
  readonly #kinds: Readonly<Record<RunStage, JobKind<StageInput>>>;
  readonly #execution: ExecuteStage;

  /** Adds its kinds of work to the jobs; to be called before their `start`. */
  constructor(options: StagesOptions) {
    this.#options = options;
    this.#execution = new ExecuteStage(options);
    this.#kinds = {
      build: this.#kind('build', (entry, task) => this.#build(entry, task)),
      execute: this.#kind('execute', (entry, task) => this.#execution.work(entry, this.#stack(entry, task), task)),
      transfer: this.#kind('transfer', (entry, task) => this.#transfer(entry, task)),
      remove: this.#kind('remove', async (entry, task) => ({ changes: {}, result: await this.#remove(entry, task) })),
    };
    for (const kind of Object.values(this.#kinds)) options.jobs.define(kind);
  }

  /**
   * Begins a stage.
   * @throws SatelliteError CONFLICT where the run's state forbids it; FORBIDDEN where this gateway runs no users' code
   */
  async begin(
    entry: RunEntry,
    stage: RunStage,
    request: StageRequest | null,
    principal: Principal,
  ): Promise<{ readonly run: RunEntry; readonly job: Job }> {
    checkStage(entry, stage, Date.now());
    const { store, settings } = this.#options;
    if (stage === 'build' || stage === 'execute') {
      requireStack(settings, entry, principal.username);
      requireReach(settings, entry, await this.#unasked(entry));
    }
    const begun = await store.change(entry, {
      ...(stage !== 'remove' && { state: WORKING[stage] }),
      ...(stage === 'build' && { quanta: null, explain: null }),
      stage,
      request,
      attempt: entry.attempt + 1,
      error: null,
      job: null,
      jobOwner: principal.username,
      ...UNCLAIMED,
    });
    if (!begun) throw changedMeanwhile(entry.id);
    const job = await this.#enqueue(begun, principal.token).catch(async (error: unknown) => {
      // As it was, for another try; should the job be there after all, it belongs to an attempt that is over.
      const { state, stage: before, request: asked, error: why } = entry;
      const back = { state, stage: before, request: asked, error: why, quanta: entry.quanta, explain: entry.explain };
      await store.changeAttempt(begun.id, begun.attempt, { ...back, attempt: begun.attempt + 1 });
      throw error;
    });
    return { run: (await store.changeAttempt(begun.id, begun.attempt, { job: job.id })) ?? begun, job };
  }

  /**
   * Enqueues what a crash kept from being enqueued, a while ago: another gateway on the same state may be about to.
   * @param before Unix milliseconds
   */
  async enqueueForgotten(before: number): Promise<void> {
    const { store, log } = this.#options;
    for (const entry of await store.inState(Object.values(WORKING))) {
      if (entry.job !== null || entry.worker !== null || entry.changedAt > before) continue;
      try {
        // Nobody's token is at hand: where a repository needs one, the job is held until its user comes.
        const job = await this.#enqueue(entry, undefined);
        await store.changeAttempt(entry.id, entry.attempt, { job: job.id });
      } catch (err) {
        log.warn({ err, run: entry.id }, 'could not go on with a run');
      }
    }
  }

  #enqueue(entry: RunEntry, token: string | undefined): Promise<Job> {
    return this.#options.jobs.enqueue(this.#kinds[entry.stage!], {
      owner: entry.jobOwner!,
      subject: `satellite:${entry.satellite}`,
      input: { run: entry.id, attempt: entry.attempt },
      idempotencyKey: `${entry.id} ${entry.attempt}`,
      token,
    });
  }

  #kind(stage: RunStage, work: (entry: RunEntry, task: Task) => Promise<StageEnd>): JobKind<StageInput> {
    const { store, surroundings, leftFiles } = this.#options;
    const isWorking = stage !== 'remove';
    return {
      name: KIND[stage],
      // What takes hours need not keep other changes of the satellite waiting: the run's own state lets one stage in at a time.
      exclusive: stage === 'transfer' || stage === 'remove',
      lane: () => LANES[stage],
      check: async ({ run }, owner) => {
        const entry = await store.get(run);
        if (!entry) return;
        await writeableSatellite(surroundings, owner, entry.satellite, entry.satelliteId);
        if (stage === 'remove') return;
        const rules = await readingRules(surroundings, owner, entry.spec.repositories);
        // What is brought is what may be read all the time; what is executed asks at each file.
        return stage === 'transfer' ? rules : undefined;
      },
      run: async ({ run, attempt }, task) => {
        // A crash may have come before the run was told its job: cancelRun ends that, and not the run alone.
        const begun = await store.changeAttempt(run, attempt, {
          job: task.jobId,
          ...(isWorking && { state: WORKING[stage], error: null }),
        });
        if (!begun && stage === 'remove' && !(await store.get(run))) return null;
        if (!begun) throw superseded(run);
        await this.record(begun);
        const { changes, result } = await work(begun, task);
        const ended = await store.changeAttempt(run, attempt, { stage: null, request: null, error: null, ...changes });
        if (ended) await this.record(ended);
        return result;
      },
      held: async ({ run, attempt }, error) => {
        const held = isWorking && (await store.changeAttempt(run, attempt, { state: 'HELD', error: { ...error } }));
        if (held) await this.record(held);
      },
      ended: async ({ run, attempt }, job) => {
        const of = stage === 'transfer' ? await store.get(run) : null;
        if (of) {
          const to = { to: of.satellite, satelliteId: of.satelliteId };
          await endTransfer(surroundings.satellites, leftFiles, of.request?.inputs ?? 'REFERENCE', to, job);
        }
        if (job.state === 'COMPLETED') return;
        const state = job.state === 'CANCELLED' ? ('CANCELLED' as const) : ('FAILED' as const);
        const entry = await store.changeAttempt(run, attempt, { ...(isWorking && { state }), error: job.error });
        if (entry && stage === 'execute' && state === 'CANCELLED') await this.#execution.stopBps(entry);
        if (entry) await this.record(entry);
      },
    };
  }

  /** Writes the run's record into its directory; a run goes on where that cannot be. */
  async record(entry: RunEntry): Promise<void> {
    const { log } = this.#options;
    try {
      const satellite = await this.#unasked(entry);
      const signal = AbortSignal.timeout(WRITE_MILLISECONDS);
      await directoryOfRun(satellite.directory, entry).writeRecord(entry, signal);
    } catch (err) {
      log.warn({ err, run: entry.id }, "could not write a run's record into its directory");
    }
  }

  async #build(entry: RunEntry, task: Task): Promise<StageEnd> {
    const satellite = await this.#satellite(entry, task);
    const explain = await task.step('plan', () => this.#plan(entry, satellite, task));
    const built = await task.step('graph', () => makeGraph(entry, satellite, this.#stack(entry, task), task));
    return this.finishBuild(entry, { ...built, explain }, task);
  }

  /** Says in the run's directory what will be done. @returns why that would be nothing, as far as that is known */
  async #plan(entry: RunEntry, satellite: OpenSatellite, task: Task) {
    const { surroundings } = this.#options;
    const repositories = await readableRepositories(surroundings, task.owner, entry.spec.repositories);
    const ctx = contextOf(surroundings, task);
    const plan = await planBeforeBuilding(entry.spec, this.#stack(entry, task), repositories, ctx);
    if (!plan) return null;
    await directoryOfRun(satellite.directory, entry).write(RUN_FILES.plan, planText(plan), task.signal);
    return plan.explain && { reason: plan.explain.reason, suggestions: plan.explain.suggestions };
  }

  /** What follows when the graph is there, whoever built it. @param token of whom it is done for, where no job has it */
  async finishBuild(
    entry: RunEntry,
    built: {
      readonly quanta: number;
      readonly datasets: number;
      readonly reasons: readonly string[];
      /** Why it is empty; null or absent: `reasons` have to do. */
      readonly explain?: RunExplanation | null;
    },
    task: Task,
    token?: string,
  ): Promise<StageEnd> {
    const quanta = { total: built.quanta, succeeded: 0, failed: 0, blocked: 0 };
    const changes = { state: 'BUILT', reached: 'BUILT', quanta } as const;
    if (built.quanta === 0) {
      const reason = built.reasons.join('\n') || 'Nothing matches what the run asks for.';
      const explain = built.explain ?? { reason, suggestions: [] };
      return { changes: { ...changes, explain }, result: { quanta: 0, datasets: 0, inputs: 0 } };
    }
    const inputs = await task.step('inputs', () => this.#placeInputs(entry, task, token));
    return {
      changes: { ...changes, explain: null },
      result: { quanta: built.quanta, datasets: built.datasets, inputs },
    };
  }

  async #placeInputs(entry: RunEntry, task: Task, token: string | undefined): Promise<number> {
    const { surroundings, publicUrl, settings } = this.#options;
    const satellite = await this.#satellite(entry, task);
    const repositories = await readableRepositories(surroundings, task.owner, entry.spec.repositories);
    const seesRoot = settings.executeAs !== 'sandbox';
    const placing = { satellite, repositories, publicUrl: publicUrl(), seesRoot };
    const jobs = token === undefined ? surroundings.jobs : { tokenOf: () => token };
    const { inputs, collections } = await placeInputs(entry, placing, contextOf({ jobs }, task));
    const made = { repository: entry.satellite, satelliteId: entry.satelliteId };
    await this.#options.madeFrom.add(made, entry.spec.repositories, async () => collections);
    return inputs;
  }

  async #transfer(entry: RunEntry, task: Task): Promise<StageEnd> {
    const { spec, satellite, satelliteId, directory, request } = entry;
    const { repositories, inputs, output, outputRun, extend } = spec;
    const graph = `${directory}/${RUN_FILES.graph}`;
    const provenance = extend ? undefined : `${directory}/${RUN_FILES.provenance}`;
    const run = { satellite, satelliteId, repositories, inputs, output, outputRun, graph, provenance };
    const mode = request?.inputs ?? 'REFERENCE';
    const { surroundings, leftFiles } = this.#options;
    if (mode === 'COPY') await leftFiles.beginCopy({ to: satellite, satelliteId }, task);
    const brought = await bringRunHome(run, mode, surroundings, task);
    await this.#keepQuota(entry, task);
    // Of what has made nothing only the inputs came.
    return {
      changes: brought.datasets > 0 ? { state: 'COMPLETED', reached: 'COMPLETED' } : { state: 'BUILT' },
      result: { ...brought },
    };
  }

  /** What did not come home, such as half of what a quantum that failed made, counts until the run is removed. */
  async #keepQuota(entry: RunEntry, task: Task): Promise<void> {
    const { surroundings, log } = this.#options;
    try {
      const quota = new OutputQuota(entry, await this.#satellite(entry, task), surroundings.satellites);
      await endOutputQuota(entry, surroundings.satellites);
      await quota.count(task.signal);
    } catch (err) {
      task.signal.throwIfAborted();
      log.warn({ err, run: entry.id }, 'could not count what a run left beside its outputs');
    }
  }

  async #remove(entry: RunEntry, task: Task): Promise<Json> {
    const { store, surroundings } = this.#options;
    const satellite = await this.#satellite(entry, task);
    requireUnused(entry, await store.ofSatellite(entry));
    await this.#execution.stopBps(entry);
    const removed = await removeRunOutputs(entry, satellite, contextOf(surroundings, task));
    await directoryOfRun(satellite.directory, entry).remove(task.signal);
    await endOutputQuota(entry, surroundings.satellites);
    await store.remove(entry.id);
    return { ...removed };
  }

  #satellite({ satellite, satelliteId }: RunEntry, task: Task): Promise<OpenSatellite> {
    return writeableSatellite(this.#options.surroundings, task.owner, satellite, satelliteId);
  }

  /** The same without asking for anybody's rights. */
  async #unasked({ satellite, satelliteId }: RunEntry): Promise<OpenSatellite> {
    return sameSatellite(await this.#options.surroundings.satellites.forJob(satellite), satelliteId);
  }

  #stack(entry: RunEntry, task: Task): Stack {
    const { settings, minted, publicUrl } = this.#options;
    const python = requireStack(settings, entry, task.owner);
    return {
      python,
      memoryBytes: settings.memoryBytes,
      buildSeconds: settings.buildSeconds,
      place:
        settings.executeAs === 'self'
          ? { kind: 'self' }
          : // Of the satellite: whoever may write to it goes on with what another has executed.
            { kind: 'sandbox', user: task.owner, uid: sandboxUid(entry.satellite) },
      gateway: publicUrl(),
      token: runTokens(minted, entry, task.owner, task.jobId),
    };
  }
}
