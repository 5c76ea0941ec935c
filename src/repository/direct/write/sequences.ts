/**
 * Keys that the database counts.  On PostgreSQL they come from bare sequences, which nothing but the writer asks
 *; on SQLite the row gets one by itself.
 */
import sql, { empty, type Sql } from 'sql-template-tag';
import { identifier } from '../compile/dialect.ts';
import type { Transaction } from '../database.ts';

/** The next value of `{table}_seq_{column}`. */
function nextValue(tx: Transaction, table: string, column: string): Sql {
  return sql`nextval(${tx.table(`${table}_seq_${column}`).sql}::regclass)`;
}

/** Inserts one row. @returns its key; undefined where `suffix` left it out. */
export async function insertCounted(
  tx: Transaction,
  table: string,
  key: string,
  values: Readonly<Record<string, string | bigint | null>>,
  suffix: Sql = empty,
): Promise<bigint | undefined> {
  const columns = Object.entries(values).map(([name, value]) => [identifier(name), sql`${value}`] as const);
  if (tx.dialect === 'postgresql') columns.unshift([identifier(key), nextValue(tx, table, key)]);
  const row =
    columns.length === 0
      ? sql`DEFAULT VALUES`
      : sql`(${list(columns.map(([name]) => name))}) VALUES (${list(columns.map(([, value]) => value))})`;
  const [inserted] = await tx.all(sql`INSERT INTO ${tx.table(table)} ${row} ${suffix} RETURNING ${identifier(key)}`);
  return inserted && BigInt(inserted[0] as number | bigint);
}

/** As many keys for rows to be inserted; undefined on SQLite, where the rows go without. */
export async function takeKeys(
  tx: Transaction,
  table: string,
  key: string,
  count: number,
): Promise<readonly bigint[] | undefined> {
  if (tx.dialect === 'sqlite') return undefined;
  const rows = await tx.all(sql`SELECT ${nextValue(tx, table, key)} FROM generate_series(1, ${count}::int)`);
  return rows.map(([value]) => BigInt(value as number | bigint));
}

function list(parts: readonly Sql[]): Sql {
  return parts.reduce((all, part) => sql`${all}, ${part}`);
}
