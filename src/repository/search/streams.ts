import { SatelliteError } from '../../butler/errors.ts';
import type { QueryContext, Repository } from '../repository.ts';
import type { DataIdRow, DatasetRow, DimensionRecordRow } from '../rows.ts';
import type { DataIdSearchRequest, DatasetSearchRequest, RecordSearchRequest, Unpaged } from './search.ts';

/** All rows of a dataset search, in the order of its pages, in bounded memory. @throws where any member fails */
export async function* streamDatasets(
  members: readonly Repository[],
  request: Unpaged<DatasetSearchRequest>,
  ctx: QueryContext,
): AsyncIterable<readonly DatasetRow[]> {
  throw new SatelliteError(
    'UNIMPLEMENTED_QUERY',
    `Not there yet: ${members.length} ${request.findFirst} ${ctx.caller.username}`,
  );
}

/** All rows of a search for dimension records, likewise. */
export async function* streamDimensionRecords(
  members: readonly Repository[],
  request: Unpaged<RecordSearchRequest>,
  ctx: QueryContext,
): AsyncIterable<readonly DimensionRecordRow[]> {
  throw new SatelliteError(
    'UNIMPLEMENTED_QUERY',
    `Not there yet: ${members.length} ${request.element} ${ctx.caller.username}`,
  );
}

/** All rows of a search for data IDs, likewise. */
export async function* streamDataIds(
  members: readonly Repository[],
  request: Unpaged<DataIdSearchRequest>,
  ctx: QueryContext,
): AsyncIterable<readonly DataIdRow[]> {
  throw new SatelliteError(
    'UNIMPLEMENTED_QUERY',
    `Not there yet: ${members.length} ${request.dimensions.length} ${ctx.caller.username}`,
  );
}
