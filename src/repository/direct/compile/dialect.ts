/**
 * Where SQLite and PostgreSQL differ in the SQL of a query.  Everything else in this folder is written once.
 *
 * A timespan is a pair of columns here, begin and end in ns TAI, on both: SQLite stores it so, and PostgreSQL's range is
 * taken apart where its table is joined (`storedTimespan`).
 */
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { MAX_NSEC, MIN_NSEC } from '../../../butler/timespan.ts';
import { QueryTooCostlyError } from '../../../butler/errors.ts';
import type { PixelRange } from '../../../butler/region/envelope.ts';
import type { ColumnType } from '../../../butler/universe.ts';
import type { Dialect as DialectName } from '../database.ts';

/** The begin and the end of a timespan; both NULL where it is NULL. */
export interface TimespanSql {
  readonly begin: Sql;
  readonly end: Sql;
}

/** A value as statements have it: uuids, hashes and regions as text, times as ns TAI. */
export type ListValue = string | number | bigint;

export interface Dialect {
  readonly name: DialectName;
  /** A bound value of that type. */
  literal(type: ColumnType, value: ListValue): Sql;
  /** `column IN (values)`, as one parameter however many they are. */
  memberOf(column: Sql, type: ColumnType, values: readonly ListValue[]): Sql;
  /** A FROM item of rows sent along, `alias` with columns named by `columns`. */
  rows(
    alias: string,
    columns: readonly { readonly name: string; readonly type: ColumnType }[],
    rows: readonly (readonly ListValue[])[],
  ): Sql;
  /** A FROM item of pixel ranges, `alias` with columns `lo` and `hi`. */
  ranges(alias: string, ranges: readonly PixelRange[]): Sql;
  /** A JOIN that looks up its right side for each row of its left one. PostgreSQL knows best itself. */
  readonly lookUpJoin: Sql;
  /** The timespan that `table` stores under `name` (`timespan`). */
  storedTimespan(table: string, name: string): TimespanSql;
  /** Case-sensitive match with `*`, `?` and backslash escapes. */
  glob(value: Sql, pattern: string): Sql;
  /** The same condition, as one that no index is sought for. */
  unplanned(condition: Sql): Sql;
  divide(a: Sql, b: Sql, integers: boolean): Sql;
  modulo(a: Sql, b: Sql): Sql;
  /** A value in the order that is ours: strings by code point. */
  collated(value: Sql, type: ColumnType): Sql;
  /** ORDER BY term with NULLs first ascending and last descending. */
  orderTerm(value: Sql, descending: boolean, nullable: boolean): Sql;
  /** Some value of a column that is the same in all rows of a group. */
  anyOfGroup(value: Sql): Sql;
  readonly true: Sql;
  readonly false: Sql;
}

/** Quotes an identifier; only names from the universe, the registry or this folder are given to it. */
export function identifier(name: string): Sql {
  return raw(`"${name.replaceAll('"', '""')}"`);
}

/** `alias.column`, both quoted. */
export function column(alias: string, name: string): Sql {
  return raw(`"${alias.replaceAll('"', '""')}"."${name.replaceAll('"', '""')}"`);
}

/** Deepest nesting of an expression; databases give up (SQLite at 1000) or overflow their stacks beyond. */
const MAX_DEPTH = 400;

/** Refuses expressions nested deeper than databases take. @throws QueryTooCostlyError */
export function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) {
    throw new QueryTooCostlyError(
      `The where expression is nested more than ${String(MAX_DEPTH)} levels deep. Use fewer parentheses, or a list in IN.`,
    );
  }
}

/** Terms joined by AND or OR as a balanced tree, so that thousands of them stay within the databases' depth. */
export function balanced(terms: readonly Sql[], operator: 'AND' | 'OR'): Sql {
  if (terms.length === 1) return terms[0]!;
  const middle = terms.length >> 1;
  const [left, right] = [balanced(terms.slice(0, middle), operator), balanced(terms.slice(middle), operator)];
  return operator === 'AND' ? sql`(${left} AND ${right})` : sql`(${left} OR ${right})`;
}

/** JSON text of rows, with 64-bit integers as they are. */
function jsonText(value: ListValue | readonly unknown[]): string {
  if (Array.isArray(value)) return `[${value.map((v) => jsonText(v as ListValue)).join(',')}]`;
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
}

/** Integers as bigint, so that drivers bind them as integers. */
function integer(value: ListValue): unknown {
  return typeof value === 'number' ? BigInt(value) : value;
}

function isIntegerType(type: ColumnType): boolean {
  return type === 'int' || type === 'datetime' || type === 'ingest_date';
}

/** UUIDs as SQLite has them: 32 hexadecimal digits. */
function sqliteValue(type: ColumnType, value: ListValue): ListValue {
  return type === 'uuid' ? String(value).replaceAll('-', '') : value;
}

