/** Columns of exported tables, known from the universe before the first row. */
import type { BasicType } from 'hyparquet-writer';
import type { Column, ColumnType, DimensionElement, Universe } from '../../butler/universe.ts';

export interface TableColumn {
  readonly name: string;
  readonly type: BasicType;
}

/** Hashes and regions are hexadecimal text; times are nanoseconds since 1970-01-01T00:00:00 TAI. */
const TYPES: Record<ColumnType, BasicType> = {
  int: 'INT64',
  float: 'DOUBLE',
  string: 'STRING',
  bool: 'BOOLEAN',
  hash: 'STRING',
  region: 'STRING',
  timespan: 'INT64',
  uuid: 'STRING',
  datetime: 'INT64',
  ingest_date: 'INT64',
};

export function textColumns(...names: readonly string[]): TableColumn[] {
  return names.map((name) => ({ name, type: 'STRING' }));
}

/** Values of dimensions, by their names. */
export function dimensionColumns(names: Iterable<string>, universe: Universe): TableColumn[] {
  const elements = [...new Set(names)].map((name) => universe.element(name)).sort((a, b) => a.order - b.order);
  return elements.map(({ name, primaryKey }) => ({ name, type: primaryKey ? TYPES[primaryKey.type] : 'STRING' }));
}

/** Everything that a record of the element holds. */
export function recordColumns(element: DimensionElement, universe: Universe): TableColumn[] {
  const { required, implied, primaryKey, alternateKeys, metadata, spatialFamily, temporalFamily } = element;
  const others = [...required, ...implied].filter((name) => name !== element.name);
  const own = [...(primaryKey ? [primaryKey] : []), ...alternateKeys, ...metadata];
  return [
    ...dimensionColumns(others, universe),
    ...own.map(({ name, type }: Column) => ({ name, type: TYPES[type] })),
    ...(spatialFamily === undefined ? [] : textColumns('region')),
    ...(temporalFamily === undefined ? [] : ['timespan_begin', 'timespan_end']).map((name) => ({
      name,
      type: TYPES.timespan,
    })),
    ...textColumns('repository'),
  ];
}
