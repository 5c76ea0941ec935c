/** Rows as columns, the form in which they go from one thread or process to another. */
import type { SqlRow, SqlValue } from '../database.ts';
import type { PackedColumn } from './messages.ts';

/** Columns of rows of equal width; none where there are no rows. */
export function packRows(rows: readonly SqlRow[]): readonly PackedColumn[] {
  const width = rows[0]?.length ?? 0;
  const columns: PackedColumn[] = [];
  for (let c = 0; c < width; c += 1) columns.push(packed(rows.map((row) => row[c]!)));
  return columns;
}

function packed(values: readonly SqlValue[]): PackedColumn {
  const [first] = values;
  if (values.length > 1 && values.every((value) => Object.is(value, first))) return { everywhere: first! };
  if (values.every((value) => typeof value === 'number')) return Float64Array.from(values);
  return values.every(isLong) ? BigInt64Array.from(values) : values;
}

function isLong(value: SqlValue): value is bigint {
  return typeof value === 'bigint' && BigInt.asIntN(64, value) === value;
}

/** The rows again. @param count how many there are */
export function unpackRows(columns: readonly PackedColumn[], count: number): SqlValue[][] {
  const rows = Array.from({ length: count }, () => new Array<SqlValue>(columns.length));
  for (const [c, column] of columns.entries()) {
    if ('everywhere' in column) for (const row of rows) row[c] = column.everywhere;
    else for (let r = 0; r < count; r += 1) rows[r]![c] = column[r]!;
  }
  return rows;
}

/** A number in place of a bigint where that is exact. */
export function narrowed(value: SqlValue): SqlValue {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
