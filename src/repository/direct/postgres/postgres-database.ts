/** A `Database` on one schema of a PostgreSQL database. */
import type pg from 'pg';
import { raw, type Sql } from 'sql-template-tag';
import { SatelliteError } from '../../../butler/errors.ts';
import type { Database, SqlRow } from '../database.ts';
import { PostgresConnections, quoted } from './connections.ts';

const ROWS_PER_BATCH = 2000;

/** Nothing that runs here may write. */
export const READING_SESSION = {
  session: 'SET default_transaction_read_only = on',
  connections: 10,
  connectMilliseconds: 10_000,
};

export class PostgresDatabase implements Database {
  readonly dialect = 'postgresql';
  readonly #connections: PostgresConnections;
  readonly #namespace: string | undefined;

  /** `open` makes them, and checks what they lead to. */
  protected constructor(connections: PostgresConnections, namespace: string | undefined) {
    this.#connections = connections;
    this.#namespace = namespace;
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
    return new PostgresDatabase(await this.connected(repository, url, namespace, signal), namespace);
  }

  /** Connections for reading, to a database that was checked. */
  protected static async connected(
    repository: string,
    url: string,
    namespace: string | undefined,
    signal: AbortSignal,
  ): Promise<PostgresConnections> {
    const connections = await PostgresConnections.of({ repository, url, namespace }, READING_SESSION);
    const database = new PostgresDatabase(connections, namespace);
    try {
      const [row] = await database.#run(
        `SELECT current_schema() IS NOT NULL, EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gist')`,
        [],
        signal,
      );
      if (row![0] !== true) throw connections.unavailable(`has no schema '${namespace ?? 'public'}' that can be read.`);
      if (row![1] !== true) {
        throw connections.unavailable(`cannot be opened: its database lacks the extension 'btree_gist'.`);
      }
      return connections;
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  table(name: string): Sql {
    return raw(this.#namespace === undefined ? quoted(name) : `${quoted(this.#namespace)}.${quoted(name)}`);
  }

  async all(statement: Sql, signal: AbortSignal): Promise<readonly SqlRow[]> {
    return this.#run(statement.text, statement.values, signal);
  }

  /** Through a cursor in a transaction; `all` takes fewer round trips where the answer is known to be short. */
  async *stream(statement: Sql, signal: AbortSignal): AsyncGenerator<readonly SqlRow[], void> {
    const client = await this.#connections.connect(signal);
    try {
      await this.#query(client, 'BEGIN READ ONLY', [], signal);
      await this.#query(client, `DECLARE rows NO SCROLL CURSOR FOR ${statement.text}`, statement.values, signal);
      for (;;) {
        const rows = await this.#query(client, `FETCH ${ROWS_PER_BATCH} FROM rows`, [], signal);
        if (rows.length > 0) yield rows;
        if (rows.length < ROWS_PER_BATCH) break;
      }
    } finally {
      await endTransaction(client);
    }
  }

  async close(): Promise<void> {
    await this.#connections.close();
  }

  async #run(text: string, values: readonly unknown[], signal: AbortSignal): Promise<readonly SqlRow[]> {
    const client = await this.#connections.connect(signal);
    try {
      return await this.#query(client, text, values, signal);
    } finally {
      client.release();
    }
  }

  async #query(
    client: pg.PoolClient,
    text: string,
    values: readonly unknown[],
    signal: AbortSignal,
  ): Promise<readonly SqlRow[]> {
    try {
      return (await this.#connections.query(client, text, values, signal)).rows;
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof SatelliteError) throw cause;
      const code = String((cause as { code?: unknown }).code);
      throw this.#connections.unavailable(`could not answer: its database reported ${code}.`, cause);
    }
  }
}

/** Undoes what is open, and gives the connection back; one that cannot do so is not used again. */
export async function endTransaction(client: pg.PoolClient): Promise<void> {
  try {
    await client.query('ROLLBACK');
    client.release();
  } catch {
    client.release(true);
  }
}
