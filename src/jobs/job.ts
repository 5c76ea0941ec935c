/** Durable work: what a job is, for those who start, do and watch jobs. */

export type JobState = 'QUEUED' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'HELD';

/** JSON, as jobs keep it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface JobProgress {
  readonly done: number;
  /** Null while it is not known. */
  readonly total: number | null;
  /** What is counted: `datasets`, `bytes`, `steps`. */
  readonly unit: string;
}

export interface Job {
  readonly id: string;
  /** Such as `transferDatasets`. */
  readonly kind: string;
  /** The user who started it, and who alone may see it. */
  readonly owner: string;
  /** What it works on, such as `satellite:alice~mine`; null where nothing can be named. */
  readonly subject: string | null;
  readonly state: JobState;
  readonly progress: JobProgress;
  /** Of a FAILED or HELD one: a code of `errors.ts` and a sentence for people. */
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly result: Json;
  /** Times as Unix milliseconds. */
  readonly createdAt: number;
  readonly finishedAt: number | null;
}

/** What the work of a job has at hand.  All of it throws `LeaseLostError` once another process has taken the job over. */
export interface Task {
  readonly jobId: string;
  readonly owner: string;
  /** 1 the first time. */
  readonly attempt: number;
  /** Aborts on cancel, on shutdown, and when the lease was lost. */
  readonly signal: AbortSignal;
  /**
   * Runs a step once and remembers its result: after a restart, the result is given and the work is not done again.  A step
   * that was interrupted is run again, so its work is idempotent.  Before the work, the owner's rights are checked again.
   */
  step<T extends Json>(name: string, work: () => Promise<T>): Promise<T>;
  progress(progress: JobProgress): Promise<void>;
  /** A line that the job's owner can read. */
  log(message: string): Promise<void>;
}

/**
 * What lets a HELD job go on by itself; `retryJob` always does.
 * - `RIGHTS`: its kind's `check` finds the owner's rights to be back.
 * - `TOKEN`: the owner is authenticated with a token that this job was not refused with.
 * - `SOURCE`: a repository's own server refused the owner, and may do so no longer; it is asked again now and then.
 */
export type HeldFor = 'RIGHTS' | 'TOKEN' | 'SOURCE';

/** Ends the work without ending the job: it waits, HELD, for what ended to be back. */
export class HeldError extends Error {
  override name = 'HeldError';
  readonly code: string;
  /** Null: for `retryJob` alone. */
  readonly heldFor: HeldFor | null;

  constructor(code: string, message: string, heldFor: HeldFor | null = null) {
    super(message);
    this.code = code;
    this.heldFor = heldFor;
  }
}

export class LeaseLostError extends Error {
  override name = 'LeaseLostError';
}

/**
 * Jobs take places from others of their lane, and from no others, so that short ones do not wait for what takes hours:
 * - `short`: the usual ones;
 * - `bulk`: moves bytes, or reads all of large collections;
 * - `run`: waits for other processes, mostly.
 */
export type Lane = 'short' | 'bulk' | 'run';

/** One kind of work. */
export interface JobKind<Input extends Json = Json, Result extends Json = Json> {
  readonly name: string;
  /** Jobs of one subject run one after the other. @default true */
  readonly exclusive?: boolean;
  /** Where its jobs wait for a place, decided when they are enqueued. @default 'short' */
  lane?(input: Input): Lane;
  /**
   * Does the work.  An UPSTREAM_UNAVAILABLE or RATE_LIMITED is tried again with back-off, up to `retries` times (default 8);
   * with an UNAUTHENTICATED the job is HELD until its owner brings another token, with the FORBIDDEN of a repository's server
   * until that lets them in; any other `SatelliteError` fails the job with its code; anything else is tried again twice.
   */
  run(input: Input, task: Task): Promise<Result>;
  /**
   * Whether the owner may do this now: asked before an attempt, before each step, at an interval while it runs, and of a HELD
   * job now and then; so it is cheap.  Absent where the work, once it was allowed, has to be ended whatever becomes of its
   * owner.
   * @returns text, if any, that is the same as long as the rights are: an attempt whose rights change is begun anew
   * @throws HeldError (`RIGHTS`) where they may not
   */
  check?(input: Input, owner: string): Promise<string | void>;
  /**
   * What the names of steps begin with that are done again when a job that FAILED or was CANCELLED is started again: what they
   * wrote may be gone since.  Others are not.
   */
  readonly redoneSteps?: readonly string[];
  readonly retries?: number;
  /** False where what was decided has to be done. @default true */
  readonly isCancellable?: boolean;
  /**
   * Called before the job is seen to have COMPLETED, FAILED or been CANCELLED: gives back what was reserved for it.  Called
   * once, and again only where it failed, its process ended in the middle of it, or the job was started again.
   */
  ended?(input: Input, job: Job): Promise<void>;
  /** Called before the job is seen to be HELD. */
  held?(input: Input, error: { readonly code: string; readonly message: string }): Promise<void>;
}

