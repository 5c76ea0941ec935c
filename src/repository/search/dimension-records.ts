import { SatelliteError } from '../../butler/errors.ts';
import type { QueryContext, Repository } from '../repository.ts';
import type { DimensionRecordRow } from '../rows.ts';
import type { RecordSearchRequest, SearchPage } from './search.ts';

/** One page of the dimension records of one element; the earliest member that has a record gives it. */
export async function searchDimensionRecords(
  members: readonly Repository[],
  request: RecordSearchRequest,
  ctx: QueryContext,
): Promise<SearchPage<DimensionRecordRow>> {
  throw new SatelliteError(
    'UNIMPLEMENTED_QUERY',
    `Not there yet: ${members.length} ${request.first} ${ctx.caller.username}`,
  );
}
