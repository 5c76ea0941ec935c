/** Columns and foreign keys that name dimensions, in any table. */
import type { Column, DimensionElement, Universe } from '../../../butler/universe.ts';
import { references, type ForeignKey, type TableColumn } from './table.ts';

/** A column of the document as a column of a table; null is allowed unless it is said otherwise. */
export function fieldColumn({ name, type, length }: Column, nullable = true): TableColumn {
  switch (type) {
    case 'int':
    case 'float':
    case 'bool':
    case 'timespan':
      return { name, type, nullable };
    case 'string':
      return { name, type, nullable, ...(length !== undefined && { length }) };
    case 'hash':
    case 'region':
      return { name, type: 'string', nullable };
    default:
      throw new Error(`a dimension record has no column of type ${type}`);
  }
}

/** The column that holds a dimension's value, named like it and of its key's type. */
export function dimensionColumn(dimension: DimensionElement): TableColumn {
  return { ...fieldColumn(dimension.primaryKey!, false), name: dimension.name };
}

/** From the columns of a dimension and of all that it requires to its table; none where it has no table. */
export function dimensionForeignKey(dimension: DimensionElement): readonly ForeignKey[] {
  if (!dimension.hasTable) return [];
  const target = dimension.required.map((name) => (name === dimension.name ? dimension.primaryKey!.name : name));
  return [references(dimension.name, dimension.required, { target })];
}

/** Columns and foreign keys of dimensions, in the given order. */
export function dimensionParts(universe: Universe, names: readonly string[]) {
  const dimensions = names.map((name) => universe.element(name));
  return { columns: dimensions.map(dimensionColumn), foreignKeys: dimensions.flatMap(dimensionForeignKey) };
}
