/** Types of expressions, and the columns that expressions and predicates need. */
import { InvalidQueryError } from '../errors.ts';
import type { ColumnType, Universe } from '../universe.ts';
import type { DatasetField, Expression, OrderExpression } from './expression.ts';
import { leavesOf, type Predicate, type PredicateLeaf } from './predicate.ts';

const datasetFieldTypes: Record<DatasetField, ColumnType> = {
  dataset_id: 'uuid',
  ingest_date: 'ingest_date',
  run: 'string',
  collection: 'string',
  timespan: 'timespan',
};

/**
 * The type of an expression's values.
 * @throws InvalidQueryError where a dimension field does not exist; ButlerUserError DIMENSION_NAME for an unknown element.
 */
export function columnType(universe: Universe, expression: OrderExpression): ColumnType {
  switch (expression.type) {
    case 'dimension_key': {
      const key = universe.element(expression.dimension).primaryKey;
      if (!key) throw new InvalidQueryError(`'${expression.dimension}' is not a dimension.`);
      return key.type;
    }
    case 'dimension_field': {
      const field = universe.element(expression.element).fields.get(expression.field);
      if (!field) {
        throw new InvalidQueryError(`Dimension field ${expression.element}.${expression.field} does not exist.`);
      }
      return field.type;
    }
    case 'dataset_field':
      return datasetFieldTypes[expression.field];
    case 'unary':
      return expression.operator === '-' ? columnType(universe, expression.operand) : 'datetime';
    case 'binary':
      return columnType(universe, expression.a);
    case 'reversed':
      return columnType(universe, expression.operand);
    default:
      return expression.type;
  }
}

export function isColumnReference(expression: Expression): boolean {
  return (
    expression.type === 'dimension_key' || expression.type === 'dimension_field' || expression.type === 'dataset_field'
  );
}

/** What an expression or predicate takes its values from. */
export interface RequiredColumns {
  /** Names of dimensions and other elements. */
  readonly elements: Set<string>;
  /** Names of dataset types. */
  readonly datasetTypes: Set<string>;
}

/** The columns that the expressions need. */
export function columnsOfExpressions(expressions: Iterable<OrderExpression>): RequiredColumns {
  const columns: RequiredColumns = { elements: new Set(), datasetTypes: new Set() };
  for (const expression of expressions) gather(columns, expression);
  return columns;
}

/** The columns that a predicate needs; of an `in_query`, those of the outer query only. */
export function columnsOfPredicate(predicate: Predicate): RequiredColumns {
  const columns: RequiredColumns = { elements: new Set(), datasetTypes: new Set() };
  for (const leaf of leavesOf(predicate)) for (const operand of operandsOf(leaf)) gather(columns, operand);
  return columns;
}

/** The expressions that a leaf evaluates on each row. */
export function operandsOf(leaf: PredicateLeaf): readonly Expression[] {
  switch (leaf.type) {
    case 'comparison':
      return [leaf.a, leaf.b];
    case 'in_container':
      return [leaf.member, ...leaf.container];
    case 'in_range':
    case 'in_query':
      return [leaf.member];
    default:
      return [leaf.operand];
  }
}

function gather(columns: RequiredColumns, expression: OrderExpression): void {
  switch (expression.type) {
    case 'dimension_key':
      columns.elements.add(expression.dimension);
      break;
    case 'dimension_field':
      columns.elements.add(expression.element);
      break;
    case 'dataset_field':
      columns.datasetTypes.add(expression.datasetType);
      break;
    case 'binary':
      gather(columns, expression.a);
      gather(columns, expression.b);
      break;
    case 'unary':
    case 'reversed':
      gather(columns, expression.operand);
      break;
    default:
  }
}
