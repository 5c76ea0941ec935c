import { SatelliteError } from '../../butler/errors.ts';
import type { QueryContext, Repository } from '../repository.ts';
import type { DatasetType } from '../../butler/dataset-type.ts';
import type { Answer } from './search.ts';

/** Dataset types whose names match any of `search` (names and globs), in name order; the earlier member's of one name. */
export async function listDatasetTypes(
  members: readonly Repository[],
  search: readonly string[],
  ctx: QueryContext,
): Promise<Answer<readonly DatasetType[]>> {
  throw new SatelliteError(
    'UNIMPLEMENTED_QUERY',
    `Not there yet: ${members.length} ${search.length} ${ctx.caller.username}`,
  );
}
