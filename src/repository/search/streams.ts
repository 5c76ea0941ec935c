import type { QueryContext, Repository } from '../repository.ts';
import type { DataIdRow, DatasetRow, DimensionRecordRow } from '../rows.ts';
import { planDatasets } from './plan-datasets.ts';
import { planDataIds, planRecords } from './plan-records.ts';
import { rowsOf } from './search-plan.ts';
import type { DataIdSearchRequest, DatasetSearchRequest, RecordSearchRequest, Unpaged } from './search.ts';

/** All rows of a dataset search, in the order of its pages, in bounded memory. @throws where any member fails */
export function streamDatasets(
  members: readonly Repository[],
  request: Unpaged<DatasetSearchRequest>,
  ctx: QueryContext,
): AsyncIterable<readonly DatasetRow[]> {
  return rowsOf(planDatasets, members, request, ctx);
}

/** All rows of a search for dimension records, likewise. */
export function streamDimensionRecords(
  members: readonly Repository[],
  request: Unpaged<RecordSearchRequest>,
  ctx: QueryContext,
): AsyncIterable<readonly DimensionRecordRow[]> {
  return rowsOf(planRecords, members, request, ctx);
}

/** All rows of a search for data IDs, likewise. */
export function streamDataIds(
  members: readonly Repository[],
  request: Unpaged<DataIdSearchRequest>,
  ctx: QueryContext,
): AsyncIterable<readonly DataIdRow[]> {
  return rowsOf(planDataIds, members, request, ctx);
}
