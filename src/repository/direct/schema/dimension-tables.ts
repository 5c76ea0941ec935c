/** Tables of dimension records and of what overlaps them. */
import type { DimensionElement, Universe } from '../../../butler/universe.ts';
import { dimensionForeignKey, dimensionColumn, dimensionParts, fieldColumn } from './dimension-columns.ts';
import { references, table, type Table } from './table.ts';

/** All of them, each after those that it refers to. */
export function dimensionTables(universe: Universe): readonly Table[] {
  const elements = universe.elements.filter((element) => element.hasTable && element.skypix === undefined);
  const spatial = elements.filter((element) => element.spatialFamily !== undefined);
  return [
    ...elements.map((element) => recordsTable(universe, element)),
    ...spatial.flatMap((element) => skypixOverlapTables(universe, element)),
    ...unusedOverlapTables(universe, spatial),
  ];
}

function recordsTable(universe: Universe, element: DimensionElement): Table {
  const { name, primaryKey } = element;
  const others = element.required.filter((required) => required !== name);
  const key = primaryKey ? [...others, primaryKey.name] : others;
  const linked = [...others, ...element.implied].map((dimension) => universe.element(dimension));
  const alternateKeys = element.alternateKeys.map((column) => column.name);
  return table(name, {
    columns: [
      ...linked.slice(0, others.length).map(dimensionColumn),
      ...(primaryKey ? [fieldColumn(primaryKey, false)] : []),
      ...linked.slice(others.length).map(dimensionColumn),
      ...[...element.fields.values()].map((field) => fieldColumn(field)),
    ],
    primaryKey: key,
    unique: alternateKeys.map((alternate) => [...others, alternate]),
    foreignKeys: linked.flatMap(dimensionForeignKey),
  });
}

/** Pixels of the common system that each record may touch, and of which governors such pixels are kept. */
function skypixOverlapTables(universe: Universe, element: DimensionElement): readonly Table[] {
  const summary = `${element.name}_skypix_overlap_summary`;
  const system = [
    { name: 'skypix_system', type: 'string', length: 16 },
    { name: 'skypix_level', type: 'small int' },
  ] as const;
  const ofGovernor = dimensionParts(universe, [element.governor!]);
  const summaryKey = ['skypix_system', 'skypix_level', element.governor!];
  const ofElement = dimensionParts(universe, element.required);
  return [
    table(summary, {
      columns: [...system, ...ofGovernor.columns],
      primaryKey: summaryKey,
      foreignKeys: ofGovernor.foreignKeys,
    }),
    table(`${element.name}_skypix_overlap`, {
      columns: [...system, ...ofElement.columns, { name: 'skypix_index', type: 'int' }],
      primaryKey: ['skypix_system', 'skypix_level', ...element.required, 'skypix_index'],
      foreignKeys: [references(summary, summaryKey, { cascades: true }), ...ofElement.foreignKeys],
      indexes: [['skypix_system', 'skypix_level', 'skypix_index', ...element.required]],
    }),
  ];
}

/** Overlaps of records of different families: always empty, but part of the schema's version. */
function unusedOverlapTables(universe: Universe, spatial: readonly DimensionElement[]): readonly Table[] {
  const families = [...Map.groupBy(spatial, (element) => element.spatialFamily).values()];
  return families
    .flatMap((family, i) => families.slice(i + 1).map((other) => [family, other] as const))
    .flatMap(([family, other]) => family.flatMap((a) => other.map((b) => (a.order < b.order ? [a, b] : [b, a]))))
    .flatMap((pair) => {
      const governors = pair.map((element) => element.governor!);
      const rest = pair.flatMap((element) => element.required.filter((name) => name !== element.governor));
      const name = `${pair.map((element) => element.name).join('_')}_overlap`;
      const all = [...governors, ...rest];
      return [
        table(`${name}_summary`, { ...dimensionParts(universe, governors), primaryKey: governors }),
        table(name, { ...dimensionParts(universe, all), primaryKey: all }),
      ];
    });
}
