/**
 * Runs whose graph is built and executed on their user's own machine: it claims the run, is given a capability for its
 * processes, tells how it goes, and ends the stage.  A claim that is not heard of lapses, and another takes its place.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { MintedTokens } from '../access/minted-token.ts';
import { refused } from '../access/token-form.ts';
import { permits } from '../access/permission.ts';
import type { Principal } from '../access/principal.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { Task } from '../jobs/job.ts';
import { isUri } from '../repository/direct/datastore/artifact-path.ts';
import { sameSatellite, type SatelliteDirectory } from '../satellite/satellite.ts';
import type { GatewaySecret } from '../state/secret.ts';
import { requireAll } from './execute-work.ts';
import { OutputQuota } from './output-quota.ts';
import { requireCredentials } from './reach.ts';
import { runTokens } from './run-tokens.ts';
import type { QuantaCounts, RunRecord } from './run.ts';
import type { Runs } from './runs.ts';
import { checkStage, WORKING } from './stage-rules.ts';
import type { Stages } from './stages.ts';
import { UNCLAIMED, type RunEntry, type RunStore } from './store.ts';

export interface ClaimsOptions {
  readonly store: RunStore;
  readonly runs: Pick<Runs, 'writeable'>;
  readonly satellites: Pick<SatelliteDirectory, 'forWriting' | 'reserve' | 'release'>;
  readonly stages: Pick<Stages, 'finishBuild' | 'record'>;
  readonly minted: Pick<MintedTokens, 'mint'>;
  readonly secret: Pick<GatewaySecret, 'seal' | 'unseal'>;
  readonly log: Pick<Logger, 'warn'>;
  /** Unix milliseconds. @default the machine's clock */
  readonly now?: () => number;
}

/** What can be done where the user works. */
export type ClaimedStage = 'build' | 'execute';

export interface NewClaim {
  readonly stage: ClaimedStage;
  /** Name of the machine, for people. */
  readonly worker: string;
}

export interface HeldClaim {
  /** To be given with everything that the claimant tells. */
  readonly claim: string;
  readonly run: RunRecord;
  /** Capability to read what the run reads, with which its processes ask the gateway. */
  readonly token: string;
  /** What its processes need to reach the satellite's files; it ends by itself. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What came of a stage. */
export type ClaimEnd =
  | { readonly built: { readonly quanta: number; readonly datasets: number; readonly reasons: readonly string[] } }
  | { readonly executed: QuantaCounts }
  | { readonly failed: string }
  | { readonly stopped: true };

/** Begins the name of a run where that of a job stands. */
const PREFIX = 'run:';
/** How long a claimant may be silent. */
const LEASE_MILLISECONDS = 60_000;
const WORK_MILLISECONDS = 600_000;
const LONGEST_NAME = 100;
/** How often a claimant's outputs are counted. */
const COUNT_MILLISECONDS = 30_000;

export class Claims {
  readonly #options: ClaimsOptions;
  readonly #now: () => number;
  /** Of the claims whose outputs were counted: when that was begun last, and the count that is under way. */
  readonly #counts = new Map<string, { readonly begun: number; underWay: Promise<void> | null }>();

