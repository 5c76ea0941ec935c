/** Collections of a direct repository. */
import type { CollectionInfo, CollectionSummary } from '../../butler/collection.ts';
import { globToRegExp, isGlob } from '../../butler/glob.ts';
import type { CollectionQuery } from '../repository.ts';
import type { CollectionRecord, Registry } from './registry.ts';

/**
 * Matches of globs first, in the order of names, then plain names as given; chains are expanded depth first.
 * @throws ButlerUserError MISSING_COLLECTION for a plain name that does not exist
 */
export async function findCollections(
  registry: Registry,
  query: CollectionQuery,
  signal: AbortSignal,
): Promise<readonly CollectionInfo[]> {
  const records = selectCollections(registry, query);
  const datasetTypes = query.includeSummary ? await datasetTypeNames(registry, records, signal) : undefined;
  return records.map((record) => ({
    name: record.name,
    type: record.type,
    doc: record.doc,
    children: record.children,
    ...(query.includeParents && { parents: record.parents }),
    ...(datasetTypes && { datasetTypes: datasetTypes.get(record)! }),
  }));
}

/** @throws ButlerUserError MISSING_COLLECTION */
export async function summaryOf(registry: Registry, name: string, signal: AbortSignal): Promise<CollectionSummary> {
  const summaries = await registry.summaries(registry.flatten([name]), signal);
  const types = new Set<number>();
  const governors: Record<string, Set<string>> = {};
  for (const summary of summaries.values()) {
    for (const id of summary.datasetTypes) types.add(id);
    // Those of datasets that are all gone are not told of either.
    if (summary.datasetTypes.size === 0) continue;
    for (const [governor, values] of summary.governors) {
      for (const value of values) (governors[governor] ??= new Set()).add(value);
    }
  }
  return {
    datasetTypes: [...registry.datasetTypes.values()].filter(({ id }) => types.has(id)).map((type) => type.name),
    governors: Object.fromEntries(Object.entries(governors).map(([of, values]) => [of, [...values].sort()])),
  };
}

function selectCollections(registry: Registry, query: CollectionQuery): readonly CollectionRecord[] {
  const flatten = query.flattenChains ?? false;
  const includeChains = query.includeChains ?? !flatten;
  const wanted = (record: CollectionRecord) =>
    (query.types?.includes(record.type) ?? true) && (record.type !== 'CHAINED' || includeChains);

  const all = query.search.includes('*');
  const patterns = query.search.filter(isGlob).map(globToRegExp);
  const matching = [...registry.collections.values()]
    .filter(({ name }) => all || patterns.some((pattern) => pattern.test(name)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  // Beside a lone `*`, stock Butler does not look at the other terms, whether they exist or not.
  if (all) return matching.filter(wanted);

  const names = query.search.filter((term) => !isGlob(term));
  // Children of chains that match a glob need not match it themselves.
  if (flatten) names.push(...matching.flatMap((record) => record.children));
  const selected = new Set(matching.filter(wanted));
  for (const record of expand(registry, names, flatten)) if (wanted(record)) selected.add(record);
  return [...selected];
}

/** The collections of these names and, where asked, all that chains among them hold: depth first, each once. */
function expand(registry: Registry, names: readonly string[], flatten: boolean): ReadonlySet<CollectionRecord> {
  const found = new Set<CollectionRecord>();
  const visit = (record: CollectionRecord) => {
    if (found.has(record)) return;
    found.add(record);
    if (flatten) registry.records(record.children).forEach(visit);
  };
  registry.records(names).forEach(visit);
  return found;
}

/** Names of the dataset types in each collection; those of a chain are those of everything in it. */
async function datasetTypeNames(
  registry: Registry,
  records: readonly CollectionRecord[],
  signal: AbortSignal,
): Promise<ReadonlyMap<CollectionRecord, readonly string[]>> {
  const leaves = new Map(records.map((record) => [record, registry.flatten([record.name])]));
  const summaries = await registry.summaries([...leaves.values()].flat(), signal);
  const types = [...registry.datasetTypes.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = new Map<CollectionRecord, readonly string[]>();
  for (const [record, inside] of leaves) {
    const present = types.filter(({ id }) => inside.some((leaf) => summaries.get(leaf.id)!.datasetTypes.has(id)));
    names.set(
      record,
      present.map((type) => type.name),
    );
  }
  return names;
}
