/** A registry's database as one sees it who may read only some of its RUNs. */
import sql, { type Sql } from 'sql-template-tag';
import type { Database, SqlRow } from '../database.ts';
import type { ReadableTables } from './readable-tables.ts';

/**
 * Every statement of a request names its tables through `table`, and gets those of `ReadableTables` in their place: their
 * readable rows.  New code that reads a table is restricted without knowing of it, and a table that nobody has said how to
 * restrict cannot be read at all.  Where a statement has only readable rows by its other conditions it says so
 * (`'readable'`), which is to be justified where it is said.
 */
export class RestrictedDatabase implements Database {
  readonly dialect: Database['dialect'];
  readonly #whole: Database;
  readonly #tables: ReadableTables;

  constructor(whole: Database, tables: ReadableTables) {
    this.dialect = whole.dialect;
    this.#whole = whole;
    this.#tables = tables;
  }

  table(name: string, known?: 'readable'): Sql {
    const whole = this.#whole.table(name);
    const condition = known === 'readable' ? undefined : this.#tables.condition(name);
    return condition === undefined ? whole : sql`(SELECT * FROM ${whole} AS "whole" WHERE ${condition})`;
  }

  all(statement: Sql, signal: AbortSignal): Promise<readonly SqlRow[]> {
    return this.#whole.all(statement, signal);
  }

  stream(statement: Sql, signal: AbortSignal): AsyncIterable<readonly SqlRow[]> {
    return this.#whole.stream(statement, signal);
  }

  /** It is the repository's, which closes it. */
  async close(): Promise<void> {
    // nothing of its own
  }
}
