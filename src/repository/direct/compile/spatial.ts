/**
 * Preselection of regions that may overlap, through the registry's tables of common sky pixels.  What
 * overlaps for certain is told afterwards from the regions themselves (`region-tests.ts`).
 */
import sql, { join, type Sql } from 'sql-template-tag';
import type { DataIdValue } from '../../../butler/data-id.ts';
import type { DimensionGroup } from '../../../butler/dimension-group.ts';
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

/** Its rows are joined to the element's records, which have the regions: only readable ones stay. */
function pixelTable({ name }: DimensionElement, names: TableNames): Sql {
  return names.table(`${name}_skypix_overlap`, 'readable');
}

/** The table of an element's pixels, its pixels being the dimension `universe.commonSkypix` of the query. */
export function pixelRelation(element: DimensionElement, context: SpatialContext): Relation {
  const { universe, names } = context;
  const alias = names.alias('pixels');
  const scope = new Scope();
  for (const name of element.required) scope.add(keyId(name), column(alias, name));
  scope.add(keyId(universe.commonSkypix), column(alias, 'skypix_index'));
  return {
    from: sql`${pixelTable(element, names)} AS ${identifier(alias)}`,
    scope,
    conditions: pixelConditions(alias, element, context),
    keys: [...element.required, universe.commonSkypix],
  };
}

/** Pairs of elements that share a pixel, each once unless `duplicates` are allowed. */
export function pairRelation(
  pair: readonly [DimensionElement, DimensionElement],
  duplicates: boolean,
  context: SpatialContext,
): Relation {
  const { names, dialect, dataId } = context;
  // from the element of which less is left open to the pixels of the other
  const open = ({ required }: DimensionElement) => required.filter((name) => !dataId.has(name)).length;
  const [a, b] = pair.toSorted((one, other) => open(one) - open(other)) as [DimensionElement, DimensionElement];
  const joinWord = open(a) < open(b) ? dialect.lookUpJoin : sql`JOIN`;
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
      FROM ${pixelTable(a, names)} AS ${identifier(left)}
      ${joinWord} ${pixelTable(b, names)} AS ${identifier(right)} ON ${join(on, ' AND ')}
      WHERE ${join(conditions, ' AND ')}
    ) AS ${identifier(alias)}`,
    scope,
    conditions: [],
    keys,
  };
}

/** So many pixels are looked up before other tables; those of larger regions would be most of the sky. */
const MAX_LOOK_UPS = 20_000;

/**
 * The elements with a pixel in common with a region, each once, to be joined first: what else there is to know of them
 * is looked up from there.  Undefined where the region is large, or the pixels are a dimension of the query.
 */
export function nearbyRelation(
  element: DimensionElement,
  region: Region,
  dimensions: DimensionGroup,
  context: SpatialContext,
): Relation | undefined {
  const { universe, names } = context;
  if (element.skypix || dimensions.has(universe.commonSkypix)) return undefined;
  const ranges = pixelRanges(universe.element(universe.commonSkypix).skypix!, region);
  const pixels = ranges.reduce((sum, { begin, end }) => sum + (end - begin), 0);
  if (pixels > MAX_LOOK_UPS) return undefined;
  const alias = names.alias('nearby');
  const scope = new Scope();
  for (const name of element.required) scope.add(keyId(name), column(alias, name));
  return {
    from: sql`(${elementsNear(element, ranges, pixels > 1, context)}) AS ${identifier(alias)}`,
    scope,
    conditions: [],
    keys: element.required,
  };
}

/** That an element has a pixel in common with a region. `scope` has the element's required keys. */
export function regionCondition(element: DimensionElement, region: Region, scope: Scope, context: SpatialContext): Sql {
  const { dialect, names, universe } = context;
  const common = universe.element(universe.commonSkypix);
  const pixel = element.skypix ? element : scope.has(keyId(common.name)) ? common : undefined;
  if (pixel?.skypix) {
    // Pixels are in the query themselves. An element's own are joined by `pixelRelation`.
    const alias = names.alias('ranges');
    const source = dialect.ranges(alias, pixelRanges(pixel.skypix, region));
    return sql`EXISTS (SELECT 1 FROM ${source} WHERE ${within(scope.get(keyId(pixel.name)), alias)})`;
  }
  const ranges = pixelRanges(common.skypix!, region);
  const keys = join(element.required.map((name) => scope.get(keyId(name))));
  return sql`(${keys}) IN (${elementsNear(element, ranges, false, context)})`;
}

function elementsNear(
  element: DimensionElement,
  ranges: readonly PixelRange[],
  distinct: boolean,
  context: SpatialContext,
): Sql {
  const { dialect, names } = context;
  const [alias, rangesAlias] = [names.alias('pixels'), names.alias('ranges')];
  return sql`
    SELECT ${distinct ? sql`DISTINCT ` : sql``}${join(element.required.map((name) => column(alias, name)))}
    FROM ${dialect.ranges(rangesAlias, ranges)}
    CROSS JOIN ${pixelTable(element, names)} AS ${identifier(alias)}
    WHERE ${within(column(alias, 'skypix_index'), rangesAlias)}
      AND ${join(pixelConditions(alias, element, context), ' AND ')}`;
}

function within(index: Sql, ranges: string): Sql {
  return sql`${index} >= ${column(ranges, 'lo')} AND ${index} < ${column(ranges, 'hi')}`;
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