const sqlite: Dialect = {
  name: 'sqlite',
  literal: (type, value) => sql`${isIntegerType(type) ? integer(value) : sqliteValue(type, value)}`,
  memberOf: (value, type, values) => {
    const items = jsonText(values.map((v) => sqliteValue(type, v)));
    return sql`${value} IN (SELECT "value" FROM json_each(${items}))`;
  },
  rows: (alias, columns, rows) => {
    const list = columns.map(
      (c, i) => sql`json_extract("value", ${raw(`'$[${String(i)}]'`)}) AS ${identifier(c.name)}`,
    );
    const source = sql`json_each(${jsonText(rows)})`;
    return sql`(SELECT ${join(list.length > 0 ? list : [sql`1 AS "nothing"`])} FROM ${source}) AS ${identifier(alias)}`;
  },
  ranges: (alias, ranges) => sql`(
    SELECT json_extract("value", '$[0]') AS "lo", json_extract("value", '$[1]') AS "hi" FROM json_each(${jsonText(ranges.map(({ begin, end }) => [begin, end]))})
  ) AS ${identifier(alias)}`,
  lookUpJoin: raw('CROSS JOIN'),
  storedTimespan: (table, name) => ({ begin: column(table, `${name}_begin`), end: column(table, `${name}_end`) }),
  glob: (value, pattern) => sql`(${value} GLOB ${translateGlob(pattern, SQLITE_GLOB)})`,
  unplanned: (condition) => sql`(+${condition})`,
  divide: (a, b, integers) => (integers ? sql`(${a} / (${b} + 0.0))` : sql`(${a} / ${b})`),
  modulo: (a, b) => sql`(${a} % ${b})`,
  collated: (value) => value,
  orderTerm: (value, descending) => (descending ? sql`${value} DESC` : value),
  anyOfGroup: (value) => value, // a bare column of a grouped query
  true: raw('1'),
  false: raw('0'),
};

const POSTGRESQL_TYPES: Partial<Record<ColumnType, string>> = {
  int: 'bigint',
  datetime: 'bigint',
  ingest_date: 'bigint',
  float: 'numeric', // as a number in the text of a statement has it, which is what stock Butler sends
  uuid: 'uuid',
  bool: 'boolean',
};

function postgresType(type: ColumnType): Sql {
  return raw(POSTGRESQL_TYPES[type] ?? 'text');
}

const postgresql: Dialect = {
  name: 'postgresql',
  literal: (type, value) => sql`${isIntegerType(type) ? integer(value) : value}::${postgresType(type)}`,
  memberOf: (value, type, values) => sql`${value} = ANY(${values.map(String)}::${postgresType(type)}[])`,
  rows: (alias, columns, rows) => {
    if (columns.length === 0) {
      return sql`(SELECT 1 AS "nothing" FROM generate_series(1, ${rows.length}::int)) AS ${identifier(alias)}`;
    }
    const arrays = columns.map((c, i) => sql`${rows.map((row) => String(row[i]))}::${postgresType(c.type)}[]`);
    const names = columns.map((c) => identifier(c.name));
    return sql`unnest(${join(arrays)}) AS ${identifier(alias)}(${join(names)})`;
  },
  ranges: (
    alias,
    ranges,
  ) => sql`unnest(${ranges.map(({ begin }) => String(begin))}::bigint[], ${ranges.map(({ end }) => String(end))}::bigint[])
    AS ${identifier(alias)}("lo", "hi")`,
  lookUpJoin: raw('JOIN'),
  storedTimespan: (table, name) => {
    const range = column(table, name);
    const [min, max] = [raw(MIN_NSEC.toString()), raw(MAX_NSEC.toString())];
    return {
      begin: sql`(CASE WHEN isempty(${range}) THEN ${max} WHEN ${range} IS NOT NULL THEN coalesce(lower(${range}), ${min}) END)`,
      end: sql`(CASE WHEN isempty(${range}) THEN ${min} WHEN ${range} IS NOT NULL THEN coalesce(upper(${range}), ${max}) END)`,
    };
  },
  glob: (value, pattern) => sql`(${value} LIKE ${translateGlob(pattern, SQL_LIKE)}::text ESCAPE '\\')`,
  unplanned: (condition) => condition,
  // NULL for a division by zero, as SQLite has it, rather than the end of the statement
  divide: (a, b, integers) =>
    integers ? sql`(${a} / CAST(nullif(${b}, 0) AS numeric))` : sql`(${a} / nullif(${b}, 0))`,
  modulo: (a, b) => sql`(${a} % nullif(${b}, 0))`,
  collated: (value, type) => (type === 'string' ? sql`${value} COLLATE "C"` : value),
  orderTerm: (value, descending, nullable) => {
    if (descending) return nullable ? sql`${value} DESC NULLS LAST` : sql`${value} DESC`;
    return nullable ? sql`${value} NULLS FIRST` : value;
  },
  anyOfGroup: (value) => sql`(array_agg(${value}))[1]`, // any_value() is there only since PostgreSQL 16
  true: raw('TRUE'),
  false: raw('FALSE'),
};

export function dialectOf(name: DialectName): Dialect {
  return name === 'sqlite' ? sqlite : postgresql;
}

interface PatternLanguage {
  readonly anyString: string;
  readonly anyCharacter: string;
  /** A character that is to match itself. */
  readonly literal: (character: string) => string;
}

const SQLITE_GLOB: PatternLanguage = {
  anyString: '*',
  anyCharacter: '?',
  literal: (c) => ('[]*?'.includes(c) ? `[${c}]` : c),
};

const SQL_LIKE: PatternLanguage = {
  anyString: '%',
  anyCharacter: '_',
  literal: (c) => ('%_\\'.includes(c) ? `\\${c}` : c),
};

function translateGlob(pattern: string, language: PatternLanguage): string {
  let result = '';
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i += 1) {
    const c = characters[i]!;
    const next = characters[i + 1];
    if (c === '\\' && next !== undefined && '\\*?[]'.includes(next)) {
      result += language.literal(next);
      i += 1;
    } else if (c === '*') result += language.anyString;
    else if (c === '?') result += language.anyCharacter;
    else result += language.literal(c);
  }
  return result;
}
