/** Rows of a statement in batches of packed columns, integers exact. */
import type { SqlValue } from '../database.ts';
import type { Connection, PreparedStatement } from './connections.ts';
import type { PackedColumn } from './messages.ts';
import { narrowed, packRows } from './packed-columns.ts';

/** Large enough that a message's own cost vanishes, small enough that the gateway's event loop is held < 1 ms. */
const ROWS_PER_BATCH = 2000;

export interface Batch {
  readonly count: number;
  readonly columns: readonly PackedColumn[];
  /** Set where it is known that no other follows. */
  readonly last: boolean;
}

/** Runs the statement and gives its rows. Ending the iteration early ends the statement and its transaction. */
export function readBatches(
  connection: Connection,
  sql: string,
  parameters: readonly SqlValue[],
): Generator<Batch, void> {
  return connection.inTransaction(batches(connection.prepare(sql), parameters.map(bindable)));
}

function* batches(prepared: PreparedStatement, parameters: SqlValue[]): Generator<Batch, void> {
  let given = 0;
  for (;;) {
    const exact = prepared.wide;
    let rows: SqlValue[][] = [];
    let skip = given;
    let unsafe = false;
    for (const row of prepared.statement.safeIntegers(exact).iterate(...parameters)) {
      if (skip > 0) {
        skip -= 1;
        continue;
      }
      unsafe = !exact && row.some(isRounded);
      if (unsafe) break;
      rows.push(row);
      if (rows.length === ROWS_PER_BATCH) {
        yield pack(rows, exact, false);
        given += rows.length;
        rows = [];
      }
    }
    // Reading every integer as a bigint is slow, and few statements need it: only those that gave one beyond 2^53 once
    // are read so.  The transaction keeps the rows the same in the second reading.
    if (unsafe) prepared.wide = true;
    else {
      if (rows.length > 0) yield pack(rows, exact, true);
      return;
    }
  }
}

/** SQLite has no booleans. */
function bindable(value: SqlValue): SqlValue {
  return typeof value === 'boolean' ? BigInt(value) : value;
}

function isRounded(value: SqlValue): boolean {
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
}

function pack(rows: readonly SqlValue[][], exact: boolean, last: boolean): Batch {
  return { count: rows.length, columns: packRows(exact ? rows.map((row) => row.map(narrowed)) : rows), last };
}
