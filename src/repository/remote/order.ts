/** Orders, positions in them, and the predicates that continue after a position. */
import { InvalidQueryError } from '../../butler/errors.ts';
import { columnType, columnsOfExpressions } from '../../butler/query/column-type.ts';
import type { ColumnReference, Expression, Literal, OrderExpression } from '../../butler/query/expression.ts';
import {
  allOf,
  anyOf,
  FALSE,
  negation,
  TRUE,
  type ComparisonOperator,
  type Predicate,
} from '../../butler/query/predicate.ts';
import type { ResultSpec } from '../../butler/query/result-spec.ts';
import type { QueryTree } from '../../butler/query/tree.ts';
import type { Timespan } from '../../butler/timespan.ts';
import type { ColumnType, Universe } from '../../butler/universe.ts';
import type { Key, KeyValue } from '../repository.ts';
import { dimensionsOf, type ColumnLayout, type RawRow } from './column-layout.ts';

/** One term of an order whose values can be told from a row. */
export interface OrderTerm {
  readonly expression: Expression;
  readonly column: ColumnReference;
  /** The bound, where the column is a timespan. */
  readonly bound: 'begin' | 'end' | undefined;
  readonly descending: boolean;
  readonly type: ColumnType;
  /** Only metadata may be NULL: keys, implied dimensions and alternate keys never are, and bounds of NULL are 0. */
  readonly nullable: boolean;
}

/** @throws InvalidQueryError for a term that is neither a column nor a bound of a timespan column */
export function orderTermsOf(spec: ResultSpec, universe: Universe): readonly OrderTerm[] {
  return spec.orderBy.map((term) => {
    const ordered = orderedColumn(term);
    if (!ordered) throw new InvalidQueryError('Pages can be ordered by columns and by bounds of timespans only.');
    const { expression, column, bound } = ordered;
    return {
      ...ordered,
      descending: term.type === 'reversed',
      type: columnType(universe, expression),
      nullable: !bound && column.type === 'dimension_field' && isMetadata(universe, column.element, column.field),
    };
  });
}

/** The column, or the bound of a timespan column, by which a term orders; undefined for one that has to be computed. */
export function orderedColumn(term: OrderExpression): Pick<OrderTerm, 'expression' | 'column' | 'bound'> | undefined {
  const expression = term.type === 'reversed' ? term.operand : term;
  const isBound =
    expression.type === 'unary' && (expression.operator === 'begin_of' || expression.operator === 'end_of');
  const column = isBound ? expression.operand : expression;
  if (column.type !== 'dimension_key' && column.type !== 'dimension_field' && column.type !== 'dataset_field') {
    return undefined;
  }
  return { expression, column, bound: isBound ? (expression.operator === 'begin_of' ? 'begin' : 'end') : undefined };
}

function isMetadata(universe: Universe, element: string, field: string): boolean {
  return universe.element(element).metadata.some((column) => column.name === field);
}

/**
 * The checks that stock clients make before they send: the server makes them not and would give wrong rows or crash.
 * @throws InvalidQueryError
 */
export function checkSpec(tree: QueryTree, spec: ResultSpec, universe: Universe): void {
  const dimensions = dimensionsOf(spec, universe);
  if (!tree.dimensions.isSupersetOf(dimensions)) {
    throw new InvalidQueryError(
      `Query result specification has dimensions ${dimensions} that are not a subset of the query's dimensions ${tree.dimensions}.`,
    );
  }
  const order = columnsOfExpressions(spec.orderBy);
  const elements = new Set(dimensions.elements.map((element) => element.name));
  const outside = [...order.elements].filter((name) => !elements.has(name));
  if (outside.length > 0) {
    throw new InvalidQueryError(
      `Order-by expression may not reference columns that are not in the result dimensions. Invalid: ${outside.join(', ')}. Available: ${dimensions.names.join(', ')}.`,
    );
  }
  const joined = new Set(order.datasetTypes);
  if (spec.type === 'dataset_ref') joined.add(spec.datasetType);
  if (spec.type === 'general') for (const name of spec.datasetFields.keys()) joined.add(name);
  for (const name of joined) {
    if (!tree.datasets.has(name)) throw new InvalidQueryError(`Dataset '${name}' is not available from this query.`);
  }
}

