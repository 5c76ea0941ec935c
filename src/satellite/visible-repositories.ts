import { VisibleRepositories, type OfferedRepository } from '../access/policy.ts';
import type { Identity } from '../access/principal.ts';
import type { SatelliteDirectory } from './satellite.ts';

/** The repositories that exist for someone now. @param configured those of the configuration */
export async function visibleRepositories(
  who: Identity,
  configured: readonly OfferedRepository[],
  satellites: Pick<SatelliteDirectory, 'rightsOf' | 'offeredTo'>,
): Promise<VisibleRepositories> {
  const rights = await satellites.rightsOf(who);
  return new VisibleRepositories([...(await satellites.offeredTo(who, rights)), ...configured], who, rights);
}