export interface NewJob<Input extends Json> {
  readonly owner: string;
  readonly subject: string | null;
  readonly input: Input;
  /** The same key of the same owner and kind gives the same job. @throws CONFLICT where its input differs */
  readonly idempotencyKey?: string | undefined;
  /**
   * The owner's token, for repositories that are asked as the caller: kept in memory and, where the state allows, sealed
   * with the gateway's key until the job ends; never in clear.  Without one after a restart the job is HELD.
   */
  readonly token?: string | undefined;
}

export interface Jobs {
  /** Adds a kind; all are added before `start`. */
  define<Input extends Json, Result extends Json>(kind: JobKind<Input, Result>): void;
  /** Begins to work, also on what was left by processes that are gone. */
  start(): Promise<void>;
  enqueue<Input extends Json>(kind: JobKind<Input>, job: NewJob<Input>): Promise<Job>;
  /** Null where there is none, or it is another's. */
  find(id: string, owner: string): Promise<Job | null>;
  /** The owner's job of a kind that was given this idempotency key, if there is one. */
  withKey(kind: string, owner: string, idempotencyKey: string): Promise<Job | null>;
  /** Newest first. */
  list(owner: string, filter: { readonly subject?: string; readonly first: number }): Promise<readonly Job[]>;
  /** Those of a subject that are QUEUED or RUNNING, whoever owns them. */
  atWork(subject: string): Promise<readonly Job[]>;
  log(id: string, owner: string): Promise<readonly { readonly at: number; readonly message: string }[]>;
  /** @throws NOT_FOUND; CONFLICT where its kind cannot be cancelled; a job that has ended stays as it is */
  cancel(id: string, owner: string): Promise<Job>;
  /**
   * Starts a FAILED, CANCELLED or HELD job again where it stopped; one that goes on already, such as a HELD one that did so by
   * itself, stays as it is.
   * @throws NOT_FOUND, CONFLICT where it is completed
   */
  retry(id: string, owner: string, token?: string): Promise<Job>;
  /**
   * To be called when an owner is authenticated: jobs of theirs that are HELD go on, once, where the rights that they wait for
   * are back, or where they wait for a token and this is one that they were not refused with.
   */
  resume(owner: string, token: string | undefined): Promise<void>;
  /** The job now and after each change, until it has ended. */
  watch(id: string, owner: string, signal: AbortSignal): AsyncIterable<Job>;
  /** The token that a running job was given; undefined where it is no longer known. */
  tokenOf(id: string): string | undefined;
  /** The same wherever the job runs: for what another gateway is asked on its behalf. */
  tokenFor(id: string, owner: string): Promise<string | undefined>;
  /** Results of the steps of a job that did not complete, of those whose names begin with `prefix`. */
  steps(id: string, prefix: string): Promise<readonly Json[]>;
  /** Has these steps done again when the job is started again. */
  forgetSteps(id: string, prefix: string): Promise<void>;
  /** How many jobs of all users have not ended, by their states. */
  counts(): Promise<Readonly<Record<'QUEUED' | 'RUNNING' | 'HELD', number>>>;
  /** Stops taking jobs and lets those that run reach a step's end (they go on after the next start). */
  close(): Promise<void>;
}
