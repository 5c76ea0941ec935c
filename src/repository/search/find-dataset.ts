import { SatelliteError } from '../../butler/errors.ts';
import type { FindDatasetRequest, QueryContext, Repository } from '../repository.ts';
import type { DatasetRow } from '../rows.ts';
import type { Answer } from './search.ts';

/** The first dataset of a data ID along a search path over all members; null where there is none. */
export async function findDataset(
  members: readonly Repository[],
  request: FindDatasetRequest,
  ctx: QueryContext,
): Promise<Answer<DatasetRow | null>> {
  throw new SatelliteError(
    'UNIMPLEMENTED_QUERY',
    `Not there yet: ${members.length} ${request.datasetType} ${ctx.caller.username}`,
  );
}
