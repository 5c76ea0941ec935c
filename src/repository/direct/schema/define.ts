/** Definitions of tables as text: on SQLite the very text that stock Python's would leave in the file. */
import type { Dialect } from '../database.ts';
import { identifier, sequenceName, shrunk } from './identifier.ts';
import type { ForeignKey, Table, TableColumn } from './table.ts';

/** Longest string that a column bounds. */
const BOUNDED_LENGTH = 32;

/** Nanoseconds TAI of the last instant that a timespan knows, 2100-01-01: an end without a bound. */
const END_OF_TIME = '4102444800000000000';

const TYPES = {
  sqlite: {
    'auto id': 'INTEGER',
    int: 'BIGINT',
    'small int': 'SMALLINT',
    float: 'FLOAT',
    bool: 'BOOLEAN',
    uuid: 'CHAR(32)',
  },
  postgresql: {
    'auto id': 'bigint',
    int: 'bigint',
    'small int': 'smallint',
    float: 'double precision',
    bool: 'boolean',
    uuid: 'uuid',
  },
} as const;

/**
 * Statements that make the tables, in the schema that a session is in, with their indexes, sequences and comments.  What
 * is there already is left as it is.
 * @param tables each after those that it refers to
 */
export function defineTables(tables: readonly Table[], dialect: Dialect): readonly string[] {
  return tables.flatMap((table) => [
    ...(dialect === 'postgresql' ? sequences(table) : []),
    definition(table, dialect),
    ...indexes(table, dialect),
    ...(dialect === 'postgresql' ? comments(table) : []),
  ]);
}

function definition(table: Table, dialect: Dialect): string {
  const list = (names: readonly string[]) => columnList(table, names, dialect);
  const constraint = (name: string, rule: string) => `CONSTRAINT ${identifier(shrunk(name, dialect), dialect)} ${rule}`;
  const parts = [
    ...table.columns.flatMap((column) => columnDefinitions(column, dialect)),
    `PRIMARY KEY (${list(table.primaryKey)})`,
    ...(dialect === 'sqlite' ? table.columns.filter(isBounded) : []).map(({ name, length }) =>
      constraint(`${table.name}_len_${name}`, `CHECK (length("${name}")<=${length} AND length("${name}")>=1)`),
    ),
    ...table.unique.map((names) => constraint([table.name, 'unq', ...names].join('_'), `UNIQUE (${list(names)})`)),
    ...table.foreignKeys.map((key) =>
      constraint(
        ['fkey', table.name, key.table, ...key.target, ...key.source].join('_'),
        foreignKeyRule(key, list(key.source), dialect),
      ),
    ),
  ];
  return `CREATE TABLE IF NOT EXISTS ${identifier(table.name, dialect)} (\n\t${parts.join(', \n\t')}\n)`;
}

function foreignKeyRule({ table, target, cascades }: ForeignKey, source: string, dialect: Dialect): string {
  const columns = target.map((name) => identifier(name, dialect)).join(', ');
  const rule = `FOREIGN KEY(${source}) REFERENCES ${identifier(table, dialect)} (${columns})`;
  return cascades ? `${rule} ON DELETE CASCADE` : rule;
}

function isBounded({ type, length }: TableColumn): boolean {
  return type === 'string' && length !== undefined && length >= 1 && length <= BOUNDED_LENGTH;
}

function columnDefinitions(column: TableColumn, dialect: Dialect): readonly string[] {
  const { name, type, length, nullable = false, unboundedByDefault = false } = column;
  const define = (part: string, sqlType: string, value: string | undefined) =>
    `${identifier(part, dialect)} ${sqlType}${value === undefined ? '' : ` DEFAULT ${value}`}${nullable ? '' : ' NOT NULL'}`;
  if (type === 'timespan') {
    if (dialect === 'postgresql')
      return [define(name, 'int8range', unboundedByDefault ? `'(,)'::int8range` : undefined)];
    return [
      define(`${name}_begin`, 'BIGINT', unboundedByDefault ? '0' : undefined),
      define(`${name}_end`, 'BIGINT', unboundedByDefault ? END_OF_TIME : undefined),
    ];
  }
  if (type !== 'string') return [define(name, TYPES[dialect][type], undefined)];
  return [define(name, isBounded(column) ? `VARCHAR(${length})` : 'TEXT', undefined)];
}

/** On SQLite a timespan is two columns, also in the names of what refers to it. */
function columnNames(table: Table, names: readonly string[], dialect: Dialect): readonly string[] {
  const isTimespan = (name: string) => table.columns.find((column) => column.name === name)?.type === 'timespan';
  return names.flatMap((name) =>
    dialect === 'sqlite' && isTimespan(name) ? [`${name}_begin`, `${name}_end`] : [name],
  );
}

function columnList(table: Table, names: readonly string[], dialect: Dialect): string {
  return columnNames(table, names, dialect)
    .map((name) => identifier(name, dialect))
    .join(', ');
}

/** Those asked for, and one for each foreign key's source unless a key or an index has the same columns. */
function indexes(table: Table, dialect: Dialect): readonly string[] {
  const covered = new Set([table.primaryKey, ...table.unique, ...table.indexes].map(String));
  const sources = table.foreignKeys.map((key) => key.source).filter((source) => !covered.has(String(source)));
  const create = (kind: string, names: readonly string[]) => {
    const name = shrunk([table.name, kind, ...columnNames(table, names, dialect)].join('_'), dialect);
    return (
      `CREATE INDEX IF NOT EXISTS ${identifier(name, dialect)} ` +
      `ON ${identifier(table.name, dialect)} (${columnList(table, names, dialect)})`
    );
  };
  return [...table.indexes.map((names) => create('idx', names)), ...sources.map((names) => create('fkidx', names))];
}

function sequences(table: Table): readonly string[] {
  return table.columns
    .filter(({ type }) => type === 'auto id')
    .map(({ name }) => `CREATE SEQUENCE IF NOT EXISTS ${identifier(sequenceName(table.name, name), 'postgresql')}`);
}

function comments(table: Table): readonly string[] {
  const name = identifier(table.name, 'postgresql');
  const text = (comment: string) => `'${comment.replaceAll("'", "''")}'`;
  return [
    ...(table.comment === undefined ? [] : [`COMMENT ON TABLE ${name} IS ${text(table.comment)}`]),
    ...table.columns.flatMap(({ name: column, comment }) =>
      comment === undefined
        ? []
        : [`COMMENT ON COLUMN ${name}.${identifier(column, 'postgresql')} IS ${text(comment)}`],
    ),
  ];
}
