/**
 * The first dataset of each data ID along a search path.  Conditions of the query apply
 * before: a dataset that they exclude hides nothing.
 */
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { columnsOfPredicate } from '../../../butler/query/column-type.ts';
import type { Analysis } from './analysis.ts';
import { datasetFieldId, keyId, type ColumnId, type Scope } from './columns.ts';
import type { ResolvedSearch, SearchPart } from './dataset-search.ts';
import { column, type Dialect } from './dialect.ts';
import type { TableNames } from './relation.ts';
import { nested, outputName, type Select } from './select.ts';

/** A path of more collections is searched by `firstDatasets`: statements have a limit of terms. */
const MAX_PARTS = 40;

/**
 * The search as one part for each collection, of the datasets that no earlier collection has.  Each part is read in the
 * order of its index and none has to be read to its end, so that a page costs the same wherever it is.  Undefined where
 * a dataset of an earlier collection may hide none, because the query has conditions on datasets themselves, and for
 * calibrations, of which one collection may have several.
 */
export function firstDatasetParts(search: ResolvedSearch, { predicate }: Analysis): readonly SearchPart[] | undefined {
  const { collections, datasetType } = search;
  if (collections.length < 2 || collections.length > MAX_PARTS || search.isCalibrationSearch) return undefined;
  if (columnsOfPredicate(predicate).datasetTypes.has(datasetType.name)) return undefined;
  return collections.map((collection, i) => ({
    search,
    collections: [collection],
    unlessIn: collections.slice(0, i),
  }));
}

/**
 * The first row of each data ID of a statement that has all of them, with `collection_id`.
 * @param keys names of the dimensions that make the data ID
 */
export function firstDatasets(
  all: Select,
  keys: readonly string[],
  { datasetType, collections }: ResolvedSearch,
  names: TableNames,
  dialect: Dialect,
): { readonly from: Sql; readonly scope: Scope; readonly conditions: Select['conditions'] } {
  const alias = names.alias('all');
  const { from, scope } = nested(all, alias);
  const partition = keys.length > 0 ? sql`PARTITION BY ${join(keys.map((name) => scope.get(keyId(name))))}` : sql``;
  const cases = collections.map(({ id }, i) => sql`WHEN ${dialect.literal('int', id)} THEN ${raw(String(i))}`);
  const found = scope.get(datasetFieldId(datasetType.name, 'collection_id'));
  const rank = sql`row_number() OVER (${partition} ORDER BY CASE ${found} ${join(cases, ' ')} END)`;
  const rankId: ColumnId = 'rank';
  const columns = new Map([...all.columns.keys()].map((id) => [id, scope.get(id)]));
  columns.set(rankId, rank);
  const outer = names.alias('ranked');
  const ranked = nested({ columns, from, conditions: [] }, outer);
  return { ...ranked, conditions: [sql`${column(outer, outputName(columns.size - 1))} = 1`] };
}
