/** A read-only connection to a registry's database, SQLite or PostgreSQL. */
import type { Sql } from 'sql-template-tag';

export type Dialect = 'sqlite' | 'postgresql';

/** A value as the driver gives it: integers are numbers where exact and bigints beyond 2^53; SQL NULL is null. */
export type SqlValue = string | number | bigint | boolean | Uint8Array | null;
export type SqlRow = readonly SqlValue[];

/**
 * Parameters of statements are `SqlValue`s, on PostgreSQL arrays of them too.  SQLite binds a bigint as an integer and
 * every number as a REAL; PostgreSQL takes the type from the context or a cast.
 */
export interface Database {
  readonly dialect: Dialect;
  /** Quotes a table's name with its schema; only names from the registry or the universe are given to it. */
  table(name: string): Sql;
  /** All rows of a statement, as arrays in the order of its select list. Aborting stops the statement itself. */
  all(statement: Sql, signal: AbortSignal): Promise<readonly SqlRow[]>;
  /** The same in batches, with bounded memory; breaking out of the loop stops the statement. */
  stream(statement: Sql, signal: AbortSignal): AsyncIterable<readonly SqlRow[]>;
  close(): Promise<void>;
}
