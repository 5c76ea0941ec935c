/** A pool of connections to one schema of a PostgreSQL database, in sessions of one kind. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { QueryTooCostlyError, RepositoryUnavailableError, SatelliteError } from '../../../butler/errors.ts';
import { isNestedRead } from '../../nested-reads.ts';
import type { SqlRow } from '../database.ts';
import { columnValues } from './column-values.ts';
import { withCredentials } from './credentials.ts';

/** The protocol counts parameters in 16 bits. */
const MAX_PARAMETERS = 65_535;

/** SQLSTATEs of a text with U+0000, which no text in PostgreSQL has: as it is, and within JSON. */
const UNSTORABLE: readonly unknown[] = ['22021', '22P05'];

/** What a statement has to end in that was told to: a function of somebody else's can refuse to. */
const END_MILLISECONDS = 5_000;

/** Of nested reads. */
const NESTED_CONNECTIONS = 4;

/** What every session starts with, as stock Butler's do. */
const SESSION = `SET TIME ZONE 0; SET cursor_tuple_fraction = 1;`;

export interface ConnectionSettings {
  /** The repository's name, for errors. */
  readonly repository: string;
  /** `postgresql://…`; without a password, it is looked for where stock Butler does. */
  readonly url: string;
  /** The schema; undefined: the role's current one. */
  readonly namespace: string | undefined;
}

export interface SessionSettings {
  /** Statements with which every session begins. */
  readonly session: string;
  /** At most. */
  readonly connections: number;
  /** How long a new connection may take, or one that others use may be waited for. */
  readonly connectMilliseconds: number;
  /** How long a statement may take. Default: as long as whoever asked waits */
  readonly statementMilliseconds?: number;
}

export class PostgresConnections {
  readonly #repository: string;
  readonly #config: pg.ClientConfig;
  readonly #pool: pg.Pool;
  readonly #statementMilliseconds: number | undefined;
  /** Of nested reads; connects when the first comes. */
  readonly #nestedPool: pg.Pool;

  private constructor(
    repository: string,
    config: pg.ClientConfig,
    session: string,
    max: number,
    statementMilliseconds: number | undefined,
  ) {
    this.#statementMilliseconds = statementMilliseconds;
    this.#repository = repository;
    this.#config = config;
    this.#pool = poolOf(config, session, max);
    this.#nestedPool = poolOf(config, session, NESTED_CONNECTIONS);
  }

  /** @throws RepositoryUnavailableError where the source of credentials is wrong; nothing is connected yet */
  static async of(
    { repository, url, namespace }: ConnectionSettings,
    { session, connections, connectMilliseconds, statementMilliseconds }: SessionSettings,
  ): Promise<PostgresConnections> {
    let connectionString: string;
    try {
      connectionString = await withCredentials(url);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : '';
      throw new RepositoryUnavailableError(repository, `Repository '${repository}' cannot be opened: ${why}.`, {
        cause,
      });
    }
    const config = { connectionString, types: columnValues, connectionTimeoutMillis: connectMilliseconds };
    const path = namespace === undefined ? '' : ` SET search_path = ${quoted(namespace)};`;
    const limit = statementMilliseconds === undefined ? '' : ` SET statement_timeout = ${statementMilliseconds};`;
    const begun = `${SESSION} ${session};${limit}${path}`;
    return new PostgresConnections(repository, config, begun, connections, statementMilliseconds);
  }

  /** A connection for the caller alone, who releases it. @throws the signal's reason, or RepositoryUnavailableError */
  async connect(signal: AbortSignal): Promise<pg.PoolClient> {
    signal.throwIfAborted();
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    const connecting = (isNestedRead() ? this.#nestedPool : this.#pool).connect();
    try {
      return await Promise.race([connecting, aborted]);
    } catch (cause) {
      connecting.then(
        (client) => client.release(),
        () => undefined,
      );
      signal.throwIfAborted();
      throw this.unavailable('cannot be reached: its database does not take the connection.', cause);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /**
   * Runs one statement; abort ends it in the server too, and only then is the connection free again.  So does the end of
   * what it may take, where the server does not: a function that runs in it can go on for ever in spite of that.
   * @throws the signal's reason, or the driver's error (`failure` says what it means)
   */
  async query(client: pg.PoolClient, text: string, values: readonly unknown[], signal: AbortSignal): Promise<Answer> {
    signal.throwIfAborted();
    if (values.length > MAX_PARAMETERS) {
      throw new QueryTooCostlyError(
        `The query has ${values.length} values, more than the ${MAX_PARAMETERS} that PostgreSQL takes: ask for fewer at once.`,
      );
    }
    let cancelled: Promise<void> | undefined;
    const ended = new AbortController();
    const cancel = () => {
      cancelled ??= this.#cancel(client, ended.signal);
    };
    signal.addEventListener('abort', cancel, { once: true });
    const most = this.#statementMilliseconds;
    const timer = most === undefined ? undefined : setTimeout(cancel, most + END_MILLISECONDS);
    try {
      const { rows, rowCount, command } = await client.query<SqlRow & unknown[]>({
        text,
        values: [...values],
        rowMode: 'array',
      });
      return { rows, changes: rowCount ?? 0, command };
    } catch (error) {
      signal.throwIfAborted();
      if (UNSTORABLE.includes((error as { code?: unknown }).code)) {
        throw new SatelliteError(
          'BAD_USER_INPUT',
          'A text holds a character that a database cannot hold, such as U+0000.',
          {
            cause: error,
          },
        );
      }
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
      ended.abort();
      await cancelled;
    }
  }

  unavailable(message: string, cause?: unknown, retryAfter?: number): RepositoryUnavailableError {
    return new RepositoryUnavailableError(this.#repository, `Repository '${this.#repository}' ${message}`, {
      cause,
      ...(retryAfter !== undefined && { retryAfter }),
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#pool.end(), this.#nestedPool.end()]);
  }

  /** Over a connection of its own, because all of the pool may be busy. @param ended aborts when the statement has ended */
  async #cancel(running: pg.PoolClient, ended: AbortSignal): Promise<void> {
    const client = new pg.Client(this.#config);
    client.on('error', () => undefined);
    const { processID } = running as unknown as { readonly processID: number };
    try {
      await client.connect();
      // The role that the address names may not end what its member, who has logged in, began.
      await client.query('SET ROLE NONE');
      await client.query('SELECT pg_cancel_backend($1)', [processID]);
      await sleep(END_MILLISECONDS, undefined, { signal: ended }).catch(() => undefined);
      if (!ended.aborted) await client.query('SELECT pg_terminate_backend($1)', [processID]);
    } catch {
      // The statement then ends by itself, or with the connection.
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

function poolOf(config: pg.ClientConfig, session: string, max: number): pg.Pool {
  const pool = new pg.Pool({
    ...config,
    max,
    // An idle pool does not keep the process alive.
    allowExitOnIdle: true,
    onConnect: async (client) => {
      await client.query(session);
    },
  });
  // A connection that breaks leaves the pool by itself, and its statement fails; without listeners (the pool has the
  // idle ones, each client is heard while in use) the event would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

export interface Answer {
  readonly rows: readonly SqlRow[];
  /** Rows that are new or changed. */
  readonly changes: number;
  /** What the server says that it has done, such as COMMIT. */
  readonly command: string;
}

/** Quotes an identifier. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
