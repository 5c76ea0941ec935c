/** Read-only SQLite connections of one worker process, with their prepared statements. */
import { randomUUID } from 'node:crypto';
import { lstatSync, statSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import type { SqlValue } from '../database.ts';
import { mustBeExact } from './exact-file.ts';

const CONNECTIONS = 16;
const STATEMENTS = 64;

/** Pages that a connection keeps in memory; the file system keeps them too, and SQLite's own 16 MB add up over all connections. */
const CACHE_KIBIBYTES = 4096;

/**
 * How long SQLite itself waits for a writer that is committing.  Short, because a waiting worker process serves nobody;
 * the gateway tries again for longer (`sqlite-database.ts`).
 */
const BUSY_MILLISECONDS = 100;

/** A prepared statement and whether it has given integers that a double cannot hold. */
export interface PreparedStatement {
  readonly statement: Sqlite.Statement<SqlValue[], SqlValue[]>;
  wide: boolean;
}

export class Connection {
  readonly #database: Sqlite.Database;
  readonly #statements = new LRUCache<string, PreparedStatement>({ max: STATEMENTS });
  /** Which file it is open on: a repository that was made anew under the same path is another file. */
  readonly file: string;

  constructor(path: string, file: string, exactPath: boolean) {
    this.file = file;
    // Opened with SQLITE_OPEN_READONLY: needs no write access to the file or its directory, and honours the locks of
    // writers.  The journal mode is whatever the file has; nothing here may change it.
    this.#database = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: BUSY_MILLISECONDS });
    try {
      if (exactPath) mustBeExact(path);
      this.#database.pragma(`cache_size = -${CACHE_KIBIBYTES}`);
    } catch (error) {
      this.#database.close();
      throw error;
    }
    const id = randomUUID();
    // `PRAGMA data_version` tells changes apart within one connection only.
    this.#database.function('connection_id', () => id);
  }

  prepare(sql: string): PreparedStatement {
    let prepared = this.#statements.get(sql);
    if (!prepared) {
      prepared = { statement: this.#database.prepare<SqlValue[], SqlValue[]>(sql).raw(), wide: false };
      this.#statements.set(sql, prepared);
    }
    return prepared;
  }

  /** Runs `work` in one read transaction, so that it sees one state of the database however often it reads. */
  *inTransaction<T>(work: Iterable<T>): Generator<T, void> {
    this.#database.exec('BEGIN');
    try {
      yield* work;
    } finally {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
    }
  }

  close(): void {
    this.#database.close();
  }
}

const connections = new LRUCache<string, Connection>({ max: CONNECTIONS, dispose: (connection) => connection.close() });

/**
 * The process's connection to the database file at `path`.
 * @param exactPath whether the path must lead to the file without a link
 * @throws SqliteError, ENOENT where there is no file, or WorkerError LINKED
 */
export function connectionTo(path: string, exactPath: boolean, reopen: boolean): Connection {
  const { dev, ino } = exactPath ? lstatSync(path) : statSync(path);
  const file = `${dev}:${ino}`;
  let connection = connections.get(path);
  if (reopen || connection?.file !== file) {
    // The one before is closed first, so that its file is not taken for the new one's.
    connections.delete(path);
    connection = new Connection(path, file, exactPath);
    connections.set(path, connection);
  }
  return connection;
}
