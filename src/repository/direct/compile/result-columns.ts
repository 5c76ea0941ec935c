/** What the rows of a result consist of, and how they are read from the rows of a statement. */
import { ButlerUserError, InvalidQueryError } from '../../../butler/errors.ts';
import type { DataIdValue } from '../../../butler/data-id.ts';
import type { DimensionGroup } from '../../../butler/dimension-group.ts';
import { columnType } from '../../../butler/query/column-type.ts';
import type { DatasetField } from '../../../butler/query/expression.ts';
import type {
  DatasetRefSpec,
  DimensionRecordSpec,
  GeneralSpec,
  ResultSpec,
} from '../../../butler/query/result-spec.ts';
import type { QueryTree } from '../../../butler/query/tree.ts';
import type { ColumnType, Universe } from '../../../butler/universe.ts';
import type { DatasetRow, FieldValue, RowsByResult } from '../../rows.ts';
import type { SqlRow, SqlValue } from '../database.ts';
import { uuidFromStored } from '../dataset-ids.ts';
import type { DirectAccess } from '../registry.ts';
import { elementFieldId, datasetFieldId, keyId, NeededColumns, timespanIds, type ColumnId } from './columns.ts';
import type { Projection } from './projection.ts';
import type { ColumnReader, Statement } from './statement.ts';
import { readValue } from './values.ts';

/** One column of a result and what it is called there. */
interface ResultColumn {
  readonly name: string;
  readonly id: ColumnId;
  readonly type: ColumnType;
}

type AnyRow = RowsByResult[ResultSpec['type']];

export interface ResultColumns {
  readonly projection: Projection;
  /** Columns of the statement that rows are made of. */
  readonly ids: readonly ColumnId[];
  /** Makes rows from a statement's. */
  readonly reader: (read: Statement['read']) => (row: SqlRow) => AnyRow;
}

/** Dimensions of a result. */
function dimensionsOf(spec: ResultSpec, { universe }: DimensionGroup): DimensionGroup {
  return spec.type === 'dimension_record' ? universe.conform(universe.element(spec.element).required) : spec.dimensions;
}

/**
 * @param implied whether rows of datasets have implied dimensions
 * @throws InvalidQueryError where the query does not have what is asked
 */
export function resultColumns(
  tree: QueryTree,
  spec: ResultSpec,
  access: DirectAccess,
  implied: boolean,
): ResultColumns {
  const dimensions = dimensionsOf(spec, tree.dimensions);
  validate(tree, spec, dimensions);
  switch (spec.type) {
    case 'data_coordinate':
      return dataIdColumns(dimensions, access);
    case 'dataset_ref':
      return datasetColumns(spec, dimensions, access, implied);
    case 'dimension_record':
      return recordColumns(spec, dimensions, access);
    case 'general':
      return generalColumns(spec, dimensions, access);
  }
}

function dataIdColumns(dimensions: DimensionGroup, { repository }: DirectAccess): ResultColumns {
  const columns = new ColumnList(dimensions.universe);
  columns.addKeys(dimensions.dataCoordinateKeys);
  return {
    projection: { dimensions, columns: columns.needed, unique: false, findFirst: null },
    ids: columns.ids(),
    reader: (read) => {
      const values = valuesReader(columns.list, read);
      return (row) => ({ dimensions, values: values(row), repository });
    },
  };
}

function datasetColumns(
  spec: DatasetRefSpec,
  dimensions: DimensionGroup,
  { registry, repository }: DirectAccess,
  implied: boolean,
): ResultColumns {
  const datasetType = registry.datasetTypes.get(spec.datasetType);
  if (!datasetType) {
    throw new ButlerUserError('MISSING_DATASET_TYPE', `Dataset type '${spec.datasetType}' has not been registered.`);
  }
  const columns = new ColumnList(dimensions.universe);
  columns.addKeys(implied ? dimensions.dataCoordinateKeys : dimensions.required);
  const keys = [...columns.list];
  columns.addDatasetField(spec.datasetType, 'dataset_id');
  columns.addDatasetField(spec.datasetType, 'run');
  return {
    projection: {
      dimensions,
      columns: columns.needed,
      unique: false,
      findFirst: spec.findFirst ? spec.datasetType : null,
    },
    ids: columns.ids(),
    reader: (read) => {
      const values = valuesReader(keys, read);
      const uuid = read(datasetFieldId(spec.datasetType, 'dataset_id'));
      const run = read(datasetFieldId(spec.datasetType, 'run'));
      return (row): DatasetRow => ({
        uuid: uuidFromStored(uuid(row) as string),
        datasetType,
        run: run(row) as string,
        values: values(row),
        repository,
      });
    },
  };
}

