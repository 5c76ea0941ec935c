/**
 * Runs whose graph is built and executed on their user's own machine: it claims the run, is given a capability for its
 * processes, tells how it goes, and ends the stage.  A claim that is not heard of lapses, and another takes its place.
 */
import { randomUUID } from 'node:crypto';
import type { MintedTokens } from '../access/minted-token.ts';
import { refused } from '../access/token-form.ts';
import { permits } from '../access/permission.ts';
import type { Principal } from '../access/principal.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { Task } from '../jobs/job.ts';
import { isUri } from '../repository/direct/datastore/artifact-path.ts';
import type { SatelliteDirectory } from '../satellite/satellite.ts';
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
  /** When the outputs of a claim were counted last. */
  readonly #counted = new Map<string, number>();

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
   * @throws SatelliteError CONFLICT where it is held no more, QUOTA_EXCEEDED where the run has written too much: it is FAILED then
   */
  async beat(id: string, claim: string, quanta: QuantaCounts | null, principal: Principal): Promise<HeldClaim> {
    const entry = await this.#held(id, claim, principal);
    const kept = await this.#options.store.changeAttempt(id, entry.attempt, {
      claimedUntil: this.#now() + LEASE_MILLISECONDS,
      ...(quanta && { quanta: { ...quanta, total: entry.quanta?.total ?? quanta.total } }),
    });
    if (!kept) throw lost(id);
    if (this.#now() - (this.#counted.get(claim) ?? 0) > COUNT_MILLISECONDS) {
      this.#counted.set(claim, this.#now());
      await this.#count(kept, claim, principal);
    }
    return { claim, run: kept, token: await this.#mint(kept, principal), environment: {} };
  }

  /** Ends a stage. @throws SatelliteError as the stage's own end does; then the run is FAILED with it */
  async end(id: string, claim: string, end: ClaimEnd, principal: Principal): Promise<RunRecord> {
    const { store, stages, runs } = this.#options;
    const cancelled = await runs.writeable(id, principal);
    if (cancelled.claim === claim && cancelled.worker === null) {
      // Its claimant has stopped, as it was asked to.
      const left = await store.change(cancelled, UNCLAIMED);
      if (!('stopped' in end)) throw lost(id);
      return left ?? cancelled;
    }
    const entry = await this.#held(id, claim, principal);
    this.#counted.delete(claim);
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
      await this.#quota(entry, principal);
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
    for (const entry of await store.inState(Object.values(WORKING))) {
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

  async #count(entry: RunEntry, claim: string, principal: Principal): Promise<void> {
    if (entry.stage !== 'execute') return;
    const { store, stages } = this.#options;
    try {
      await this.#quota(entry, principal);
    } catch (error) {
      if (!(error instanceof SatelliteError) || error.code !== 'QUOTA_EXCEEDED') throw error;
      const { code, message } = error;
      this.#counted.delete(claim);
      const failed = await store.changeAttempt(entry.id, entry.attempt, {
        ...{ ...UNCLAIMED, attempt: entry.attempt + 1 },
        ...{ state: 'FAILED', error: { code, message } },
      });
      if (failed) await stages.record(failed);
      throw error;
    }
  }

  async #quota(entry: RunEntry, principal: Principal): Promise<void> {
    const { satellites } = this.#options;
    const satellite = await satellites.forWriting(entry.satellite, principal);
    await new OutputQuota(entry, satellite, satellites).count(AbortSignal.timeout(WORK_MILLISECONDS));
  }

  async #held(id: string, claim: string, principal: Principal): Promise<RunEntry> {
    const entry = await this.#options.runs.writeable(id, principal);
    requireRun(entry, principal);
    if (entry.claim !== claim || entry.worker === null) throw lost(id);
    return entry;
  }

  /** @throws SatelliteError FORBIDDEN where it is not given to this user, who needs it */
  async #environment(entry: RunEntry, principal: Principal): Promise<HeldClaim['environment']> {
    const { satellite } = entry;
    const open = await this.#options.satellites.forWriting(satellite, principal);
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

function lost(id: string): SatelliteError {
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
