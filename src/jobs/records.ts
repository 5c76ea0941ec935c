/** Jobs as their owners see them: the rows of the state's `job` table. */
import { createHmac, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { SatelliteError } from '../butler/errors.ts';
import type { SqlRow, Transaction, WriteableDatabase } from '../repository/direct/database.ts';
import { databaseNow } from '../state/clock.ts';
import { listOf } from '../state/list.ts';
import type { State } from '../state/state.ts';
import type { HeldFor, Job, JobKind, JobProgress, JobState, Json, NewJob } from './job.ts';
import { queuedBy, type QueuedBy } from './queue.ts';

/** Lines of a log that its reader gets, the newest. */
const LOG_LINES = 1000;

/** What `readJob` reads, in its order. */
export const JOB_COLUMNS: Sql = raw(
  'id, kind, owner, subject, state, progress, error, result, created_at, finished_at, version',
);

/** What `readQueuedBy` reads, to follow `JOB_COLUMNS`. */
export const QUEUED_BY_COLUMNS: Sql = raw('exclusive, lane');

export interface JobRecord {
  readonly job: Job;
  /** Grows with every change that a watcher is told of. */
  readonly version: number;
}

/** A HELD job that may go on by itself. */
export interface HeldJob {
  readonly id: string;
  readonly kind: string;
  readonly owner: string;
  readonly input: Json;
  readonly heldFor: HeldFor;
  readonly refusedTokens: readonly string[];
}

const HELD_COLUMNS: Sql = raw('id, kind, owner, input, held_for, refused_tokens');

/** @param outcome the state that it is about to end in, to be read as if it had */
export function readJob(row: SqlRow, outcome: JobState | null = null): JobRecord {
  const [id, kind, owner, subject, storedState, progress, error, result, createdAt, finishedAt, version] = row;
  const state = outcome ?? (storedState as JobState);
  // How a job ended is written before it is seen to have ended.
  const stopped = state !== 'RUNNING';
  return {
    job: {
      id: String(id),
      kind: String(kind),
      owner: String(owner),
      subject: subject as string | null,
      state,
      progress: JSON.parse(String(progress)) as JobProgress,
      error: stopped && error !== null ? (JSON.parse(String(error)) as Job['error']) : null,
      result: stopped ? (JSON.parse(String(result)) as Json) : null,
      createdAt: Number(createdAt),
      finishedAt: stopped && finishedAt !== null ? Number(finishedAt) : null,
    },
    version: Number(version),
  };
}

export function readQueuedBy(row: SqlRow): QueuedBy {
  const [exclusive, lane] = row.slice(11);
  return { exclusive: Number(exclusive) !== 0, lane: lane as QueuedBy['lane'] };
}

/** The purpose that a job's token is sealed for. */
export function tokenPurpose(id: string): string {
  return `job-token:${id}`;
}

/** For statements of short work that nobody waits for in vain. */
export const UNABORTED: AbortSignal = new AbortController().signal;

const NOTHING_DONE: JobProgress = { done: 0, total: null, unit: 'steps' };

/** Of input as JSON text: what was queued by an older version has not the fields that came since, which are null of it. */
function withoutNulls(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => (value === null ? undefined : value));
}

export class JobRecords {
  readonly #state: State;
  readonly #database: WriteableDatabase;
  readonly #job: Sql;
  readonly #now: Sql;
  readonly #digestKey: Buffer;

  constructor(state: State) {
    this.#digestKey = state.secret.derive('refused job token');
    this.#state = state;
    this.#database = state.database;
    this.#job = state.database.table('job');
    this.#now = databaseNow(state.database.dialect);
  }

  /**
   * A new job, QUEUED, or the one that its owner gave the same key to.
   * @throws SatelliteError CONFLICT where that one works on something else
   */
  async add<Input extends Json>(
    transaction: Transaction,
    kind: JobKind<Input>,
    job: NewJob<Input>,
  ): Promise<{ readonly job: Job; readonly queuedBy: QueuedBy; readonly isNew: boolean }> {
    const id = randomUUID();
    const by = queuedBy(kind, job.input);
    const key = job.idempotencyKey ?? null;
    const token = job.token === undefined ? null : this.#state.secret.seal(tokenPurpose(id), job.token);
    const added = await transaction.all(sql`
      INSERT INTO ${this.#job} (
        id, kind, owner, subject, exclusive, lane, idempotency_key, input, state, progress, result, created_at,
        version, not_before, attempt, failures, leased_until, cancelled, sealed_token
      ) VALUES (
        ${id}, ${kind.name}, ${job.owner}, ${job.subject}, ${by.exclusive ? 1 : 0}, ${by.lane}, ${key},
        ${JSON.stringify(job.input)}, 'QUEUED', ${JSON.stringify(NOTHING_DONE)}, 'null', ${this.#now},
        1, 0, 0, 0, 0, 0, ${token}
      ) ON CONFLICT (owner, kind, idempotency_key) DO NOTHING RETURNING ${JOB_COLUMNS}`);
    if (added.length > 0) return { job: readJob(added[0]!).job, queuedBy: by, isNew: true };
    const [row] = await transaction.all(sql`
      SELECT ${JOB_COLUMNS}, input FROM ${this.#job}
      WHERE owner = ${job.owner} AND kind = ${kind.name} AND idempotency_key = ${key}`);
    const existing = readJob(row!).job;
    const isSame = isDeepStrictEqual(withoutNulls(String(row!.at(-1))), withoutNulls(JSON.stringify(job.input)));
    if (existing.subject !== job.subject || !isSame) {
      throw new SatelliteError(
        'CONFLICT',
        `The idempotency key '${key}' was used for another request: repeat that one exactly, or take a new key.`,
      );
    }
    return { job: existing, queuedBy: by, isNew: false };
  }

