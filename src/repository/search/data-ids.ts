import type { QueryContext, Repository } from '../repository.ts';
import type { DataIdRow } from '../rows.ts';
import { planDataIds } from './plan-records.ts';
import { pageOf } from './search-plan.ts';
import type { DataIdSearchRequest, ExplainedPage } from './search.ts';

/**
 * One page of data IDs; the earliest member that has a data ID gives it.
 * @throws SatelliteError UNIMPLEMENTED_QUERY where the datasets to join live in different members
 */
export function searchDataIds(
  members: readonly Repository[],
  request: DataIdSearchRequest,
  ctx: QueryContext,
): Promise<ExplainedPage<DataIdRow>> {
  return pageOf(planDataIds, members, request, ctx);
}
