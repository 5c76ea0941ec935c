import type { QueryContext, Repository } from '../repository.ts';
import type { DimensionRecordRow } from '../rows.ts';
import { planRecords } from './plan-records.ts';
import { pageOf } from './search-plan.ts';
import type { RecordSearchRequest, ExplainedPage } from './search.ts';

/** One page of the dimension records of one element; the earliest member that has a record gives it. */
export function searchDimensionRecords(
  members: readonly Repository[],
  request: RecordSearchRequest,
  ctx: QueryContext,
): Promise<ExplainedPage<DimensionRecordRow>> {
  return pageOf(planRecords, members, request, ctx);
}
