/** Reads that serve both a plan, on a database, and the write itself, within its transaction. */
import sql, { join, type Sql } from 'sql-template-tag';
import { inBatches } from '../../../butler/in-batches.ts';
import type { DataIdValue } from '../../../butler/data-id.ts';
import type { ColumnType, Universe } from '../../../butler/universe.ts';
import { column, dialectOf, identifier, type ListValue } from '../compile/dialect.ts';
import type { Database, Dialect, SqlRow } from '../database.ts';

/** What a transaction can do of a database; `readsOf` makes one of a database. */
export interface Reads {
  readonly dialect: Dialect;
  table(name: string): Sql;
  all(statement: Sql): Promise<readonly SqlRow[]>;
}

export function readsOf(database: Database, signal: AbortSignal): Reads {
  return {
    dialect: database.dialect,
    table: (name) => database.table(name),
    all: (statement) => database.all(statement, signal),
  };
}

/** How many rows one statement is sent: few enough for the memory of both sides. */
export const ROWS_PER_STATEMENT = 5000;

/** A column of a table and the rows' values that it is compared with. */
export interface KeyColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** The columns of dimensions in a table of memberships or overlaps, where they have the dimensions' names. */
export function dimensionColumns(universe: Universe, names: readonly string[]): readonly KeyColumn[] {
  return names.map((name) => ({ name, type: universe.element(name).primaryKey!.type }));
}

/**
 * Rows of a table whose `key` columns equal one of `keys`, in no order.
 * @param selected what is given of them; the table has the alias `t`
 * @param condition further terms
 */
export async function rowsWithKeys(
  reads: Reads,
  table: string,
  selected: readonly Sql[],
  key: readonly KeyColumn[],
  keys: readonly (readonly ListValue[])[],
  condition?: Sql,
): Promise<readonly SqlRow[]> {
  const dialect = dialectOf(reads.dialect);
  const equal = key.map(({ name }) => sql`${column('t', name)} = ${column('r', name)}`);
  const terms = join([...equal, condition ?? sql`1 = 1`], ' AND ');
  const found: SqlRow[] = [];
  for (const batch of inBatches(keys, ROWS_PER_STATEMENT)) {
    const statement = sql`SELECT ${join(selected)}
      FROM ${dialect.rows('r', key, batch)} ${dialect.lookUpJoin} ${reads.table(table)} AS ${identifier('t')} ON ${terms}`;
    for (const row of await reads.all(statement)) found.push(row);
  }
  return found;
}

/** A text that is equal for equal keys, whether their integers are numbers or bigints. */
export function keyText(values: readonly (DataIdValue | ListValue)[]): string {
  return JSON.stringify(values.map(String));
}

/** The columns of the table that is read. */
export function columnsOf(names: readonly string[]): readonly Sql[] {
  return names.map((name) => column('t', name));
}
