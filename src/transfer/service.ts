/** What the faces ask of transfers; `schema/transfer.graphql` says what each means to its user. */
import type { Principal } from '../access/principal.ts';
import type { VisibleRepositories } from '../access/policy.ts';
import type { DataId } from '../butler/data-id.ts';
import type { Job } from '../jobs/job.ts';
import type { SelectedDatasets } from '../satellite/selection.ts';

export type { DatasetSelection, SelectedDatasets } from '../satellite/selection.ts';

export interface TransferDatasets {
  /** Undefined: the official repository that `to` was made from. */
  readonly from: string | undefined;
  /** Satellite, by bare or full name. */
  readonly to: string;
  readonly datasets: SelectedDatasets;
  readonly mode: 'REFERENCE' | 'COPY';
  readonly collections: boolean;
  readonly dryRun: boolean;
  readonly idempotencyKey?: string | undefined;
}

/** Why a transfer would fail. */
export interface TransferConflict {
  /** A sentence for people that names both sides. */
  readonly reason: string;
  /** Where it is between datasets: the one that was to come, and the one that is there. */
  readonly uuid?: string;
  readonly existing?: string;
  readonly datasetType?: string;
  readonly run?: string;
  readonly dataId?: DataId;
}

export interface TransferPlan {
  /** Datasets chosen. */
  readonly datasets: number;
  /** Of all their files, as far as sizes are recorded. */
  readonly bytes: number;
  /** Of the files that the satellite does not have: what a copy writes. */
  readonly newBytes: number;
  /** Datasets that the satellite does not have yet, or has without a file of theirs. */
  readonly new: number;
  /** The first of them. */
  readonly conflicts: readonly TransferConflict[];
}

/** One file that becomes a dataset. */
export interface IngestedFile {
  readonly uuid?: string | undefined;
  readonly dataId: DataId;
  /** Undefined: that of the storage class. */
  readonly formatter: string | undefined;
  /** In the satellite's root already; relative to it. */
  readonly path?: string | undefined;
  /** To be uploaded. */
  readonly upload?: { readonly fileName: string; readonly size: number; readonly sha256: string } | undefined;
}

/** Where a file of an ingest is to be put. */
export interface Upload {
  readonly dataId: DataId;
  readonly fileName: string;
  /** Takes one PUT of the bytes, with these headers. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** Files of one run and type, or `commit`: what was requested before has been uploaded. */
export interface IngestDatasets {
  readonly satellite: string;
  readonly what:
    | { readonly run: string; readonly datasetType: string; readonly files: readonly IngestedFile[] }
    | { readonly commit: string };
  /** Of the call: identifiers are made of it, so that they are the same where the call is made again. */
  readonly seed?: Buffer | undefined;
}

export interface IngestStart {
  /** Null while uploads are awaited. */
  readonly job: Job | null;
  /** For `commit`; null where nothing is to be uploaded. */
  readonly upload: { readonly id: string; readonly files: readonly Upload[] } | null;
}

export interface TransferService {
  /** @returns the plan of a dry run, or the job */
  transfer(
    request: TransferDatasets,
    principal: Principal,
    repositories: VisibleRepositories,
  ): Promise<{ readonly job: Job | null; readonly plan: TransferPlan | null }>;
  ingest(request: IngestDatasets, principal: Principal): Promise<IngestStart>;
  /** The job of an upload that its owner has committed; null before that, and where it is no longer kept. */
  commitOf(upload: string, owner: string): Promise<Job | null>;
}