  async find(id: string, owner: string): Promise<JobRecord | null> {
    const [row] = await this.#database.all(
      sql`SELECT ${JOB_COLUMNS} FROM ${this.#job} WHERE id = ${id} AND owner = ${owner}`,
      UNABORTED,
    );
    return row ? readJob(row) : null;
  }

  async withKey(kind: string, owner: string, key: string): Promise<Job | null> {
    const [row] = await this.#database.all(
      sql`SELECT ${JOB_COLUMNS} FROM ${this.#job} WHERE owner = ${owner} AND kind = ${kind} AND idempotency_key = ${key}`,
      UNABORTED,
    );
    return row ? readJob(row).job : null;
  }

  /** The token of a job that runs, sealed; null where there is none. */
  async sealedToken(id: string): Promise<string | null> {
    const [row] = await this.#database.all(
      sql`SELECT sealed_token FROM ${this.#job} WHERE id = ${id} AND state = 'RUNNING'`,
      UNABORTED,
    );
    return (row?.[0] ?? null) as string | null;
  }

  /** Those of the jobs that exist, whoever owns them. */
  async read(ids: readonly string[]): Promise<readonly JobRecord[]> {
    const rows = await this.#database.all(
      sql`SELECT ${JOB_COLUMNS} FROM ${this.#job} WHERE id IN (SELECT value FROM ${listOf(this.#database.dialect, ids)})`,
      UNABORTED,
    );
    return rows.map((row) => readJob(row));
  }

  async list(owner: string, filter: { readonly subject?: string; readonly first: number }): Promise<readonly Job[]> {
    const ofSubject = filter.subject === undefined ? raw('') : sql`AND subject = ${filter.subject}`;
    const rows = await this.#database.all(
      sql`SELECT ${JOB_COLUMNS} FROM ${this.#job} WHERE owner = ${owner} ${ofSubject}
          ORDER BY created_at DESC, id DESC LIMIT CAST(${filter.first} AS BIGINT)`,
      UNABORTED,
    );
    return rows.map((row) => readJob(row).job);
  }

  async atWork(subject: string): Promise<readonly Job[]> {
    const rows = await this.#database.all(
      sql`SELECT ${JOB_COLUMNS} FROM ${this.#job} WHERE subject = ${subject} AND state IN ('QUEUED', 'RUNNING')
          ORDER BY created_at, id`,
      UNABORTED,
    );
    return rows.map((row) => readJob(row).job);
  }

  async log(id: string, owner: string): Promise<readonly { readonly at: number; readonly message: string }[]> {
    const rows = await this.#database.all(
      sql`SELECT at, message FROM ${this.#database.table('job_log')}
          WHERE job = (SELECT id FROM ${this.#job} WHERE id = ${id} AND owner = ${owner})
          ORDER BY line DESC LIMIT ${raw(String(LOG_LINES))}`,
      UNABORTED,
    );
    return rows.map(([at, message]) => ({ at: Number(at), message: String(message) })).reverse();
  }

  async counts(): Promise<Readonly<Record<'QUEUED' | 'RUNNING' | 'HELD', number>>> {
    const rows = await this.#database.all(
      sql`SELECT state, CAST(COUNT(*) AS BIGINT) FROM ${this.#job} WHERE state IN ('QUEUED', 'RUNNING', 'HELD') GROUP BY state`,
      UNABORTED,
    );
    const found = Object.fromEntries(rows.map(([state, count]) => [String(state), Number(count)]));
    return { QUEUED: 0, RUNNING: 0, HELD: 0, ...found };
  }

  /** Asks whoever works on a job to stop it. @returns whether somebody does */
  async askToStop(transaction: Transaction, id: string): Promise<boolean> {
    const asked = sql`UPDATE ${this.#job} SET cancelled = 1 WHERE id = ${id} AND state = 'RUNNING'`;
    return (await transaction.run(asked)) > 0;
  }

  /**
   * Makes a job that stopped QUEUED again.
   * @param states in which it may have stopped
   * @returns undefined where it is not one that can be
   */
  async requeue(
    transaction: Transaction,
    id: string,
    token: string | undefined,
    states: readonly JobState[],
  ): Promise<{ readonly job: Job; readonly queuedBy: QueuedBy } | undefined> {
    const sealed = token === undefined ? raw('sealed_token') : sql`${this.#state.secret.seal(tokenPurpose(id), token)}`;
    const [row] = await transaction.all(sql`
      UPDATE ${this.#job}
      SET state = 'QUEUED', error = NULL, finished_at = NULL, failures = 0, cancelled = 0, not_before = 0,
          held_for = NULL, sealed_token = ${sealed}, version = version + 1
      WHERE id = ${id} AND state IN (${join(states)}) RETURNING ${JOB_COLUMNS}, ${QUEUED_BY_COLUMNS}`);
    return row && { job: readJob(row).job, queuedBy: readQueuedBy(row) };
  }

  /** The owner's HELD jobs that may go on by themselves, at most `most`. */
  async heldOf(owner: string, most: number): Promise<readonly HeldJob[]> {
    const rows = await this.#database.all(
      sql`SELECT ${HELD_COLUMNS} FROM ${this.#job} WHERE owner = ${owner} AND state = 'HELD' AND held_for IS NOT NULL
          ORDER BY created_at LIMIT CAST(${most} AS BIGINT)`,
      UNABORTED,
    );
    return rows.map(readHeld);
  }

  /** HELD jobs that wait for this and that no gateway looked at for so long, at most `most`; now this one does. */
  async heldFor(heldFor: HeldFor, milliseconds: number, most: number): Promise<readonly HeldJob[]> {
    const due = sql`state = 'HELD' AND held_for = ${heldFor} AND looked_at <= ${this.#now} - ${milliseconds}`;
    const [row] = await this.#database.all(sql`SELECT 1 FROM ${this.#job} WHERE ${due} LIMIT 1`, UNABORTED);
    if (!row) return [];
    const rows = await this.#database.transaction(
      (transaction) =>
        transaction.all(sql`
          UPDATE ${this.#job} SET looked_at = ${this.#now}
          WHERE ${due} AND id IN (
            SELECT id FROM ${this.#job} WHERE ${due} ORDER BY looked_at LIMIT CAST(${most} AS BIGINT))
          RETURNING ${HELD_COLUMNS}`),
      UNABORTED,
    );
    return rows.map(readHeld);
  }

  /** What is kept of a token that a job was refused with: tells it again, and nothing else. */
  digest(token: string): string {
    return createHmac('sha256', this.#digestKey).update(token).digest('base64url');
  }

  /** Removes jobs that ended so long ago, with what is kept of them. */
  async forget(milliseconds: number): Promise<void> {
    const old = sql`SELECT id FROM ${this.#job}
      WHERE state IN ('COMPLETED', 'FAILED', 'CANCELLED') AND finished_at < ${this.#now} - ${milliseconds}`;
    await this.#database.transaction(async (transaction) => {
      await transaction.run(sql`DELETE FROM ${transaction.table('job_step')} WHERE job IN (${old})`);
      await transaction.run(sql`DELETE FROM ${transaction.table('job_log')} WHERE job IN (${old})`);
      await transaction.run(sql`DELETE FROM ${this.#job} WHERE id IN (${old})`);
    }, UNABORTED);
  }

  async steps(id: string, prefix: string): Promise<readonly Json[]> {
    const rows = await this.#database.all(
      sql`SELECT result FROM ${this.#database.table('job_step')} WHERE ${stepsOf(id, prefix)}`,
      UNABORTED,
    );
    return rows.map(([result]) => JSON.parse(String(result)) as Json);
  }

  async forgetSteps(id: string, prefix: string): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      await transaction.run(sql`DELETE FROM ${transaction.table('job_step')} WHERE ${stepsOf(id, prefix)}`);
    }, UNABORTED);
  }
}

function stepsOf(id: string, prefix: string): Sql {
  return sql`job = ${id} AND SUBSTR(step, 1, CAST(${prefix.length} AS INTEGER)) = ${prefix}`;
}

function readHeld(row: SqlRow): HeldJob {
  const [id, kind, owner, input, heldFor, refusedTokens] = row;
  return {
    id: String(id),
    kind: String(kind),
    owner: String(owner),
    input: JSON.parse(String(input)) as Json,
    heldFor: heldFor as HeldFor,
    refusedTokens: JSON.parse(String(refusedTokens)) as readonly string[],
  };
}
