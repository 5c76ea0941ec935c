/** A `Database` on an SQLite file, read by worker processes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { raw, type Sql } from 'sql-template-tag';
import { QueryTooCostlyError } from '../../../butler/errors.ts';
import type { Database, SqlRow, SqlValue } from '../database.ts';
import { databaseError, isBusy } from './failures.ts';
import { WorkerPool } from './worker-pool.ts';
import type { Statement } from './worker.ts';

/** SQLite's own limit, SQLITE_MAX_VARIABLE_NUMBER. */
export const MAX_PARAMETERS = 32_766;

/** How long a statement is tried again while a writer holds the file; stock Python commits in less. */
const BUSY_MILLISECONDS = 15_000;

let pool: WorkerPool | undefined;

export class SqliteDatabase implements Database {
  readonly dialect = 'sqlite';
  readonly #repository: string;
  readonly #path: string;
  readonly #exactPath: boolean;
  readonly #reopens: boolean;
  readonly #workers: WorkerPool;

  /**
   * @param repository its name, for errors
   * @param path of the database file; it is opened read-only, on first use
   * @param workers default: the pool that all repositories of this process share
   * @param exactPath whether the path must lead to the file without a link
   * @param reopens whether the file is opened anew for each statement, see `Request`
   */
  constructor(
    repository: string,
    path: string,
    workers: WorkerPool = (pool ??= new WorkerPool()),
    exactPath = false,
    reopens = false,
  ) {
    this.#reopens = reopens;
    this.#repository = repository;
    this.#path = path;
    this.#exactPath = exactPath;
    this.#workers = workers;
  }

  table(name: string): Sql {
    return raw(`"${name.replaceAll('"', '""')}"`);
  }

  async all(statement: Sql, signal: AbortSignal): Promise<readonly SqlRow[]> {
    const request = this.#statement(statement);
    return this.#whileBusy(signal, () => this.#workers.all(request, signal));
  }

  async *stream(statement: Sql, signal: AbortSignal): AsyncGenerator<readonly SqlRow[], void> {
    const request = this.#statement(statement);
    const started = await this.#whileBusy(signal, async () => {
      const batches = this.#workers.stream(request, signal);
      return { first: await batches.next(), batches };
    });
    if (started.first.done) return;
    try {
      yield started.first.value;
      yield* started.batches;
    } catch (error) {
      throw this.#translated(error, signal);
    } finally {
      await started.batches.return();
    }
  }

  /** Connections belong to the workers, which close those that have not been used for long. */
  async close(): Promise<void> {}

  #statement(statement: Sql): Statement {
    const parameters = statement.values as SqlValue[];
    if (parameters.length > MAX_PARAMETERS) {
      throw new QueryTooCostlyError(
        `The query has ${parameters.length} values, more than the ${MAX_PARAMETERS} that SQLite takes: ask for fewer at once.`,
      );
    }
    return { path: this.#path, exactPath: this.#exactPath, reopen: this.#reopens, sql: statement.sql, parameters };
  }

  /** Tries again while a writer holds the file; other statements have their turn in between. */
  async #whileBusy<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + BUSY_MILLISECONDS;
    for (let pause = 10; ; pause = Math.min(pause * 2, 250)) {
      try {
        return await attempt();
      } catch (error) {
        if (!isBusy(error) || Date.now() > deadline) throw this.#translated(error, signal);
      }
      await sleep(pause, undefined, { signal });
    }
  }

  #translated(error: unknown, signal: AbortSignal): unknown {
    return signal.aborted ? error : databaseError(this.#repository, error);
  }
}
