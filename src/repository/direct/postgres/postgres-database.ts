/** A `Database` on one schema of a PostgreSQL database. */
import pg from 'pg';
import { raw, type Sql } from 'sql-template-tag';
import { QueryTooCostlyError, RepositoryUnavailableError } from '../../../butler/errors.ts';
import type { Database, SqlRow } from '../database.ts';
import { columnValues } from './column-values.ts';
import { withCredentials } from './credentials.ts';

/** The protocol counts parameters in 16 bits. */
const MAX_PARAMETERS = 65_535;
const CONNECTIONS = 10;
const CONNECT_MILLISECONDS = 10_000;
const ROWS_PER_BATCH = 2000;

/** What every session starts with, as stock Butler's do; nothing that runs here may write. */
const SESSION = `SET default_transaction_read_only = on; SET TIME ZONE 0; SET cursor_tuple_fraction = 1`;

export class PostgresDatabase implements Database {
  readonly dialect = 'postgresql';
  readonly #repository: string;
  readonly #config: pg.ClientConfig;
  readonly #pool: pg.Pool;
  readonly #namespace: string | undefined;

  private constructor(repository: string, config: pg.ClientConfig, namespace: string | undefined) {
    this.#repository = repository;
    this.#config = config;
    this.#namespace = namespace;
    this.#pool = new pg.Pool({
      ...config,
      max: CONNECTIONS,
      // An idle pool does not keep the process alive.
      allowExitOnIdle: true,
      onConnect: async (client) => {
        await client.query(SESSION);
        if (namespace !== undefined) await client.query(`SET search_path = ${quoted(namespace)}`);
      },
    });
    // A connection that breaks leaves the pool by itself, and its statement fails; without listeners (the pool has the
    // idle ones, each client is heard while in use) the event would end the process.
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /**
   * @param repository its name, for errors
   * @param url `postgresql://…`; without a password, it is looked for where stock Butler does
   * @param namespace the schema; default: the role's current one
   * @throws RepositoryUnavailableError where it cannot be reached, or is not one that stock Butler could open
   */
  static async open(
    repository: string,
    url: string,
    namespace: string | undefined,
    signal: AbortSignal,
  ): Promise<PostgresDatabase> {
    let connectionString: string;
    try {
      connectionString = await withCredentials(url);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : '';
      throw new RepositoryUnavailableError(repository, `Repository '${repository}' cannot be opened: ${why}.`, {
        cause,
      });
    }
    const config = { connectionString, types: columnValues, connectionTimeoutMillis: CONNECT_MILLISECONDS };
    const database = new PostgresDatabase(repository, config, namespace);
    try {
      const [row] = await database.#run(
        `SELECT current_schema() IS NOT NULL, EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gist')`,
        [],
        signal,
      );
      if (row![0] !== true) throw database.#unavailable(`has no schema '${namespace ?? 'public'}' that can be read.`);
      if (row![1] !== true) {
        throw database.#unavailable(`cannot be opened: its database lacks the extension 'btree_gist'.`);
      }
      return database;
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  table(name: string): Sql {
    return raw(this.#namespace === undefined ? quoted(name) : `${quoted(this.#namespace)}.${quoted(name)}`);
  }

  async all(statement: Sql, signal: AbortSignal): Promise<readonly SqlRow[]> {
    this.#checkParameters(statement);
    return this.#run(statement.text, statement.values, signal);
  }

  /** Through a cursor in a transaction; `all` takes fewer round trips where the answer is known to be short. */
  async *stream(statement: Sql, signal: AbortSignal): AsyncGenerator<readonly SqlRow[], void> {
    this.#checkParameters(statement);
    const client = await this.#connect(signal);
    try {
      await this.#query(client, 'BEGIN READ ONLY', [], signal);
      await this.#query(client, `DECLARE rows NO SCROLL CURSOR FOR ${statement.text}`, statement.values, signal);
      for (;;) {
        const rows = await this.#query(client, `FETCH ${ROWS_PER_BATCH} FROM rows`, [], signal);
        if (rows.length > 0) yield rows;
        if (rows.length < ROWS_PER_BATCH) break;
      }
    } finally {
      await this.#endTransaction(client);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #run(text: string, values: unknown[], signal: AbortSignal): Promise<readonly SqlRow[]> {
    const client = await this.#connect(signal);
    try {
      return await this.#query(client, text, values, signal);
    } finally {
      client.release();
    }
  }

  async #connect(signal: AbortSignal): Promise<pg.PoolClient> {
    signal.throwIfAborted();
    try {
      return await this.#pool.connect();
    } catch (cause) {
      throw this.#unavailable('cannot be reached: its database does not take the connection.', cause);
    }
  }

  /** Runs one statement; abort ends it in the server too, and only then is the connection free again. */
  async #query(
    client: pg.PoolClient,
    text: string,
    values: unknown[],
    signal: AbortSignal,
  ): Promise<readonly SqlRow[]> {
    signal.throwIfAborted();
    let cancelled: Promise<void> | undefined;
    const cancel = () => {
      cancelled = this.#cancel(client);
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return (await client.query<SqlRow & unknown[]>({ text, values, rowMode: 'array' })).rows;
    } catch (cause) {
      signal.throwIfAborted();
      const code = String((cause as { code?: unknown }).code);
      throw this.#unavailable(`could not answer: its database reported ${code}.`, cause);
    } finally {
      signal.removeEventListener('abort', cancel);
      await cancelled;
    }
  }

  /** Over a connection of its own, because all of the pool may be busy. */
  async #cancel(running: pg.PoolClient): Promise<void> {
    const client = new pg.Client(this.#config);
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT pg_cancel_backend($1)', [(running as unknown as { processID: number }).processID]);
    } catch {
      // The statement then ends by itself, or with the connection.
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async #endTransaction(client: pg.PoolClient): Promise<void> {
    try {
      await client.query('ROLLBACK');
      client.release();
    } catch {
      client.release(true);
    }
  }

  #checkParameters(statement: Sql): void {
    if (statement.values.length > MAX_PARAMETERS) {
      throw new QueryTooCostlyError(
        `The query has ${statement.values.length} values, more than the ${MAX_PARAMETERS} that PostgreSQL takes: ask for fewer at once.`,
      );
    }
  }

  #unavailable(message: string, cause?: unknown): RepositoryUnavailableError {
    return new RepositoryUnavailableError(this.#repository, `Repository '${this.#repository}' ${message}`, { cause });
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