/** Reads the values of all terms from a row. */
export function keyReader(terms: readonly OrderTerm[], layout: ColumnLayout): (raw: RawRow) => Key {
  const readers = terms.map(({ column, bound }) => {
    const read = layout.reader(column);
    return (raw: RawRow): KeyValue => {
      const value = read(raw);
      if (bound === undefined) return value as KeyValue;
      return value === null ? 0n : (value as Timespan)[bound];
    };
  });
  return (raw) => readers.map((read) => read(raw));
}

/** How much of a position can be told to the server, and whether that is all of it. */
export interface Continuation {
  readonly predicate: Predicate;
  /** False: rows up to the position may come once more and have to be skipped. */
  readonly strict: boolean;
}

/**
 * The rows after a position, in conjunctive normal form with one group a term.
 *
 * The server applies predicates before find-first, so that with find-first a predicate on a field of the dataset would
 * uncover shadowed ones: the terms before the first such one are told, and decide alone once they hold the data ID.
 */
export function continuation(
  terms: readonly OrderTerm[],
  key: Key,
  spec: { readonly findFirst: boolean; readonly dimensions: { readonly required: readonly string[] } },
): Continuation {
  const told = spec.findFirst ? terms.findIndex((term) => term.column.type === 'dataset_field') : -1;
  const leading = told < 0 ? terms : terms.slice(0, told);
  const strict = told < 0 || holdsDataId(leading, spec.dimensions.required);
  // All rows are one: an empty data ID, or rows without an order.
  if (leading.length === 0 && strict) return { predicate: FALSE, strict };
  const groups = leading.map((term, i) => {
    const isLast = i === leading.length - 1;
    const passed = leading.slice(0, i).map((earlier, j) => beyond(earlier, key[j]!));
    return anyOf(...passed, isLast && strict ? beyond(term, key[i]!) : notBefore(term, key[i]!));
  });
  return { predicate: allOf(...groups), strict };
}

/** Whether terms hold all required dimensions, so that they decide alone where there is one row a data ID. */
export function holdsDataId(terms: readonly OrderTerm[], required: readonly string[]): boolean {
  return required.every((name) =>
    terms.some(({ column }) => column.type === 'dimension_key' && column.dimension === name),
  );
}

/** Rows whose term comes after the value; NULL comes first in ascending order, last in descending order. */
function beyond(term: OrderTerm, value: KeyValue): Predicate {
  if (value === null) return term.descending ? FALSE : negation({ type: 'is_null', operand: term.expression });
  const compared = compare(term, term.descending ? '<' : '>', value);
  return term.descending && term.nullable ? anyOf(compared, { type: 'is_null', operand: term.expression }) : compared;
}

function notBefore(term: OrderTerm, value: KeyValue): Predicate {
  if (value === null) return term.descending ? { type: 'is_null', operand: term.expression } : TRUE;
  const compared = compare(term, term.descending ? '<=' : '>=', value);
  return term.descending && term.nullable ? anyOf(compared, { type: 'is_null', operand: term.expression }) : compared;
}

function compare(term: OrderTerm, operator: ComparisonOperator, value: KeyValue): Predicate {
  return { type: 'comparison', operator, a: term.expression, b: literal(term.type, value) };
}

/** @throws InvalidQueryError where a position does not fit the order, as one made for another query would not */
function literal(type: ColumnType, value: KeyValue): Literal {
  if (type === 'string' && typeof value === 'string') return { type: 'string', value };
  if (type === 'float' && typeof value === 'number') return { type: 'float', value };
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) {
    if (type === 'int') return { type: 'int', value: BigInt(value) };
    if (type === 'datetime' || type === 'ingest_date') return { type: 'datetime', nsec: BigInt(value) };
  }
  throw new InvalidQueryError('The position to go on after does not fit the order of the query.');
}

/** Whether two keys are the same position. */
export function sameKey(a: Key, b: Key): boolean {
  // `==` on purpose of bigints: a time that went through a cursor may come back as a number.
  return a.length === b.length && a.every((value, i) => isSame(value, b[i]!));
}

function isSame(a: KeyValue, b: KeyValue): boolean {
  if (typeof a === 'bigint' || typeof b === 'bigint') {
    return a !== null && b !== null && typeof a !== 'string' && typeof b !== 'string' && BigInt(a) === BigInt(b);
  }
  return a === b;
}
