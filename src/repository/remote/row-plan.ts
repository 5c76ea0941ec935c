/**
 * How rows travel.  Every query is sent as a `general` result, whatever rows were asked: the server makes the same SQL
 * and postprocessing of it, but needs a third of the CPU time and a quarter of the bytes of `dataset_ref` pages, and the
 * columns that an order needs can come along.  (Dimension records are never asked as part of other rows, which also
 * spares the server its stale-cache crash.)
 */
import type { DataIdValues } from '../../butler/data-id.ts';
import type { DatasetType } from '../../butler/dataset-type.ts';
import type { DatasetField } from '../../butler/query/expression.ts';
import type { GeneralSpec, ResultSpec } from '../../butler/query/result-spec.ts';
import type { DimensionElement, Universe } from '../../butler/universe.ts';
import type { PageOptions } from '../repository.ts';
import type { DatasetRow, DataIdRow, DimensionRecordRow, FieldValue, GeneralRow } from '../rows.ts';
import { ColumnLayout, dimensionsOf, type RawRow, type ResultColumns } from './column-layout.ts';
import { orderTermsOf, type OrderTerm } from './order.ts';

export interface RowPlan {
  /** What the server is asked for, with the order and limit of the original. */
  readonly spec: GeneralSpec;
  readonly layout: ColumnLayout;
  /** The terms of the order; there when positions are asked, or a position is given. */
  readonly terms: readonly OrderTerm[];
  readonly toRow: (raw: RawRow) => DatasetRow | DataIdRow | DimensionRecordRow | GeneralRow;
}

/**
 * @param datasetType the type of `dataset_ref` rows
 * @throws InvalidQueryError where positions are asked in an order whose values cannot come with the rows
 */
export function planRows(
  spec: ResultSpec,
  options: PageOptions,
  universe: Universe,
  repository: string,
  datasetType: DatasetType | undefined,
): RowPlan {
  const columns: ResultColumns = {
    dimensions: dimensionsOf(spec, universe),
    dimensionFields: new Map<string, Set<string>>(),
    datasetFields: new Map<string, Set<DatasetField>>(),
  };
  const add = <T>(map: Map<string, Set<T>>, key: string, values: Iterable<T>) => {
    map.set(key, (map.get(key) ?? new Set<T>()).union(new Set(values)));
  };
  if (spec.type === 'dataset_ref') {
    add(columns.datasetFields, spec.datasetType, ['dataset_id', 'run']);
    if (options.foundIn) add(columns.datasetFields, spec.datasetType, ['collection']);
  } else if (spec.type === 'dimension_record') {
    const fields = storedFields(universe.element(spec.element));
    if (fields.length > 0) add(columns.dimensionFields, spec.element, fields);
  } else if (spec.type === 'general') {
    for (const [element, fields] of spec.dimensionFields) add(columns.dimensionFields, element, fields);
    for (const [name, fields] of spec.datasetFields) add(columns.datasetFields, name, fields);
  }
  const withPositions = options.positions === true || options.after !== undefined;
  const terms = withPositions ? orderTermsOf(spec, universe) : [];
  for (const { column } of terms) {
    if (column.type === 'dimension_field') add(columns.dimensionFields, column.element, [column.field]);
    if (column.type === 'dataset_field') add(columns.datasetFields, column.datasetType, [column.field]);
  }
  const layout = new ColumnLayout(columns, universe);
  return {
    spec: {
      type: 'general',
      dimensions: columns.dimensions,
      dimensionFields: new Map([...columns.dimensionFields].map(([name, fields]) => [name, [...fields]])),
      datasetFields: new Map([...columns.datasetFields].map(([name, fields]) => [name, [...fields]])),
      findFirst: 'findFirst' in spec && spec.findFirst,
      includeDimensionRecords: false,
      orderBy: spec.orderBy,
      limit: spec.limit,
      // The server counts without the duplicates that it would give, so that an answer with them could not be known to be whole.
      allowDuplicateOverlaps: false,
    },
    layout,
    terms,
    toRow: rowReader(spec, layout, universe, repository, datasetType),
  };
}

function rowReader(
  spec: ResultSpec,
  layout: ColumnLayout,
  universe: Universe,
  repository: string,
  datasetType: DatasetType | undefined,
): RowPlan['toRow'] {
  switch (spec.type) {
    case 'dataset_ref': {
      const type = datasetType!;
      const count = spec.dimensions.dataCoordinateKeys.length;
      const uuid = layout.indexOf({ type: 'dataset_field', datasetType: spec.datasetType, field: 'dataset_id' });
      const run = layout.indexOf({ type: 'dataset_field', datasetType: spec.datasetType, field: 'run' });
      return (raw) => ({
        uuid: raw[uuid] as string,
        datasetType: type,
        run: raw[run] as string,
        values: raw.slice(0, count) as DataIdValues,
        repository,
      });
    }
    case 'data_coordinate': {
      const count = spec.dimensions.dataCoordinateKeys.length;
      return (raw) => ({
        dimensions: spec.dimensions,
        values: raw.slice(0, count) as DataIdValues,
        repository,
      });
    }
    case 'dimension_record': {
      const element = universe.element(spec.element);
      const keys = [...element.required, ...element.implied].map((name) => ({
        name: name === element.name ? element.primaryKey!.name : name,
        read: layout.reader({ type: 'dimension_key', dimension: name }),
      }));
      const fields = storedFields(element).map((name) => ({
        name,
        read: layout.reader({ type: 'dimension_field', element: element.name, field: name }),
      }));
      const columns = [...keys, ...fields];
      return (raw) => ({ element, fields: valuesOf(columns, raw), repository });
    }
    case 'general': {
      const asked = (table: string, field: string) =>
        (spec.dimensionFields.get(table) ?? spec.datasetFields.get(table) ?? []).some((f) => f === field);
      const columns = layout.columns
        .filter((c) => c.field === undefined || asked(c.table, c.field))
        .map((c) => ({ name: c.field === undefined ? c.table : `${c.table}.${c.field}`, read: c.read }));
      return (raw) => ({ fields: valuesOf(columns, raw), repository });
    }
  }
}

/** No repository stores those of sky pixels. */
function storedFields({ fields, skypix }: DimensionElement): readonly string[] {
  return skypix ? [] : [...fields.keys()];
}

function valuesOf(
  columns: readonly { readonly name: string; readonly read: (raw: RawRow) => FieldValue }[],
  raw: RawRow,
): Record<string, FieldValue> {
  const fields: Record<string, FieldValue> = {};
  for (const { name, read } of columns) fields[name] = read(raw);
  return fields;
}
