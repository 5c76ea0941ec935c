/** Names of the columns that a query works with, and which of them a query needs. */
import { InvalidQueryError } from '../../../butler/errors.ts';
import type { DimensionGroup } from '../../../butler/dimension-group.ts';
import { columnReferences, predicateReferences } from '../../../butler/query/column-type.ts';
import type { ColumnReference, DatasetField, OrderExpression } from '../../../butler/query/expression.ts';
import type { Predicate } from '../../../butler/query/predicate.ts';
import type { Sql } from 'sql-template-tag';
import type { TimespanSql } from './dialect.ts';

/** What a dataset search can give: its public fields, and the id of the collection that a dataset was found in. */
export type DatasetColumn = DatasetField | 'collection_id';

/** Name of a column while a query is compiled; timespans are two columns, with `.begin` and `.end` after the name. */
export type ColumnId = string;

export function keyId(dimension: string): ColumnId {
  return `key:${dimension}`;
}

export function elementFieldId(element: string, field: string): ColumnId {
  return `element:${element}.${field}`;
}

export function datasetFieldId(datasetType: string, field: DatasetColumn): ColumnId {
  return `dataset:${datasetType}.${field}`;
}

export function columnId(reference: ColumnReference): ColumnId {
  switch (reference.type) {
    case 'dimension_key':
      return keyId(reference.dimension);
    case 'dimension_field':
      return elementFieldId(reference.element, reference.field);
    case 'dataset_field':
      return datasetFieldId(reference.datasetType, reference.field);
  }
}

/** The two columns of a timespan. */
export function timespanIds(id: ColumnId): readonly [begin: ColumnId, end: ColumnId] {
  return [`${id}.begin`, `${id}.end`];
}

/** SQL of the columns that are in reach at some stage of a statement. */
export class Scope {
  readonly #columns = new Map<ColumnId, Sql>();

  has(id: ColumnId): boolean {
    return this.#columns.has(id);
  }

  /** Keeps what is there already: all sources of one column have equal values. */
  add(id: ColumnId, column: Sql): void {
    if (!this.#columns.has(id)) this.#columns.set(id, column);
  }

  addTimespan(id: ColumnId, { begin, end }: TimespanSql): void {
    const [beginId, endId] = timespanIds(id);
    this.add(beginId, begin);
    this.add(endId, end);
  }

  addAll(other: Scope): void {
    for (const [id, column] of other.#columns) this.add(id, column);
  }

  /** @throws InvalidQueryError where the query does not have that column */
  get(id: ColumnId): Sql {
    const column = this.#columns.get(id);
    if (column === undefined) {
      throw new InvalidQueryError(`Column '${id.slice(id.indexOf(':') + 1)}' is not available in this query.`);
    }
    return column;
  }

  timespan(id: ColumnId): TimespanSql {
    const [begin, end] = timespanIds(id);
    return { begin: this.get(begin), end: this.get(end) };
  }
}

/** Columns that a query needs from its tables. */
export class NeededColumns {
  /** Names of dimensions whose keys are needed, closed over what they require but not over what they imply. */
  readonly dimensions = new Set<string>();
  /** Element → fields. */
  readonly elementFields = new Map<string, Set<string>>();
  /** Dataset type → fields. */
  readonly datasetFields = new Map<string, Set<DatasetColumn>>();
  readonly #universe: DimensionGroup['universe'];

  constructor(universe: DimensionGroup['universe']) {
    this.#universe = universe;
  }

  addAll(other: NeededColumns): void {
    this.addKeys(other.dimensions);
    for (const [element, fields] of other.elementFields) {
      for (const field of fields) this.addElementField(element, field);
    }
    for (const [datasetType, fields] of other.datasetFields) {
      for (const field of fields) this.addDatasetField(datasetType, field);
    }
  }

  addKeys(dimensions: Iterable<string>): void {
    for (const name of dimensions) this.dimensions.add(name);
  }

  addElementField(element: string, field: string): void {
    this.addKeys(this.#universe.element(element).required);
    mapped(this.elementFields, element).add(field);
  }

  addDatasetField(datasetType: string, field: DatasetColumn): void {
    mapped(this.datasetFields, datasetType).add(field);
  }

  addReference(reference: ColumnReference): void {
    switch (reference.type) {
      case 'dimension_key':
        this.addKeys(this.#universe.element(reference.dimension).required);
        break;
      case 'dimension_field':
        this.addElementField(reference.element, reference.field);
        break;
      case 'dataset_field':
        this.addDatasetField(reference.datasetType, reference.field);
    }
  }

  addExpression(expression: OrderExpression): void {
    for (const reference of columnReferences(expression)) this.addReference(reference);
  }

  addPredicate(predicate: Predicate): void {
    for (const reference of predicateReferences(predicate)) this.addReference(reference);
  }
}

function mapped<T>(map: Map<string, Set<T>>, key: string): Set<T> {
  let set = map.get(key);
  if (!set) map.set(key, (set = new Set()));
  return set;
}
