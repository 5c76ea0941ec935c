/**
 * Expressions and predicate leaves whose types are checked as stock Butler checks them:
 * what comes out of these functions, every repository can evaluate.
 */
import { InvalidQueryError } from '../errors.ts';
import type { ColumnType, Universe } from '../universe.ts';
import { columnsOfExpressions, columnType, isColumnReference } from './column-type.ts';
import type { Expression, OrderExpression } from './expression.ts';
import type { ComparisonOperator, PredicateLeaf } from './predicate.ts';
import { expressionText, leafText } from './text.ts';
import type { QueryTree } from './tree.ts';

type Unary = Extract<Expression, { type: 'unary' }>;
type Binary = Extract<Expression, { type: 'binary' }>;

const ordered: ReadonlySet<ColumnType> = new Set(['int', 'string', 'float', 'datetime']);
const sortable: ReadonlySet<ColumnType> = new Set(['int', 'string', 'float', 'datetime', 'ingest_date']);

/** @throws InvalidQueryError where the operator does not take the operand's type. */
export function unary(universe: Universe, operator: Unary['operator'], operand: Expression): Unary {
  const type = columnType(universe, operand);
  if (!(operator === '-' ? isNumeric(type) : type === 'timespan')) {
    throw new InvalidQueryError(`Invalid column type ${type} for operator '${operator}'.`);
  }
  return { type: 'unary', operator, operand };
}

/** @throws InvalidQueryError where the operands are not both int or both float. */
export function binary(universe: Universe, operator: Binary['operator'], a: Expression, b: Expression): Binary {
  const type = columnType(universe, a);
  const other = columnType(universe, b);
  if (type !== other) {
    throw new InvalidQueryError(`Column types for operator ${operator} do not agree (${type}, ${other}).`);
  }
  if (!(operator === '%' ? type === 'int' : isNumeric(type))) {
    throw new InvalidQueryError(`Invalid column type ${type} for operator '${operator}'.`);
  }
  return { type: 'binary', operator, a, b };
}

/** @throws InvalidQueryError where the operator does not take the operands' types. */
export function comparison(
  universe: Universe,
  a: Expression,
  operator: ComparisonOperator,
  b: Expression,
): PredicateLeaf {
  const leaf: PredicateLeaf = { type: 'comparison', operator, a, b };
  const types = [columnType(universe, a), columnType(universe, b)] as const;
  if (isMixedComparison(operator, types)) return leaf;
  const [type, other] = types;
  if (type !== other) {
    throw new InvalidQueryError(`Column types for comparison ${leafText(leaf)} do not agree (${type}, ${other}).`);
  }
  switch (operator) {
    case '==':
    case '!=':
      // Stock Butler accepts this, and fails when it makes the SQL.
      if (type === 'timespan') {
        throw new InvalidQueryError(
          `Timespans cannot be compared with '${operator}'; use OVERLAPS, or .begin and .end.`,
        );
      }
      return leaf;
    case 'overlaps':
      if (type === 'region' && !isColumnReference(a) && !isColumnReference(b)) {
        throw new InvalidQueryError('Spatial overlap comparison requires at least one dimension region column.');
      }
      if (type === 'region' || type === 'timespan') return leaf;
      break;
    case 'glob':
      if (type === 'string') return leaf;
      break;
    default:
      if (ordered.has(type)) return leaf;
  }
  throw new InvalidQueryError(`Invalid column type ${type} for operator '${operator}'.`);
}

/** Pairs of different types that may be compared. */
function isMixedComparison(operator: ComparisonOperator, types: readonly [ColumnType, ColumnType]): boolean {
  const has = (type: ColumnType) => types.includes(type);
  if (operator === 'overlaps') return has('timespan') && (has('datetime') || has('ingest_date'));
  if (operator === 'glob') return false;
  return (has('datetime') && has('ingest_date')) || types.every(isNumeric);
}

/** @throws InvalidQueryError where the container's types differ from the member's, or have no equality. */
export function inContainer(universe: Universe, member: Expression, container: readonly Expression[]): PredicateLeaf {
  const leaf: PredicateLeaf = { type: 'in_container', member, container };
  const type = memberType(universe, member);
  if (container.some((item) => columnType(universe, item) !== type)) {
    throw new InvalidQueryError(`Column types for membership test ${leafText(leaf)} do not agree.`);
  }
  return leaf;
}

/** @throws InvalidQueryError where the member is not an integer, or the range is the wrong way round. */
export function inRange(
  universe: Universe,
  member: Expression,
  start: bigint,
  stop: bigint | null,
  step: bigint,
): PredicateLeaf {
  if (columnType(universe, member) !== 'int') {
    throw new InvalidQueryError(`Column ${expressionText(member)} is not an integer.`);
  }
  if (step < 1n) throw new InvalidQueryError('Range step must be >= 1.');
  if (stop !== null && stop < start) throw new InvalidQueryError('Range stop must be >= start.');
  return { type: 'in_range', member, start, stop, step };
}

/** @throws InvalidQueryError where the types differ, or the column is not one of the inner query's. */
export function inQuery(universe: Universe, member: Expression, column: Expression, tree: QueryTree): PredicateLeaf {
  const leaf: PredicateLeaf = { type: 'in_query', member, column, tree };
  const type = memberType(universe, member);
  const other = columnType(universe, column);
  if (type !== other) {
    throw new InvalidQueryError(`Column types for membership test ${leafText(leaf)} do not agree (${type}, ${other}).`);
  }
  const required = columnsOfExpressions([column]);
  const missing = [...required.elements].filter(
    (name) => !tree.dimensions.elements.some((element) => element.name === name),
  );
  if (missing.length > 0) {
    throw new InvalidQueryError(
      `Column ${expressionText(column)} requires ${missing.join(', ')}, but the query tree only has ${tree.dimensions}.`,
    );
  }
  if ([...required.datasetTypes].some((name) => !tree.datasets.has(name))) {
    throw new InvalidQueryError(`Column ${expressionText(column)} is of a dataset type that is not in the query tree.`);
  }
  return leaf;
}

/** @throws InvalidQueryError where values of that type have no order. */
export function orderTerm(universe: Universe, expression: OrderExpression): OrderExpression {
  const type = columnType(universe, expression);
  if (!sortable.has(type)) {
    throw new InvalidQueryError(`Column type ${type} of ${expressionText(expression)} is not ordered.`);
  }
  return expression;
}

function isNumeric(type: ColumnType): boolean {
  return type === 'int' || type === 'float';
}

function memberType(universe: Universe, member: Expression): ColumnType {
  const type = columnType(universe, member);
  if (type === 'timespan' || type === 'region') {
    throw new InvalidQueryError(
      `Timespan or region column ${expressionText(member)} may not be used in IN expressions.`,
    );
  }
  return type;
}
