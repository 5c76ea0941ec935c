/** A `WriteableDatabase` on one schema of a PostgreSQL database. */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import sql from 'sql-template-tag';
import type { Transaction, WriteableDatabase, WriteGuard } from '../database.ts';
import { ConstraintError } from '../database.ts';
import { RepositoryUnavailableError } from '../../../butler/errors.ts';
import { PostgresConnections } from './connections.ts';
import { databaseError, isGivenUp } from './failures.ts';
import { endTransaction, PostgresDatabase, READING_SESSION } from './postgres-database.ts';
import { PostgresTransaction } from './postgres-transaction.ts';

/**
 * Statements wait for others' locks for a minute, and so do transactions for those of us that wait.  One that is left alone
 * is undone by the server: a gateway that was stopped in the middle of it does not keep stock Butler waiting for ever.
 */
const SESSION = {
  session: `SET lock_timeout = '60s'; SET idle_in_transaction_session_timeout = '5min'`,
  connections: 4,
  connectMilliseconds: 60_000,
  statementMilliseconds: 5 * 60_000,
};

/** All gateways wait for each other's transactions here, which are short: one that is paused keeps no other from its work. */
const OWN_SESSION = {
  ...SESSION,
  session: `SET lock_timeout = '60s'; SET idle_in_transaction_session_timeout = '15s'`,
};

/** How often it is looked whether there is code of somebody else's, at most: looking takes as long as all schemas are large. */
const LOOK_MILLISECONDS = 5_000;

/** Those who ask wait for a COMMIT, whatever becomes of them. */
const UNABORTED = new AbortController().signal;

/** How often a transaction is run that the database gives up each time. */
const ATTEMPTS = 6;

export interface WriteablePostgresOptions {
  /** Default: none, everybody may write. */
  readonly guard?: WriteGuard | undefined;
  /** Whether others make tables in the schema: it is not written to where these have code of theirs (see `#refuseCode`). Default: false */
  readonly isOthers?: boolean;
}

export class WriteablePostgresDatabase extends PostgresDatabase implements WriteableDatabase {
  readonly #connections: PostgresConnections;
  readonly #guard: WriteGuard | undefined;
  /** Table → column → type, of tables that were inserted into. */
  readonly #columnTypes = new Map<string, ReadonlyMap<string, string>>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #isOthers: boolean;
  #lookedAt = -Infinity;
  #closed = false;

  private constructor(
    reading: PostgresConnections,
    writing: PostgresConnections,
    namespace: string | undefined,
    { guard, isOthers = false }: WriteablePostgresOptions,
  ) {
    super(reading, namespace);
    this.#connections = writing;
    this.#guard = guard;
    this.#isOthers = isOthers;
  }

  /** As `PostgresDatabase.open`. */
  static override async open(
    repository: string,
    url: string,
    namespace: string | undefined,
    signal: AbortSignal,
    options: WriteablePostgresOptions = {},
  ): Promise<WriteablePostgresDatabase> {
    const reading = await this.connected(repository, url, namespace, signal);
    const writing = await PostgresConnections.of({ repository, url, namespace }, SESSION);
    return new WriteablePostgresDatabase(reading, writing, namespace, options);
  }

  /**
   * For a schema of the gateway's own: nothing is asked of the database, and the schema may have to be made.
   * @param name what errors call it
   */
  static async openOwn(name: string, url: string, namespace: string): Promise<WriteablePostgresDatabase> {
    const settings = { repository: name, url, namespace };
    const reading = await PostgresConnections.of(settings, READING_SESSION);
    const writing = await PostgresConnections.of(settings, OWN_SESSION);
    return new WriteablePostgresDatabase(reading, writing, namespace, {});
  }

  async transaction<T>(work: (transaction: Transaction) => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#closed) throw new Error('the database is closed');
    const running = this.#run(work, signal);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Waits for transactions that were asked for before; none can begin after. */
  override async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#running);
    await this.#connections.close();
    await super.close();
  }

