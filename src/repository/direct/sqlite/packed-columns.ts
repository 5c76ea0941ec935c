/** Rows as columns, the form in which they go from one thread or process to another. */
import type { SqlRow, SqlValue } from '../database.ts';
import type { PackedColumn } from './messages.ts';

/** Columns of rows of equal width; none where there are no rows. */
export function packRows(rows: readonly SqlRow[]): readonly PackedColumn[] {
  const width = rows[0]?.length ?? 0;
  const columns: PackedColumn[] = [];
  for (let c = 0; c < width; c += 1) {
    const values = rows.map((row) => row[c]!);
    columns.push(values.every((value) => typeof value === 'number') ? Float64Array.from(values) : values);
  }
  return columns;
}

/** The rows again. @param count how many there are */
export function unpackRows(columns: readonly PackedColumn[], count: number): SqlValue[][] {
  const rows: SqlValue[][] = [];
  for (let r = 0; r < count; r += 1) {
    const row: SqlValue[] = [];
    for (const column of columns) row.push(column[r]!);
    rows.push(row);
  }
  return rows;
}

/** A number in place of a bigint where that is exact. */
export function narrowed(value: SqlValue): SqlValue {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
