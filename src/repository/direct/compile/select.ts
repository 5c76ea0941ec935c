/** SELECT statements as data, to be nested in one another before they are written out. */
import sql, { join, type Sql } from 'sql-template-tag';
import { Scope, type ColumnId } from './columns.ts';
import { identifier, column } from './dialect.ts';

export interface Select {
  /** Columns in the order of the select list, by the names that they have here. */
  readonly columns: ReadonlyMap<ColumnId, Sql>;
  /** Undefined: one row without tables. */
  readonly from: Sql | undefined;
  readonly conditions: readonly Sql[];
  readonly distinct?: boolean;
  /** Empty: one group of all rows, none where there are no rows. */
  readonly groupBy?: readonly Sql[];
}

/** Name of the column at that place of a select list. */
export function outputName(index: number): string {
  return `c${String(index)}`;
}

export function selectSql({ columns, from, conditions, distinct, groupBy }: Select): Sql {
  const list = [...columns.values()].map((value, i) => sql`${value} AS ${identifier(outputName(i))}`);
  const parts = [
    sql`SELECT ${distinct === true ? sql`DISTINCT ` : sql``}${join(list.length > 0 ? list : [sql`1 AS "c0"`])}`,
  ];
  if (from) parts.push(sql`FROM ${from}`);
  if (conditions.length > 0) parts.push(sql`WHERE ${join(conditions, ' AND ')}`);
  if (groupBy) parts.push(groupBy.length > 0 ? sql`GROUP BY ${join([...groupBy])}` : sql`HAVING count(*) > 0`);
  return join(parts, '\n');
}

/** A statement as a FROM item, and its columns as seen from outside. */
export function nested(select: Select, alias: string): { readonly from: Sql; readonly scope: Scope } {
  const scope = new Scope();
  [...select.columns.keys()].forEach((id, i) => scope.add(id, column(alias, outputName(i))));
  return { from: sql`(${selectSql(select)}) AS ${identifier(alias)}`, scope };
}
