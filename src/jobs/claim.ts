/**
 * One attempt at a job.  Its number is the fence: everything an attempt writes is written in a transaction that first finds
 * it is still the latest, so that a process which was overtaken while it was paused changes nothing any more.
 */
import sql, { empty, type Sql } from 'sql-template-tag';
import type { Transaction, WriteableDatabase } from '../repository/direct/database.ts';
import { databaseNow } from '../state/clock.ts';
import type { SatelliteError } from '../butler/errors.ts';
import { LeaseLostError, type HeldError, type HeldFor, type Job, type JobProgress, type Json } from './job.ts';
import type { QueuedBy } from './queue.ts';
import { JOB_COLUMNS, readJob, UNABORTED } from './records.ts';

/** Why the signal of a claim aborts, beside `LeaseLostError`. */
export class JobCancelledError extends Error {
  override name = 'JobCancelledError';
}
export class GatewayStoppingError extends Error {
  override name = 'GatewayStoppingError';
}
export class RightsChangedError extends Error {
  override name = 'RightsChangedError';
}
type AbortReason =
  JobCancelledError | GatewayStoppingError | LeaseLostError | RightsChangedError | HeldError | SatelliteError;

/** The states in which an attempt leaves a job for good. */
export type FinalState = 'COMPLETED' | 'FAILED' | 'CANCELLED';

export type JobFailure = NonNullable<Job['error']>;

/** What is read when a job is claimed. */
export interface ClaimedRow {
  /** With an outcome, as it will be. */
  readonly job: Job;
  readonly queuedBy: QueuedBy;
  readonly input: Json;
  /** Of all attempts so far, this one included. */
  readonly attempt: number;
  /** Attempts before that failed or vanished since the last step that was completed. */
  readonly failures: number;
  readonly cancelled: boolean;
  /** Set where the job ended and only what follows its end was left. */
  readonly outcome: FinalState | null;
  readonly sealedToken: string | null;
  /** Digests of the tokens that it was refused with before. */
  readonly refusedTokens: readonly string[];
}

/** Tokens that are remembered as refused, the latest. */
const MOST_REFUSED = 20;

export class Claim {
  readonly row: ClaimedRow;
  readonly #database: WriteableDatabase;
  readonly #leaseMilliseconds: number;
  readonly #stop = new AbortController();
  readonly #job: Sql;
  readonly #now: Sql;
  /** By the process's own steady clock, which goes on while it is paused. */
  #confirmedAt = performance.now();
  #progress: JobProgress | undefined;
  #failures: number;

  constructor(database: WriteableDatabase, leaseMilliseconds: number, row: ClaimedRow) {
    this.row = row;
    this.#failures = row.failures;
    this.#database = database;
    this.#leaseMilliseconds = leaseMilliseconds;
    this.#job = database.table('job');
    this.#now = databaseNow(database.dialect);
    if (row.cancelled) this.abort(new JobCancelledError());
  }

  get id(): string {
    return this.row.job.id;
  }

  /** Attempts that failed or vanished since the last step that was completed, in this one too. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * Aborts with a `JobCancelledError`, `GatewayStoppingError`, `LeaseLostError` or `RightsChangedError`, or with what the
   * check of the owner's rights threw.
   */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** The first reason stays. */
  abort(reason: AbortReason): void {
    this.#stop.abort(reason);
  }

