import { SatelliteError } from '../../butler/errors.ts';
import type { QueryContext, Repository } from '../repository.ts';
import type { DatasetRow } from '../rows.ts';
import type { Answer } from './search.ts';

/**
 * The dataset of a UUID, from the earliest member that has it (or only from the one named `repository`); null where
 * there is none.
 */
export async function getDataset(
  members: readonly Repository[],
  uuid: string,
  repository: string | undefined,
  ctx: QueryContext,
): Promise<Answer<DatasetRow | null>> {
  throw new SatelliteError(
    'UNIMPLEMENTED_QUERY',
    `Not there yet: ${members.length} ${uuid} ${repository} ${ctx.caller.username}`,
  );
}
