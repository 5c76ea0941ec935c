/**
 * Main module of the thread that writes to one SQLite file.  A thread and not a process, as for reading, because what it
 * runs is short, and nothing may be cut off in the middle of it.
 */
import { lstatSync, statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import type { SqlValue } from '../database.ts';
import { mustBeExact } from './exact-file.ts';
import { WorkerError } from './failures.ts';
import { narrowed, packRows } from './packed-columns.ts';
import type { WriteRequest, WriteResponse, WriterOptions } from './writer-messages.ts';

const STATEMENTS = 64;

/** Values in the order of their places, or by the names of theirs. */
type Bound = SqlValue | Readonly<Record<string, SqlValue>>;

/** Rows of one statement, and of those for what is left: from the first on, what a statement costs beside its rows hardly shows. */
const ROWS_AT_ONCE = [128, 16, 1];

/** How long SQLite itself waits for others; the gateway tries again for longer (`writeable-sqlite-database.ts`). */
const BUSY_MILLISECONDS = 100;

/** Changed pages that are kept in memory: while they fit, as those of 1000 datasets do, readers go on until the commit. */
const CACHE_KIBIBYTES = 32_768;

class Connection {
  readonly database: Sqlite.Database;
  /** Which file was at the path before it was opened: what it is open on, or older. One put in its place is another. */
  readonly file: string | undefined;
  readonly #statements = new LRUCache<string, Sqlite.Statement<Bound[], SqlValue[]>>({ max: STATEMENTS });

  constructor({ path, exactPath, create, quickCheck, keepJournal }: WriterOptions) {
    this.file = fileAt(path);
    this.database = new Sqlite(path, { fileMustExist: !create, timeout: BUSY_MILLISECONDS });
    try {
      if (exactPath) mustBeExact(path);
      this.database.pragma('foreign_keys = ON');
      this.database.pragma(`cache_size = -${CACHE_KIBIBYTES}`);
      // Of this connection only; the file's own mode stays as it is, and one in WAL mode is refused below.
      if (keepJournal && this.database.pragma('journal_mode', { simple: true }) !== 'wal') {
        this.database.pragma('journal_mode = TRUNCATE');
      }
      if (quickCheck && this.database.pragma('quick_check(1)', { simple: true }) !== 'ok') {
        throw new WorkerError('SQLITE_CORRUPT', 'quick_check found damage');
      }
    } catch (error) {
      this.database.close();
      throw error;
    }
  }

  prepare(sql: string): Sqlite.Statement<Bound[], SqlValue[]> {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.database.prepare<Bound[], SqlValue[]>(sql).safeIntegers(true);
      if (statement.reader) statement.raw();
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

const options = workerData as WriterOptions;
let connection: Connection | undefined;

function fileAt(path: string): string | undefined {
  const found = (options.exactPath ? lstatSync : statSync)(path, { throwIfNoEntry: false });
  if (!found && !options.create) throw new WorkerError('ENOENT', 'there is no such file');
  return found && `${found.dev}:${found.ino}`;
}

function begin(): void {
  if (connection && connection.file !== fileAt(options.path)) {
    connection.database.close();
    connection = undefined;
  }
  connection ??= new Connection(options);
  connection.database.exec('BEGIN IMMEDIATE');
  const why = unfit(connection.database);
  if (why === undefined) return;
  connection.database.close();
  connection = undefined;
  throw new WorkerError(why, 'the file is not as the gateway writes to one');
}

/** Looked at within each transaction, since anybody may have changed the file before it. */
function unfit(database: Sqlite.Database): string | undefined {
  // The header is not read here without SQLite: closing the file again would drop the locks of this whole process.
  if (database.pragma('journal_mode', { simple: true }) === 'wal') return 'WAL';
  // Neither Butler nor the gateway makes any.  Nobody could end one that runs for ever: this thread is not to be stopped.
  const own = database.prepare(`SELECT 1 FROM sqlite_master WHERE type IN ('trigger', 'view') LIMIT 1`).get();
  return own === undefined ? undefined : 'TRIGGER';
}

/** The connection, within its transaction: SQLite ends that by itself after some errors. */
function inTransaction(): Connection {
  if (!connection?.database.inTransaction) throw new WorkerError('SQLITE_ABORT_ROLLBACK', 'the transaction has ended');
  return connection;
}

/**
 * Booleans are integers in SQLite, and better-sqlite3 binds every number as a REAL.  Whole numbers go in as integers: a
 * FLOAT column turns them into REALs by itself, as it does for stock Python, but a TEXT column would keep `7.0`.
 */
function bindable(value: SqlValue): SqlValue {
  if (typeof value === 'boolean') return BigInt(value);
  return Number.isSafeInteger(value) ? BigInt(value as number) : value;
}

function done(changes: number, rows: readonly SqlValue[][] = []): WriteResponse {
  return { kind: 'done', changes, count: rows.length, columns: packRows(rows) };
}

/** @returns how many rows are new or changed */
function insert({ before, after, parameters, columns, count }: WriteRequest & { kind: 'insert' }): number {
  // What all rows have, half of the columns as a rule, is bound once a statement.
  const shared: Record<string, SqlValue> = {};
  const differing: ArrayLike<SqlValue>[] = [];
  const places = columns.map((column, c) => {
    if ('everywhere' in column) {
      shared[`all${c}`] = bindable(column.everywhere);
      return `@all${c}`;
    }
    differing.push(column);
    return '?';
  });
  const row = `(${places.join(', ')})`;
  const last = parameters.map(bindable);
  let changes = 0;
  let start = 0;
  for (const size of ROWS_AT_ONCE) {
    if (count - start < size) continue;
    const statement = inTransaction().prepare(`${before} ${Array(size).fill(row).join(', ')} ${after}`);
    for (; count - start >= size; start += size) {
      changes += statement.run(shared, ...rowsOf(differing, start, size), ...last).changes;
    }
  }
  return changes;
}

/** The values of some rows.  By itself, so that V8 compiles no more than this again where columns are of another kind. */
function rowsOf(columns: readonly ArrayLike<SqlValue>[], start: number, size: number): SqlValue[] {
  const values: SqlValue[] = [];
  for (let r = start; r < start + size; r += 1) for (const column of columns) values.push(bindable(column[r]!));
  return values;
}

function answer(request: WriteRequest): WriteResponse {
  switch (request.kind) {
    case 'begin':
      begin();
      return done(0);
    case 'statement': {
      const statement = inTransaction().prepare(request.sql);
      const parameters = request.parameters.map(bindable);
      if (!statement.reader) return done(statement.run(...parameters).changes);
      const rows = statement.all(...parameters).map((row) => row.map(narrowed));
      return done(rows.length, rows);
    }
    case 'insert':
      return done(insert(request));
    case 'script':
      for (const statement of request.statements) inTransaction().database.exec(statement);
      return done(0);
    case 'commit': {
      const { database, file } = inTransaction();
      database.exec('COMMIT');
      // SQLite looks only when a transaction begins to write: a file that was exchanged since took the commit with it.
      if (file !== undefined && file !== fileAt(options.path))
        throw new WorkerError('EXCHANGED', 'there is another file');
      return done(0);
    }
    case 'rollback':
      if (connection?.database.inTransaction) connection.database.exec('ROLLBACK');
      return done(0);
  }
}

parentPort!.on('message', (request: WriteRequest) => {
  let response: WriteResponse;
  try {
    response = answer(request);
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    response = { kind: 'error', code: String(code), message: String(message) };
  }
  parentPort!.postMessage(response);
});
