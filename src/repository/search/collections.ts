import { SatelliteError } from '../../butler/errors.ts';
import type { QueryContext, Repository } from '../repository.ts';
import type { CollectionRow, CollectionSearchRequest, SearchPage } from './search.ts';

/**
 * One page of collections.  A name that several members have comes once, as the earlier one has it, with the dataset
 * types of all.
 */
export async function searchCollections(
  members: readonly Repository[],
  request: CollectionSearchRequest,
  ctx: QueryContext,
): Promise<SearchPage<CollectionRow>> {
  throw new SatelliteError(
    'UNIMPLEMENTED_QUERY',
    `Not there yet: ${members.length} ${request.first} ${ctx.caller.username}`,
  );
}