  /** Throws what the signal was aborted with; where the lease may have ended, asks the database first. */
  async confirm(): Promise<void> {
    if (!this.signal.aborted && performance.now() - this.#confirmedAt > this.#leaseMilliseconds / 2) await this.renew();
    this.signal.throwIfAborted();
  }

  /** Keeps the job for another lease. @throws LeaseLostError */
  async renew(): Promise<void> {
    await this.#fenced(async () => undefined);
  }

  /** For the heartbeat: `renew`, and gives up when the database could not be asked for as long as the lease lasts. */
  async beat(): Promise<void> {
    try {
      await this.renew();
    } catch (error) {
      if (performance.now() - this.#confirmedAt > this.#leaseMilliseconds) this.abort(new LeaseLostError());
      throw error;
    }
  }

  /** Results of the steps that were completed, by name. */
  async steps(): Promise<Map<string, Json>> {
    const rows = await this.#database.all(
      sql`SELECT step, result FROM ${this.#database.table('job_step')} WHERE job = ${this.id}`,
      UNABORTED,
    );
    return new Map(rows.map(([step, result]) => [String(step), JSON.parse(String(result)) as Json]));
  }

  /** Remembers a completed step, with the progress so far. @throws LeaseLostError */
  async saveStep(step: string, result: Json): Promise<void> {
    await this.#fenced(async (transaction) => {
      await transaction.run(sql`
        INSERT INTO ${transaction.table('job_step')} (job, step, result)
        VALUES (${this.id}, ${step}, ${JSON.stringify(result)})`);
      await this.#set(transaction, sql`failures = 0 ${this.#andProgress()}`);
    });
    this.#failures = 0;
  }

  /** Will be written with the next step, by `saveProgress`, or at the end. */
  setProgress(progress: JobProgress): void {
    this.#progress = progress;
  }

  /** @throws LeaseLostError */
  async saveProgress(): Promise<void> {
    const progress = this.#progress;
    if (!progress) return;
    await this.#fenced((transaction) => this.#set(transaction, sql`progress = ${JSON.stringify(progress)}`));
    if (this.#progress === progress) this.#progress = undefined;
  }

  /** @throws LeaseLostError */
  async log(message: string): Promise<void> {
    await this.#fenced(async (transaction) => {
      const table = transaction.table('job_log');
      await transaction.run(sql`
        INSERT INTO ${table} (job, line, at, message)
        SELECT ${this.id}, COALESCE(MAX(line), 0) + 1, ${this.#now}, ${message} FROM ${table} WHERE job = ${this.id}`);
    });
  }

  /**
   * Gives the job back: it waits, HELD; its log tells why, once.  A token that was refused as such is forgotten, and not
   * taken again.
   * @param refused digest of the token that a repository's server did not accept
   * @throws LeaseLostError
   */
  async hold(error: JobFailure, heldFor: HeldFor | null, refused: string | undefined): Promise<void> {
    const tokens = [...this.row.refusedTokens.filter((digest) => digest !== refused), ...(refused ? [refused] : [])];
    await this.#fenced(async (transaction) => {
      await this.#logOnce(transaction, error.message);
      await this.#set(
        transaction,
        sql`state = 'HELD', running_subject = NULL, error = ${JSON.stringify(error)}, held_for = ${heldFor},
            looked_at = ${this.#now}, refused_tokens = ${JSON.stringify(tokens.slice(-MOST_REFUSED))}
            ${heldFor === 'TOKEN' ? sql`, sealed_token = NULL` : empty} ${this.#andProgress()}`,
      );
    });
  }

  /**
   * Gives the job back, QUEUED.
   * @param offer offers it to the queue, in the same transaction
   * @throws LeaseLostError
   */
  async putBack(
    delayMilliseconds: number,
    failed: boolean,
    offer: (transaction: Transaction) => Promise<void>,
  ): Promise<void> {
    await this.#fenced(async (transaction) => {
      await this.#set(
        transaction,
        sql`state = 'QUEUED', running_subject = NULL, failures = failures + ${failed ? 1 : 0},
            not_before = ${this.#now} + ${delayMilliseconds} ${this.#andProgress()}`,
      );
      await offer(transaction);
    });
  }

  /**
   * Fixes how the job ends, before `finish` lets others see it.  From here on, an attempt that takes over only finishes.
   * @returns the job as it will be
   * @throws LeaseLostError
   */
  async decide(outcome: FinalState, result: Json, error: JobFailure | null): Promise<Job> {
    return this.#fenced(async (transaction) => {
      const rows = await transaction.all(sql`
        UPDATE ${this.#job}
        SET outcome = ${outcome}, result = ${JSON.stringify(result)},
            error = ${error === null ? null : JSON.stringify(error)}, finished_at = ${this.#now},
            sealed_token = NULL ${this.#andProgress()}
        WHERE id = ${this.id} RETURNING ${JOB_COLUMNS}`);
      return readJob(rows[0]!, outcome).job;
    });
  }

  /** Ends the job as it was decided. @throws LeaseLostError */
  async finish(): Promise<void> {
    await this.#fenced(async (transaction) => {
      await this.#set(transaction, sql`state = outcome, outcome = NULL, running_subject = NULL`);
      // Only a job that did not complete can be started again where it stopped.
      await transaction.run(sql`
        DELETE FROM ${transaction.table('job_step')}
        WHERE job IN (SELECT id FROM ${this.#job} WHERE id = ${this.id} AND state = 'COMPLETED')`);
    });
  }

  async #logOnce(transaction: Transaction, message: string): Promise<void> {
    const table = transaction.table('job_log');
    await transaction.run(sql`
      INSERT INTO ${table} (job, line, at, message)
      SELECT ${this.id}, COALESCE(MAX(line), 0) + 1, ${this.#now}, ${message} FROM ${table} WHERE job = ${this.id}
      HAVING COALESCE(SUM(CASE WHEN message = ${message} THEN 1 ELSE 0 END), 0) = 0`);
  }

  #set(transaction: Transaction, assignments: Sql): Promise<number> {
    return transaction.run(sql`UPDATE ${this.#job} SET ${assignments}, version = version + 1 WHERE id = ${this.id}`);
  }

  #andProgress(): Sql {
    return this.#progress === undefined ? empty : sql`, progress = ${JSON.stringify(this.#progress)}`;
  }

  /** Runs `work` in a transaction of the latest attempt, and keeps the job for another lease. */
  async #fenced<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const [result, cancelled] = await this.#database.transaction(async (transaction) => {
      const [row] = await transaction.all(sql`
        UPDATE ${this.#job} SET leased_until = ${this.#now} + ${this.#leaseMilliseconds}
        WHERE id = ${this.id} AND attempt = ${this.row.attempt} AND state = 'RUNNING' RETURNING cancelled`);
      if (!row) {
        const lost = new LeaseLostError(`Another process has taken over job ${this.id}.`);
        this.abort(lost);
        throw lost;
      }
      return [await work(transaction), row[0] !== 0] as const;
    }, UNABORTED);
    this.#confirmedAt = startedAt;
    if (cancelled) this.abort(new JobCancelledError());
    return result;
  }
}
