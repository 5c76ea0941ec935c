import type { QueryContext, Repository } from '../repository.ts';
import type { DatasetRow } from '../rows.ts';
import { planDatasets } from './plan-datasets.ts';
import { pageOf } from './search-plan.ts';
import type { DatasetSearchRequest, ExplainedPage } from './search.ts';

/**
 * One page of the datasets of one or more types along a search path over all `members`, which are in search order.
 * @throws SatelliteError user errors as stock Butler classifies them, BAD_USER_INPUT for a wrong cursor or `first`, and
 * UPSTREAM_UNAVAILABLE where no member can answer
 */
export function searchDatasets(
  members: readonly Repository[],
  request: DatasetSearchRequest,
  ctx: QueryContext,
): Promise<ExplainedPage<DatasetRow>> {
  return pageOf(planDatasets, members, request, ctx);
}
