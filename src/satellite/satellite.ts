/** What the gateway keeps of a satellite, and the services around it agree on. */
import type { WriteableRepository } from '../repository/writeable-repository.ts';

export type SatelliteState =
  /** Being made: not in any search. */
  | 'CREATING'
  | 'READY'
  /** Lent to stock Python by `checkoutSatellite`: the gateway reads it and does not write. */
  | 'CHECKED_OUT'
  /** Can be brought back by `restoreSatellite` until `purgeAt`. */
  | 'DELETED';

export interface SatelliteRecord {
  /** Its own name; `owner~name` is its name for others and in addresses. */
  readonly name: string;
  readonly owner: string;
  /** The group that it belongs to, if any: its members may use it as the owner does. */
  readonly group: string | null;
  /** The configured repository that it was made from. */
  readonly official: string;
  readonly database: 'SQLITE' | 'POSTGRESQL';
  readonly artifacts: 'FILES' | 'S3';
  /** Identifier that is never used again, also in the names of its directory, schema, role and prefix. */
  readonly id: string;
  readonly state: SatelliteState;
  readonly quotaBytes: number | null;
  readonly capabilityUrls: boolean;
  /** Version of the key of its capability addresses: `rotateSatelliteCapability` adds one. */
  readonly capabilityVersion: number;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly deletedAt: number | null;
  readonly purgeAt: number | null;
}

/** `owner~name` */
export function fullName({ owner, name }: Pick<SatelliteRecord, 'owner' | 'name'>): string {
  return `${owner}~${name}`;
}

/** What other services need of the satellites: transfers, curation, permanent addresses, verification. */
export interface OpenSatellite {
  readonly record: SatelliteRecord;
  /** Open while it is used; named `owner~name`. */
  readonly repository: WriteableRepository;
}
