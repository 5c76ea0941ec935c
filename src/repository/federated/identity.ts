/** By what rows of different repositories are recognised as the same answer. */
import type { DataIdValues } from '../../butler/data-id.ts';
import type { DimensionGroup } from '../../butler/dimension-group.ts';
import type { ResultSpec } from '../../butler/query/result-spec.ts';
import type { Universe } from '../../butler/universe.ts';
import type { DataIdRow, DatasetRow, DimensionRecordRow, RowsByResult } from '../rows.ts';

/** Names of the dimensions that identify a row, in the order of the universe that `spec` is said in. */
export function identifyingDimensions(spec: ResultSpec, universe: Universe): readonly string[] {
  return spec.type === 'dimension_record' ? universe.element(spec.element).required : spec.dimensions.required;
}

/** Values of the dimensions `names`, from rows of a repository whose universe may order them differently. */
export function dataIdReader<S extends ResultSpec>(
  spec: S,
  names: readonly string[],
): (row: RowsByResult[S['type']]) => DataIdValues {
  switch (spec.type) {
    case 'dataset_ref':
      return readerOf((row) => (row as DatasetRow).values, spec.dimensions, names);
    case 'data_coordinate':
      return readerOf((row) => (row as DataIdRow).values, spec.dimensions, names);
    case 'dimension_record':
      return (row) => recordDataId(row as DimensionRecordRow, names);
    case 'general':
      throw new TypeError('Rows of general queries are not recognised across repositories.');
  }
}

/** A data ID's values as a key of a map. */
export function dataIdKey(values: DataIdValues): string {
  return values.length === 1 ? String(values[0]) : values.join('\u0000');
}

/** The data IDs, each once, by their key. */
export function distinctDataIds(dataIds: Iterable<DataIdValues>): ReadonlyMap<string, DataIdValues> {
  const distinct = new Map<string, DataIdValues>();
  for (const values of dataIds) distinct.set(dataIdKey(values), values);
  return distinct;
}

/** Values of `names`, in the order of `to`. */
export function reordered(values: DataIdValues, names: readonly string[], to: readonly string[]): DataIdValues {
  return to.map((name) => values[names.indexOf(name)]!);
}

function readerOf<Row>(
  valuesOf: (row: Row) => DataIdValues,
  group: DimensionGroup,
  names: readonly string[],
): (row: unknown) => DataIdValues {
  const inOrder = group.required.every((name, i) => name === names[i]);
  return inOrder
    ? (row) => valuesOf(row as Row).slice(0, names.length)
    : (row) => reordered(valuesOf(row as Row), group.required, names);
}

/** Values of the required dimensions of a record; its own dimension sits under its key's column. */
export function recordDataId(
  { element, fields }: Pick<DimensionRecordRow, 'element' | 'fields'>,
  names: readonly string[],
): DataIdValues {
  return names.map((name) => {
    const column = name === element.name && element.primaryKey ? element.primaryKey.name : name;
    return fields[column] as DataIdValues[number];
  });
}
