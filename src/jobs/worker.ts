/** Works on claimed jobs: runs their kind's work, keeps the claim alive meanwhile, and decides how the attempt ends. */
import type { Logger } from 'pino';
import { SatelliteError } from '../butler/errors.ts';
import {
  GatewayStoppingError,
  JobCancelledError,
  RightsChangedError,
  type Claim,
  type FinalState,
  type JobFailure,
} from './claim.ts';
import { HeldError, LeaseLostError, type HeldFor, type JobKind, type Json } from './job.ts';
import type { JobQueue } from './queue.ts';
import { ClaimTask } from './task.ts';

/** Pauses before a job is tried again: doubled each time between these, and spread by chance. */
export interface BackOff {
  readonly firstMilliseconds: number;
  readonly mostMilliseconds: number;
}

export interface WorkerOptions {
  readonly leaseMilliseconds: number;
  readonly progressMilliseconds: number;
  /** How often the rights of the owner of a running job are checked, beside before each step. */
  readonly rightsMilliseconds: number;
  readonly backOff: BackOff;
  readonly log: Logger;
  /** Told of each change to a job that this process makes. */
  readonly changed: (id: string) => void;
  /** The clear token of a job. */
  readonly unseal: (id: string, sealed: string) => string | undefined;
  /** What is kept of a token that was refused. */
  readonly digest: (token: string) => string;
}

const DEFAULT_RETRIES = 8;
/** Of work that failed for a reason that nobody foresaw, or took its process with it. */
const RETRIES_OF_DEFECTS = 2;

type End =
  | { readonly kind: 'final'; readonly state: FinalState; readonly result: Json; readonly error: JobFailure | null }
  | { readonly kind: 'held'; readonly error: JobFailure; readonly heldFor: HeldFor | null }
  | {
      readonly kind: 'again';
      readonly delayMilliseconds: number;
      readonly failed: boolean;
      readonly why: string | null;
    };

export class JobWorker {
  readonly #kinds: ReadonlyMap<string, JobKind>;
  readonly #queue: JobQueue;
  readonly #options: WorkerOptions;
  readonly #claims = new Map<string, Claim>();
  readonly #tokens = new Map<string, string>();
  #draining = false;

  constructor(kinds: ReadonlyMap<string, JobKind>, queue: JobQueue, options: WorkerOptions) {
    this.#kinds = kinds;
    this.#queue = queue;
    this.#options = options;
  }

  tokenOf(id: string): string | undefined {
    return this.#tokens.get(id);
  }

  /** Stops work on a job whose end was asked for, if this process does it. */
  cancel(id: string): void {
    this.#claims.get(id)?.abort(new JobCancelledError());
  }

  /** Lets what runs stop before its next step. */
  drain(): void {
    this.#draining = true;
  }

  /** Stops what still runs, in the middle of steps. */
  stop(): void {
    for (const claim of this.#claims.values()) claim.abort(new GatewayStoppingError());
  }

  /** As `Work` says. */
  async work(claim: Claim): Promise<boolean> {
    const { log, leaseMilliseconds, changed } = this.#options;
    this.#claims.set(claim.id, claim);
    changed(claim.id);
    const heartbeat = setInterval(() => {
      claim.beat().catch((err: unknown) => log.warn({ err, job: claim.id }, 'could not keep a job'));
    }, leaseMilliseconds / 3);
    try {
      await this.#end(claim, claim.row.outcome === null ? await this.#attempt(claim) : undefined);
      return true;
    } catch (err) {
      // Whoever claims it next goes on: now, if another has it already, else when the lease has ended.
      if (err instanceof LeaseLostError) log.info({ job: claim.id }, 'a job was taken over by another process');
      else log.error({ err, job: claim.id }, 'could not write how a job ended');
      return false;
    } finally {
      clearInterval(heartbeat);
      this.#claims.delete(claim.id);
      this.#tokens.delete(claim.id);
      changed(claim.id);
    }
  }

  async #attempt(claim: Claim): Promise<End> {
    const { row } = claim;
    const kind = this.#kind(claim);
    const retries = kind.retries ?? DEFAULT_RETRIES;
    if (row.failures > Math.max(retries, RETRIES_OF_DEFECTS)) {
      const message = 'The job stopped the gateway several times at the same step, and is not tried again by itself.';
      return failed({ code: 'INTERNAL_SERVER_ERROR', message });
    }
    const token = row.sealedToken === null ? undefined : this.#options.unseal(claim.id, row.sealedToken);
    if (token !== undefined) this.#tokens.set(claim.id, token);
    const { progressMilliseconds, rightsMilliseconds } = this.#options;
    const rightsNow = async () => (await kind.check?.(row.input, row.job.owner)) ?? '';
    let rights: string | undefined;
    const check = async () => {
      if ((await rightsNow()) !== rights) throw new RightsChangedError();
    };
    let task: ClaimTask | undefined;
    let checking: NodeJS.Timeout | undefined;
    try {
      claim.signal.throwIfAborted();
      rights = await rightsNow();
      checking = setInterval(() => void this.#checkMeanwhile(claim, check), rightsMilliseconds);
      task = new ClaimTask(claim, await claim.steps(), () => this.#draining, check, progressMilliseconds);
      return { kind: 'final', state: 'COMPLETED', result: await kind.run(row.input, task), error: null };
    } catch (error) {
      return this.#afterFailure(claim, error, retries);
    } finally {
      clearInterval(checking);
      task?.end();
    }
  }

  /** Stops work in the middle of a step where the right to it has ended, as a cancel does. */
  async #checkMeanwhile(claim: Claim, check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (err) {
      const isTold = err instanceof HeldError || err instanceof SatelliteError || err instanceof RightsChangedError;
      if (isTold) claim.abort(err);
      else this.#options.log.warn({ err, job: claim.id }, "could not check the rights of a job's owner");
    }
  }

