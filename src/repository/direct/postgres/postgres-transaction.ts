/** One open transaction on PostgreSQL. */
import type pg from 'pg';
import sql, { empty, join, raw, type Sql } from 'sql-template-tag';
import type { Insertion, SqlRow, Transaction } from '../database.ts';
import { quoted, type Answer, type PostgresConnections } from './connections.ts';

/** Rows of one statement: enough that its own cost vanishes, few enough that writing them as text holds nobody up. */
const ROWS_PER_STATEMENT = 5000;

export interface PostgresTransactionParts {
  readonly connections: PostgresConnections;
  readonly client: pg.PoolClient;
  readonly table: (name: string) => Sql;
  /** The types of a table's columns, by name. */
  readonly columnTypes: (name: string, transaction: PostgresTransaction) => Promise<ReadonlyMap<string, string>>;
  /** Gives the error that callers see in place of the driver's. */
  readonly failed: (error: unknown) => unknown;
  readonly signal: AbortSignal;
}

export class PostgresTransaction implements Transaction {
  readonly dialect = 'postgresql';
  readonly table: (name: string) => Sql;
  readonly #parts: PostgresTransactionParts;
  #open = true;
  #savepoints = 0;

  constructor(parts: PostgresTransactionParts) {
    this.#parts = parts;
    this.table = parts.table;
  }

  async all(statement: Sql): Promise<readonly SqlRow[]> {
    return (await this.#ask(statement.text, statement.values)).rows;
  }

  async run(statement: Sql): Promise<number> {
    return (await this.#ask(statement.text, statement.values)).changes;
  }

  /** A column's values go as one array: a statement has as many parameters as columns, however many rows. */
  async insert({ table, columns, rows, suffix = empty }: Insertion): Promise<number> {
    if (rows.length === 0) return 0;
    const types = await this.#parts.columnTypes(table, this);
    const names = raw(columns.map(quoted).join(', '));
    let changes = 0;
    for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
      const batch = rows.slice(start, start + ROWS_PER_STATEMENT);
      const arrays = columns.map((column, c) => {
        const values = batch.map((row) => row[c]!);
        return sql`${values}::${raw(types.get(column)!)}[]`;
      });
      changes += await this.run(
        sql`INSERT INTO ${this.table(table)} (${names}) SELECT * FROM unnest(${join(arrays)}) ${suffix}`,
      );
    }
    return changes;
  }

  async insertAll(insertions: Iterable<Insertion>): Promise<void> {
    for (const insertion of insertions) await this.insert(insertion);
  }

  async define(statements: readonly string[]): Promise<void> {
    if (statements.length > 0) await this.#ask(statements.join(';\n'), []);
  }

  async savepoint<T>(work: () => Promise<T>): Promise<T> {
    this.#savepoints += 1;
    const name = `savepoint_${this.#savepoints}`;
    await this.define([`SAVEPOINT ${name}`]);
    try {
      const result = await work();
      await this.define([`RELEASE SAVEPOINT ${name}`]);
      return result;
    } catch (error) {
      // It fails only where the whole transaction is lost, and then so does its commit.
      await this.#parts.client.query(`ROLLBACK TO SAVEPOINT ${name}; RELEASE SAVEPOINT ${name}`).catch(() => undefined);
      throw error;
    }
  }

  /** No statement is taken after this. */
  end(): void {
    this.#open = false;
  }

  async #ask(text: string, values: readonly unknown[]): Promise<Answer> {
    if (!this.#open) throw new Error('the transaction has ended: its statements must be awaited');
    const { connections, client, signal, failed } = this.#parts;
    try {
      return await connections.query(client, text, values, signal);
    } catch (error) {
      throw failed(error);
    }
  }
}
