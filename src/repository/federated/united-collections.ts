/** Answers a query for collections from several repositories. */
import type { CollectionInfo, CollectionSummary } from '../../butler/collection.ts';
import type { CollectionQuery, QueryContext, Repository } from '../repository.ts';
import { asSearchedName, CollectionDirectory, type UnitedCollection } from './collection-directory.ts';
import { compareText } from './key-order.ts';
import { countingTerms, missingCollection, refuseMissing, walk } from './search-path.ts';

/**
 * Collections of all repositories in the real stack's order, each name once.
 * @param failed names of repositories that cannot answer: a collection that nobody else has may be theirs
 * @throws ButlerUserError MISSING_COLLECTION for a plain name that nobody has, COLLECTION_TYPE for one of two types
 */
export async function unitedCollections(
  repositories: readonly Repository[],
  query: CollectionQuery,
  failed: readonly string[],
  ctx: QueryContext,
): Promise<readonly UnitedCollection[]> {
  const flatten = query.flattenChains ?? false;
  const includeChains = query.includeChains ?? !flatten;
  const summary = query.includeSummary ?? false;
  // What a chain holds is what its children hold, whoever has them.
  const options = { follow: flatten || summary, parents: query.includeParents ?? false, summary };
  const search = countingTerms(query.search);
  const directory = await CollectionDirectory.read(repositories, search, options, ctx);
  if (failed.length === 0) await refuseMissing(directory, repositories, search, ctx);
  const found = walk(directory, search, flatten).filter(
    ({ info: { type } }) => (includeChains || type !== 'CHAINED') && (query.types?.includes(type) ?? true),
  );
  if (!summary) return found;
  return found.map((of) => (of.info.type === 'CHAINED' ? withTypesOfChildren(directory, of) : of));
}

function withTypesOfChildren(directory: CollectionDirectory, { info, holders }: UnitedCollection): UnitedCollection {
  const leaves = walk(directory, [asSearchedName(info.name)], true).filter((of) => of.info.type !== 'CHAINED');
  const held = leaves.flatMap((leaf) => leaf.holders.flatMap((holder) => holder.info.datasetTypes ?? []));
  const datasetTypes = [...new Set(held)].sort(compareText);
  return {
    info: { ...info, datasetTypes },
    holders: holders.map((holder) => ({ ...holder, info: { ...holder.info, datasetTypes } })),
  };
}

/** The earliest repository's description, with parents and dataset types of all. */
export function unitedInfo({ info, holders }: UnitedCollection): CollectionInfo {
  if (holders.length === 1) return info;
  const united = (lists: readonly (readonly string[] | undefined)[]) =>
    [...new Set(lists.flatMap((list) => list ?? []))].sort(compareText);
  return {
    ...info,
    ...(info.parents && { parents: united(holders.map((holder) => holder.info.parents)) }),
    ...(info.datasetTypes && { datasetTypes: united(holders.map((holder) => holder.info.datasetTypes)) }),
  };
}

/**
 * Of what each repository has of a collection; of a chain, of all that it leads to over all repositories.
 * @throws ButlerUserError MISSING_COLLECTION
 */
export async function unitedSummary(
  repositories: readonly Repository[],
  name: string,
  ctx: QueryContext,
): Promise<CollectionSummary> {
  const query = { search: [asSearchedName(name)], flattenChains: true, includeChains: true };
  const found = await unitedCollections(repositories, query, [], ctx);
  if (found.length === 0) throw await missingCollection(repositories, name, ctx);
  const holders = [...new Set(found.flatMap((collection) => collection.holders.map(({ repository }) => repository)))];
  // Who has all of it says it at once.
  if (holders.length === 1) return holders[0]!.summary(name, ctx);
  const summaries = await Promise.all(
    found
      .filter(({ info }) => info.type !== 'CHAINED')
      .flatMap((collection) => collection.holders.map(({ repository, info }) => repository.summary(info.name, ctx))),
  );
  const sorted = (values: readonly string[]) => [...new Set(values)].sort(compareText);
  const governors = sorted(summaries.flatMap((summary) => Object.keys(summary.governors)));
  return {
    datasetTypes: sorted(summaries.flatMap(({ datasetTypes }) => datasetTypes)),
    governors: Object.fromEntries(
      governors.map((of) => [of, sorted(summaries.flatMap((summary) => summary.governors[of] ?? []))]),
    ),
  };
}
