/**
 * Transfers into a satellite (design section 3, `transferDatasets`): datasets of any readable repository, by reference or
 * with their bytes, with the collections and dimension records that they need.  UUIDs, runs and data IDs stay.
 */
import type { DataId } from '../butler/data-id.ts';
import type { CapabilityGrant } from '../access/capability.ts';
import type { Json } from '../jobs/job.ts';
import type { Outbound } from '../repository/outbound.ts';
import type { Repository } from '../repository/repository.ts';
import type { SatelliteDirectory } from '../satellite/satellite.ts';

/** `REFERENCE`: the record's path is a permanent address.  `COPY`: the bytes come into the satellite's own store. */
export type TransferMode = 'REFERENCE' | 'COPY';

/** A search as the field `datasets` has it. */
export interface SelectedBySearch {
  readonly datasetTypes: readonly string[];
  readonly collections: readonly string[];
  readonly where?: string;
  readonly bind?: Readonly<Record<string, Json>>;
  readonly dataId?: DataId;
  readonly findFirst: boolean;
}

/** Which datasets. */
export type Selection = { readonly search: SelectedBySearch } | { readonly uuids: readonly string[] };

export interface TransferRequest {
  /** Name of the source as addresses have it: a satellite's is `owner~name`. */
  readonly from: string;
  /** Full name of the satellite, which the caller was found to be allowed to write to. */
  readonly to: string;
  readonly selection: Selection;
  readonly mode: TransferMode;
  /** Brings chains, TAGGED membership and validity ranges too. */
  readonly collections: boolean;
}

/** What a transfer would do; nothing is written. */
export interface TransferPlan {
  /** Datasets selected. */
  readonly datasets: number;
  /** Bytes of all their files, as far as sizes are recorded. */
  readonly bytes: number;
  /** Datasets that the satellite does not have yet, or has without a file. */
  readonly new: number;
  /** Why it would fail, each a sentence that names both sides; the first hundred. */
  readonly conflicts: readonly string[];
}

/** On whose behalf a job reads its source. */
export interface Reader {
  readonly username: string;
  readonly groups: readonly string[];
}

/** What transfers need of the gateway. */
export interface TransferDeps {
  readonly satellites: Pick<SatelliteDirectory, 'forJob' | 'reserve' | 'release'>;
  /** A repository that the reader may read now, by its name in addresses. @throws SatelliteError NOT_FOUND */
  readonly readable: (name: string, reader: Reader) => Promise<Repository>;
  /** The token that a running job was given; undefined where it is no longer known. */
  readonly tokenOf: (jobId: string) => string | undefined;
  /** Address of the gateway as its users see it, without a slash at the end. */
  readonly publicUrl: string;
  /** Addresses that it had before, whose references are still passed on. */
  readonly formerUrls: readonly string[];
  /** Makes capabilities for satellites that want them in their references. */
  readonly mintCapability: (grant: CapabilityGrant) => string;
  /** Fetches bytes. */
  readonly outbound: Pick<Outbound, 'fetchArtifact'>;
}
