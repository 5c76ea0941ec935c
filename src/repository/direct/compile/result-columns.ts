/** What the rows of a result consist of, and how they are read from the rows of a statement. */
import { ButlerUserError, InvalidQueryError } from '../../../butler/errors.ts';
import type { DataIdValue } from '../../../butler/data-id.ts';
import type { DimensionGroup } from '../../../butler/dimension-group.ts';
import { columnType } from '../../../butler/query/column-type.ts';
import type { ResultSpec } from '../../../butler/query/result-spec.ts';
import type { QueryTree } from '../../../butler/query/tree.ts';
import type { ColumnType } from '../../../butler/universe.ts';
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

export type AnyRow = RowsByResult[ResultSpec['type']];

export interface ResultColumns {
  readonly projection: Projection;
  /** Columns of the statement that rows are made of. */
  readonly ids: readonly ColumnId[];
  /** Makes rows from a statement's. */
  readonly reader: (read: Statement['read']) => (row: SqlRow) => AnyRow;
}

/** Dimensions of a result. */
export function dimensionsOf(spec: ResultSpec, { universe }: DimensionGroup): DimensionGroup {
  return spec.type === 'dimension_record' ? universe.conform(universe.element(spec.element).required) : spec.dimensions;
}

/**
 * @param implied whether rows of datasets have implied dimensions
 * @throws InvalidQueryError where the query does not have what is asked
 */
export function resultColumns(
  tree: QueryTree,
  spec: ResultSpec,
  { registry, repository }: DirectAccess,
  implied: boolean,
): ResultColumns {
  const { universe } = tree.dimensions;
  const dimensions = dimensionsOf(spec, tree.dimensions);
  const columns = new NeededColumns(universe);
  const list: ResultColumn[] = [];
  const addKey = (name: string, as = name) => {
    columns.addKeys([name]);
    list.push({ name: as, id: keyId(name), type: universe.element(name).primaryKey!.type });
  };
  const addField = (element: string, field: string, as: string) => {
    const type = columnType(universe, { type: 'dimension_field', element, field });
    columns.addElementField(element, field);
    list.push({ name: as, id: elementFieldId(element, field), type });
  };
  const addDatasetField = (datasetType: string, field: Parameters<typeof columns.addDatasetField>[1], as: string) => {
    const type =
      field === 'collection_id' ? 'int' : columnType(universe, { type: 'dataset_field', datasetType, field });
    columns.addDatasetField(datasetType, field);
    list.push({ name: as, id: datasetFieldId(datasetType, field), type });
  };
  validate(tree, spec, dimensions);
  const keyColumns = (names: readonly string[]) => names.forEach((name) => addKey(name));

  switch (spec.type) {
    case 'data_coordinate': {
      keyColumns(dimensions.dataCoordinateKeys);
      return {
        projection: { dimensions, columns, unique: false, findFirst: null },
        ids: idsOf(list),
        reader: (read) => {
          const values = valuesReader(list, read);
          return (row) => ({ dimensions, values: values(row), repository });
        },
      };
    }
    case 'dataset_ref': {
      const datasetType = registry.datasetTypes.get(spec.datasetType);
      if (!datasetType) {
        throw new ButlerUserError(
          'MISSING_DATASET_TYPE',
          `Dataset type '${spec.datasetType}' has not been registered.`,
        );
      }
      keyColumns(implied ? dimensions.dataCoordinateKeys : dimensions.required);
      const keys = [...list];
      addDatasetField(spec.datasetType, 'dataset_id', 'dataset_id');
      addDatasetField(spec.datasetType, 'run', 'run');
      const [id, run] = list.slice(keys.length) as [ResultColumn, ResultColumn];
      return {
        projection: { dimensions, columns, unique: false, findFirst: spec.findFirst ? spec.datasetType : null },
        ids: idsOf(list),
        reader: (read) => {
          const values = valuesReader(keys, read);
          const [readId, readRun] = [read(id.id), read(run.id)];
          return (row): DatasetRow => ({
            uuid: uuidFromStored(readId(row) as string),
            datasetType,
            run: readRun(row) as string,
            values: values(row),
            repository,
          });
        },
      };
    }
    case 'dimension_record': {
      const element = universe.element(spec.element);
      for (const name of element.required) addKey(name, name === element.name ? element.primaryKey!.name : name);
      keyColumns(element.implied);
      for (const field of element.skypix ? [] : element.fields.keys()) addField(element.name, field, field);
      return {
        projection: { dimensions, columns, unique: true, findFirst: null },
        ids: idsOf(list),
        reader: (read) => {
          const fields = fieldsReader(list, read);
          return (row) => ({ element, fields: fields(row), repository });
        },
      };
    }
    case 'general': {
      keyColumns(dimensions.dataCoordinateKeys);
      for (const [element, fields] of spec.dimensionFields) {
        for (const field of fields) addField(element, field, `${element}.${field}`);
      }
      for (const [datasetType, fields] of spec.datasetFields) {
        for (const field of fields) addDatasetField(datasetType, field, `${datasetType}.${field}`);
      }
      const [findFirst = null] = spec.findFirst ? spec.datasetFields.keys() : [];
      return {
        projection: { dimensions, columns, unique: false, findFirst },
        ids: idsOf(list),
        reader: (read) => {
          const fields = fieldsReader(list, read);
          return (row) => ({ fields: fields(row), repository });
        },
      };
    }
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

function idsOf(columns: readonly ResultColumn[]): readonly ColumnId[] {
  return columns.flatMap(({ id, type }) => (type === 'timespan' ? timespanIds(id) : [id]));
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
