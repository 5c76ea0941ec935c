/** Leases in the state's database, by its clock. */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import sql, { type Sql } from 'sql-template-tag';
import { SatelliteError } from '../butler/errors.ts';
import type { WriteableDatabase } from '../repository/direct/database.ts';
import { databaseNow } from './clock.ts';
import type { Lease, Leases } from './lease.ts';
import type { State } from './state.ts';

const HOLDER = `${hostname()}:${process.pid}`;

/** For statements of short work that nobody waits for in vain. */
const UNABORTED = new AbortController().signal;

/** How often a lease that another holds is asked for. */
const ASK_MILLISECONDS = 250;

/** @param milliseconds how long a lease stays with a holder that is not heard of; it is renewed in a third of that */
export function createLeases({ database }: Pick<State, 'database'>, milliseconds = 30_000): Leases {
  return new StateLeases(database, milliseconds);
}

class StateLeases implements Leases {
  readonly #database: WriteableDatabase;
  readonly #milliseconds: number;

  constructor(database: WriteableDatabase, milliseconds: number) {
    this.#database = database;
    this.#milliseconds = milliseconds;
  }

  async acquire(resource: string, waitMilliseconds: number, signal: AbortSignal): Promise<Lease> {
    const deadline = performance.now() + waitMilliseconds;
    for (;;) {
      const lease = await this.#tryToAcquire(resource, signal);
      if (lease) return lease;
      const left = deadline - performance.now();
      if (left <= 0) {
        throw new SatelliteError('CONFLICT', 'Another gateway is at work on this: try again when it has finished.');
      }
      await sleep(Math.min(left, ASK_MILLISECONDS), undefined, { signal });
    }
  }

  async #tryToAcquire(resource: string, signal: AbortSignal): Promise<Lease | undefined> {
    const table = this.#database.table('lease');
    const now = databaseNow(this.#database.dialect);
    const taken = await this.#database.transaction(async (transaction) => {
      // Locked, so that it is not given back between this look and the next statement.
      const lock = transaction.dialect === 'postgresql' ? sql`FOR UPDATE` : sql``;
      const [before] = await transaction.all(sql`SELECT holder FROM ${table} WHERE resource = ${resource} ${lock}`);
      // The row stays when a lease is given back, so that its token goes on growing.
      const [row] = await transaction.all(sql`
        INSERT INTO ${table} AS held (resource, token, holder, expires_at)
        VALUES (${resource}, 1, ${HOLDER}, ${now} + ${this.#milliseconds})
        ON CONFLICT (resource) DO UPDATE
        SET token = held.token + 1, holder = excluded.holder, expires_at = excluded.expires_at
        WHERE held.holder IS NULL OR held.expires_at < ${now}
        RETURNING token`);
      return row && { token: Number(row[0]), afterRelease: before !== undefined && before[0] === null };
    }, signal);
    return taken && new HeldLease(this.#database, this.#milliseconds, resource, taken);
  }
}

class HeldLease implements Lease {
  readonly resource: string;
  readonly token: number;
  readonly afterRelease: boolean;
  readonly #database: WriteableDatabase;
  readonly #milliseconds: number;
  readonly #lost = new AbortController();
  readonly #table: Sql;
  readonly #heartbeat: NodeJS.Timeout;
  /** By the process's own steady clock, which goes on while it is paused. */
  #confirmedAt = performance.now();

  constructor(
    database: WriteableDatabase,
    milliseconds: number,
    resource: string,
    taken: Pick<Lease, 'token' | 'afterRelease'>,
  ) {
    this.resource = resource;
    this.token = taken.token;
    this.afterRelease = taken.afterRelease;
    this.#database = database;
    this.#milliseconds = milliseconds;
    this.#table = database.table('lease');
    this.#heartbeat = setInterval(() => void this.#beat(), milliseconds / 3).unref();
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  async confirm(): Promise<void> {
    this.signal.throwIfAborted();
    const startedAt = performance.now();
    const expiry = sql`${databaseNow(this.#database.dialect)} + ${this.#milliseconds}`;
    if (!(await this.#change(sql`expires_at = ${expiry}`))) this.#lose();
    this.signal.throwIfAborted();
    this.#confirmedAt = startedAt;
  }

  async release(): Promise<void> {
    clearInterval(this.#heartbeat);
    await this.#change(sql`holder = NULL, expires_at = 0`);
  }

  async abandon(): Promise<void> {
    clearInterval(this.#heartbeat);
    await this.#change(sql`expires_at = 0`);
  }

  async #beat(): Promise<void> {
    try {
      await this.confirm();
    } catch {
      // A state that cannot be asked may have given it to another meanwhile.
      if (performance.now() - this.#confirmedAt > this.#milliseconds) this.#lose();
    }
  }

  #lose(): void {
    clearInterval(this.#heartbeat);
    const message = 'Another gateway has taken over the work on this: nothing more was changed here. Try again.';
    this.#lost.abort(new SatelliteError('CONFLICT', message));
  }

  /** @returns whether it was still ours */
  async #change(assignments: Sql): Promise<boolean> {
    const statement = sql`
      UPDATE ${this.#table} SET ${assignments}
      WHERE resource = ${this.resource} AND token = ${this.token} AND holder IS NOT NULL`;
    return this.#database.transaction(async (transaction) => (await transaction.run(statement)) > 0, UNABORTED);
  }
}
