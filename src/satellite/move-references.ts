/** Gives the references of a satellite their present addresses: after `publicUrl` or the version of its capabilities changed. */
import type { CapabilityGrant } from '../access/capability.ts';
import { parsePermanentAddress, permanentAddress } from '../access/permanent-address.ts';
import type { QueryContext } from '../repository/repository.ts';
import type { OpenSatellite } from './satellite.ts';

export interface MoveSettings {
  /** Address of the gateway as its users see it now, without a slash at the end. */
  readonly publicUrl: string;
  /** Addresses that references may begin with: the gateway's present and former ones. */
  readonly ownUrls: readonly string[];
  readonly mintCapability: (grant: CapabilityGrant) => string;
}

/**
 * In one transaction: repository, UUID, component and file name stay, and the capability is of the satellite's present
 * version, or none.  Addresses of other gateways and servers are left alone.
 * @returns the number of references that were rewritten; doing it again gives 0
 */
export function moveReferences(
  { repository, capability }: Pick<OpenSatellite, 'repository' | 'capability'>,
  { publicUrl, ownUrls, mintCapability }: MoveSettings,
  ctx: QueryContext,
): Promise<number> {
  return repository.moveReferences((path) => {
    const file = parsePermanentAddress(path, ownUrls);
    if (!file) return null;
    const address = permanentAddress(publicUrl, {
      ...file,
      capability: capability && mintCapability({ ...capability, repository: file.repository, uuid: file.uuid }),
    });
    return address === path ? null : address;
  }, ctx);
}
