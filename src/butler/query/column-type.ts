/** Types of expressions, and the columns that expressions and predicates need. */
import { InvalidQueryError } from '../errors.ts';
import type { ColumnType, Universe } from '../universe.ts';
import type { ColumnReference, DatasetField, Expression, OrderExpression } from './expression.ts';
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

/** The columns that an expression refers to. */
export function columnReferences(expression: OrderExpression): readonly ColumnReference[] {
  switch (expression.type) {
    case 'dimension_key':
    case 'dimension_field':
    case 'dataset_field':
      return [expression];
    case 'unary':
    case 'reversed':
      return columnReferences(expression.operand);
    case 'binary':
      return [...columnReferences(expression.a), ...columnReferences(expression.b)];
    default: // literals, of which a list may have very many
      return NO_COLUMNS;
  }
}

const NO_COLUMNS: readonly ColumnReference[] = [];

/** The columns that a predicate refers to; of an `in_query`, those of the outer query only. */
export function* predicateReferences(predicate: Predicate): Generator<ColumnReference> {
  for (const leaf of leavesOf(predicate)) for (const operand of operandsOf(leaf)) yield* columnReferences(operand);
}

/** What expressions or a predicate take their values from. */
export interface RequiredColumns {
  /** Names of dimensions and other elements. */
  readonly elements: ReadonlySet<string>;
  /** Names of dataset types. */
  readonly datasetTypes: ReadonlySet<string>;
}

/** What the expressions need. */
export function columnsOfExpressions(expressions: Iterable<OrderExpression>): RequiredColumns {
  return requiredColumns(Array.from(expressions, columnReferences).flat());
}

/** What a predicate needs; of an `in_query`, what the outer query needs only. */
export function columnsOfPredicate(predicate: Predicate): RequiredColumns {
  return requiredColumns(predicateReferences(predicate));
}

function requiredColumns(references: Iterable<ColumnReference>): RequiredColumns {
  const [elements, datasetTypes] = [new Set<string>(), new Set<string>()];
  for (const reference of references) {
    if (reference.type === 'dataset_field') datasetTypes.add(reference.datasetType);
    else elements.add(reference.type === 'dimension_key' ? reference.dimension : reference.element);
  }
  return { elements, datasetTypes };
}

/** The expressions that a leaf evaluates on each row. */
function operandsOf(leaf: PredicateLeaf): readonly Expression[] {
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
