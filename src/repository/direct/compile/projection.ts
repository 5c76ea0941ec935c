/**
 * The third step: one row for each result.  Columns that are not asked for are projected away, and rows that differ in
 * nothing else are made one, as stock Butler does.
 */
import sql, { type Sql } from 'sql-template-tag';
import type { DimensionGroup } from '../../../butler/dimension-group.ts';
import { columnsOfPredicate } from '../../../butler/query/column-type.ts';
import type { DimensionElement } from '../../../butler/universe.ts';
import type { Analysis } from './analysis.ts';
import {
  datasetFieldId,
  elementFieldId,
  keyId,
  timespanIds,
  type ColumnId,
  type DatasetColumn,
  type NeededColumns,
} from './columns.ts';
import type { ResolvedSearch } from './dataset-search.ts';
import type { Dialect } from './dialect.ts';
import type { Join } from './relation.ts';
import type { Select } from './select.ts';

/** What rows of a result consist of. */
export interface Projection {
  readonly dimensions: DimensionGroup;
  /** Columns that rows must have, among them those to order by. */
  readonly columns: NeededColumns;
  /** Whether rows are the same where their keys are, however often calibrations that are joined repeat them. */
  readonly unique: boolean;
  /** Dataset type of which each data ID gets its first dataset only. */
  readonly findFirst: string | null;
}

/** How many datasets of the same collection and data ID made a row; more than one is ambiguous. */
export const MATCHES: ColumnId = 'matches';

/** How the regions of an element, or of two that must overlap, come with a row. */
export type RegionColumns =
  | { readonly kind: 'element'; readonly region: ColumnId; readonly element: DimensionElement }
  | { readonly kind: 'pair'; readonly regions: readonly [ColumnId, ColumnId] }
  /** All pairs behind a row, which has neither of the elements: `a&b|a&b|…`. */
  | { readonly kind: 'pairs'; readonly list: ColumnId };

export interface ProjectedSelect extends Select {
  /** Whether rows of the joined tables were united, so that a column's expression means nothing outside of it. */
  readonly isGrouped: boolean;
}

/** Regions that must be tested of each row. */
export function regionColumns({ overlaps }: Analysis, dimensions: DimensionGroup): readonly RegionColumns[] {
  const isKept = (element: DimensionElement) => dimensions.elements.includes(element);
  const region = (element: DimensionElement) => elementFieldId(element.name, 'region');
  return [
    ...overlaps.joins.map(([a, b]): RegionColumns =>
      isKept(a) && isKept(b)
        ? { kind: 'pair', regions: [region(a), region(b)] }
        : { kind: 'pairs', list: `pairs:${a.name}&${b.name}` },
    ),
    ...overlaps.constraints
      .filter(({ element }) => !element.skypix)
      .map(({ element }): RegionColumns => ({ kind: 'element', region: region(element), element })),
  ];
}

export function project(
  joined: Join,
  analysis: Analysis,
  { dimensions, columns, findFirst, unique: isUnique }: Projection,
  tests: readonly RegionColumns[],
  dialect: Dialect,
): ProjectedSelect {
  const { scope } = joined;
  const { searches } = analysis;
  const unique = new Map<ColumnId, Sql>();
  const derived = new Map<ColumnId, Sql>();
  const aggregates = new Map<ColumnId, Sql>();

  for (const name of dimensions.dataCoordinateKeys) {
    if (dimensions.required.includes(name)) unique.set(keyId(name), scope.get(keyId(name)));
    else if (columns.dimensions.has(name)) derived.set(keyId(name), scope.get(keyId(name)));
  }
  for (const [element, fields] of columns.elementFields) {
    for (const field of fields) addAll(derived, idsOf(elementFieldId(element, field), field), scope);
  }
  for (const [datasetType, fields] of columns.datasetFields) {
    const search = searches.get(datasetType)!;
    for (const field of fields) {
      const target = isUniqueField(field, search, datasetType === findFirst) ? unique : derived;
      addAll(target, idsOf(datasetFieldId(datasetType, field), field), scope);
    }
  }
  for (const test of tests) {
    if (test.kind === 'pairs') {
      const [a, b] = test.list
        .slice('pairs:'.length)
        .split('&')
        .map((name) => scope.get(elementFieldId(name, 'region')));
      aggregates.set(test.list, concatenated(sql`${a} || '&' || ${b}`, '|', dialect));
      continue;
    }
    for (const id of test.kind === 'pair' ? test.regions : [test.region]) {
      const isKept = test.kind === 'pair' || dimensions.elements.includes(test.element);
      if (isKept) derived.set(id, scope.get(id));
      else aggregates.set(id, concatenated(scope.get(id), ':', dialect));
    }
  }

  const isCalibrationSearch = findFirst !== null && searches.get(findFirst)!.isCalibrationSearch;
  const isProjected =
    dimensions.names.join() !== analysis.dimensions.names.join() ||
    isCalibrationSearch ||
    (isUnique && [...searches.values()].some((search) => search.isCalibrationSearch)) ||
    hidesCollections(analysis, columns);
  // without keys there is nothing to group by: stock Butler leaves rows as they are then
  const isKeyless = unique.size === 0 && aggregates.size === 0 && derived.size > 0 && !isCalibrationSearch;
  if (!isProjected || isKeyless) {
    return {
      columns: new Map([...unique, ...derived]),
      from: joined.from,
      conditions: joined.conditions,
      isGrouped: false,
    };
  }
  if (isCalibrationSearch) aggregates.set(MATCHES, sql`count(*)`);
  const source = { from: joined.from, conditions: joined.conditions, isGrouped: true };
  if (derived.size === 0 && aggregates.size === 0) return { ...source, columns: unique, distinct: true };
  const some = [...derived].map(([id, value]): [ColumnId, Sql] => [id, dialect.anyOfGroup(value)]);
  return { ...source, columns: new Map([...unique, ...some, ...aggregates]), groupBy: [...unique.values()] };
}

/** Whether rows differ in that field of a dataset though they have the same data ID. */
function isUniqueField(
  field: DatasetColumn,
  { collections, isCalibrationSearch }: ResolvedSearch,
  first: boolean,
): boolean {
  if (field === 'collection_id') return collections.length > 1;
  if (field === 'timespan') return isCalibrationSearch && !first;
  return field === 'dataset_id' && collections.length > 1 && !first;
}

/** Whether a search of several collections takes part with fields that do not come with the rows. */
function hidesCollections({ predicate, searches }: Analysis, columns: NeededColumns): boolean {
  const inPredicate = columnsOfPredicate(predicate).datasetTypes;
  return [...searches].some(
    ([name, { collections }]) => collections.length > 1 && inPredicate.has(name) && !columns.datasetFields.has(name),
  );
}

function idsOf(id: ColumnId, field: string): readonly ColumnId[] {
  return field === 'timespan' ? timespanIds(id) : [id];
}

function addAll(target: Map<ColumnId, Sql>, ids: readonly ColumnId[], scope: Join['scope']): void {
  for (const id of ids) target.set(id, scope.get(id));
}

function concatenated(value: Sql, separator: '|' | ':', { name }: Dialect): Sql {
  return name === 'sqlite' ? sql`group_concat(${value}, ${separator})` : sql`string_agg(${value}, ${separator}::text)`;
}
