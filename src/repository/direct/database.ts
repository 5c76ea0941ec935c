/** Connections to a registry's database, SQLite or PostgreSQL. */
import type { Sql } from 'sql-template-tag';

export type Dialect = 'sqlite' | 'postgresql';

/** A value as the driver gives it: integers are numbers where exact and bigints beyond 2^53; SQL NULL is null. */
export type SqlValue = string | number | bigint | boolean | Uint8Array | null;
export type SqlRow = readonly SqlValue[];

/**
 * Reads.  Parameters of statements are `SqlValue`s, on PostgreSQL arrays of them too.  SQLite binds a bigint as an integer
 * and every number as a REAL; PostgreSQL takes the type from the context or a cast.
 */
export interface Database {
  readonly dialect: Dialect;
  /**
   * What to read a table's rows from, to be followed by an alias; only names from the registry or the universe are given.
   * @param known `'readable'`: by its other conditions the statement has only rows that whoever asks may read
   *   (`restricted/`), so that they need not be checked; say why where it is said
   */
  table(name: string, known?: 'readable'): Sql;
  /** All rows of a statement, as arrays in the order of its select list. Aborting stops the statement itself. */
  all(statement: Sql, signal: AbortSignal): Promise<readonly SqlRow[]>;
  /** The same in batches, with bounded memory; breaking out of the loop stops the statement. */
  stream(statement: Sql, signal: AbortSignal): AsyncIterable<readonly SqlRow[]>;
  close(): Promise<void>;
}

/** Many rows for one table, in as few statements as the database takes. */
export interface Insertion {
  readonly table: string;
  readonly columns: readonly string[];
  /** Values in the order of `columns`; each one as the column stores it. */
  readonly rows: readonly SqlRow[];
  /** What follows the values, such as `ON CONFLICT DO NOTHING`. */
  readonly suffix?: Sql;
}

/** One open transaction: its statements see each other's effects, and nothing is kept unless all of it is. */
export interface Transaction {
  readonly dialect: Dialect;
  table(name: string): Sql;
  /** All rows of a statement, also of one with RETURNING. */
  all(statement: Sql): Promise<readonly SqlRow[]>;
  /** Runs a statement. @returns the number of rows that it changed */
  run(statement: Sql): Promise<number>;
  /** @returns the number of rows that are new or changed */
  insert(insertion: Insertion): Promise<number>;
  /**
   * Several, in order: rows of one may refer to rows of those before.  Where the database works beside us, the later ones are
   * made ready meanwhile.
   * @throws the first failure, after all have ended
   */
  insertAll(insertions: Iterable<Insertion>): Promise<void>;
  /** Runs statements of data definition, as text without parameters. */
  define(statements: readonly string[]): Promise<void>;
  /** Undoes `work` alone where it throws; the transaction goes on. */
  savepoint<T>(work: () => Promise<T>): Promise<T>;
}

/** May a writer write?  Asked around each transaction: the holder of a lease on the repository implements it. */
export interface WriteGuard {
  /**
   * Before the transaction begins; fulfils when writing is allowed.
   * @returns whether others may have written since the transaction before: what is known of the database is forgotten then
   * @throws SatelliteError CONFLICT, where another writes
   */
  admit(signal: AbortSignal): Promise<boolean>;
  /**
   * Before it commits; where the database itself does not keep writers apart, once more after, before success is told.
   * @throws SatelliteError CONFLICT where the right was lost meanwhile: nothing is kept before the commit
   */
  confirm(): Promise<void>;
  /** After it was committed or undone; not called where it was not admitted. */
  ended(): void;
}

/**
 * Writes too.  A transaction is `BEGIN IMMEDIATE` on SQLite and READ COMMITTED on PostgreSQL, as stock Python's are
 *.  A broken rule of the database (unique, foreign key, check) comes as `ConstraintError`.
 */
export interface WriteableDatabase extends Database {
  /**
   * Runs `work` in a transaction, one after the other on SQLite, where it waits for other writers too.  Statements must
   * be awaited, and `work` does nothing slow beside them: others wait.  Commits when it is fulfilled, else undoes all.
   * A transaction that the database gave up for another's sake (deadlock, serialization) is run again.
   * @throws RepositoryUnavailableError where the database stays locked or cannot be reached
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** What a database refused because of its rules; callers say in the user's terms what it means. */
export class ConstraintError extends Error {
  readonly kind: 'unique' | 'foreign key' | 'check' | 'not null';

  constructor(kind: ConstraintError['kind'], options: { readonly cause: unknown }) {
    super(`a ${kind} constraint refused the statement`, options);
    this.name = 'ConstraintError';
    this.kind = kind;
  }
}