function recordColumns(
  spec: DimensionRecordSpec,
  dimensions: DimensionGroup,
  { repository }: DirectAccess,
): ResultColumns {
  const element = dimensions.universe.element(spec.element);
  const columns = new ColumnList(dimensions.universe);
  for (const name of element.required) columns.addKey(name, name === element.name ? element.primaryKey!.name : name);
  columns.addKeys(element.implied);
  for (const field of element.skypix ? [] : element.fields.keys()) columns.addElementField(element.name, field, field);
  return {
    projection: { dimensions, columns: columns.needed, unique: true, findFirst: null },
    ids: columns.ids(),
    reader: (read) => {
      const fields = fieldsReader(columns.list, read);
      return (row) => ({ element, fields: fields(row), repository });
    },
  };
}

function generalColumns(spec: GeneralSpec, dimensions: DimensionGroup, { repository }: DirectAccess): ResultColumns {
  const columns = new ColumnList(dimensions.universe);
  columns.addKeys(dimensions.dataCoordinateKeys);
  for (const [element, fields] of spec.dimensionFields) {
    for (const field of fields) columns.addElementField(element, field, `${element}.${field}`);
  }
  for (const [datasetType, fields] of spec.datasetFields) {
    for (const field of fields) columns.addDatasetField(datasetType, field);
  }
  const [findFirst = null] = spec.findFirst ? spec.datasetFields.keys() : [];
  return {
    projection: { dimensions, columns: columns.needed, unique: false, findFirst },
    ids: columns.ids(),
    reader: (read) => {
      const fields = fieldsReader(columns.list, read);
      return (row) => ({ fields: fields(row), repository });
    },
  };
}

/** Columns of a result in their order, and what a statement needs to have them. */
class ColumnList {
  readonly list: ResultColumn[] = [];
  readonly needed: NeededColumns;
  readonly #universe: Universe;

  constructor(universe: Universe) {
    this.#universe = universe;
    this.needed = new NeededColumns(universe);
  }

  addKeys(dimensions: readonly string[]): void {
    for (const name of dimensions) this.addKey(name, name);
  }

  addKey(dimension: string, name: string): void {
    this.needed.addKeys([dimension]);
    this.list.push({ name, id: keyId(dimension), type: this.#universe.element(dimension).primaryKey!.type });
  }

  addElementField(element: string, field: string, name: string): void {
    const type = columnType(this.#universe, { type: 'dimension_field', element, field });
    this.needed.addElementField(element, field);
    this.list.push({ name, id: elementFieldId(element, field), type });
  }

  addDatasetField(datasetType: string, field: DatasetField): void {
    const type = columnType(this.#universe, { type: 'dataset_field', datasetType, field });
    this.needed.addDatasetField(datasetType, field);
    this.list.push({ name: `${datasetType}.${field}`, id: datasetFieldId(datasetType, field), type });
  }

  ids(): readonly ColumnId[] {
    return this.list.flatMap(({ id, type }) => (type === 'timespan' ? timespanIds(id) : [id]));
  }
}

/** The checks that stock Butler's clients make before they send a query. */
function validate(tree: QueryTree, spec: ResultSpec, dimensions: DimensionGroup): void {
  if (!tree.dimensions.isSupersetOf(dimensions)) {
    throw new InvalidQueryError(
      `Query result specification has dimensions ${String(dimensions)} that are not a subset of the ` +
        `query's dimensions ${String(tree.dimensions)}.`,
    );
  }
  const order = new NeededColumns(dimensions.universe);
  for (const term of spec.orderBy) order.addExpression(term);
  for (const name of order.dimensions) {
    if (!dimensions.has(name)) {
      throw new InvalidQueryError(
        `Order-by expression may not reference columns that are not in the result dimensions: '${name}' is not among ` +
          `${String(dimensions)}.`,
      );
    }
  }
  const results =
    spec.type === 'dataset_ref' ? [spec.datasetType] : spec.type === 'general' ? spec.datasetFields.keys() : [];
  for (const name of [...results, ...order.datasetFields.keys()]) {
    if (!tree.datasets.has(name)) throw new InvalidQueryError(`Dataset '${name}' is not available from this query.`);
  }
  if (spec.type === 'general' && spec.findFirst && spec.datasetFields.size !== 1) {
    throw new InvalidQueryError('find_first=True requires exactly one result dataset type.');
  }
}

function valuesReader(columns: readonly ResultColumn[], read: Statement['read']) {
  const readers = columns.map(({ id }) => read(id));
  return (row: SqlRow) => readers.map((value) => value(row) as DataIdValue);
}

function fieldsReader(columns: readonly ResultColumn[], read: Statement['read']) {
  const readers = columns.map(({ name, id, type }): [string, (row: SqlRow) => FieldValue] => {
    if (type !== 'timespan') {
      const value = read(id);
      return [name, (row) => readValue(type, value(row))];
    }
    const [begin, end] = timespanIds(id).map(read) as [ColumnReader, ColumnReader];
    return [name, (row) => readTimespan(begin(row), end(row))];
  });
  return (row: SqlRow): Record<string, FieldValue> =>
    Object.fromEntries(readers.map(([name, value]) => [name, value(row)]));
}

function readTimespan(begin: SqlValue, end: SqlValue): FieldValue {
  if (begin === null || end === null) return null;
  return { begin: BigInt(begin as number | bigint), end: BigInt(end as number | bigint) };
}
