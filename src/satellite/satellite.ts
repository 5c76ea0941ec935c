/** What the gateway keeps of a satellite, and the services around it agree on. */
import type { Rights } from '../access/grants.ts';
import type { OfferedRepository } from '../access/policy.ts';
import type { Identity } from '../access/principal.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { ArtifactStore } from '../repository/direct/datastore/artifact-store.ts';
import type { WriteableRepository } from '../repository/writeable-repository.ts';

export type SatelliteState =
  /** Being made: not in any search. */
  | 'CREATING'
  | 'READY'
  /** Lent to stock Python by `checkoutSatellite`, or being migrated: the gateway reads it and does not write. */
  | 'CHECKED_OUT'
  /** Can be brought back by `restoreSatellite` until `purgeAt`. */
  | 'DELETED';

export interface SatelliteRecord {
  /** Its own name; `owner~name` is its name for others and in addresses. */
  readonly name: string;
  readonly owner: string;
  /** The group that it belongs to, if any: its members may use it as the owner does. */
  readonly group: string | null;
  /** The id that the group had when it was made, where its maker's credential told it. */
  readonly groupId: number | null;
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

/** A repository of the configuration that has an owner: its operator made it, so that little is known of it. */
export interface ConfiguredSatellite extends Pick<SatelliteRecord, 'name' | 'owner' | 'state'> {
  /** What stock Python gives to `Butler(...)`. */
  readonly uri: string;
  readonly id: null;
  readonly group: null;
  readonly groupId: null;
  readonly official: null;
  readonly database: null;
  readonly artifacts: null;
  readonly quotaBytes: null;
  readonly createdAt: null;
  readonly deletedAt: null;
  readonly purgeAt: null;
}

/** What is a satellite to its users. */
export type AnySatellite = SatelliteRecord | ConfiguredSatellite;

/** `owner~name` */
export function fullName({ owner, name }: Pick<SatelliteRecord, 'owner' | 'name'>): string {
  return `${owner}~${name}`;
}

/** A satellite that is open for writing; a configured direct repository with an owner is one too. */
export interface OpenSatellite {
  /** Identifier that is never used again; null for a configured repository. */
  readonly id: string | null;
  /** `owner~name`, also the repository's name in addresses. */
  readonly fullName: string;
  readonly owner: string;
  /** The configured repository that it was made from; undefined where a configured repository does not say. */
  readonly official: string | undefined;
  /** Whether references get a capability into their address, and of which key version; see `capability.ts`. */
  readonly capability: { readonly satelliteId: string; readonly version: number } | null;
  readonly repository: WriteableRepository;
  /** Its own files. */
  readonly artifacts: ArtifactStore;
  /** The directory that its `butler.yaml` is in, wherever its datasets' files are. */
  readonly directory: ArtifactStore;
  /** What a process needs in its environment to reach its own files: credentials that end by themselves; of files nothing. */
  readonly environment: () => Promise<Readonly<Record<string, string>>>;
}

/**
 * The satellite that work was begun for: another may have got its name since.
 * @param id of that one; null, or undefined in what older gateways kept: whichever has the name
 * @throws SatelliteError CONFLICT where it is another one: what the work has done, it has not done there
 */
export function sameSatellite<S extends Pick<OpenSatellite, 'id' | 'fullName'>>(satellite: S, id?: string | null): S {
  if (id === null || id === undefined || satellite.id === id) return satellite;
  throw new SatelliteError(
    'CONFLICT',
    `Satellite '${satellite.fullName}' is not the one any more that this was begun for: it was reset, or deleted and made anew. ` +
      'Nothing was written to the new one: ask for it again.',
  );
}

/** What transfers, curation, permanent addresses and care ask. */
export interface SatelliteDirectory {
  /** What grants give to a principal now. */
  rightsOf(principal: Identity): Promise<Rights>;
  /**
   * The satellites that may exist for a principal, open for reading, each once by its full name: `VisibleRepositories` says
   * which do, and how much of them.
   * @param rights what grants give to the principal, where that is known already
   */
  offeredTo(principal: Identity, rights?: Rights): Promise<readonly OfferedRepository[]>;
  /**
   * A satellite that the principal may write to, by its bare or full name.
   * @throws SatelliteError NOT_FOUND, FORBIDDEN (may read only), CONFLICT (checked out, deleted, being made)
   */
  forWriting(name: string, principal: Identity): Promise<OpenSatellite>;
  /** The same for a job that goes on, by the full name; the right was checked when it was enqueued. */
  forJob(fullName: string): Promise<OpenSatellite>;
  /** The satellite with this identifier, whatever its state; null where there is none (any more). For capabilities. */
  byId(id: string): Promise<SatelliteRecord | null>;
  /**
   * Sets bytes aside before they are written.
   * @param jobId null: only asks whether there is room
   * @throws QUOTA_EXCEEDED saying how much is left
   */
  reserve(fullName: string, jobId: string | null, bytes: number): Promise<void>;
  /** Ends the reservation of a job: what it wrote counts by itself from now on. */
  release(fullName: string, jobId: string): Promise<void>;
}