  constructor(options: ClaimsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** @throws SatelliteError NOT_FOUND; CONFLICT where the stage cannot be begun, or another machine is at it */
  async claim(id: string, { stage, worker }: NewClaim, principal: Principal): Promise<HeldClaim> {
    const { store, runs, stages, secret } = this.#options;
    const entry = await runs.writeable(id, principal);
    requireRun(entry, principal);
    const isLapsed = entry.worker !== null && (entry.claimedUntil ?? 0) < this.#now() && entry.stage === stage;
    // Its claimant has gone: the run is as it was, and what was executed is found by its files.
    checkStage(isLapsed ? { ...entry, state: 'CANCELLED' } : entry, stage, this.#now());
    const environment = stage === 'execute' ? await this.#environment(entry, principal) : {};
    const claim = randomUUID();
    const claimed = await store.change(entry, {
      state: WORKING[stage],
      ...(stage === 'build' ? { quanta: null, explain: null } : { reached: 'EXECUTED' as const }),
      stage,
      attempt: entry.attempt + 1,
      error: null,
      job: null,
      jobOwner: principal.username,
      worker: worker.replaceAll(/[^\w.-]/g, '?').slice(0, LONGEST_NAME),
      claim,
      claimedUntil: this.#now() + LEASE_MILLISECONDS,
      sealedToken: principal.token === undefined ? null : secret.seal(purpose(id), principal.token),
    });
    if (!claimed) throw new SatelliteError('CONFLICT', `Run ${id} was changed at the same moment: try again.`);
    await stages.record(claimed);
    return { claim, run: claimed, token: await this.#mint(claimed, principal), environment };
  }

  /**
   * Keeps a claim, and tells how quanta went so far.
   * @throws SatelliteError CONFLICT where it is held no more, QUOTA_EXCEEDED where that is as the run has written too much
   */
  async beat(id: string, claim: string, quanta: QuantaCounts | null, principal: Principal): Promise<HeldClaim> {
    const entry = await this.#held(id, claim, principal);
    const kept = await this.#options.store.changeAttempt(id, entry.attempt, {
      claimedUntil: this.#now() + LEASE_MILLISECONDS,
      ...(quanta && { quanta: { ...quanta, total: entry.quanta?.total ?? quanta.total } }),
    });
    if (!kept) throw lost(id);
    this.#countNowAndThen(kept, claim, principal);
    return { claim, run: kept, token: await this.#mint(kept, principal), environment: {} };
  }

  /** Ends a stage. @throws SatelliteError as the stage's own end does; then the run is FAILED with it */
  async end(id: string, claim: string, end: ClaimEnd, principal: Principal): Promise<RunRecord> {
    const { store, stages, runs } = this.#options;
    await this.#counts.get(claim)?.underWay;
    const cancelled = await runs.writeable(id, principal);
    if (cancelled.claim === claim && cancelled.worker === null) {
      // Its claimant has stopped, as it was asked to.
      const left = await store.change(cancelled, UNCLAIMED);
      if (!('stopped' in end)) throw lost(id, cancelled.error);
      return left ?? cancelled;
    }
    const entry = await this.#held(id, claim, principal);
    this.#counts.delete(claim);
    const change = async (changes: Parameters<RunStore['changeAttempt']>[2]) => {
      const changed = await store.changeAttempt(id, entry.attempt, { ...UNCLAIMED, ...changes });
      if (!changed) throw lost(id);
      await stages.record(changed);
      return changed;
    };
    if ('stopped' in end) return change({ state: 'CANCELLED' });
    try {
      if ('failed' in end) throw new SatelliteError('RUN_FAILED', end.failed);
      if ('built' in end) {
        const { changes } = await stages.finishBuild(entry, end.built, taskOf(principal), principal.token);
        return await change({ stage: null, error: null, ...changes });
      }
      const total = entry.quanta?.total ?? end.executed.total;
      const quanta = { ...end.executed, total };
      await store.changeAttempt(id, entry.attempt, { quanta });
      await this.#count(entry, principal);
      requireAll(quanta);
      return await change({ state: 'EXECUTED', stage: null, error: null, quanta });
    } catch (error) {
      if (!(error instanceof SatelliteError)) throw error;
      return change({ state: 'FAILED', error: { code: error.code, message: error.message } });
    }
  }

  /** Gives up the runs whose claimants have gone: `retryRun`, or another claim, goes on with what is missing. */
  async sweep(): Promise<void> {
    const { store, stages } = this.#options;
    const known = [...this.#counts.keys()];
    const working = await store.inState(Object.values(WORKING));
    const held = new Set(working.filter(({ worker }) => worker !== null).map(({ claim }) => claim));
    for (const claim of known) if (!held.has(claim)) this.#counts.delete(claim);
    for (const entry of working) {
      const { worker, claimedUntil } = entry;
      if (worker === null || (claimedUntil ?? 0) > this.#now()) continue;
      const message = `'${worker}' has not been heard of for a minute: go on there with \`satellite run go ${entry.id}\`, or here with retryRun.`;
      const changes = { state: 'FAILED', error: { code: 'RUN_FAILED', message }, ...UNCLAIMED } as const;
      const given = await store.change(entry, changes);
      if (given) await stages.record(given);
    }
  }

  /**
   * The token of the user whose machine has a run; for what its processes ask.
   * @param job as a capability names it; undefined is answered for one that is no claim's
   * @throws SatelliteError UNAUTHENTICATED where the claim is not held any more: what it was good for has ended
   */
  async tokenOf(job: string, username: string): Promise<string | undefined> {
    if (!job.startsWith(PREFIX)) return undefined;
    const [id = '', attempt] = job.slice(PREFIX.length).split(':');
    const entry = await this.#options.store.get(id);
    const isHeld = entry && entry.worker !== null && String(entry.attempt) === attempt && entry.jobOwner === username;
    if (!isHeld) throw refused('the claim of a run that it was made for has ended');
    return entry.sealedToken === null ? undefined : this.#options.secret.unseal(purpose(id), entry.sealedToken);
  }

  /** Counts meanwhile: a beat is not kept waiting, as its sender would think that it was not heard. */
  #countNowAndThen(entry: RunEntry, claim: string, principal: Principal): void {
    if (entry.stage !== 'execute') return;
    const last = this.#counts.get(claim);
    if (last && (last.underWay !== null || this.#now() - last.begun <= COUNT_MILLISECONDS)) return;
    const count = { begun: this.#now(), underWay: null as Promise<void> | null };
    this.#counts.set(claim, count);
    count.underWay = this.#failOverQuota(entry, principal)
      .catch((err: unknown) => this.#options.log.warn({ err, run: entry.id }, 'could not end a run over its quota'))
      .finally(() => (count.underWay = null));
  }

  async #failOverQuota(entry: RunEntry, principal: Principal): Promise<void> {
    const { store, stages } = this.#options;
    try {
      await this.#count(entry, principal);
    } catch (error) {
      if (!(error instanceof SatelliteError)) throw error;
      const { code, message } = error;
      // Until its claimant says that it has stopped, or its time is over, it may still write.
      const failed = await store.changeAttempt(entry.id, entry.attempt, {
        ...{ worker: null, sealedToken: null, attempt: entry.attempt + 1 },
        ...{ state: 'FAILED', error: { code, message } },
      });
      if (failed) await stages.record(failed);
    }
  }

  /** Where outputs cannot be counted, the run goes on. @throws SatelliteError QUOTA_EXCEEDED */
  async #count(entry: RunEntry, principal: Principal): Promise<void> {
    const { satellites, log } = this.#options;
    try {
      const satellite = sameSatellite(await satellites.forWriting(entry.satellite, principal), entry.satelliteId);
      await new OutputQuota(entry, satellite, satellites).count(AbortSignal.timeout(WORK_MILLISECONDS));
    } catch (err) {
      if (err instanceof SatelliteError && err.code === 'QUOTA_EXCEEDED') throw err;
      log.warn({ err, run: entry.id }, 'could not count the outputs of a run against its quota');
    }
  }

  async #held(id: string, claim: string, principal: Principal): Promise<RunEntry> {
    const entry = await this.#options.runs.writeable(id, principal);
    requireRun(entry, principal);
    if (entry.claim !== claim) throw lost(id);
    if (entry.worker === null) throw lost(id, entry.error);
    return entry;
  }

  /** @throws SatelliteError FORBIDDEN where it is not given to this user, who needs it */
  async #environment(entry: RunEntry, principal: Principal): Promise<HeldClaim['environment']> {
    const { satellite, satelliteId } = entry;
    const open = sameSatellite(await this.#options.satellites.forWriting(satellite, principal), satelliteId);
    requireCredentials(entry, open);
    if (!isUri(open.artifacts.root) || open.id === null) return {};
    // What it gives reaches all files of the satellite, and more than a token that was made for a job.
    if (open.owner === principal.username && !principal.limits) return open.environment();
    throw new SatelliteError(
      'FORBIDDEN',
      `The files of '${satellite}' are in an object storage, to which only its owner is given access: let the owner execute the run.`,
    );
  }

  #mint(entry: RunEntry, { username }: Principal): Promise<string> {
    return runTokens(this.#options.minted, entry, username, `${PREFIX}${entry.id}:${entry.attempt}`)();
  }
}

function purpose(id: string): string {
  return `run-token:${id}`;
}

/** @throws SatelliteError FORBIDDEN where a token was made for something else */
function requireRun({ satellite }: RunRecord, principal: Principal): void {
  if (permits(principal, 'run', satellite)) return;
  throw new SatelliteError('FORBIDDEN', 'This token was made for a job, and is not good for claiming runs.');
}

/** @param error of the run, where it was this claim's */
function lost(id: string, error: RunRecord['error'] = null): SatelliteError {
  if (error?.code === 'QUOTA_EXCEEDED') return new SatelliteError('QUOTA_EXCEEDED', error.message);
  return new SatelliteError(
    'CONFLICT',
    `Run ${id} is no longer this machine's: it was cancelled, or another one has taken it over.`,
  );
}

/** What a job's task is, for work that is done within a request. */
function taskOf({ username }: Principal): Task {
  return {
    jobId: '',
    owner: username,
    attempt: 1,
    signal: AbortSignal.timeout(WORK_MILLISECONDS),
    step: (_name, work) => work(),
    progress: async () => undefined,
    log: async () => undefined,
  };
}
