import { SatelliteError } from '../../butler/errors.ts';
import type { QueryContext, Repository } from '../repository.ts';
import type { DataIdRow } from '../rows.ts';
import type { DataIdSearchRequest, SearchPage } from './search.ts';

/** One page of data IDs; the earliest member that has a data ID gives it. */
export async function searchDataIds(
  members: readonly Repository[],
  request: DataIdSearchRequest,
  ctx: QueryContext,
): Promise<SearchPage<DataIdRow>> {
  throw new SatelliteError(
    'UNIMPLEMENTED_QUERY',
    `Not there yet: ${members.length} ${request.first} ${ctx.caller.username}`,
  );
}
