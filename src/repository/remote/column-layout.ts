/** Where the columns of a `general` result are in its rows, and how their values read. */
import type { DimensionGroup } from '../../butler/dimension-group.ts';
import type { Json } from '../../butler/json.ts';
import { columnType } from '../../butler/query/column-type.ts';
import type { ColumnReference, DatasetField } from '../../butler/query/expression.ts';
import type { ResultSpec } from '../../butler/query/result-spec.ts';
import type { ColumnType, Universe } from '../../butler/universe.ts';
import type { FieldValue } from '../rows.ts';

/** A row as it comes: values in the order of the layout's columns. */
export type RawRow = readonly Json[];

export interface ResultColumns {
  readonly dimensions: DimensionGroup;
  /** Element → field names. */
  readonly dimensionFields: Map<string, Set<string>>;
  /** Dataset type → field names. */
  readonly datasetFields: Map<string, Set<DatasetField>>;
}

export interface LaidOutColumn {
  /** Dimension, element or dataset type. */
  readonly table: string;
  /** Undefined for the key of a dimension. */
  readonly field: string | undefined;
  readonly read: (raw: RawRow) => FieldValue;
}

/** Keys in data ID order, dimension fields in universe and record order, dataset fields sorted. */
export class ColumnLayout {
  readonly columns: readonly LaidOutColumn[];
  readonly #index = new Map<string, number>();

  constructor(columns: ResultColumns, universe: Universe) {
    const references: ColumnReference[] = columns.dimensions.dataCoordinateKeys.map((dimension) => ({
      type: 'dimension_key',
      dimension,
    }));
    for (const { name, fields } of columns.dimensions.elements) {
      const asked = columns.dimensionFields.get(name);
      for (const field of fields.keys()) {
        if (asked?.has(field)) references.push({ type: 'dimension_field', element: name, field });
      }
    }
    for (const datasetType of [...columns.datasetFields.keys()].sort()) {
      for (const field of [...columns.datasetFields.get(datasetType)!].sort()) {
        references.push({ type: 'dataset_field', datasetType, field });
      }
    }
    this.columns = references.map((reference, i) => {
      const [table, field] = nameOf(reference);
      this.#index.set(`${table}.${field ?? ''}`, i);
      return { table, field, read: readerAt(i, columnType(universe, reference)) };
    });
  }

  indexOf(reference: ColumnReference): number {
    const [table, field] = nameOf(reference);
    return this.#index.get(`${table}.${field ?? ''}`)!;
  }

  /** Reads the column's value from a row. */
  reader(reference: ColumnReference): (raw: RawRow) => FieldValue {
    return this.columns[this.indexOf(reference)]!.read;
  }
}

/** Dimensions of the rows. */
export function dimensionsOf(spec: ResultSpec, universe: Universe): DimensionGroup {
  if (spec.type !== 'dimension_record') return spec.dimensions;
  const { required, implied } = universe.element(spec.element);
  return universe.conform([...required, ...implied]);
}

function nameOf(reference: ColumnReference): readonly [table: string, field: string | undefined] {
  switch (reference.type) {
    case 'dimension_key':
      return [reference.dimension, undefined];
    case 'dimension_field':
      return [reference.element, reference.field];
    case 'dataset_field':
      return [reference.datasetType, reference.field];
  }
}

/** Regions and hashes come as hex, times as ns TAI, timespans as pairs of them. */
function readerAt(i: number, type: ColumnType): (raw: RawRow) => FieldValue {
  switch (type) {
    case 'region':
    case 'hash':
      return (raw) => (raw[i] === null ? null : Buffer.from(raw[i] as string, 'hex'));
    case 'timespan':
      return (raw) => {
        if (raw[i] === null) return null;
        const [begin, end] = raw[i] as readonly (number | bigint)[];
        return { begin: BigInt(begin!), end: BigInt(end!) };
      };
    case 'datetime':
    case 'ingest_date':
      return (raw) => (raw[i] === null ? null : BigInt(raw[i] as number | bigint));
    default:
      return (raw) => raw[i] as FieldValue;
  }
}
