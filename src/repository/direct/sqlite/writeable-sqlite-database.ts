/** A `WriteableDatabase` on an SQLite file: one thread with one connection writes, worker processes read. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'sql-template-tag';
import { UncertainCommitError } from '../../../butler/errors.ts';
import type { SqlRow, Transaction, WriteableDatabase, WriteGuard } from '../database.ts';
import { databaseError, isBusy, isLeftUnfinished } from './failures.ts';
import { SqliteDatabase } from './sqlite-database.ts';
import { SqliteTransaction } from './sqlite-transaction.ts';
import { Writer } from './writer.ts';

/** How long a transaction waits for other writers to begin, and for readers to commit. */
const BUSY_MILLISECONDS = 60_000;

/** How long the thread and its connection are kept after a transaction. */
const IDLE_MILLISECONDS = 20_000;

export interface WriteableSqliteOptions {
  /** Default: none, everybody may write. */
  readonly guard?: WriteGuard | undefined;
  /** Checks the file's structure before it is first written to. Default: false */
  readonly quickCheck?: boolean;
  /** Several machines may write, one at a time by `guard`: see `WriterOptions`. Default: false */
  readonly keepJournal?: boolean;
  /** Makes the file where there is none. Default: false */
  readonly create?: boolean;
  /** The path must lead to the file without a link: its users could have put one there. Default: false */
  readonly exactPath?: boolean;
  /** How long others may hold the lock before the transaction is given up. Default: a minute */
  readonly busyMilliseconds?: number;
}

export class WriteableSqliteDatabase extends SqliteDatabase implements WriteableDatabase {
  readonly #repository: string;
  readonly #path: string;
  readonly #options: WriteableSqliteOptions;
  #writer: Writer | undefined;
  #idle: NodeJS.Timeout | undefined;
  /** Fulfils when the last of the transactions that were asked for so far has ended. */
  #last: Promise<unknown> = Promise.resolve();
  #checked = false;
  #closed = false;

  /**
   * @param repository its name, for errors
   * @param path of the database file, which is opened when the first transaction begins; its journal mode stays as it is,
   *   and one in WAL mode is refused
   */
  constructor(repository: string, path: string, options: WriteableSqliteOptions = {}) {
    super(repository, path, undefined, options.exactPath, options.guard !== undefined);
    this.#repository = repository;
    this.#path = path;
    this.#options = options;
  }

  override async all(statement: Sql, signal: AbortSignal): Promise<readonly SqlRow[]> {
    try {
      return await super.all(statement, signal);
    } catch (error) {
      await this.#undoUnfinished(error, signal);
      return super.all(statement, signal);
    }
  }

  override async *stream(statement: Sql, signal: AbortSignal): AsyncGenerator<readonly SqlRow[], void> {
    let given = false;
    try {
      for await (const batch of super.stream(statement, signal)) {
        given = true;
        yield batch;
      }
    } catch (error) {
      if (given) throw error;
      await this.#undoUnfinished(error, signal);
      yield* super.stream(statement, signal);
    }
  }

  async transaction<T>(work: (transaction: Transaction) => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#closed) throw new Error('the database is closed');
    const before = this.#last;
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    this.#last = before.then(() => ended);
    try {
      await settledOrAborted(before, signal);
      const { guard } = this.#options;
      const mayHaveChanged = await guard?.admit(signal);
      try {
        // A file system that many machines share shows what another wrote to who opens the file, not to who has it open.
        if (mayHaveChanged) await this.#closeWriter();
        return await this.#transact(work, signal);
      } finally {
        guard?.ended();
      }
    } catch (error) {
      throw databaseError(this.#repository, error);
    } finally {
      end();
    }
  }

  /** Waits for transactions that were asked for before; none can begin after. */
  override async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
    clearTimeout(this.#idle);
    await this.#writer?.end();
    await super.close();
  }

  /** Undoes what a writer left that died in the middle of a transaction. @throws the error, where it is another one */
  async #undoUnfinished(error: unknown, signal: AbortSignal): Promise<void> {
    if (!isLeftUnfinished(error)) throw error;
    await this.transaction(async () => undefined, signal);
  }

  async #closeWriter(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.end();
  }

  async #transact<T>(work: (transaction: Transaction) => Promise<T>, signal: AbortSignal): Promise<T> {
    clearTimeout(this.#idle);
    if (!this.#writer?.alive) {
      const { create = false, exactPath = false, quickCheck = false, keepJournal = false } = this.#options;
      const check = quickCheck && !this.#checked;
      this.#writer = new Writer({ path: this.#path, exactPath, create, quickCheck: check, keepJournal });
    }
    const writer = this.#writer;
    try {
      await this.#whileBusy(signal, () => writer.ask({ kind: 'begin' }));
      this.#checked = true;
      const transaction = new SqliteTransaction(
        writer,
        (name) => this.table(name),
        signal,
        (error) => databaseError(this.#repository, error),
      );
      try {
        const result = await work(transaction);
        signal.throwIfAborted();
        await this.#options.guard?.confirm();
        transaction.end();
        await this.#whileBusy(signal, () => writer.ask({ kind: 'commit' }));
        await this.#confirmCommitted();
        return result;
      } catch (error) {
        transaction.end();
        // Where the thread has died, SQLite undoes the transaction when the file is next opened.
        await writer.ask({ kind: 'rollback' }).catch(() => writer.end());
        throw error;
      }
    } finally {
      this.#idle = setTimeout(() => {
        this.#writer = undefined;
        void writer.end();
      }, IDLE_MILLISECONDS).unref();
    }
  }

  /** The process may have been paused before the commit for so long that another writes: no success is told then. */
  async #confirmCommitted(): Promise<void> {
    try {
      await this.#options.guard?.confirm();
    } catch (error) {
      throw new UncertainCommitError(this.#repository, error);
    }
  }

  /** Tries again while others hold the file. */
  async #whileBusy(signal: AbortSignal, attempt: () => Promise<unknown>): Promise<void> {
    const deadline = Date.now() + (this.#options.busyMilliseconds ?? BUSY_MILLISECONDS);
    for (let pause = 5; ; pause = Math.min(pause * 2, 100)) {
      try {
        await attempt();
        return;
      } catch (error) {
        if (!isBusy(error) || Date.now() > deadline) throw error;
      }
      // Not in step with others that wait for the same lock.
      await sleep(pause * (0.5 + Math.random()), undefined, { signal });
    }
  }
}

async function settledOrAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
