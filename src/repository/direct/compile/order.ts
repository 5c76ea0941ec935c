/**
 * Order of rows, and where to go on after a row: NULLs come first ascending and last descending, strings in the order of
 * code points, on both databases, so that one cursor serves for all repositories.
 */
import sql, { join, type Sql } from 'sql-template-tag';
import { InvalidQueryError } from '../../../butler/errors.ts';
import { columnReferences, columnType } from '../../../butler/query/column-type.ts';
import type { OrderExpression } from '../../../butler/query/expression.ts';
import type { ColumnType } from '../../../butler/universe.ts';
import type { Key, KeyValue } from '../../repository.ts';
import { columnId, type ColumnId } from './columns.ts';
import type { Dialect } from './dialect.ts';
import { scalar, type ExpressionContext } from './expressions.ts';

export interface OrderColumn {
  readonly value: Sql;
  readonly type: ColumnType;
  readonly descending: boolean;
  /** Columns of dimension records other than keys may be NULL, and what is computed from them. */
  readonly nullable: boolean;
  /** The column where it has the same value in all rows, and need not be ordered by. */
  readonly constant: ColumnId | undefined;
}

/** @param constants dimensions with one value in all rows. @throws InvalidQueryError for what has no order */
export function orderColumns(
  orderBy: readonly OrderExpression[],
  constants: ReadonlySet<string>,
  context: ExpressionContext,
): readonly OrderColumn[] {
  return orderBy.map((term) => {
    const descending = term.type === 'reversed';
    const expression = descending ? term.operand : term;
    const type = columnType(context.universe, expression);
    if (type === 'region' || type === 'timespan') throw new InvalidQueryError(`Rows cannot be ordered by a ${type}.`);
    return {
      value: context.dialect.collated(scalar(expression, context), type),
      type,
      descending,
      nullable: columnReferences(expression).some((r) => r.type === 'dimension_field') || expression.type === 'binary',
      constant:
        expression.type === 'dimension_key' && constants.has(expression.dimension) ? columnId(expression) : undefined,
    };
  });
}

/** ORDER BY terms, of columns that stand in a select list under these names. */
export function orderTerms(columns: readonly OrderColumn[], names: readonly Sql[], dialect: Dialect): readonly Sql[] {
  return columns.flatMap((column, i) =>
    column.constant !== undefined ? [] : [dialect.orderTerm(names[i]!, column.descending, column.nullable)],
  );
}

/** Condition for the rows after the one with that key; undefined where the order does not tell rows apart. */
export function afterKey(columns: readonly OrderColumn[], key: Key, dialect: Dialect): Sql | undefined {
  if (key.length !== columns.length) throw new InvalidQueryError('The cursor does not belong to this order.');
  const steps = columns
    .map((column, i) => ({ column, value: literal(column, key[i]!, dialect) }))
    .filter(({ column }) => column.constant === undefined);
  const [first] = steps;
  if (!first) return dialect.false;
  const isUniform = steps.every(
    ({ column, value }) => !column.nullable && value !== null && column.descending === first.column.descending,
  );
  if (isUniform) {
    // one comparison of rows, for which databases find the place in an index
    const left = join(steps.map(({ column }) => column.value));
    const right = join(steps.map(({ value }) => value));
    return first.column.descending ? sql`(${left}) < (${right})` : sql`(${left}) > (${right})`;
  }
  return steps.reduceRight<Sql | undefined>((later, step) => {
    const beyond = beyondValue(step, dialect);
    return later ? sql`(${beyond} OR (${sameValue(step)} AND ${later}))` : beyond;
  }, undefined);
}

interface Step {
  readonly column: OrderColumn;
  readonly value: Sql | null;
}

/** @throws InvalidQueryError for what the column cannot hold: cursors are no secret, and can be made by hand */
function literal({ type }: OrderColumn, value: KeyValue, dialect: Dialect): Sql | null {
  if (value === null) return null;
  if (type === 'bool') return value ? dialect.true : dialect.false;
  const plain = typeof value === 'boolean' ? Number(value) : value;
  if (!fits(type, plain)) throw new InvalidQueryError('The cursor does not belong to this order.');
  return dialect.literal(type, plain);
}

function fits(type: ColumnType, value: string | number | bigint): boolean {
  switch (type) {
    case 'int':
    case 'datetime':
    case 'ingest_date':
      return typeof value === 'bigint' ? BigInt.asIntN(64, value) === value : Number.isSafeInteger(value);
    case 'float':
      return typeof value !== 'string';
    case 'uuid':
      return typeof value === 'string' && UUID.test(value);
    default:
      return typeof value === 'string';
  }
}

const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

function beyondValue({ column, value }: Step, dialect: Dialect): Sql {
  if (value === null) return column.descending ? dialect.false : sql`${column.value} IS NOT NULL`;
  if (!column.descending) return sql`${column.value} > ${value}`;
  return column.nullable
    ? sql`(${column.value} < ${value} OR ${column.value} IS NULL)`
    : sql`${column.value} < ${value}`;
}

function sameValue({ column, value }: Step): Sql {
  return value === null ? sql`${column.value} IS NULL` : sql`${column.value} = ${value}`;
}
