/** How an attempt at a job begins: which one is next, and making it ours. */
import sql, { join, raw, type Sql } from 'sql-template-tag';
import {
  ConstraintError,
  type SqlRow,
  type Transaction,
  type WriteableDatabase,
} from '../repository/direct/database.ts';
import { databaseNow } from '../state/clock.ts';
import { Claim, type FinalState } from './claim.ts';
import type { Json, Lane } from './job.ts';
import { JOB_COLUMNS, QUEUED_BY_COLUMNS, readJob, readQueuedBy, UNABORTED } from './records.ts';

const CLAIMED_COLUMNS: Sql = sql`${JOB_COLUMNS}, ${QUEUED_BY_COLUMNS}, input, attempt, failures, cancelled, outcome, sealed_token, refused_tokens`;

export class Claiming {
  readonly #database: WriteableDatabase;
  readonly #leaseMilliseconds: number;
  readonly #job: Sql;
  readonly #now: Sql;

  /** @param leaseMilliseconds how long a job stays with a process that is not heard of */
  constructor(database: WriteableDatabase, leaseMilliseconds: number) {
    this.#database = database;
    this.#leaseMilliseconds = leaseMilliseconds;
    this.#job = database.table('job');
    this.#now = databaseNow(database.dialect);
  }

  /**
   * Makes a job of these kinds (one at least) ours that is queued, or whose process is gone.
   * @returns undefined where it is neither, or another job of its subject runs
   */
  async claim(id: string, kinds: readonly string[]): Promise<Claim | undefined> {
    try {
      return await this.#database.transaction((transaction) => this.#take(transaction, id, kinds), UNABORTED);
    } catch (error) {
      // Another job of the subject was claimed at the same time.
      if (error instanceof ConstraintError && error.kind === 'unique') return undefined;
      throw error;
    }
  }

  /** Whether a job has to be claimed at some time. */
  async isToDo(id: string): Promise<boolean> {
    const rows = await this.#database.all(
      sql`SELECT 1 FROM ${this.#job} WHERE id = ${id} AND state IN ('QUEUED', 'RUNNING')`,
      UNABORTED,
    );
    return rows.length > 0;
  }

  /**
   * The next job that can be claimed: of the owner with the fewest jobs running, the oldest.
   * @param without owners who are to wait
   */
  async next(lane: Lane, kinds: readonly string[], without: readonly string[]): Promise<string | undefined> {
    // Looked for without the lock of writers, which on SQLite all of them share.
    const [row] = await this.#database.all(
      sql`
        SELECT id FROM ${this.#job} AS candidate
        WHERE lane = ${lane} AND kind IN (${join(kinds)}) ${without.length > 0 ? sql`AND owner NOT IN (${join(without)})` : raw('')}
          AND (state = 'QUEUED' AND not_before <= ${this.#now} OR state = 'RUNNING' AND leased_until < ${this.#now})
          AND (exclusive = 0 OR subject IS NULL OR NOT EXISTS (
            SELECT 1 FROM ${this.#job} AS other
            WHERE other.running_subject = candidate.subject AND other.id <> candidate.id))
        ORDER BY
          (SELECT COUNT(*) FROM ${this.#job} AS other WHERE other.owner = candidate.owner AND other.state = 'RUNNING'),
          created_at, id
        LIMIT 1`,
      UNABORTED,
    );
    return row && String(row[0]);
  }

  /** Makes a job ours that nobody works on, in order to end it. @returns undefined where it is not QUEUED or HELD */
  async claimToCancel(transaction: Transaction, id: string): Promise<Claim | undefined> {
    const [row] = await transaction.all(sql`
      UPDATE ${this.#job}
      SET state = 'RUNNING', attempt = attempt + 1, outcome = 'CANCELLED', error = NULL, finished_at = ${this.#now},
          leased_until = ${this.#now} + ${this.#leaseMilliseconds}
      WHERE id = ${id} AND state IN ('QUEUED', 'HELD') RETURNING ${CLAIMED_COLUMNS}`);
    return row && this.#claimed(row);
  }

  async #take(transaction: Transaction, id: string, kinds: readonly string[]): Promise<Claim | undefined> {
    // Of one that another process left, the attempt counts as failed: it may be the job that ended the process.
    const [row] = await transaction.all(sql`
      UPDATE ${this.#job}
      SET attempt = attempt + 1, failures = failures + CASE WHEN state = 'RUNNING' THEN 1 ELSE 0 END, state = 'RUNNING',
          running_subject = CASE WHEN exclusive = 1 AND outcome IS NULL THEN subject ELSE running_subject END,
          leased_until = ${this.#now} + ${this.#leaseMilliseconds}, version = version + 1
      WHERE id = ${id} AND kind IN (${join(kinds)})
        AND (state = 'QUEUED' OR state = 'RUNNING' AND leased_until < ${this.#now})
      RETURNING ${CLAIMED_COLUMNS}`);
    return row && this.#claimed(row);
  }

  #claimed(row: SqlRow): Claim {
    const [input, attempt, failures, cancelled, outcome, sealedToken, refusedTokens] = row.slice(-7);
    return new Claim(this.#database, this.#leaseMilliseconds, {
      job: readJob(row, outcome as FinalState | null).job,
      queuedBy: readQueuedBy(row),
      input: JSON.parse(String(input)) as Json,
      attempt: Number(attempt),
      failures: Number(failures),
      cancelled: Number(cancelled) !== 0,
      outcome: outcome as FinalState | null,
      sealedToken: sealedToken as string | null,
      refusedTokens: JSON.parse(String(refusedTokens)) as readonly string[],
    });
  }
}
