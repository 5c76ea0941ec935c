import { toleratingFailures } from '../federated/members.ts';
import { unitedCollections, unitedInfo } from '../federated/united-collections.ts';
import type { UnitedCollection } from '../federated/collection-directory.ts';
import type { QueryContext, Repository } from '../repository.ts';
import { checkPageSize, CursorBook } from './cursor.ts';
import type { CollectionRow, CollectionSearchRequest, SearchPage } from './search.ts';

/**
 * One page of collections.  A name that several members have comes once, as the earlier one has it, with the dataset
 * types and the parents of all.
 */
export async function searchCollections(
  members: readonly Repository[],
  request: CollectionSearchRequest,
  ctx: QueryContext,
): Promise<SearchPage<CollectionRow>> {
  const { first, after, details = true, ...query } = request;
  checkPageSize(first);
  const cursors = new CursorBook(members, query);
  const place = cursors.read(after)?.['']?.[''];
  const { value, failures } = await toleratingFailures(members, async (repositories, failed) => {
    const found = await unitedCollections(repositories, query, failed, ctx);
    const start = place ? startAfter(found, place[0], place[1]) : 0;
    const page = found.slice(start, start + first);
    const hasNextPage = found.length > start + first;
    return { start, hasNextPage, count: found.length, rows: details ? await detailed(repositories, page, ctx) : page };
  });
  const rows = value.rows.map((collection) => ({
    ...unitedInfo(collection),
    repository: collection.holders[0]!.repository.name,
  }));
  return {
    rows,
    cursorAt: (i) => cursors.write({ '': { '': [rows[i]!.name, value.start + i] } }),
    hasNextPage: value.hasNextPage,
    warnings: [],
    failures,
    totalCount: () => Promise.resolve(value.count),
  };
}

/** Asks parents and dataset types of one page only. */
async function detailed(
  repositories: readonly Repository[],
  page: readonly UnitedCollection[],
  ctx: QueryContext,
): Promise<readonly UnitedCollection[]> {
  if (page.length === 0) return page;
  const search = page.map(({ info }) => info.name);
  const query = { search, includeParents: true, includeSummary: true };
  const found = await unitedCollections(repositories, query, [], ctx);
  const byName = new Map(found.map((collection) => [collection.info.name, collection]));
  return page.map((collection) => byName.get(collection.info.name) ?? collection); // a name that reads as a glob is not found by it
}

/** Index after the collection of that name; where it is gone, the place it had. */
function startAfter(found: readonly UnitedCollection[], name: unknown, index: unknown): number {
  const i = found.findIndex(({ info }) => info.name === name);
  return i < 0 ? Number(index) : i + 1;
}
