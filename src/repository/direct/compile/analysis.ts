/**
 * The first step of compilation: what a query tree means in this registry.  Which collections are searched, which
 * overlaps are joined, what rows have in common.  All errors of a query that do
 * not depend on what is asked of it are thrown here.
 */
import type { DataId, DataIdValue } from '../../../butler/data-id.ts';
import type { DimensionGroup } from '../../../butler/dimension-group.ts';
import { InvalidQueryError } from '../../../butler/errors.ts';
import { predicateReferences } from '../../../butler/query/column-type.ts';
import { predicateWithDefaults, summarizePredicate } from '../../../butler/query/governors.ts';
import { analyzeOverlaps, type Overlaps } from '../../../butler/query/overlaps.ts';
import { treesInside, type Predicate } from '../../../butler/query/predicate.ts';
import type { DataCoordinateUpload, Query, QueryTree } from '../../../butler/query/tree.ts';
import type { CollectionSummary, DirectAccess } from '../registry.ts';
import { resolveSearch, type ResolvedSearch } from './dataset-search.ts';
import { bothRequired, doomedSearch } from './messages.ts';
import { negationNormalForm } from './negation-normal.ts';

export type Summaries = ReadonlyMap<number, CollectionSummary>;

export interface Analysis {
  /** Dimensions of everything that is joined. */
  readonly dimensions: DimensionGroup;
  /** What rows must satisfy, in normal form, with default data ID and automatic joins; spatial overlaps are apart. */
  readonly predicate: Predicate;
  readonly overlaps: Overlaps;
  /** Dataset type → its search. */
  readonly searches: ReadonlyMap<string, ResolvedSearch>;
  readonly uploads: readonly DataCoordinateUpload[];
  /** Dimension → the value that it has in every row. */
  readonly dataId: ReadonlyMap<string, DataIdValue>;
  /** Applies in subqueries too. */
  readonly defaultDataId: DataId;
  /** Governor dimension → its only value in all collections of one of the searches. */
  readonly onlyGovernors: ReadonlyMap<string, string>;
  /** Why there can be no rows, in stock Butler's words. */
  readonly messages: readonly string[];
}

/**
 * Summaries of all collections that a query and its subqueries search.
 * @throws ButlerUserError MISSING_COLLECTION; what a subquery misses is told where that is compiled, as stock Butler does
 */
export async function summariesFor(
  tree: QueryTree,
  { registry }: DirectAccess,
  signal: AbortSignal,
): Promise<Summaries> {
  const searched = ({ datasets }: QueryTree) => [...datasets.values()].flatMap(({ collections }) => collections);
  const inside = [...treesInside(tree.predicate)].flatMap(searched).filter((name) => registry.collections.has(name));
  return registry.summaries(registry.flatten([...new Set([...searched(tree), ...inside])]), signal);
}

/** @throws ButlerUserErrors as stock Butler does */
export function analyze(query: Query, { registry }: DirectAccess, summaries: Summaries): Analysis {
  const { tree } = query;
  if (tree.materializations.size > 0) {
    throw new InvalidQueryError('Materialized queries are not kept here; upload data IDs instead.');
  }
  const { dimensions } = tree;
  const { universe } = dimensions;
  const types = [...tree.datasets.keys()].map((name) => registry.datasetTypes.get(name)?.id);
  // Stock Butler reads no summary of a collection that has none of the dataset types, and tells of no governor there.
  const read = new Map([...summaries].filter(([, { datasetTypes }]) => types.some((id) => datasetTypes.has(id!))));
  const resolve = (values: ReadonlyMap<string, DataIdValue>) =>
    new Map([...tree.datasets].map(([name, search]) => [name, resolveSearch(name, search, registry, read, values)]));
  // Whether a search is one for calibrations does not depend on the data ID, as the joins must not.
  const calibrations = [...resolve(new Map())].filter(([, search]) => search.isCalibrationSearch);
  const predicate = predicateWithDefaults({
    ...query,
    tree: { ...tree, predicate: negationNormalForm(tree.predicate) },
  });
  const summary = summarizePredicate(universe, predicate);
  const dataId = new Map(Object.entries(summary.dataId));
  const searches = resolve(dataId);
  const overlaps = analyzeOverlaps(
    dimensions,
    predicate,
    [...tree.datasets.values(), ...query.uploads].map((operand) => operand.dimensions),
    calibrations.map(([name]) => name),
  );
  const messages = summary.contradictions.map(bothRequired);
  for (const [name, search] of searches) {
    if (search.collections.length > 0) continue;
    messages.push(doomedSearch(name, tree.datasets.get(name)!.collections), ...search.messages);
  }
  return {
    dimensions: dimensions.union(dimensionsOf(overlaps, dimensions)),
    predicate: overlaps.predicate,
    overlaps,
    searches,
    uploads: uploadsOf(query),
    dataId,
    defaultDataId: query.defaultDataId,
    onlyGovernors: onlyGovernors(searches.values(), summaries),
    messages,
  };
}

function dimensionsOf({ predicate, joins, constraints }: Overlaps, { universe }: DimensionGroup): DimensionGroup {
  const names = [...joins.flat(), ...constraints.map(({ element }) => element)].flatMap(({ required }) => required);
  for (const reference of predicateReferences(predicate)) {
    if (reference.type === 'dimension_key') names.push(reference.dimension);
    if (reference.type === 'dimension_field') names.push(...universe.element(reference.element).required);
  }
  return universe.conform(names);
}

function uploadsOf({ tree, uploads }: Query): readonly DataCoordinateUpload[] {
  return [...tree.dataCoordinateUploads].map(([key, dimensions]) => {
    const upload = uploads.find((candidate) => candidate.key === key);
    if (upload?.dimensions !== dimensions) {
      throw new InvalidQueryError('The query names an upload of data IDs that was not sent with it.');
    }
    return upload;
  });
}

function onlyGovernors(searches: Iterable<ResolvedSearch>, summaries: Summaries): ReadonlyMap<string, string> {
  const only = new Map<string, string>();
  for (const { datasetType, collections } of searches) {
    for (const governor of datasetType.dimensions.governors) {
      const values = new Set(collections.flatMap(({ id }) => [...(summaries.get(id)?.governors.get(governor) ?? [])]));
      const [value] = values;
      if (value !== undefined && values.size === 1) only.set(governor, value);
    }
  }
  return only;
}