  #afterFailure(claim: Claim, thrown: unknown, retries: number): End {
    const reason: unknown = claim.signal.reason;
    const error = reason instanceof HeldError || reason instanceof SatelliteError ? reason : thrown;
    if (reason instanceof LeaseLostError) throw reason;
    if (reason instanceof JobCancelledError) return { kind: 'final', state: 'CANCELLED', result: null, error: null };
    if ([reason, thrown].some((e) => e instanceof GatewayStoppingError || e instanceof RightsChangedError)) {
      return { kind: 'again', delayMilliseconds: 0, failed: false, why: null };
    }
    const { failures } = claim;
    if (error instanceof HeldError) return held(error, error.heldFor, '');
    if (error instanceof SatelliteError) {
      const failure = { code: error.code, message: error.message };
      if (error.code === 'UNAUTHENTICATED') return held(error, 'TOKEN', TOKEN_ADVICE);
      if (error.code === 'FORBIDDEN' && error.repository !== undefined) return held(error, 'SOURCE', SOURCE_ADVICE);
      const isTransient = error.code === 'UPSTREAM_UNAVAILABLE' || error.code === 'RATE_LIMITED';
      if (!isTransient || failures >= retries) return failed(failure);
      return this.#again(failures, error.message, (error.retryAfter ?? 0) * 1000);
    }
    this.#options.log.error({ err: error, job: claim.id, kind: claim.row.job.kind }, 'a job failed');
    if (failures < RETRIES_OF_DEFECTS) return this.#again(failures, 'An internal error.', 0);
    return failed({ code: 'INTERNAL_SERVER_ERROR', message: `internal error in job ${claim.id}` });
  }

  #again(failures: number, why: string, leastMilliseconds: number): End {
    const { firstMilliseconds, mostMilliseconds } = this.#options.backOff;
    const pause = Math.min(firstMilliseconds * 2 ** failures, mostMilliseconds) * (0.75 + Math.random() / 2);
    return { kind: 'again', delayMilliseconds: Math.ceil(Math.max(pause, leastMilliseconds)), failed: true, why };
  }

  /** Writes how an attempt ended. @param end undefined where that was decided by an attempt before */
  async #end(claim: Claim, end: End | undefined): Promise<void> {
    const kind = this.#kind(claim);
    if (end?.kind === 'held') {
      await kind.held?.(claim.row.input, end.error);
      const token = end.heldFor === 'RIGHTS' ? undefined : this.#tokens.get(claim.id);
      await claim.hold(end.error, end.heldFor, token && this.#options.digest(token));
    } else if (end?.kind === 'again') {
      if (end.why !== null) {
        await claim.log(`${end.why} It will be tried again in ${Math.ceil(end.delayMilliseconds / 1000)} s.`);
      }
      await claim.putBack(end.delayMilliseconds, end.failed, (transaction) =>
        this.#queue.offer(transaction, claim.row.job, claim.row.queuedBy, end.delayMilliseconds),
      );
      this.#queue.wake();
    } else {
      const ended = end ? await claim.decide(end.state, end.result, end.error) : claim.row.job;
      await kind.ended?.(claim.row.input, ended);
      await claim.finish();
    }
  }

  #kind(claim: Claim): JobKind {
    const kind = this.#kinds.get(claim.row.job.kind);
    if (!kind) throw new Error(`there is no kind of job '${claim.row.job.kind}'`);
    return kind;
  }
}

const TOKEN_ADVICE =
  ' The job goes on by itself when you next use the gateway with another token, or with retryJob, which takes the token of that call.';
const SOURCE_ADVICE =
  ' The job asks again every few minutes, with another token when you use the gateway with one, or at once with retryJob.';

function held({ code, message }: JobFailure, heldFor: HeldFor | null, advice: string): End {
  return { kind: 'held', error: { code, message: message + advice }, heldFor };
}

function failed(error: JobFailure): End {
  return { kind: 'final', state: 'FAILED', result: null, error };
}
