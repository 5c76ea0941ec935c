/** The work of runs as durable jobs: begun, gone on with after a crash, held, ended. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { runDirectory } from '../butler/file-template.ts';
import { isUri } from '../repository/direct/datastore/artifact-path.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { Principal } from '../access/principal.ts';
import type { MintedTokens } from '../access/minted-token.ts';
import { HeldError, type Job, type JobKind, type Jobs, type Json, type Task } from '../jobs/job.ts';
import type { OpenSatellite, SatelliteDirectory } from '../satellite/satellite.ts';
import { contextOf, writeableSatellite, type TransferSurroundings } from '../transfer/attempt-setting.ts';
import { cancelBps } from './bps/execute-by-bps.ts';
import { makeGraph, placeInputs, type Stack } from './build-work.ts';
import { directoryOfRun, RUN_FILES } from './directory.ts';
import { executeQuanta, requireAll } from './execute-work.ts';
import { planBeforeBuilding } from './plan/plan-before-building.ts';
import { planText } from './plan/run-plan.ts';
import { endOutputQuota, OutputQuota } from './output-quota.ts';
import { requireApart, requireUnused } from './output-places.ts';
import { requireReach, requireStack } from './reach.ts';
import { removeRunOutputs } from './removal.ts';
import { runTokens } from './run-tokens.ts';
import type { QuantaCounts, RunExplanation, RunRecord, RunStage } from './run.ts';
import type { RunSettings } from './settings.ts';
import { checkStage, WORKING } from './stage-rules.ts';
import { UNCLAIMED, type RunChanges, type RunEntry, type RunStore, type StageRequest } from './store.ts';
import { bringRunHome } from './transfer/bring-run-home.ts';
import { readableRepositories, readingRules } from './transfer/readable-repositories.ts';
import { sandboxUid } from './worker/sandbox.ts';

export interface StagesOptions {
  readonly store: RunStore;
  readonly jobs: Jobs;
  readonly settings: RunSettings;
  readonly surroundings: TransferSurroundings & { readonly satellites: Pick<SatelliteDirectory, 'forJob'> };
  readonly minted: Pick<MintedTokens, 'mint'>;
  readonly publicUrl: () => string;
  readonly log: Pick<Logger, 'warn'>;
}

/** One attempt at a stage of a run: an older one changes nothing any more. */
export type StageInput = { readonly run: string; readonly attempt: number };

const KIND = { build: 'buildRun', execute: 'executeRun', transfer: 'transferRun', remove: 'removeRun' } as const;
const WRITE_MILLISECONDS = 30_000;
const AWAY_ADVICE = 'It is tried again by itself every few minutes, or at once with retryRun.';

/** What a stage changes when it has ended well, and what its job answers. */
interface StageEnd {
  readonly changes: RunChanges;
  readonly result: Json;
}

export class Stages {
  readonly #options: StagesOptions;
  readonly #kinds: Readonly<Record<RunStage, JobKind<StageInput>>>;

