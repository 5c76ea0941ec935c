/** Answers a query for collections from several repositories (query-semantics.md section 12). */
import type { CollectionInfo } from '../../butler/collection.ts';
import type { CollectionQuery, QueryContext, Repository } from '../repository.ts';
import { CollectionDirectory, type UnitedCollection } from './collection-directory.ts';
import { compareText } from './key-order.ts';
import { refuseMissing, walk } from './search-path.ts';

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
  const options = {
    follow: flatten,
    parents: query.includeParents ?? false,
    summary: query.includeSummary ?? false,
  };
  const directory = await CollectionDirectory.read(repositories, query.search, options, ctx);
  if (failed.length === 0) await refuseMissing(directory, repositories, query.search, ctx);
  return walk(directory, query.search, flatten).filter(
    ({ info: { type } }) => (includeChains || type !== 'CHAINED') && (query.types?.includes(type) ?? true),
  );
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