  async #run<T>(work: (transaction: Transaction) => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#guard?.admit(signal);
    try {
      return await this.#untilKept(work, signal);
    } finally {
      this.#guard?.ended();
    }
  }

  async #untilKept<T>(work: (transaction: Transaction) => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#transact(work, signal);
      } catch (error) {
        if (!isGivenUp(causeOf(error)) || attempt === ATTEMPTS) throw error;
      }
      // Not in step with the other one.
      await sleep(10 * 2 ** attempt * Math.random(), undefined, { signal });
    }
  }

  async #transact<T>(work: (transaction: Transaction) => Promise<T>, signal: AbortSignal): Promise<T> {
    const client = await this.#connections.connect(signal);
    const transaction = new PostgresTransaction({
      connections: this.#connections,
      client,
      table: (name) => this.table(name),
      columnTypes: (name, within) => this.#typesOf(name, within),
      failed: (error) => databaseError(this.#connections, error),
      signal,
    });
    try {
      await this.#control(client, 'BEGIN');
      await this.#refuseCode(transaction);
      const result = await work(transaction);
      signal.throwIfAborted();
      await this.#guard?.confirm();
      transaction.end();
      const command = await this.#control(client, 'COMMIT');
      // What the server answers where a statement failed, and `work` went on all the same.
      if (command === 'ROLLBACK') throw new Error('a transaction with a failed statement cannot be committed');
      client.release();
      return result;
    } catch (error) {
      transaction.end();
      await endTransaction(client);
      throw error;
    }
  }

  /** @returns what the server says that it has done */
  async #control(client: pg.PoolClient, statement: 'BEGIN' | 'COMMIT'): Promise<string> {
    try {
      return (await this.#connections.query(client, statement, [], UNABORTED)).command;
    } catch (error) {
      throw databaseError(this.#connections, error);
    }
  }

  /** What would run within our statements, and need not end. Neither Butler nor the gateway makes any. */
  async #refuseCode(transaction: PostgresTransaction): Promise<void> {
    if (!this.#isOthers || performance.now() < this.#lookedAt + LOOK_MILLISECONDS) return;
    const schema = sql`(SELECT oid FROM pg_namespace WHERE nspname = current_schema())`;
    // What depends on a function of the server's own is not recorded: such functions end with the statement's time.
    const calling = sql`SELECT classid, objid FROM pg_depend 
      WHERE refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass)`;
    const [found] = await transaction.all(sql`SELECT 1 FROM pg_class AS c
      WHERE c.relnamespace = ${schema}
        AND (c.relkind IN ('v', 'm', 'f') OR c.relhasrules
          OR c.relhastriggers AND EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal)
          OR ('pg_class'::regclass::oid, c.oid) IN (${calling})
          OR EXISTS (SELECT FROM pg_attrdef WHERE adrelid = c.oid AND ('pg_attrdef'::regclass::oid, oid) IN (${calling}))
          OR EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND ('pg_policy'::regclass::oid, oid) IN (${calling})))
      UNION ALL SELECT 1 FROM pg_constraint
      WHERE connamespace = ${schema} AND ('pg_constraint'::regclass::oid, oid) IN (${calling})
      LIMIT 1`);
    if (found) {
      throw this.#connections.unavailable(
        'cannot be written to: its schema has triggers, rules or views, or functions in constraints, defaults or indexes, ' +
          'which Butler does not make; drop them.',
      );
    }
    this.#lookedAt = performance.now();
  }

  async #typesOf(name: string, transaction: PostgresTransaction): Promise<ReadonlyMap<string, string>> {
    let types = this.#columnTypes.get(name);
    if (!types) {
      const rows = await transaction.all(sql`SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute
        WHERE attrelid = ${this.table(name).sql}::regclass AND attnum > 0 AND NOT attisdropped`);
      types = new Map(rows as unknown as readonly (readonly [string, string])[]);
      this.#columnTypes.set(name, types);
    }
    return types;
  }
}

/** The driver's error behind the one that statements throw. */
function causeOf(error: unknown): unknown {
  return error instanceof ConstraintError || error instanceof RepositoryUnavailableError ? error.cause : error;
}