  /** Adds its kinds of work to the jobs; to be called before their `start`. */
  constructor(options: StagesOptions) {
    this.#options = options;
    this.#kinds = {
      build: this.#kind('build', (entry, task) => this.#build(entry, task)),
      execute: this.#kind('execute', (entry, task) => this.#execute(entry, task)),
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
    const { store, settings, surroundings } = this.#options;
    if (stage === 'build' || stage === 'execute') {
      requireStack(settings, entry, principal.username);
      requireReach(settings, entry, await surroundings.satellites.forJob(entry.satellite));
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
    if (!begun)
      throw new SatelliteError(
        'CONFLICT',
        `Run ${entry.id} was changed at the same moment: look at it, and try again.`,
      );
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
    const { store, surroundings } = this.#options;
    const isWorking = stage !== 'remove';
    return {
      name: KIND[stage],
      // What takes hours need not keep other changes of the satellite waiting: the run's own state lets one stage in at a time.
      exclusive: stage === 'transfer' || stage === 'remove',
      isLong: stage === 'build' || stage === 'execute',
      check: async ({ run }, owner) => {
        const entry = await store.get(run);
        if (!entry) return;
        await writeableSatellite(surroundings, owner, entry.satellite);
        if (stage === 'remove') return;
        const rules = await readingRules(surroundings, owner, entry.spec.repositories);
        // What is brought is what may be read all the time; what is executed asks at each file.
        return stage === 'transfer' ? rules : undefined;
      },
      run: async ({ run, attempt }, task) => {
        const begun = await store.changeAttempt(run, attempt, {
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
        if (of) await surroundings.satellites.release(of.satellite, job.id);
        if (job.state === 'COMPLETED') return;
        const state = job.state === 'CANCELLED' ? ('CANCELLED' as const) : ('FAILED' as const);
        const entry = await store.changeAttempt(run, attempt, { ...(isWorking && { state }), error: job.error });
        if (entry && stage === 'execute' && state === 'CANCELLED') await this.#stopBps(entry);
        if (entry) await this.record(entry);
      },
    };
  }

  /** Writes the run's record into its directory; a run goes on where that cannot be. */
  async record(entry: RunEntry): Promise<void> {
    const { surroundings, log } = this.#options;
    try {
      const satellite = await surroundings.satellites.forJob(entry.satellite);
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
    return placeInputs(entry, placing, contextOf({ jobs }, task));
  }

  async #execute(entry: RunEntry, task: Task): Promise<StageEnd> {
    const { store, settings } = this.#options;
    const { workers, retries, quantumSeconds } = settings;
    const satellite = await this.#satellite(entry, task);
    const { artifacts, environment } = satellite;
    // Another may have been made at the same moment.
    requireApart(entry, await store.ofSatellite(entry));
    const outputs = isUri(artifacts.root) ? null : join(artifacts.root, runDirectory(entry.spec.outputRun));
    // Also of an execution that is stopped, files are there that another graph must not take for its own.
    await store.changeAttempt(entry.id, entry.attempt, { reached: 'EXECUTED' });
    const isByBps = entry.spec.executor === 'BPS';
    if (isByBps) await mkdir(settings.bps.tokens, { recursive: true, mode: 0o700 });
    const execution = {
      ...{ ...this.#stack(entry, task), workers, retries, quantumSeconds, outputs },
      environment: await environment(),
      bps: isByBps ? { tokenFile: this.#tokenFile(entry), settings: settings.bps.settings } : null,
    };
    const tell = async (quanta: QuantaCounts) => {
      const { total, succeeded, failed, blocked } = quanta;
      await task.progress({ done: succeeded + failed + blocked, total, unit: 'quanta' });
      await store.changeAttempt(entry.id, entry.attempt, { quanta });
    };
    const counts = await this.#withinQuota(entry, satellite, task, (signal) =>
      executeQuanta(entry, execution, tell, signal),
    );
    requireAll(counts);
    return { changes: { state: 'EXECUTED', quanta: counts }, result: { ...counts } };
  }

  /** @throws SatelliteError QUOTA_EXCEEDED, with what was executed ended; HeldError where what is read is not there for long */
  async #withinQuota<T>(
    entry: RunEntry,
    satellite: OpenSatellite,
    task: Task,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { surroundings, log } = this.#options;
    const quota = new OutputQuota(entry, satellite, surroundings.satellites);
    try {
      return await quota.during(work, task.signal, (err) => {
        log.warn({ err, run: entry.id }, 'could not count the outputs of a run against its quota');
      });
    } catch (error) {
      if (!(error instanceof SatelliteError)) throw error;
      if (error.code === 'QUOTA_EXCEEDED') await this.#stopBps(entry);
      if (error.code === 'UPSTREAM_UNAVAILABLE')
        throw new HeldError(error.code, `${error.message} ${AWAY_ADVICE}`, 'SOURCE');
      throw error;
    }
  }

  async #transfer(entry: RunEntry, task: Task): Promise<StageEnd> {
    const { spec, satellite, directory, request } = entry;
    const { repositories, inputs, output, outputRun, extend } = spec;
    const graph = `${directory}/${RUN_FILES.graph}`;
    const provenance = extend ? undefined : `${directory}/${RUN_FILES.provenance}`;
    const run = { satellite, repositories, inputs, output, outputRun, graph, provenance };
    const brought = await bringRunHome(run, request?.inputs ?? 'REFERENCE', this.#options.surroundings, task);
    await endOutputQuota(entry, this.#options.surroundings.satellites);
    // Of what has made nothing only the inputs came.
    return {
      changes: brought.datasets > 0 ? { state: 'COMPLETED', reached: 'COMPLETED' } : { state: 'BUILT' },
      result: { ...brought },
    };
  }

  async #remove(entry: RunEntry, task: Task): Promise<Json> {
    const { store, surroundings } = this.#options;
    const satellite = await this.#satellite(entry, task);
    requireUnused(entry, await store.ofSatellite(entry));
    await this.#stopBps(entry);
    const removed = await removeRunOutputs(entry, satellite, contextOf(surroundings, task));
    await directoryOfRun(satellite.directory, entry).remove(task.signal);
    await endOutputQuota(entry, surroundings.satellites);
    await store.remove(entry.id);
    return { ...removed };
  }

  #tokenFile({ id }: Pick<RunRecord, 'id'>): string {
    return join(this.#options.settings.bps.tokens, id);
  }

  /** Ends what BPS does for a run, which goes on without us otherwise. */
  async #stopBps(entry: RunRecord): Promise<void> {
    if (entry.spec.executor !== 'BPS' || this.#options.settings.executeAs !== 'self') return;
    await cancelBps(entry.directory);
    await rm(this.#tokenFile(entry), { force: true });
  }

  #satellite(entry: RunRecord, task: Task): Promise<OpenSatellite> {
    return writeableSatellite(this.#options.surroundings, task.owner, entry.satellite);
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

function superseded(run: string): SatelliteError {
  return new SatelliteError('CONFLICT', `Run ${run} is gone, or something else was begun with it since.`);
}
