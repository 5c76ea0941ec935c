import sql, { type Sql } from 'sql-template-tag';
import type { Dialect } from '../repository/direct/database.ts';

/** Texts as a table of one column, `value`: one parameter however many they are, so that the statement stays the same. */
export function listOf(dialect: Dialect, values: readonly string[]): Sql {
  const json = JSON.stringify(values);
  return dialect === 'sqlite'
    ? sql`json_each(${json})`
    : sql`json_array_elements_text(CAST(${json} AS json)) AS list (value)`;
}
