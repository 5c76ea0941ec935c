import { SatelliteError } from '../../butler/errors.ts';
import type { QueryContext, Repository } from '../repository.ts';
import type { DataIdValues } from '../../butler/data-id.ts';
import type { DimensionGroup } from '../../butler/dimension-group.ts';
import type { DimensionRecordRow } from '../rows.ts';

/**
 * The dimension records that data IDs of one group refer to, for each data ID one record an element in universe order
 * (elements without a record of it are left out).  The number of queries depends on the group only.
 * @param dataIds values of `group.required` first; what follows is not read
 */
export async function recordsOfDataIds(
  repository: Repository,
  group: DimensionGroup,
  dataIds: readonly DataIdValues[],
  ctx: QueryContext,
): Promise<readonly (readonly DimensionRecordRow[])[]> {
  throw new SatelliteError(
    'UNIMPLEMENTED_QUERY',
    `Not there yet: ${repository.name} ${group} ${dataIds.length} ${ctx.caller.username}`,
  );
}
