import { SatelliteError } from '../../butler/errors.ts';
import type { QueryContext, Repository } from '../repository.ts';
import type { DatasetRow } from '../rows.ts';
import type { CollectionRow } from './search.ts';

/**
 * The RUN, TAGGED and CALIBRATION collections that hold each dataset, by its UUID, in name order.  The number of queries
 * depends only on how many dataset types there are among `rows`.
 */
export async function collectionsOfDatasets(
  repository: Repository,
  rows: readonly DatasetRow[],
  ctx: QueryContext,
): Promise<ReadonlyMap<string, readonly CollectionRow[]>> {
  throw new SatelliteError(
    'UNIMPLEMENTED_QUERY',
    `Not there yet: ${repository.name} ${rows.length} ${ctx.caller.username}`,
  );
}
