/** One open transaction of the thread that writes to an SQLite file. */
import { empty, type Sql } from 'sql-template-tag';
import { QueryTooCostlyError } from '../../../butler/errors.ts';
import type { Insertion, SqlRow, SqlValue, Transaction } from '../database.ts';
import { packRows, unpackRows } from './packed-columns.ts';
import { MAX_PARAMETERS } from './sqlite-database.ts';
import type { Writer } from './writer.ts';
import type { WriteRequest } from './writer-messages.ts';

/** Values of one message: enough that its own cost vanishes, few enough that packing them holds nobody up. */
const VALUES_PER_MESSAGE = 20_000;

export class SqliteTransaction implements Transaction {
  readonly dialect = 'sqlite';
  readonly table: (name: string) => Sql;
  readonly #writer: Writer;
  readonly #signal: AbortSignal;
  readonly #failed: (error: unknown) => unknown;
  #open = true;
  #savepoints = 0;

  /** @param failed gives the error that callers see in place of a writer's */
  constructor(writer: Writer, table: (name: string) => Sql, signal: AbortSignal, failed: (error: unknown) => unknown) {
    this.#writer = writer;
    this.table = table;
    this.#signal = signal;
    this.#failed = failed;
  }

  async all(statement: Sql): Promise<readonly SqlRow[]> {
    const { columns, count } = await this.#statement(statement);
    return unpackRows(columns, count);
  }

  async run(statement: Sql): Promise<number> {
    return (await this.#statement(statement)).changes;
  }

  async insert(insertion: Insertion): Promise<number> {
    let changes = 0;
    for (const request of this.#insertRequests(insertion)) changes += (await this.#ask(request)).changes;
    return changes;
  }

  async insertAll(insertions: Iterable<Insertion>): Promise<void> {
    const answers: Promise<unknown>[] = [];
    for (const insertion of insertions) {
      for (const request of this.#insertRequests(insertion)) {
        const answer = this.#ask(request);
        // Also where an insertion after it cannot be made.
        answer.catch(() => undefined);
        answers.push(answer);
      }
    }
    for (const answer of await Promise.allSettled(answers)) if (answer.status === 'rejected') throw answer.reason;
  }

  *#insertRequests({ table, columns, rows, suffix = empty }: Insertion): Generator<WriteRequest> {
    const names = columns.map((column) => `"${column}"`).join(', ');
    const statement = {
      before: `INSERT INTO ${this.table(table).sql} (${names}) VALUES`,
      after: suffix.sql,
      parameters: suffix.values as SqlValue[],
    };
    const rowsPerMessage = Math.max(1, Math.floor(VALUES_PER_MESSAGE / columns.length));
    for (let start = 0; start < rows.length; start += rowsPerMessage) {
      const batch = rows.slice(start, start + rowsPerMessage);
      yield { kind: 'insert', ...statement, count: batch.length, columns: packRows(batch) };
    }
  }

  async define(statements: readonly string[]): Promise<void> {
    await this.#ask({ kind: 'script', statements });
  }

  async savepoint<T>(work: () => Promise<T>): Promise<T> {
    this.#savepoints += 1;
    const name = `savepoint_${this.#savepoints}`;
    await this.define([`SAVEPOINT ${name}`]);
    try {
      const result = await work();
      await this.define([`RELEASE ${name}`]);
      return result;
    } catch (error) {
      // It fails only where the whole transaction is lost, and then so does its commit.
      const statements = [`ROLLBACK TO ${name}`, `RELEASE ${name}`];
      await this.#writer.ask({ kind: 'script', statements }).catch(() => undefined);
      throw error;
    }
  }

  /** No statement is taken after this. */
  end(): void {
    this.#open = false;
  }

  #statement(statement: Sql) {
    const parameters = statement.values as SqlValue[];
    if (parameters.length > MAX_PARAMETERS) {
      throw new QueryTooCostlyError(
        `The statement has ${parameters.length} values, more than the ${MAX_PARAMETERS} that SQLite takes.`,
      );
    }
    return this.#ask({ kind: 'statement', sql: statement.sql, parameters });
  }

  async #ask(request: WriteRequest) {
    if (!this.#open) throw new Error('the transaction has ended: its statements must be awaited');
    this.#signal.throwIfAborted();
    try {
      return await this.#writer.ask(request);
    } catch (error) {
      throw this.#failed(error);
    }
  }
}
