/** Collections of a RemoteButler server. */
import type { CollectionInfo, CollectionType } from '../../butler/collection.ts';
import { isGlob } from '../../butler/glob.ts';
import type { CollectionQuery } from '../repository.ts';
import type { CollectionsRequest } from './client.ts';

const ALL_TYPES: readonly CollectionType[] = ['RUN', 'TAGGED', 'CHAINED', 'CALIBRATION'];

/**
 * Matches of globs first, by name, then what plain names give, in the server's order.  They are asked apart, because the
 * server gives the matches of globs in whatever order its database has them.
 */
export async function findCollections(
  query: CollectionQuery,
  ask: (request: CollectionsRequest) => Promise<readonly CollectionInfo[]>,
): Promise<readonly CollectionInfo[]> {
  const flattenChains = query.flattenChains ?? false;
  const find = (expression: readonly string[]) =>
    expression.length === 0
      ? []
      : ask({
          expression,
          types: query.types ?? ALL_TYPES,
          flattenChains,
          includeChains: query.includeChains ?? !flattenChains,
          includeParents: query.includeParents ?? false,
          // Most of what is asked needs them, and so a collection is asked once.
          includeSummary: query.includeSummary === true || !expression.some(isGlob),
        });
  const [matched, named] = await Promise.all([
    find(query.search.filter(isGlob)),
    find(query.search.filter((term) => !isGlob(term))),
  ]);
  const found = new Map<string, CollectionInfo>();
  const sorted = matched.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const collection of [...sorted, ...named]) {
    if (!found.has(collection.name)) found.set(collection.name, collection);
  }
  return [...found.values()].map((collection) => asAsked(collection, query));
}

/** Without what was only read along. */
function asAsked({ parents, datasetTypes, ...info }: CollectionInfo, query: CollectionQuery): CollectionInfo {
  return {
    ...info,
    ...(query.includeParents && parents && { parents }),
    ...(query.includeSummary && datasetTypes && { datasetTypes }),
  };
}
