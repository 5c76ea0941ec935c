/** Column expressions to SQL. */
import sql, { type Sql } from 'sql-template-tag';
import { InvalidQueryError } from '../../../butler/errors.ts';
import { columnType } from '../../../butler/query/column-type.ts';
import type { Expression, Literal } from '../../../butler/query/expression.ts';
import { encodeRegionText } from '../../../butler/region/codec.ts';
import type { Universe } from '../../../butler/universe.ts';
import { columnId, type Scope } from './columns.ts';
import { checkDepth, type Dialect, type ListValue, type TimespanSql } from './dialect.ts';

/** Whether it is a value given in the query. */
export function isLiteral(expression: Expression): expression is Literal {
  switch (expression.type) {
    case 'dimension_key':
    case 'dimension_field':
    case 'dataset_field':
    case 'unary':
    case 'binary':
      return false;
    default:
      return true;
  }
}

const [MIN_INT64, MAX_INT64] = [-(2n ** 63n), 2n ** 63n - 1n];

/** An integer that a database can hold. @throws InvalidQueryError */
export function checkedInteger(value: bigint): bigint {
  if (value < MIN_INT64 || value > MAX_INT64) {
    throw new InvalidQueryError(`The integer ${value.toString()} is too large: integers have 64 bits.`);
  }
  return value;
}

/** The value that stands for a literal of a scalar type. @throws InvalidQueryError for those no database can hold */
export function literalValue(literal: Literal): ListValue {
  switch (literal.type) {
    case 'int':
      return checkedInteger(literal.value);
    case 'float':
      if (!Number.isFinite(literal.value)) throw new InvalidQueryError('A number is too large.');
      return literal.value;
    case 'string':
      if (literal.value.includes('\0')) throw new InvalidQueryError('A string contains the character U+0000.');
      return literal.value;
    case 'uuid':
      return literal.value;
    case 'datetime':
      return checkedInteger(literal.nsec);
    case 'hash':
      return Buffer.from(literal.bytes).toString('base64');
    case 'region':
      return encodeRegionText(literal.region);
    case 'timespan':
      throw new InvalidQueryError('A timespan can only be compared by OVERLAPS or with NULL.');
  }
}

/** What expressions are compiled with. */
export interface ExpressionContext {
  readonly dialect: Dialect;
  readonly universe: Universe;
  readonly scope: Scope;
}

/** SQL of an expression that is no timespan. @throws InvalidQueryError, QueryTooCostlyError */
export function scalar(expression: Expression, context: ExpressionContext, depth = 0): Sql {
  checkDepth(depth);
  const { dialect, scope, universe } = context;
  switch (expression.type) {
    case 'dimension_key':
    case 'dimension_field':
    case 'dataset_field':
      if (columnType(universe, expression) === 'timespan') {
        throw new InvalidQueryError('A timespan can only be compared by OVERLAPS or with NULL.');
      }
      return scope.get(columnId(expression));
    case 'unary':
      return unary(expression, context, depth);
    case 'binary':
      return binary(expression, context, depth);
    default: // literals
      return dialect.literal(expression.type, literalValue(expression));
  }
}

type Operation<T extends 'unary' | 'binary'> = Extract<Expression, { readonly type: T }>;

function unary({ operator, operand }: Operation<'unary'>, context: ExpressionContext, depth: number): Sql {
  switch (operator) {
    case '-':
      return sql`(- ${scalar(operand, context, depth + 1)})`;
    case 'begin_of': // of a timespan that is NULL, 0, as in stock Butler
      return sql`coalesce(${timespan(operand, context).begin}, 0)`;
    case 'end_of':
      return sql`coalesce(${timespan(operand, context).end}, 0)`;
  }
}

function binary(expression: Operation<'binary'>, context: ExpressionContext, depth: number): Sql {
  const a = scalar(expression.a, context, depth + 1);
  const b = scalar(expression.b, context, depth + 1);
  switch (expression.operator) {
    case '+':
      return sql`(${a} + ${b})`;
    case '-':
      return sql`(${a} - ${b})`;
    case '*':
      return sql`(${a} * ${b})`;
    case '/':
      return context.dialect.divide(a, b, columnType(context.universe, expression.b) === 'int');
    case '%':
      return context.dialect.modulo(a, b);
  }
}

/** SQL of a timespan. @throws InvalidQueryError where it is none */
export function timespan(expression: Expression, { dialect, scope }: ExpressionContext): TimespanSql {
  if (expression.type === 'timespan') {
    return {
      begin: dialect.literal('datetime', checkedInteger(expression.begin)),
      end: dialect.literal('datetime', checkedInteger(expression.end)),
    };
  }
  const isField = expression.type === 'dimension_field' || expression.type === 'dataset_field';
  if (isField && expression.field === 'timespan') return scope.timespan(columnId(expression));
  throw new InvalidQueryError('OVERLAPS and the begin or end of a timespan need a timespan.');
}
