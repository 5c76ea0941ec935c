/** Predicates to SQL: AND, OR and NOT as they stand, leaves as stock Butler has them. */
import sql, { join, type Sql } from 'sql-template-tag';
import { InvalidQueryError } from '../../../butler/errors.ts';
import { columnType } from '../../../butler/query/column-type.ts';
import type { Expression } from '../../../butler/query/expression.ts';
import type { Predicate, PredicateLeaf } from '../../../butler/query/predicate.ts';
import { balanced, type ListValue } from './dialect.ts';
import { checkedInteger, isLiteral, literalValue, scalar, timespan, type ExpressionContext } from './expressions.ts';
import { joinAlternatives } from './negation-normal.ts';

type Leaf<T extends PredicateLeaf['type']> = Extract<PredicateLeaf, { readonly type: T }>;

export interface PredicateContext extends ExpressionContext {
  /** A SELECT of one column, for `in_query`. */
  readonly subquery: (leaf: Leaf<'in_query'>) => Sql;
}

/** @param predicate a normal form. @throws InvalidQueryError, QueryTooCostlyError */
export function predicateSql(predicate: Predicate, context: PredicateContext): Sql {
  switch (predicate.type) {
    case 'and':
      return predicate.operands.length === 0
        ? context.dialect.true
        : balanced(
            predicate.operands.map((operand) => predicateSql(operand, context)),
            'AND',
          );
    case 'or': {
      if (predicate.operands.length === 0) return context.dialect.false;
      const terms = joinAlternatives(predicate.operands).map((operand) => predicateSql(operand, context));
      const alternatives = balanced(terms, 'OR');
      return terms.length > MAX_PLANNED_ALTERNATIVES ? context.dialect.unplanned(alternatives) : alternatives;
    }
    case 'not':
      return sql`(NOT ${predicateSql(predicate.operand, context)})`;
    case 'comparison':
      return comparison(predicate, context);
    case 'is_null':
      return columnType(context.universe, predicate.operand) === 'timespan'
        ? sql`(${timespan(predicate.operand, context).begin} IS NULL)`
        : sql`(${scalar(predicate.operand, context)} IS NULL)`;
    case 'boolean_wrapper':
      return scalar(predicate.operand, context);
    case 'in_container':
      return inContainer(predicate, context);
    case 'in_range':
      return inRange(predicate, context);
    case 'in_query':
      return sql`(${scalar(predicate.member, context)} IN (${context.subquery(predicate)}))`;
  }
}

function comparison({ operator, a, b }: Leaf<'comparison'>, context: PredicateContext): Sql {
  const { dialect, universe } = context;
  if (operator === 'overlaps') return temporalOverlap(a, b, context);
  if (operator === 'glob') {
    if (b.type !== 'string') throw new InvalidQueryError('The pattern of GLOB must be a string.');
    // In stock Butler this one pattern is true of every value, also of NULL; `**` is not.
    if (b.value === '*') return dialect.true;
    return dialect.glob(scalar(a, context), b.value);
  }
  const type = columnType(universe, a);
  const ordering = operator !== '==' && operator !== '!=';
  const left = scalar(a, context);
  const right = ordering ? dialect.collated(scalar(b, context), type) : scalar(b, context);
  switch (operator) {
    case '==':
      return sql`(${left} = ${right})`;
    case '!=':
      return sql`(${left} <> ${right})`;
    case '<':
      return sql`(${left} < ${right})`;
    case '>':
      return sql`(${left} > ${right})`;
    case '<=':
      return sql`(${left} <= ${right})`;
    case '>=':
      return sql`(${left} >= ${right})`;
  }
}

/** Timespan with timespan or instant.  Spatial overlaps have been taken out of the predicate before (`overlaps.ts`). */
function temporalOverlap(a: Expression, b: Expression, context: PredicateContext): Sql {
  const isTimespan = [a, b].map((operand) => columnType(context.universe, operand) === 'timespan');
  if (isTimespan[0] && isTimespan[1]) {
    const [left, right] = [timespan(a, context), timespan(b, context)];
    return sql`(${left.end} > ${right.begin} AND ${right.end} > ${left.begin})`;
  }
  const span = timespan(isTimespan[0] ? a : b, context);
  const instant = scalar(isTimespan[0] ? b : a, context);
  return sql`(${span.begin} <= ${instant} AND ${span.end} > ${instant})`;
}

/** With more alternatives, looking for an index for each costs more than it can save. */
const MAX_PLANNED_ALTERNATIVES = 50;

/** Up to so many values are bound one by one; more travel as one parameter. */
const MAX_INLINE_VALUES = 30;

function inContainer({ member, container }: Leaf<'in_container'>, context: PredicateContext): Sql {
  const { dialect, universe } = context;
  if (container.length === 0) return dialect.false;
  const column = scalar(member, context);
  const type = columnType(universe, member);
  const items: ListValue[] = [];
  for (const item of container) {
    const value = isLiteral(item) ? literalValue(item) : undefined;
    if (value === undefined) break;
    items.push(value);
  }
  if (items.length === container.length && items.length > MAX_INLINE_VALUES) {
    return sql`(${dialect.memberOf(column, type, items)})`;
  }
  return sql`(${column} IN (${join(container.map((item) => scalar(item, context)))}))`;
}

function inRange({ member, start, stop, step }: Leaf<'in_range'>, context: PredicateContext): Sql {
  const { dialect } = context;
  const column = scalar(member, context);
  const int = (value: bigint) => dialect.literal('int', checkedInteger(value));
  if (stop !== null && stop - 1n === start) return sql`(${column} = ${int(start)})`;
  const within =
    stop === null ? sql`${column} >= ${int(start)}` : sql`${column} BETWEEN ${int(start)} AND ${int(stop - 1n)}`;
  if (step === 1n) return sql`(${within})`;
  // the databases' remainder has the sign of the dividend, so that negative members never match, as in stock Butler
  const remainder = ((start % step) + step) % step;
  return sql`(${within} AND ${dialect.modulo(column, int(step))} = ${int(remainder)})`;
}
