/**
 * Preselection of regions that may overlap, through the registry's tables of common sky pixels (query-semantics.md
 * section 10).  What overlaps for certain is told afterwards from the regions themselves (`region-tests.ts`).
 */
import sql, { join, type Sql } from 'sql-template-tag';
import type { DataIdValue } from '../../../butler/data-id.ts';
import { ButlerUserError, QueryTooCostlyError } from '../../../butler/errors.ts';
import { htmEnvelope, type PixelRange } from '../../../butler/region/envelope.ts';
import type { Region } from '../../../butler/region/region.ts';
import type { DimensionElement, Universe } from '../../../butler/universe.ts';
import { keyId, Scope } from './columns.ts';
import { column, identifier, type Dialect } from './dialect.ts';
import type { Relation, TableNames } from './relation.ts';

/** What the tables of sky pixels are read with. */
export interface SpatialContext {
  readonly universe: Universe;
  readonly dialect: Dialect;
  readonly names: TableNames;
  /** Values that all rows share: they narrow the tables down. */
  readonly dataId: ReadonlyMap<string, DataIdValue>;
}

const MAX_RANGES = 100_000;

/** Ranges of pixels that cover a region. @throws ButlerUserError UNIMPLEMENTED_QUERY, QueryTooCostlyError */
function pixelRanges(skypix: NonNullable<DimensionElement['skypix']>, region: Region): readonly PixelRange[] {
  if (skypix.system !== 'htm') {
    throw new ButlerUserError(
      'UNIMPLEMENTED_QUERY',
      `Regions cannot be compared with pixels of ${skypix.system}; use a dimension with regions, or htm pixels.`,
    );
  }
  const ranges = htmEnvelope(region, skypix.level);
  if (ranges.length > MAX_RANGES) {
    throw new QueryTooCostlyError(
      `The region covers too many pixels of ${skypix.system}${String(skypix.level)}. Use a smaller region.`,
    );
  }
  return ranges;
}

/** The table of an element's pixels, its pixels being the dimension `universe.commonSkypix` of the query. */
export function pixelRelation(element: DimensionElement, context: SpatialContext): Relation {
  const { universe, names } = context;
  const alias = names.alias('pixels');
  const scope = new Scope();
  for (const name of element.required) scope.add(keyId(name), column(alias, name));
  scope.add(keyId(universe.commonSkypix), column(alias, 'skypix_index'));
  return {
    from: sql`${names.table(`${element.name}_skypix_overlap`)} AS ${identifier(alias)}`,
    scope,
    conditions: pixelConditions(alias, element, context),
    keys: [...element.required, universe.commonSkypix],
  };
}

/** Pairs of elements that share a pixel, each once unless `duplicates` are allowed. */
export function pairRelation(
  [a, b]: readonly [DimensionElement, DimensionElement],
  duplicates: boolean,
  context: SpatialContext,
): Relation {
  const { names } = context;
  const [left, right, alias] = [names.alias('pixels'), names.alias('pixels'), names.alias('pairs')];
  const shared = b.required.filter((name) => a.required.includes(name));
  const keys = [...a.required, ...b.required.filter((name) => !a.required.includes(name))];
  const columns = keys.map((name) => sql`${column(a.required.includes(name) ? left : right, name)}`);
  const scope = new Scope();
  for (const name of keys) scope.add(keyId(name), column(alias, name));
  const on = ['skypix_index', ...shared].map((name) => sql`${column(left, name)} = ${column(right, name)}`);
  const conditions = [...pixelConditions(left, a, context), ...pixelConditions(right, b, context)];
  return {
    from: sql`(
      SELECT ${duplicates ? sql`` : sql`DISTINCT`} ${join(columns)}
      FROM ${names.table(`${a.name}_skypix_overlap`)} AS ${identifier(left)}
      JOIN ${names.table(`${b.name}_skypix_overlap`)} AS ${identifier(right)} ON ${join(on, ' AND ')}
      WHERE ${join(conditions, ' AND ')}
    ) AS ${identifier(alias)}`,
    scope,
    conditions: [],
    keys,
  };
}

/** That an element has a pixel in common with a region. `scope` has the element's required keys. */
export function regionCondition(element: DimensionElement, region: Region, scope: Scope, context: SpatialContext): Sql {
  const { dialect, names, universe } = context;
  const ranges = names.alias('ranges');
  const within = (index: Sql) => sql`${index} >= ${column(ranges, 'lo')} AND ${index} < ${column(ranges, 'hi')}`;
  const common = universe.element(universe.commonSkypix);
  const pixel = element.skypix ? element : scope.has(keyId(common.name)) ? common : undefined;
  if (pixel?.skypix) {
    // Pixels are in the query themselves. An element's own are joined by `pixelRelation`.
    const source = dialect.ranges(ranges, pixelRanges(pixel.skypix, region));
    return sql`EXISTS (SELECT 1 FROM ${source} WHERE ${within(scope.get(keyId(pixel.name)))})`;
  }
  const alias = names.alias('pixels');
  const source = dialect.ranges(ranges, pixelRanges(common.skypix!, region));
  return sql`(${join(element.required.map((name) => scope.get(keyId(name))))}) IN (
    SELECT ${join(element.required.map((name) => column(alias, name)))}
    FROM ${source} CROSS JOIN ${names.table(`${element.name}_skypix_overlap`)} AS ${identifier(alias)}
    WHERE ${within(column(alias, 'skypix_index'))} AND ${join(pixelConditions(alias, element, context), ' AND ')}
  )`;
}

function pixelConditions(
  alias: string,
  element: DimensionElement,
  { universe, dialect, dataId }: SpatialContext,
): readonly Sql[] {
  const { system, level } = universe.element(universe.commonSkypix).skypix!;
  const conditions = [
    sql`${column(alias, 'skypix_system')} = ${dialect.literal('string', system)}`,
    sql`${column(alias, 'skypix_level')} = ${dialect.literal('int', level)}`,
  ];
  for (const name of element.required) {
    const value = dataId.get(name);
    if (value === undefined) continue;
    const type = universe.element(name).primaryKey!.type;
    conditions.push(sql`${column(alias, name)} = ${dialect.literal(type, value)}`);
  }
  return conditions;
}
