/** Made by codegen.ts from schema/; do not edit. */
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { SatelliteOutcome, CollectionOutcome, JobOutcome, RunOutcome, RunRemovalOutcome, RemovalOutcome, IngestOutcome, DatasetTypeOutcome, GrantOutcome, PublicationOutcome, PublicationUploadOutcome, RefereeLinkOutcome } from './mutation.ts';
import type { Connection, ExplainedConnection } from './connection.ts';
import type { AuditLine } from '../src/access/audit.ts';
import type { CollectionNode, DataIdNode, DatasetNode, DimensionRecordNode } from './nodes.ts';
import type { DatasetType as ButlerDatasetType } from '../src/butler/dataset-type.ts';
import type { NamedGrant } from '../src/satellite/sharing.ts';
import type { Job as StoredJob } from '../src/jobs/job.ts';
import type { ManifestDataset as PublishedDataset } from '../src/publish/manifest.ts';
import type { SeenPublication, HappenedToSeen } from '../src/publish/service.ts';
import type { PublicationComment as StoredComment } from '../src/publish/publication.ts';
import type { ShownManifest } from './publication-manifest.ts';
import type { Explanation, PlanStep } from '../src/repository/federated/explain/explanation.ts';
import type { RefereedPublication as ShownToReferees } from '../src/publish/referee/referee-links.ts';
import type { RefereeLink as StoredRefereeLink } from '../src/publish/referee/link-records.ts';
import type { OfferedRepository } from '../src/access/policy.ts';
import type { RepositoryUsage as HeldByRepository } from '../src/repository/rows.ts';
import type { RunRecord } from '../src/run/run.ts';
import type { AnySatellite } from '../src/satellite/satellite.ts';
import type { Principal } from '../src/access/principal.ts';
import type { GraphQLContext } from './context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** A whole number that may be larger than 2^31: a JSON number up to 2^53 and a decimal string beyond. */
  BigInt: { input: bigint; output: number | bigint; }
  /**
   * A JSON object, such as the data ID `{"instrument": "HSC", "visit": 903342}`. Whole numbers are JSON numbers up to 2^53 and
   * decimal strings beyond; hashes are hexadecimal text.
   */
  JSONObject: { input: Readonly<Record<string, unknown>>; output: Readonly<Record<string, unknown>>; }
  /** A dataset's identifier, such as `4d2a0d0d-6c2e-5f0f-8d7a-0e5d6d1f2b3c`. Capitals are taken too; answers are in lower case. */
  UUID: { input: string; output: string; }
};

/** What a grant allows. */
export type AccessRight =
  /** To read: search, see, and fetch files. */
  | 'READ'
  /** To read, and to change what is in it; not to reset, delete or share it. Only where the gateway's operator allows it. */
  | 'WRITE';

/** What `approvePublication` approves. */
export type ApprovePublicationInput = {
  /** What to say of it. */
  readonly comment?: InputMaybe<Scalars['String']['input']>;
  /**
   * The servers of the published repository will be restarted, where the check `RESTART` asks for that: without it, the work waits
   * after the approval.
   */
  readonly confirmRestart?: InputMaybe<Scalars['Boolean']['input']>;
  /** The digest of what was reviewed. */
  readonly digest: Scalars['String']['input'];
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** The publication's identifier. */
  readonly publication: Scalars['ID']['input'];
};

/** What came of `approvePublication`. */
export type ApprovePublicationPayload = {
  readonly __typename?: 'ApprovePublicationPayload';
  /** The work that publishes it. */
  readonly job?: Maybe<Job>;
  /** The publication. */
  readonly publication: Publication;
};

/** What `associateDatasets` adds: either `uuids` or `search`. */
export type AssociateDatasetsInput = {
  /** Name of the TAGGED collection. */
  readonly collection: Scalars['String']['input'];
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Name of the satellite. */
  readonly satellite: Scalars['String']['input'];
  /** A search for them in the satellite. */
  readonly search?: InputMaybe<DatasetSelectionInput>;
  /** UUIDs of the datasets. */
  readonly uuids?: InputMaybe<ReadonlyArray<Scalars['UUID']['input']>>;
};

/** What came of `associateDatasets`. */
export type AssociateDatasetsPayload = {
  readonly __typename?: 'AssociateDatasetsPayload';
  /** The collection. */
  readonly collection: Collection;
  /** Number of datasets that were chosen. */
  readonly datasets: Scalars['BigInt']['output'];
};

/** One page of the audit trail. */
export type AuditConnection = {
  readonly __typename?: 'AuditConnection';
  /** The same, each with its cursor. */
  readonly edges: ReadonlyArray<AuditEdge>;
  /** The entries of this page. */
  readonly nodes: ReadonlyArray<AuditEntry>;
  /** Where this page is in the whole answer. */
  readonly pageInfo: PageInfo;
};

/** An entry with its place in the audit trail. */
export type AuditEdge = {
  readonly __typename?: 'AuditEdge';
  /** Value for `after`, to go on behind this entry. */
  readonly cursor: Scalars['String']['output'];
  /** The entry. */
  readonly node: AuditEntry;
};

/** Something that was changed. */
export type AuditEntry = {
  readonly __typename?: 'AuditEntry';
  /** What was done, such as the name of the mutation. */
  readonly action: Scalars['String']['output'];
  /** The user who changed it. */
  readonly actor: Scalars['String']['output'];
  /** When, ISO-8601 UTC. */
  readonly at: Scalars['String']['output'];
  /** What was asked for. */
  readonly detail: Scalars['JSONObject']['output'];
  /** What it was done to, as it was called then; null where there is no name for it. */
  readonly resource?: Maybe<Scalars['String']['output']>;
};

/** Which run `buildRun` builds. */
export type BuildRunInput = {
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its identifier. */
  readonly run: Scalars['ID']['input'];
};

/** What came of `buildRun`. */
export type BuildRunPayload = {
  readonly __typename?: 'BuildRunPayload';
  /** The job that works on it; null where none does. */
  readonly job?: Maybe<Job>;
  /** The run. */
  readonly run: Run;
};

/** Which job `cancelJob` stops. */
export type CancelJobInput = {
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its identifier. */
  readonly job: Scalars['ID']['input'];
};

/** What came of `cancelJob`. */
export type CancelJobPayload = {
  readonly __typename?: 'CancelJobPayload';
  /** The job; it ends as soon as its work has stopped. */
  readonly job: Job;
};

/** Which run `cancelRun` stops. */
export type CancelRunInput = {
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its identifier. */
  readonly run: Scalars['ID']['input'];
};

/** What came of `cancelRun`. */
export type CancelRunPayload = {
  readonly __typename?: 'CancelRunPayload';
  /** The job that works on it; null where none does. */
  readonly job?: Maybe<Job>;
  /** The run. */
  readonly run: Run;
};

/** What `certifyDatasets` adds: either `uuids` or `search`. */
export type CertifyDatasetsInput = {
  /** Name of the CALIBRATION collection. */
  readonly collection: Scalars['String']['input'];
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Name of the satellite. */
  readonly satellite: Scalars['String']['input'];
  /** A search for them in the satellite. */
  readonly search?: InputMaybe<DatasetSelectionInput>;
  /**
   * When they are good, [begin, end). A span whose end is before its begin is empty: as stock Butler does, it is taken and recorded,
   * and no search finds the datasets by it.
   */
  readonly timespan: TimespanInput;
  /** UUIDs of the datasets. */
  readonly uuids?: InputMaybe<ReadonlyArray<Scalars['UUID']['input']>>;
};

/** What came of `certifyDatasets`. */
export type CertifyDatasetsPayload = {
  readonly __typename?: 'CertifyDatasetsPayload';
  /** The collection. */
  readonly collection: Collection;
  /** Number of datasets that were chosen. */
  readonly datasets: Scalars['BigInt']['output'];
};

/** How `setCollectionChain` changes a chain. */
export type ChainEdit =
  /** These come behind the others; those that are there move. */
  | 'EXTEND'
  /** These come before the others; those that are there move. */
  | 'PREPEND'
  /** The children are these, in this order. */
  | 'REDEFINE'
  /** These go; the others stay. */
  | 'REMOVE';

/** Which satellite `checkinSatellite` takes back. */
export type CheckinSatelliteInput = {
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its name. */
  readonly satellite: Scalars['String']['input'];
};

/** What came of `checkinSatellite`. */
export type CheckinSatellitePayload = {
  readonly __typename?: 'CheckinSatellitePayload';
  /** The job that goes on; null where all is done. */
  readonly job?: Maybe<Job>;
  /** The satellite. */
  readonly satellite?: Maybe<Satellite>;
};

/** Which satellite `checkoutSatellite` hands out. */
export type CheckoutSatelliteInput = {
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its name. */
  readonly satellite: Scalars['String']['input'];
};

/** What came of `checkoutSatellite`. */
export type CheckoutSatellitePayload = {
  readonly __typename?: 'CheckoutSatellitePayload';
  /** The job that goes on; null where all is done. */
  readonly job?: Maybe<Job>;
  /** The satellite. */
  readonly satellite?: Maybe<Satellite>;
};

/** Which publication `claimPublication` takes up. */
export type ClaimPublicationInput = {
  /** What to say of it. */
  readonly comment?: InputMaybe<Scalars['String']['input']>;
  /** Its digest, in the same way. */
  readonly digest?: InputMaybe<Scalars['String']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its identifier. */
  readonly publication: Scalars['ID']['input'];
  /** Number of the version that is meant: CONFLICT where that is not the latest (any more). */
  readonly version?: InputMaybe<Scalars['Int']['input']>;
};

/** What came of `claimPublication`. */
export type ClaimPublicationPayload = {
  readonly __typename?: 'ClaimPublicationPayload';
  /** Always null: it is done at once. */
  readonly job?: Maybe<Job>;
  /** The publication. */
  readonly publication: Publication;
};

/** A named set of datasets in a repository. */
export type Collection = Node & {
  readonly __typename?: 'Collection';
  /** Who may read it; null where this gateway keeps no grants. */
  readonly access?: Maybe<CollectionAccess>;
  /** The collections of a CHAINED one, in search order; empty for other types. Null where they cannot be read now. */
  readonly children?: Maybe<ReadonlyArray<Collection>>;
  /**
   * Types of datasets in it; a chain has those of its children. From the repository's summaries, which may still name a type
   * whose last dataset was removed. Null where they cannot be read now.
   */
  readonly datasetTypes?: Maybe<ReadonlyArray<DatasetType>>;
  /** What its owner wrote about it; null where nothing was written. */
  readonly doc?: Maybe<Scalars['String']['output']>;
  /** Identifier for `node(id:)`. */
  readonly id: Scalars['ID']['output'];
  /** Name, unique in its repository. */
  readonly name: Scalars['String']['output'];
  /** Chains of the same repository that hold it directly. Null where they cannot be read now. */
  readonly parents?: Maybe<ReadonlyArray<Collection>>;
  /** The repository that holds it. */
  readonly repository: Repository;
  /** How it holds its datasets. */
  readonly type: CollectionType;
};

/** Who may read a collection. */
export type CollectionAccess = {
  readonly __typename?: 'CollectionAccess';
  /** What lets others read it, if it is yours; else what lets you read it. */
  readonly grants: ReadonlyArray<Grant>;
  /** The group whose it is; null where it is none's, or is not told to you. */
  readonly group?: Maybe<Scalars['String']['output']>;
  /** Whether it is yours: you may share it. */
  readonly isOwner: Scalars['Boolean']['output'];
  /** The user whose it is; null where it is the observatory's, or everybody's. */
  readonly owner?: Maybe<Scalars['String']['output']>;
  /** Why you may read it, in words. */
  readonly reasons: ReadonlyArray<Scalars['String']['output']>;
};

/** One page of collections. */
export type CollectionConnection = {
  readonly __typename?: 'CollectionConnection';
  /** The same, each with its cursor. */
  readonly edges: ReadonlyArray<CollectionEdge>;
  /** The collections of this page. */
  readonly nodes: ReadonlyArray<Collection>;
  /** Where this page is in the whole answer. */
  readonly pageInfo: PageInfo;
  /** Number of collections in all pages; counted only when asked. */
  readonly totalCount?: Maybe<Scalars['Int']['output']>;
  /** What the answer means other than it may seem. */
  readonly warnings: ReadonlyArray<Scalars['String']['output']>;
};

/** A collection with its place in the answer. */
export type CollectionEdge = {
  readonly __typename?: 'CollectionEdge';
  /** Value for `after`, to go on behind this row. */
  readonly cursor: Scalars['String']['output'];
  /** The collection. */
  readonly node: Collection;
};

/** How a collection holds its datasets. */
export type CollectionType =
  /** Datasets with validity ranges, such as biases and flats. */
  | 'CALIBRATION'
  /** An ordered list of other collections, searched one after the other. */
  | 'CHAINED'
  /** Datasets that were made together; every dataset is in exactly one. */
  | 'RUN'
  /** Datasets picked from RUNs, at most one for a dataset type and data ID. */
  | 'TAGGED';

/** What `commentPublication` says. */
export type CommentPublicationInput = {
  /** What to say. */
  readonly comment?: InputMaybe<Scalars['String']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** The publication's identifier. */
  readonly publication: Scalars['ID']['input'];
  /** Identifier of the comment that it answers. */
  readonly replyTo?: InputMaybe<Scalars['ID']['input']>;
};

/** What came of `commentPublication`. */
export type CommentPublicationPayload = {
  readonly __typename?: 'CommentPublicationPayload';
  /** Always null: it is done at once. */
  readonly job?: Maybe<Job>;
  /** The publication. */
  readonly publication: Publication;
};

/** The collection that `createCollection` makes. */
export type CreateCollectionInput = {
  /** Of a CHAINED one, in search order. Where it is there already, just these must be its children. */
  readonly children?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** What it is for. */
  readonly doc?: InputMaybe<Scalars['String']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Name of the collection, such as `u/alice/tries`. */
  readonly name: Scalars['String']['input'];
  /** Name of the satellite. */
  readonly satellite: Scalars['String']['input'];
  /** How it holds its datasets. */
  readonly type?: InputMaybe<CollectionType>;
};

/** What came of `createCollection`. */
export type CreateCollectionPayload = {
  readonly __typename?: 'CreateCollectionPayload';
  /** The collection. */
  readonly collection: Collection;
};

/** Which version `createRefereeLink` makes a link to. */
export type CreateRefereeLinkInput = {
  /** When it ends, ISO-8601 UTC, within 90 days. The default is in 30 days. */
  readonly expiresAt?: InputMaybe<Scalars['String']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike, but for the secret. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** For its owners, such as whom it is sent to. */
  readonly note?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the publication. */
  readonly publication: Scalars['ID']['input'];
  /** Number of the version; the default is the latest. The link shows no other one. */
  readonly version?: InputMaybe<Scalars['Int']['input']>;
};

/** What came of `createRefereeLink`. */
export type CreateRefereeLinkPayload = {
  readonly __typename?: 'CreateRefereeLinkPayload';
  /** Always null: it is done at once. */
  readonly job?: Maybe<Job>;
  /** The link. */
  readonly link: RefereeLink;
  /** What opens it: to be sent to the referee. Nothing tells it again; null where the call was done before. */
  readonly secret?: Maybe<Scalars['String']['output']>;
};

/** What `createRun` makes. */
export type CreateRunInput = {
  /** Values for the `:names` in `where`: plain JSON, or a tagged form. */
  readonly bind?: InputMaybe<Scalars['JSONObject']['input']>;
  /** Changes of the pipeline's configuration, such as `coadd:useTemplate=True`. */
  readonly configuration?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Dataset types that constrain the first query of the graph. The default is all overall inputs. */
  readonly constrainBy?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Data IDs: only what they match is run. */
  readonly dataIds?: InputMaybe<ReadonlyArray<Scalars['JSONObject']['input']>>;
  /** Where the quanta are executed. */
  readonly executor?: InputMaybe<RunExecutor>;
  /** Put the outputs into the last RUN of `output`, next to what is there. */
  readonly extend?: InputMaybe<Scalars['Boolean']['input']>;
  /** A quantum graph (`.qg`) that was made elsewhere: its path in the satellite's directory. */
  readonly graph?: InputMaybe<Scalars['String']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Collections to take inputs from, in search order, as `datasets` takes them. */
  readonly inputs: ReadonlyArray<Scalars['String']['input']>;
  /** Name of a CHAINED collection for the outputs, such as `u/alice/tries`: the run's RUN, then `inputs`. */
  readonly output: Scalars['String']['input'];
  /** The pipeline. Give it, or `graph`. */
  readonly pipeline?: InputMaybe<PipelineInput>;
  /** Repositories to take inputs from, in search order. The default is the satellite, then the one that it was made from. */
  readonly repositories?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Name of the satellite that the outputs go into. */
  readonly satellite: Scalars['String']['input'];
  /** Collections in which a quantum's metadata means that it is done, and is left out. */
  readonly skipExistingIn?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Butler expression that says what is run, such as `skymap = 'hsc_rings_v1' AND tract = 9813`. */
  readonly where?: InputMaybe<Scalars['String']['input']>;
};

/** What came of `createRun`. */
export type CreateRunPayload = {
  readonly __typename?: 'CreateRunPayload';
  /** The run. */
  readonly run: Run;
};

/** What `createSatellite` makes. */
export type CreateSatelliteInput = {
  /** Where its files are to be. */
  readonly artifacts?: InputMaybe<SatelliteArtifacts>;
  /**
   * Put a secret into the address of each dataset that is brought by reference, for clients that cannot send a token: whoever
   * has such an address can read that dataset.
   */
  readonly capabilityUrls?: InputMaybe<Scalars['Boolean']['input']>;
  /** CALIBRATION collections of the official repository to bring along by reference, or chains of them. */
  readonly curatedCalibrations?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Where its registry is to be. */
  readonly database?: InputMaybe<SatelliteDatabase>;
  /** A group of yours whose members may use it as you do. */
  readonly group?: InputMaybe<Scalars['String']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Instruments to bring along, with all their detectors, filters and visit systems. */
  readonly instruments?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Its name: small letters, digits, `_`, `.` and `-`, at most 64. */
  readonly name: Scalars['String']['input'];
  /** Name of the repository to make it from. */
  readonly official: Scalars['String']['input'];
  /** Bytes that it may hold. The default is as the gateway's operator set it. */
  readonly quotaBytes?: InputMaybe<Scalars['BigInt']['input']>;
  /** Sky maps to bring along, with all their tracts and patches. */
  readonly skymaps?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
};

/** What came of `createSatellite`. */
export type CreateSatellitePayload = {
  readonly __typename?: 'CreateSatellitePayload';
  /** The job that brings instruments, sky maps and calibrations; null where none were asked for. */
  readonly job?: Maybe<Job>;
  /** The satellite. */
  readonly satellite: Satellite;
};

/** A combination of dimension values. */
export type DataId = {
  readonly __typename?: 'DataId';
  /** Values of the required dimensions, by name. */
  readonly dataId: Scalars['JSONObject']['output'];
  /** Values of the implied dimensions too, such as the `band` of a `visit`. */
  readonly fullDataId: Scalars['JSONObject']['output'];
  /** The repository that it was found in. */
  readonly repository: Repository;
};

/** One page of data IDs. */
export type DataIdConnection = {
  readonly __typename?: 'DataIdConnection';
  /** The same, each with its cursor. */
  readonly edges: ReadonlyArray<DataIdEdge>;
  /** How this is answered and, where it is empty, why; found out only when asked. Null where that cannot be found out now. */
  readonly explain?: Maybe<QueryExplanation>;
  /** The data IDs of this page. */
  readonly nodes: ReadonlyArray<DataId>;
  /** Where this page is in the whole answer. */
  readonly pageInfo: PageInfo;
  /** Number of data IDs in all pages; counted only when asked. */
  readonly totalCount?: Maybe<Scalars['Int']['output']>;
  /** What the answer means other than it may seem. */
  readonly warnings: ReadonlyArray<Scalars['String']['output']>;
};

/** A data ID with its place in the answer. */
export type DataIdEdge = {
  readonly __typename?: 'DataIdEdge';
  /** Value for `after`, to go on behind this row. */
  readonly cursor: Scalars['String']['output'];
  /** The data ID. */
  readonly node: DataId;
};

/** One dataset: an image, a catalogue, a calibration, … with its data ID. */
export type Dataset = Node & {
  readonly __typename?: 'Dataset';
  /** RUN, TAGGED and CALIBRATION collections of its repository that hold it. Null where they cannot be read now. */
  readonly collections?: Maybe<ReadonlyArray<Collection>>;
  /** Values of the required dimensions, by name, such as `{"instrument": "HSC", "visit": 903342, "detector": 50}`. */
  readonly dataId: Scalars['JSONObject']['output'];
  /** What kind of dataset it is. */
  readonly datasetType: DatasetType;
  /** Its files; several where each component has one of its own, none where it is not stored. Null where they cannot be read now. */
  readonly files?: Maybe<ReadonlyArray<DatasetFile>>;
  /** Values of the implied dimensions too, such as the `band` of a `visit`. Null where they cannot be read now. */
  readonly fullDataId?: Maybe<Scalars['JSONObject']['output']>;
  /** Identifier for `node(id:)`. */
  readonly id: Scalars['ID']['output'];
  /** Records of all dimensions of its data ID, in the universe's order. Null where they cannot be read now. */
  readonly records?: Maybe<ReadonlyArray<DimensionRecord>>;
  /** The repository that it was found in. */
  readonly repository: Repository;
  /** The RUN collection that it belongs to. */
  readonly run: Scalars['String']['output'];
  /** Whether its repository has files of it. Null where that cannot be read now. */
  readonly stored?: Maybe<Scalars['Boolean']['output']>;
  /** Identifier in every Butler repository that holds it. */
  readonly uuid: Scalars['UUID']['output'];
};

/** One page of datasets. */
export type DatasetConnection = {
  readonly __typename?: 'DatasetConnection';
  /** The same, each with its cursor. */
  readonly edges: ReadonlyArray<DatasetEdge>;
  /** How this is answered and, where it is empty, why; found out only when asked. Null where that cannot be found out now. */
  readonly explain?: Maybe<QueryExplanation>;
  /** The datasets of this page. */
  readonly nodes: ReadonlyArray<Dataset>;
  /** Where this page is in the whole answer. */
  readonly pageInfo: PageInfo;
  /** Number of datasets in all pages; counted only when asked. */
  readonly totalCount?: Maybe<Scalars['Int']['output']>;
  /** What the answer means other than it may seem. */
  readonly warnings: ReadonlyArray<Scalars['String']['output']>;
};

/** A dataset with its place in the answer. */
export type DatasetEdge = {
  readonly __typename?: 'DatasetEdge';
  /** Value for `after`, to go on behind this row. */
  readonly cursor: Scalars['String']['output'];
  /** The dataset. */
  readonly node: Dataset;
};

/** A file of a dataset. */
export type DatasetFile = {
  readonly __typename?: 'DatasetFile';
  /** Checksum as the repository recorded it; null where none. */
  readonly checksum?: Maybe<Scalars['String']['output']>;
  /** The component that it holds; null for the whole dataset. */
  readonly component?: Maybe<Scalars['String']['output']>;
  /** Python class that reads the file. */
  readonly formatter: Scalars['String']['output'];
  /** Bytes; null where unknown. */
  readonly size?: Maybe<Scalars['BigInt']['output']>;
  /** Permanent address of the bytes. Send your token with the request; the answer may redirect to a signed address. */
  readonly url: Scalars['String']['output'];
};

/** A search for datasets that data IDs are joined to. */
export type DatasetSearchInput = {
  /** Collections to search, in this order. */
  readonly collections: ReadonlyArray<Scalars['String']['input']>;
  /** Name of the dataset type. */
  readonly datasetType: Scalars['String']['input'];
};

/** A choice of datasets, by the arguments of `datasets`. */
export type DatasetSelectionInput = {
  /** Values for the `:names` in `where`: plain JSON, or a tagged form. */
  readonly bind?: InputMaybe<Scalars['JSONObject']['input']>;
  /** Collections to search, in this order. Globs are allowed only with `findFirst: false`. */
  readonly collections: ReadonlyArray<Scalars['String']['input']>;
  /** Dimension values that every dataset has, such as `{"instrument": "HSC"}`. */
  readonly dataId?: InputMaybe<Scalars['JSONObject']['input']>;
  /** Names of dataset types and globs. */
  readonly datasetTypes: ReadonlyArray<Scalars['String']['input']>;
  /** Only the dataset of the earliest collection for each dataset type and data ID. False chooses all. */
  readonly findFirst?: InputMaybe<Scalars['Boolean']['input']>;
  /** Butler expression, such as `instrument = 'HSC' AND visit > 903300`. */
  readonly where?: InputMaybe<Scalars['String']['input']>;
};

/** A kind of dataset: its dimensions, and the class that its files are read into. */
export type DatasetType = {
  readonly __typename?: 'DatasetType';
  /** All dimensions, implied ones too, in the universe's order. */
  readonly dimensions: ReadonlyArray<Scalars['String']['output']>;
  /** Whether its datasets can have validity ranges in CALIBRATION collections. */
  readonly isCalibration: Scalars['Boolean']['output'];
  /** Name, such as `calexp`. */
  readonly name: Scalars['String']['output'];
  /** Dimensions whose values make its data IDs, in the universe's order. */
  readonly requiredDimensions: ReadonlyArray<Scalars['String']['output']>;
  /** Name of the storage class, such as `ExposureF`. */
  readonly storageClass: Scalars['String']['output'];
};

/** The datasets of one dataset type in a manifest. */
export type DatasetTypeSize = {
  readonly __typename?: 'DatasetTypeSize';
  /** Bytes of their files. */
  readonly bytes: Scalars['BigInt']['output'];
  /** Number of datasets. */
  readonly datasetCount: Scalars['BigInt']['output'];
  /** Name of the dataset type. */
  readonly datasetType: Scalars['String']['output'];
};

/** Uploads that were asked for. */
export type DatasetUpload = {
  readonly __typename?: 'DatasetUpload';
  /** The files, in the order of the input. */
  readonly files: ReadonlyArray<FileUpload>;
  /** Identifier for `commit`. */
  readonly id: Scalars['ID']['output'];
};

/** What `decertifyDatasets` takes away. */
export type DecertifyDatasetsInput = {
  /** Name of the CALIBRATION collection. */
  readonly collection: Scalars['String']['input'];
  /** Only those with these data IDs. The default is all of the dataset type. */
  readonly dataIds?: InputMaybe<ReadonlyArray<Scalars['JSONObject']['input']>>;
  /** Name of the dataset type. */
  readonly datasetType: Scalars['String']['input'];
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Name of the satellite. */
  readonly satellite: Scalars['String']['input'];
  /** The span of time for which they are good no more, [begin, end). */
  readonly timespan: TimespanInput;
};

/** What came of `decertifyDatasets`. */
export type DecertifyDatasetsPayload = {
  readonly __typename?: 'DecertifyDatasetsPayload';
  /** The collection. */
  readonly collection: Collection;
};

/** Which satellite `deleteSatellite` deletes. */
export type DeleteSatelliteInput = {
  /** Only give the plan. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Delete it at once and for good: it cannot be restored. */
  readonly purge?: InputMaybe<Scalars['Boolean']['input']>;
  /** Its name. */
  readonly satellite: Scalars['String']['input'];
};

/** What came of `deleteSatellite`. */
export type DeleteSatellitePayload = {
  readonly __typename?: 'DeleteSatellitePayload';
  /** The job that goes on; null where all is done. */
  readonly job?: Maybe<Job>;
  /** What goes. */
  readonly plan?: Maybe<SatellitePlan>;
  /** The satellite; null where it is gone for good. */
  readonly satellite?: Maybe<Satellite>;
};

/** What a repository knows of one instance of a dimension element: one visit, one detector, one patch, … */
export type DimensionRecord = {
  readonly __typename?: 'DimensionRecord';
  /** Values of its required dimensions, such as `{"instrument": "HSC", "visit": 903342}`. */
  readonly dataId: Scalars['JSONObject']['output'];
  /** Name of the dimension element. */
  readonly element: Scalars['String']['output'];
  /** Region on the sky, as the hexadecimal text of its sphgeom encoding; null where it has none. */
  readonly region?: Maybe<Scalars['String']['output']>;
  /**
   * Region on the sky in IVOA text (`CIRCLE`, `RANGE`, `POLYGON`; degrees, ICRS); null where it has none or where that language
   * has no such shape.
   */
  readonly regionPos?: Maybe<Scalars['String']['output']>;
  /** The repository that it was read from. */
  readonly repository: Repository;
  /** Span of time; null where it has none. */
  readonly timespan?: Maybe<Timespan>;
  /** All columns but `region` and `timespan`, by name. */
  readonly values: Scalars['JSONObject']['output'];
};

/** One page of dimension records. */
export type DimensionRecordConnection = {
  readonly __typename?: 'DimensionRecordConnection';
  /** The same, each with its cursor. */
  readonly edges: ReadonlyArray<DimensionRecordEdge>;
  /** How this is answered and, where it is empty, why; found out only when asked. Null where that cannot be found out now. */
  readonly explain?: Maybe<QueryExplanation>;
  /** The records of this page. */
  readonly nodes: ReadonlyArray<DimensionRecord>;
  /** Where this page is in the whole answer. */
  readonly pageInfo: PageInfo;
  /** Number of records in all pages; counted only when asked. */
  readonly totalCount?: Maybe<Scalars['Int']['output']>;
  /** What the answer means other than it may seem. */
  readonly warnings: ReadonlyArray<Scalars['String']['output']>;
};

/** A dimension record with its place in the answer. */
export type DimensionRecordEdge = {
  readonly __typename?: 'DimensionRecordEdge';
  /** Value for `after`, to go on behind this row. */
  readonly cursor: Scalars['String']['output'];
  /** The record. */
  readonly node: DimensionRecord;
};

/** What `disassociateDatasets` takes out: either `uuids` or `search`. */
export type DisassociateDatasetsInput = {
  /** Name of the TAGGED collection. */
  readonly collection: Scalars['String']['input'];
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Name of the satellite. */
  readonly satellite: Scalars['String']['input'];
  /** A search for them in the satellite. */
  readonly search?: InputMaybe<DatasetSelectionInput>;
  /** UUIDs of the datasets. */
  readonly uuids?: InputMaybe<ReadonlyArray<Scalars['UUID']['input']>>;
};

/** What came of `disassociateDatasets`. */
export type DisassociateDatasetsPayload = {
  readonly __typename?: 'DisassociateDatasetsPayload';
  /** The collection. */
  readonly collection: Collection;
  /** Number of datasets that were chosen. */
  readonly datasets: Scalars['BigInt']['output'];
};

/** Whether somebody may read something. */
export type EffectiveAccess = {
  readonly __typename?: 'EffectiveAccess';
  /** Whether they may. */
  readonly allowed: Scalars['Boolean']['output'];
  /** Why, or why not, in words. */
  readonly reasons: ReadonlyArray<Scalars['String']['output']>;
};

/** Which run `executeRun` executes. */
export type ExecuteRunInput = {
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its identifier. */
  readonly run: Scalars['ID']['input'];
};

/** What came of `executeRun`. */
export type ExecuteRunPayload = {
  readonly __typename?: 'ExecuteRunPayload';
  /** The job that works on it; null where none does. */
  readonly job?: Maybe<Job>;
  /** The run. */
  readonly run: Run;
};

/** Where one file is to be put. */
export type FileUpload = {
  readonly __typename?: 'FileUpload';
  /** Data ID of its dataset. */
  readonly dataId: Scalars['JSONObject']['output'];
  /** Until when, ISO-8601 UTC. */
  readonly expiresAt: Scalars['String']['output'];
  /** Its name. */
  readonly fileName: Scalars['String']['output'];
  /** Headers that the PUT must have. */
  readonly headers: Scalars['JSONObject']['output'];
  /** Address that takes one PUT of the bytes. */
  readonly url: Scalars['String']['output'];
};

/** That somebody may read what is another's. */
export type Grant = {
  readonly __typename?: 'Grant';
  /** Whether it is for all users of this gateway. */
  readonly allUsers: Scalars['Boolean']['output'];
  /** A collection, or those whose names begin with a text that ends in `/`; null: all of it. */
  readonly collection?: Maybe<Scalars['String']['output']>;
  /** When it ends, ISO-8601 UTC; null where it does not end by itself. */
  readonly expiresAt?: Maybe<Scalars['String']['output']>;
  /** When, ISO-8601 UTC. */
  readonly grantedAt: Scalars['String']['output'];
  /** Who granted it. */
  readonly grantedBy: Scalars['String']['output'];
  /** The group whose members are allowed it; null where it is for a user or for all. */
  readonly group?: Maybe<Scalars['String']['output']>;
  /** Identifier, which `revokeAccess` takes. */
  readonly id: Scalars['ID']['output'];
  /** What its owner wrote about it, for those too whom it is for. */
  readonly note?: Maybe<Scalars['String']['output']>;
  /** What is allowed. */
  readonly right: AccessRight;
  /** The satellite or repository, as others call it: `owner~name`. */
  readonly satellite: Scalars['String']['output'];
  /** The user who is allowed it; null where it is for a group or for all. */
  readonly user?: Maybe<Scalars['String']['output']>;
};

/** What `grantAccess` shares with whom: one of `user`, `group` and `allUsers`. */
export type GrantAccessInput = {
  /** All users of this gateway. */
  readonly allUsers?: InputMaybe<Scalars['Boolean']['input']>;
  /** Name of a collection, or a text that ends in `/`: all collections whose names begin with it. The default is all of it. */
  readonly collection?: InputMaybe<Scalars['String']['input']>;
  /** When it ends, ISO-8601; UTC where no zone is given. The default is never. */
  readonly expiresAt?: InputMaybe<Scalars['String']['input']>;
  /** A group that you are a member of. */
  readonly group?: InputMaybe<Scalars['String']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** What it is for, for you and for those whom it is for. */
  readonly note?: InputMaybe<Scalars['String']['input']>;
  /** What to allow. */
  readonly right?: InputMaybe<AccessRight>;
  /** Name of the satellite. */
  readonly satellite: Scalars['String']['input'];
  /** A user. */
  readonly user?: InputMaybe<Scalars['String']['input']>;
};

/** What came of `grantAccess`. */
export type GrantAccessPayload = {
  readonly __typename?: 'GrantAccessPayload';
  /** The number of changes of grants in this gateway so far: requests that begin after this answer see at least these. */
  readonly accessRevision: Scalars['BigInt']['output'];
  /** The grant. */
  readonly grant: Grant;
};

/** Some of the grants. */
export type GrantConnection = {
  readonly __typename?: 'GrantConnection';
  /** The grants. */
  readonly nodes: ReadonlyArray<Grant>;
  /** Where the page is. */
  readonly pageInfo: PageInfo;
};

/** What `ingestDatasets` makes datasets of: either `datasetType`, `run` and `files`, or `commit`. */
export type IngestDatasetsInput = {
  /** Identifier of an upload: its files are uploaded, check them and make datasets of them. */
  readonly commit?: InputMaybe<Scalars['ID']['input']>;
  /** Name of their dataset type, which is registered. */
  readonly datasetType?: InputMaybe<Scalars['String']['input']>;
  /** The files, 10 000 at most: each holds one whole dataset. */
  readonly files?: InputMaybe<ReadonlyArray<IngestedFileInput>>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** The RUN collection that they are to be in; it is made where it is not there. */
  readonly run?: InputMaybe<Scalars['String']['input']>;
  /** Name of the satellite. */
  readonly satellite: Scalars['String']['input'];
};

/** What came of `ingestDatasets`. */
export type IngestDatasetsPayload = {
  readonly __typename?: 'IngestDatasetsPayload';
  /** The job that makes the datasets; null while uploads are awaited, until they are committed. */
  readonly job?: Maybe<Job>;
  /** Where the files are to be put; null where none is to be uploaded. */
  readonly upload?: Maybe<DatasetUpload>;
};

/** A file that is to be a dataset: either `path` or `upload`. */
export type IngestedFileInput = {
  /** Values of the dataset type's dimensions. */
  readonly dataId: Scalars['JSONObject']['input'];
  /** Python class that reads it. The default is that of the storage class. */
  readonly formatter?: InputMaybe<Scalars['String']['input']>;
  /** Where it lies, relative to the satellite's root. */
  readonly path?: InputMaybe<Scalars['String']['input']>;
  /** Its upload. */
  readonly upload?: InputMaybe<UploadInput>;
  /** UUID that the dataset is to have. The default is a new one. */
  readonly uuid?: InputMaybe<Scalars['UUID']['input']>;
};

/** Work that goes on after the request that asked for it. It survives restarts of the gateway. */
export type Job = Node & {
  readonly __typename?: 'Job';
  /** When it was asked for, ISO-8601 UTC. */
  readonly createdAt: Scalars['String']['output'];
  /** Why it failed, or what it waits for; null else. */
  readonly error?: Maybe<JobError>;
  /** When it ended, ISO-8601 UTC; null before. */
  readonly finishedAt?: Maybe<Scalars['String']['output']>;
  /** Identifier for `node(id:)` and `job(id:)`. */
  readonly id: Scalars['ID']['output'];
  /** The mutation that started it, such as `transferDatasets`. */
  readonly kind: Scalars['String']['output'];
  /** What it has done, in words, the oldest line first. */
  readonly log: ReadonlyArray<JobLogLine>;
  /** How far it has come. */
  readonly progress: JobProgress;
  /** What came of it, such as `{"datasets": 1200, "bytes": 0}`; null before it is completed. */
  readonly result?: Maybe<Scalars['JSONObject']['output']>;
  /** What it is doing. */
  readonly state: JobState;
};

/** Why a job failed, or what it waits for. */
export type JobError = {
  readonly __typename?: 'JobError';
  /** The same codes as in the errors of a request. */
  readonly code: Scalars['String']['output'];
  /** What was wrong and what to do. */
  readonly message: Scalars['String']['output'];
};

/** A line of a job's log. */
export type JobLogLine = {
  readonly __typename?: 'JobLogLine';
  /** When, ISO-8601 UTC. */
  readonly at: Scalars['String']['output'];
  /** What happened. */
  readonly message: Scalars['String']['output'];
};

/** How far a job has come. */
export type JobProgress = {
  readonly __typename?: 'JobProgress';
  /** How much is done. */
  readonly done: Scalars['BigInt']['output'];
  /** How much there is to do; null while it is not known. */
  readonly total?: Maybe<Scalars['BigInt']['output']>;
  /** What is counted: `datasets`, `bytes`, `steps`, … */
  readonly unit: Scalars['String']['output'];
};

/** What a job is doing. */
export type JobState =
  /** It was cancelled. */
  | 'CANCELLED'
  /** It is done. */
  | 'COMPLETED'
  /** It could not be done: `error` says why. `retryJob` goes on where it stopped. */
  | 'FAILED'
  /** It waits for what `error` says: a right that ended, a token that is good. It goes on by itself when that is back, or by `retryJob`. */
  | 'HELD'
  /** It waits for its turn, or for another try after a failure that may pass. */
  | 'QUEUED'
  /** It is being done. */
  | 'RUNNING';

/** A dataset of a manifest. */
export type ManifestDataset = {
  readonly __typename?: 'ManifestDataset';
  /** Values of its dimensions. */
  readonly dataId: Scalars['JSONObject']['output'];
  /** Name of its dataset type. */
  readonly datasetType: Scalars['String']['output'];
  /** Its files, such as `{"fileName": "a.fits", "size": 10240, "sha256": "…", "formatter": "…", "storageClass": "…", "component": null}`. */
  readonly files: ReadonlyArray<Scalars['JSONObject']['output']>;
  /** Its RUN collection. */
  readonly run: Scalars['String']['output'];
  /** Its UUID, which stays when it is published. */
  readonly uuid: Scalars['UUID']['output'];
};

/** Datasets of a manifest. */
export type ManifestDatasetConnection = {
  readonly __typename?: 'ManifestDatasetConnection';
  /** The datasets. */
  readonly nodes: ReadonlyArray<ManifestDataset>;
  /** Where the page is. */
  readonly pageInfo: PageInfo;
};

/** The region of a dimension record that datasets of a manifest belong to. */
export type ManifestRegion = {
  readonly __typename?: 'ManifestRegion';
  /** The record's data ID. */
  readonly dataId: Scalars['JSONObject']['output'];
  /** Number of datasets in it. */
  readonly datasetCount: Scalars['BigInt']['output'];
  /** The record's element: the one that tells best where such datasets are, such as `visit_detector_region` or `patch`. */
  readonly element: Scalars['String']['output'];
  /** The region as IVOA text, ICRS degrees: `CIRCLE ra dec radius`, `RANGE …` or `POLYGON …`. Null for ellipses, compounds and what cannot be read. */
  readonly regionPos?: Maybe<Scalars['String']['output']>;
};

/** Where on the sky the datasets of a manifest are: in the regions of the dimension records that they belong to. */
export type ManifestSky = {
  readonly __typename?: 'ManifestSky';
  /** Number of datasets without a region, such as calibrations and raw images. */
  readonly elsewhere: Scalars['BigInt']['output'];
  /** Number of all of them. */
  readonly regionCount: Scalars['BigInt']['output'];
  /** Regions, each once; where there are more than asked for, some of them from all over. */
  readonly regions: ReadonlyArray<ManifestRegion>;
};

/** What datasets of one type in one TAGGED or CALIBRATION collection hold. */
export type MembershipUsage = {
  readonly __typename?: 'MembershipUsage';
  /** Bytes of their files in the repository's own store. */
  readonly bytes: Scalars['BigInt']['output'];
  /** Name of the collection. */
  readonly collection: Scalars['String']['output'];
  /** Name of the dataset type. */
  readonly datasetType: Scalars['String']['output'];
  /** Number of datasets, each once, however many validity ranges it has. */
  readonly datasets: Scalars['BigInt']['output'];
  /** Bytes of files elsewhere that they refer to, as far as their sizes are known. */
  readonly referencedBytes: Scalars['BigInt']['output'];
  /** How it holds its datasets: TAGGED or CALIBRATION. */
  readonly type: CollectionType;
};

/** Which satellite `migrateSatellite` moves on. */
export type MigrateSatelliteInput = {
  /** Only give the plan. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its name. */
  readonly satellite: Scalars['String']['input'];
  /** Go back to the backup that the last migration made. */
  readonly undo?: InputMaybe<Scalars['Boolean']['input']>;
};

/** What came of `migrateSatellite`. */
export type MigrateSatellitePayload = {
  readonly __typename?: 'MigrateSatellitePayload';
  /** The job that migrates; null in a dry run, and where there is nothing to do. */
  readonly job?: Maybe<Job>;
  /** What is to be done. */
  readonly plan?: Maybe<MigrationPlan>;
  /** The satellite. */
  readonly satellite?: Maybe<Satellite>;
};

/** What a migration is to do. */
export type MigrationPlan = {
  readonly __typename?: 'MigrationPlan';
  /** Version of the satellite's universe. */
  readonly from: Scalars['Int']['output'];
  /** What is done, in order; empty where there is nothing to do. */
  readonly steps: ReadonlyArray<Scalars['String']['output']>;
  /** Version of the universe that it gets. */
  readonly to: Scalars['Int']['output'];
};

/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type Mutation = {
  readonly __typename?: 'Mutation';
  /**
   * Approves exactly what was reviewed, named by its digest, and starts to publish it. Owners cannot approve what is theirs. What
   * has changed in the satellite since it was submitted is not published: the publication is STALE then.
   * Where there is no room for it, that is `QUOTA_EXCEEDED`, and it can be approved when there is.
   */
  readonly approvePublication?: Maybe<ApprovePublicationPayload>;
  /** Adds datasets to a TAGGED collection. It may hold only one for a dataset type and data ID. */
  readonly associateDatasets?: Maybe<AssociateDatasetsPayload>;
  /** Builds the quantum graph of a run, with the user-side Rubin stack, or takes the one that was given. */
  readonly buildRun?: Maybe<BuildRunPayload>;
  /** Stops a job. What it has done so far stays; `retryJob` goes on from there. A job that has ended stays as it is. */
  readonly cancelJob?: Maybe<CancelJobPayload>;
  /** Stops what a run does. What it has done so far stays. */
  readonly cancelRun?: Maybe<CancelRunPayload>;
  /** Adds datasets to a CALIBRATION collection, with a span of time for which they are good. */
  readonly certifyDatasets?: Maybe<CertifyDatasetsPayload>;
  /** Takes a satellite back from stock Python: the gateway writes to it again. */
  readonly checkinSatellite?: Maybe<CheckinSatellitePayload>;
  /** Hands a satellite on a network file system to stock Python: the gateway only reads it until `checkinSatellite`. */
  readonly checkoutSatellite?: Maybe<CheckoutSatellitePayload>;
  /** Takes a submitted publication up for review: no other reviewer decides about it while you do. */
  readonly claimPublication?: Maybe<ClaimPublicationPayload>;
  /** Says something about a publication, to its owner and its reviewers. */
  readonly commentPublication?: Maybe<CommentPublicationPayload>;
  /**
   * Makes a collection in a satellite. One of the same type that is there is left as it is, but for its `doc`, where one is
   * given; one of another type, or a chain with other `children` than those given, is a `CONFLICT`: `setCollectionChain`
   * changes a chain.
   */
  readonly createCollection?: Maybe<CreateCollectionPayload>;
  /**
   * Makes a link to one version of a publication of yours, published or not: whoever has it and can sign in reads that version, and
   * does not learn whose it is.
   */
  readonly createRefereeLink?: Maybe<CreateRefereeLinkPayload>;
  /**
   * Makes a run: a pipeline over official data, your own, or both, whose outputs go into a satellite of yours. Nothing is
   * computed yet: `buildRun` makes the quantum graph, `executeRun` runs it, `transferRun` brings the results home.
   */
  readonly createRun?: Maybe<CreateRunPayload>;
  /**
   * Makes a satellite: a repository of your own, with the dimension universe of an official one. It is ready when the call
   * answers; instruments, sky maps and calibrations that you ask for are brought by a job.
   */
  readonly createSatellite?: Maybe<CreateSatellitePayload>;
  /** Takes a span of time away from what calibrations of a CALIBRATION collection are good for. */
  readonly decertifyDatasets?: Maybe<DecertifyDatasetsPayload>;
  /** Deletes a satellite. `restoreSatellite` undoes it for 30 days, unless `purge` is set. */
  readonly deleteSatellite?: Maybe<DeleteSatellitePayload>;
  /** Takes datasets out of a TAGGED collection; they stay in their runs. */
  readonly disassociateDatasets?: Maybe<DisassociateDatasetsPayload>;
  /** Executes the quanta of a run. What was executed before is left out. */
  readonly executeRun?: Maybe<ExecuteRunPayload>;
  /**
   * Lets others read a satellite of yours, or some of its collections, until you revoke it. They find it as `owner~name`. A
   * dataset can be read by those who may read its RUN, also where it is in a chain or a tagged collection. Granting the same
   * again changes the end and the note.
   */
  readonly grantAccess?: Maybe<GrantAccessPayload>;
  /**
   * Makes datasets of files: of files that lie in the satellite's root already, or of files that you upload. For uploads call
   * it twice: first with the files, which answers an address for each; then, when they are uploaded, with `commit`. What is
   * not committed within a day is removed.
   */
  readonly ingestDatasets?: Maybe<IngestDatasetsPayload>;
  /** Moves a satellite to the dimension universe that its official repository has now, with a backup first. */
  readonly migrateSatellite?: Maybe<MigrateSatellitePayload>;
  /** Registers a dataset type in a satellite. One that is there alike is left as it is. */
  readonly registerDatasetType?: Maybe<RegisterDatasetTypePayload>;
  /** Turns a publication down for good; `comment` says why. */
  readonly rejectPublication?: Maybe<RejectPublicationPayload>;
  /** Removes a collection; a RUN with all its datasets and their files. This cannot be undone. */
  readonly removeCollection?: Maybe<RemoveCollectionPayload>;
  /** Removes datasets, or only their files. This cannot be undone. */
  readonly removeDatasets?: Maybe<RemoveDatasetsPayload>;
  /**
   * Removes a run with everything that it made: its outputs and their files, its collections, its directory. What it read stays.
   * This cannot be undone.
   */
  readonly removeRun?: Maybe<RemoveRunPayload>;
  /** Sends a publication back to its owner, who may submit it again; `comment` says what has to change. */
  readonly requestPublicationChanges?: Maybe<RequestPublicationChangesPayload>;
  /**
   * Empties a satellite: as if it had just been made, with what it was made with, and shared with nobody. `restoreSatellite`
   * undoes it.
   */
  readonly resetSatellite?: Maybe<ResetSatellitePayload>;
  /** Brings a satellite back as it was before it was deleted, or before its last reset, shared as it was then. */
  readonly restoreSatellite?: Maybe<RestoreSatellitePayload>;
  /** Starts a job that failed, was cancelled or is held again, where it stopped, with the token of this request. */
  readonly retryJob?: Maybe<RetryJobPayload>;
  /** Does again what did not end well: of an execution, only the quanta that failed or were blocked. */
  readonly retryRun?: Maybe<RetryRunPayload>;
  /** Ends a grant. Whoever has no other way to read what it gave does not see it from the next request on. */
  readonly revokeAccess?: Maybe<RevokeAccessPayload>;
  /** Ends a referee link at once. */
  readonly revokeRefereeLink?: Maybe<RevokeRefereeLinkPayload>;
  /** Makes the secrets in a satellite's capability addresses anew: addresses given away before are good no more. */
  readonly rotateSatelliteCapability?: Maybe<RotateSatelliteCapabilityPayload>;
  /** Sets or changes the children of a CHAINED collection. */
  readonly setCollectionChain?: Maybe<SetCollectionChainPayload>;
  /**
   * Asks for collections of a satellite of yours to be published: what is in them is written down, with the size and SHA-256 of
   * every file, and checked. Reviewers decide about exactly that. With `publication` it is a new version of an earlier request or
   * of what is published already.
   */
  readonly submitPublication?: Maybe<SubmitPublicationPayload>;
  /**
   * Brings datasets into a satellite, by reference (no bytes are copied) or as copies, with their dimension records and their
   * collections. UUIDs, run names and data IDs are kept. What is there already is left as it is. Which datasets come is decided
   * when the job begins, before it writes: what the source gets later does not come, also by `retryJob`, until you call this
   * again. Where anything is in the way, no dataset comes; `retryJob` looks for that anew. What a copy that failed had
   * copied and not registered is removed after a day, or before the next copy to the satellite; of one that was cancelled, at
   * once.
   */
  readonly transferDatasets?: Maybe<TransferDatasetsPayload>;
  /**
   * Brings what a run made into its satellite's registry, with the collections that it read and, if wanted, its inputs. Of a run
   * that was only built, just the inputs come. Again after `retryRun`, it brings what has been made since.
   */
  readonly transferRun?: Maybe<TransferRunPayload>;
  /**
   * Asks where to put a zip that `satellite publish pack` made of a satellite that this gateway cannot reach. When it is there,
   * `submitPublication` with `upload` publishes what is in it.
   */
  readonly uploadPublication?: Maybe<UploadPublicationPayload>;
  /** Checks a satellite: its database against the Butler's rules, its files, and whether what it refers to is still there. */
  readonly verifySatellite?: Maybe<VerifySatellitePayload>;
  /**
   * Gives a request up, or takes what is published out of the repository again, which needs a reason as `comment`. What was
   * published leaves its identifier, title and reason behind.
   */
  readonly withdrawPublication?: Maybe<WithdrawPublicationPayload>;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationApprovePublicationArgs = {
  input: ApprovePublicationInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationAssociateDatasetsArgs = {
  input: AssociateDatasetsInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationBuildRunArgs = {
  input: BuildRunInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationCancelJobArgs = {
  input: CancelJobInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationCancelRunArgs = {
  input: CancelRunInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationCertifyDatasetsArgs = {
  input: CertifyDatasetsInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationCheckinSatelliteArgs = {
  input: CheckinSatelliteInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationCheckoutSatelliteArgs = {
  input: CheckoutSatelliteInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationClaimPublicationArgs = {
  input: ClaimPublicationInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationCommentPublicationArgs = {
  input: CommentPublicationInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationCreateCollectionArgs = {
  input: CreateCollectionInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationCreateRefereeLinkArgs = {
  input: CreateRefereeLinkInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationCreateRunArgs = {
  input: CreateRunInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationCreateSatelliteArgs = {
  input: CreateSatelliteInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationDecertifyDatasetsArgs = {
  input: DecertifyDatasetsInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationDeleteSatelliteArgs = {
  input: DeleteSatelliteInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationDisassociateDatasetsArgs = {
  input: DisassociateDatasetsInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationExecuteRunArgs = {
  input: ExecuteRunInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationGrantAccessArgs = {
  input: GrantAccessInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationIngestDatasetsArgs = {
  input: IngestDatasetsInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationMigrateSatelliteArgs = {
  input: MigrateSatelliteInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationRegisterDatasetTypeArgs = {
  input: RegisterDatasetTypeInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationRejectPublicationArgs = {
  input: RejectPublicationInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationRemoveCollectionArgs = {
  input: RemoveCollectionInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationRemoveDatasetsArgs = {
  input: RemoveDatasetsInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationRemoveRunArgs = {
  input: RemoveRunInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationRequestPublicationChangesArgs = {
  input: RequestPublicationChangesInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationResetSatelliteArgs = {
  input: ResetSatelliteInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationRestoreSatelliteArgs = {
  input: RestoreSatelliteInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationRetryJobArgs = {
  input: RetryJobInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationRetryRunArgs = {
  input: RetryRunInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationRevokeAccessArgs = {
  input: RevokeAccessInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationRevokeRefereeLinkArgs = {
  input: RevokeRefereeLinkInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationRotateSatelliteCapabilityArgs = {
  input: RotateSatelliteCapabilityInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationSetCollectionChainArgs = {
  input: SetCollectionChainInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationSubmitPublicationArgs = {
  input: SubmitPublicationInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationTransferDatasetsArgs = {
  input: TransferDatasetsInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationTransferRunArgs = {
  input: TransferRunInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationUploadPublicationArgs = {
  input: UploadPublicationInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationVerifySatelliteArgs = {
  input: VerifySatelliteInput;
};


/** What can be changed. Every change is made in a satellite of yours; official repositories are never written to. */
export type MutationWithdrawPublicationArgs = {
  input: WithdrawPublicationInput;
};

/** An object with an identifier that stays valid as long as the object is there. */
export type Node = {
  /** Identifier for `node(id:)`. Opaque: what it is made of may change. */
  readonly id: Scalars['ID']['output'];
};

/** Where a page of a connection is in the whole answer. */
export type PageInfo = {
  readonly __typename?: 'PageInfo';
  /** Cursor of the page's last row; null for an empty page. */
  readonly endCursor?: Maybe<Scalars['String']['output']>;
  /** Whether more follows: ask again with `after` set to `endCursor`. */
  readonly hasNextPage: Scalars['Boolean']['output'];
  /** Always true when `after` was given, else false: connections are walked forwards only. */
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  /** Cursor of the page's first row; null for an empty page. */
  readonly startCursor?: Maybe<Scalars['String']['output']>;
};

/** Where the pipeline of a run comes from: either `path` or `yaml`. */
export type PipelineInput = {
  /**
   * A pipeline file of this gateway's `python.path`: absolute, or below one of its directories. Labels of tasks or of a subset
   * may follow `#`, as for `pipetask`.
   */
  readonly path?: InputMaybe<Scalars['String']['input']>;
  /** The pipeline's text. */
  readonly yaml?: InputMaybe<Scalars['String']['input']>;
};

/** Collections that are published together, after a review. */
export type Publication = {
  readonly __typename?: 'Publication';
  /** What you may do about it now. Empty for a version before the latest, and for readers who do not own or review it. */
  readonly actions: ReadonlyArray<PublicationAction>;
  /** The reviewer who approved it; null where nobody did. */
  readonly approvedBy?: Maybe<Scalars['String']['output']>;
  /** When its state changed last, ISO-8601 UTC. */
  readonly changedAt: Scalars['String']['output'];
  /** What was checked automatically; empty for readers who do not own or review it. */
  readonly checks: ReadonlyArray<PublicationCheck>;
  /** The reviewer who works on it, until `claimedUntil`; null where nobody does. */
  readonly claimedBy?: Maybe<Scalars['String']['output']>;
  /** Until when it is the reviewer's, ISO-8601 UTC. */
  readonly claimedUntil?: Maybe<Scalars['String']['output']>;
  /** What owner and reviewers said, over all versions, the oldest first; empty for others. */
  readonly comments: ReadonlyArray<PublicationComment>;
  /** What it is, in its owner's words. */
  readonly description?: Maybe<Scalars['String']['output']>;
  /** What is different in this version from the last one that was published or decided about; null where there is none. */
  readonly diff?: Maybe<PublicationDiff>;
  /** SHA-256 of the manifest, hexadecimal: what a reviewer approves. Null while the manifest is being made. */
  readonly digest?: Maybe<Scalars['String']['output']>;
  /** Number of the published repository's state from which on it is visible; null before. */
  readonly generation?: Maybe<Scalars['BigInt']['output']>;
  /**
   * What lets others read its collections, the newest first: because it was published, or because an owner granted it.
   * `revokeAccess` ends one. Null for all but its owners.
   */
  readonly grants?: Maybe<GrantConnection>;
  /** The group that it belongs to, if any: its members own it too. */
  readonly group?: Maybe<Scalars['String']['output']>;
  /** Its identifier, which stays over its versions. */
  readonly id: Scalars['ID']['output'];
  /** The work that goes on with it now, or went on last; null where there was none. */
  readonly job?: Maybe<Job>;
  /** Under which terms others may use it, in its owner's words. */
  readonly licence?: Maybe<Scalars['String']['output']>;
  /**
   * Everything that is published with it; null while that is being written down, where it could not be, and for readers who may
   * not read all of its collections.
   */
  readonly manifest?: Maybe<PublicationManifest>;
  /** The user who asked for it. */
  readonly owner: Scalars['String']['output'];
  /** Who is to read it, as it was submitted. */
  readonly readers: PublicationReaders;
  /** Why it is in this state, where somebody or something decided so; null else, and for its readers unless it is WITHDRAWN. */
  readonly reason?: Maybe<Scalars['String']['output']>;
  /** Referee links to this version, the latest first, those too that have ended; empty for others than its owners. */
  readonly refereeLinks: ReadonlyArray<RefereeLink>;
  /** Name of the repository that it is published in. */
  readonly repository: Scalars['String']['output'];
  /** Grows with each change of this version, and with each comment on it. */
  readonly revision: Scalars['Int']['output'];
  /** Name of the satellite that it comes from, or what its owner calls the one that a zip was made of; null for readers who do not own or review it. */
  readonly satellite?: Maybe<Scalars['String']['output']>;
  /** How far this version is. */
  readonly state: PublicationState;
  /** When it was submitted, ISO-8601 UTC; null before. */
  readonly submittedAt?: Maybe<Scalars['String']['output']>;
  /** Its title. */
  readonly title: Scalars['String']['output'];
  /** Number of this version, from 1. */
  readonly version: Scalars['Int']['output'];
  /** All versions, the latest first. */
  readonly versions: ReadonlyArray<Publication>;
  /** The version that `WITHDRAW` of `actions` is about: this one, or an earlier one that can still be read. Null where there is none. */
  readonly withdrawableVersion?: Maybe<Publication>;
};


/** Collections that are published together, after a review. */
export type PublicationGrantsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};

/** What one may do about a publication. */
export type PublicationAction =
  /** To approve it; where it is APPROVED already, to confirm the restart that it waits for. */
  | 'APPROVE'
  /** To take it up for review. */
  | 'CLAIM'
  /** To say something about it. */
  | 'COMMENT'
  /** To turn it down for good. */
  | 'REJECT'
  /** To send it back to its owner. */
  | 'REQUEST_CHANGES'
  /** To submit its next version. */
  | 'SUBMIT'
  /** To give it up as long as it is not visible, or to take what is published out of the repository again. */
  | 'WITHDRAW';

/** One automatic check. */
export type PublicationCheck = {
  readonly __typename?: 'PublicationCheck';
  /**
   * What was checked: `PACK` (of an upload alone), `FILES`, `UNIVERSE`, `DATASET_TYPES`, `NAMES`, `CLASHES`, `FORMATS`, `SIZE`,
   * `INPUT_RIGHTS`, `READERS`, `RESTART` or `OFFICIAL_DATA`.
   */
  readonly code: Scalars['String']['output'];
  /** What was found and, unless it passed, what to do. */
  readonly message: Scalars['String']['output'];
  /** Whether something was found. */
  readonly state: PublicationCheckState;
};

/** Whether a check of a publication found something. */
export type PublicationCheckState =
  /** It cannot be published so. */
  | 'FAILED'
  /** All is well. */
  | 'PASSED'
  /** Reviewers should look at it. */
  | 'WARNING';

/** What somebody said of a publication. */
export type PublicationComment = {
  readonly __typename?: 'PublicationComment';
  /** When, ISO-8601 UTC. */
  readonly at: Scalars['String']['output'];
  /** User name. */
  readonly author: Scalars['String']['output'];
  /** Its identifier. */
  readonly id: Scalars['ID']['output'];
  /** Identifier of the comment that it answers. */
  readonly replyTo?: Maybe<Scalars['ID']['output']>;
  /** What was said. */
  readonly text: Scalars['String']['output'];
  /** Number of the version that it was said of. */
  readonly version: Scalars['Int']['output'];
};

/** Some of the publications. */
export type PublicationConnection = {
  readonly __typename?: 'PublicationConnection';
  /** The publications. */
  readonly nodes: ReadonlyArray<Publication>;
  /** Where the page is. */
  readonly pageInfo: PageInfo;
};

/** What is different in a version from the one before. */
export type PublicationDiff = {
  readonly __typename?: 'PublicationDiff';
  /** Number of datasets that are new. */
  readonly added: Scalars['BigInt']['output'];
  /** Number of datasets whose files, type, run or data ID are others. */
  readonly changed: Scalars['BigInt']['output'];
  /** The first hundred of them: `{"uuid": "…", "change": "ADDED"}`, `REMOVED` or `CHANGED`. */
  readonly datasets: ReadonlyArray<Scalars['JSONObject']['output']>;
  /** Number of the version before. */
  readonly from: Scalars['Int']['output'];
  /** Changes of collections, of dataset types and of what is said about it, in words. */
  readonly other: ReadonlyArray<Scalars['String']['output']>;
  /** Number of datasets that are there no more. */
  readonly removed: Scalars['BigInt']['output'];
};

/** Something that happened to a version of a publication. */
export type PublicationEvent = {
  readonly __typename?: 'PublicationEvent';
  /** When, ISO-8601 UTC. */
  readonly at: Scalars['String']['output'];
  /** The state that it came into, `COMMENTED`, `CONFIRMED` or `REMINDED`. */
  readonly event: Scalars['String']['output'];
  /** Its identifier, as webhooks have it: an event can come twice. */
  readonly id: Scalars['ID']['output'];
  /** That version, as you see it now. */
  readonly publication: Publication;
  /** Of the publication: one that is published takes the place of that before, which becomes `WITHDRAWN`. */
  readonly version: Scalars['Int']['output'];
};

/** Everything that is published with a version, as it was when it was submitted. */
export type PublicationManifest = {
  readonly __typename?: 'PublicationManifest';
  /** Bytes of their files. */
  readonly bytes: Scalars['BigInt']['output'];
  /** Collections, children before the chains that hold them. */
  readonly collections: ReadonlyArray<PublishedCollection>;
  /** Number of datasets. */
  readonly datasetCount: Scalars['BigInt']['output'];
  /** Dataset types, such as `{"name": "calexp", "dimensions": ["instrument"], "storageClass": "ExposureF", "isCalibration": false}`. */
  readonly datasetTypes: ReadonlyArray<Scalars['JSONObject']['output']>;
  /** Datasets in the order of their UUIDs. */
  readonly datasets: ManifestDatasetConnection;
  /** Official repositories that it is made from, of those that exist for you: whoever reads it has to be able to read them all. */
  readonly officialRepositories: ReadonlyArray<Scalars['String']['output']>;
  /** How much there is of each dataset type, by its name. */
  readonly sizes: ReadonlyArray<DatasetTypeSize>;
  /** Where on the sky its datasets are. */
  readonly sky: ManifestSky;
  /** Dimension universe. */
  readonly universe: Universe;
};


/** Everything that is published with a version, as it was when it was submitted. */
export type PublicationManifestDatasetsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** Everything that is published with a version, as it was when it was submitted. */
export type PublicationManifestSkyArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
};

/** Who is to read a publication, beside its owner. */
export type PublicationReaders = {
  readonly __typename?: 'PublicationReaders';
  /** Everyone who can sign in; never the public. */
  readonly allUsers: Scalars['Boolean']['output'];
  /** Members of these groups. */
  readonly groups: ReadonlyArray<Scalars['String']['output']>;
  /** These users. */
  readonly users: ReadonlyArray<Scalars['String']['output']>;
};

/** Who is to read a publication, beside its owner. */
export type PublicationReadersInput = {
  /** Everyone who can sign in; never the public. */
  readonly allUsers?: InputMaybe<Scalars['Boolean']['input']>;
  /** Members of these groups. */
  readonly groups?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** These users. */
  readonly users?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
};

/** How far a version of a publication is. */
export type PublicationState =
  /** It is approved and waits to be brought over. */
  | 'APPROVED'
  /** It was given up before it was published. */
  | 'CANCELLED'
  /** A reviewer sent it back: `reason` says what has to change. Submit it again with `publication`. */
  | 'CHANGES_REQUESTED'
  /** It is being made visible, all at once. */
  | 'COMMITTING'
  /** It is being written down, or its checks failed: only its owner sees it. */
  | 'DRAFT'
  /** It could not be brought over: `reason` says why. Nothing of it is visible. */
  | 'FAILED'
  /** A reviewer works on it. */
  | 'IN_REVIEW'
  /** It can be read by its readers. */
  | 'PUBLISHED'
  /** A reviewer turned it down: `reason` says why. */
  | 'REJECTED'
  /** Its files are being brought to the published repository; nobody sees them yet. */
  | 'STAGING'
  /**
   * What is in the satellite, a right or a name that it needs, the room that there is, or what the published repository has, changed after it was
   * submitted: `reason` says what. Submit it again with `publication`.
   */
  | 'STALE'
  /** It waits for a reviewer. */
  | 'SUBMITTED'
  /** What was brought is compared with what was approved. */
  | 'VERIFYING'
  /** It was published, and was taken out again or replaced by a later version: `reason` says why. */
  | 'WITHDRAWN';

/** An upload that was asked for. What is not submitted within a day is removed. */
export type PublicationUpload = {
  readonly __typename?: 'PublicationUpload';
  /** Until when, ISO-8601 UTC. */
  readonly expiresAt: Scalars['String']['output'];
  /** Headers that the PUT must have. */
  readonly headers: Scalars['JSONObject']['output'];
  /** Identifier for `submitPublication`. */
  readonly id: Scalars['ID']['output'];
  /** Address that takes one PUT of the bytes. */
  readonly url: Scalars['String']['output'];
};

/** A collection of a manifest. */
export type PublishedCollection = {
  readonly __typename?: 'PublishedCollection';
  /** Children of a chain, in search order. */
  readonly children: ReadonlyArray<Scalars['String']['output']>;
  /** Its documentation. */
  readonly doc?: Maybe<Scalars['String']['output']>;
  /** Whether it is an official repository's: what is in it is not published, and found there. */
  readonly isOfficial: Scalars['Boolean']['output'];
  /** Its name. */
  readonly name: Scalars['String']['output'];
  /** RUN, TAGGED, CHAINED or CALIBRATION. */
  readonly type: CollectionType;
};

/** A quantum that failed. */
export type QuantumFailure = {
  readonly __typename?: 'QuantumFailure';
  /** Class of the Python exception. */
  readonly exception: Scalars['String']['output'];
  /** What it says. */
  readonly message: Scalars['String']['output'];
  /** UUID of the quantum in the graph. */
  readonly quantum: Scalars['UUID']['output'];
  /** Label of its task. */
  readonly task: Scalars['String']['output'];
};

/** What can be asked. */
export type Query = {
  readonly __typename?: 'Query';
  /**
   * What was changed, by whom, the newest first: in a satellite of yours; where none is named, what you changed yourself, or all
   * there is if you are an administrator of this gateway.
   */
  readonly auditTrail?: Maybe<AuditConnection>;
  /** Collections of all selected repositories. */
  readonly collections?: Maybe<CollectionConnection>;
  /** Combinations of dimension values that exist, joined along space and time where dimensions overlap. */
  readonly dataIds?: Maybe<DataIdConnection>;
  /** One dataset by its UUID; null where it does not exist or is not shared with you. */
  readonly dataset?: Maybe<Dataset>;
  /** Dataset types of all selected repositories; one that several define alike is given once. */
  readonly datasetTypes?: Maybe<ReadonlyArray<DatasetType>>;
  /**
   * Datasets by type, collections and a Butler expression, over all selected repositories as one. With `findFirst` the earliest
   * collection of the path wins for each dataset type and data ID, whichever repository holds it.
   */
  readonly datasets?: Maybe<DatasetConnection>;
  /** Records of a dimension element: visits, detectors, tracts, patches, visit_detector_region, … */
  readonly dimensionRecords?: Maybe<DimensionRecordConnection>;
  /**
   * Whether somebody may read a satellite, or a collection in it, and why. About others than yourself only its owners may ask.
   * The rules alone are looked at: whether there is such a collection is not told.
   */
  readonly effectiveAccess: EffectiveAccess;
  /** The dataset of a type and data ID in the earliest collection that has one; null where none has. */
  readonly findDataset?: Maybe<Dataset>;
  /** One of your jobs; null where it does not exist or is another's. */
  readonly job?: Maybe<Job>;
  /** Your jobs, the newest first. */
  readonly jobs: ReadonlyArray<Job>;
  /** Any object by its `id`; null where it does not exist or is not shared with you. */
  readonly node?: Maybe<Node>;
  /** One publication, as its latest version is unless another is asked for; null where it does not exist or is not yours to see. */
  readonly publication?: Maybe<Publication>;
  /**
   * Publications that you may see, by what changed last: your own and those of your groups, those that you review, and those
   * whose data you may read. With `toReview: true` it is a reviewer's queue.
   */
  readonly publications: PublicationConnection;
  /**
   * What a referee link shows: one version of a publication, without the names of those whose it is. NOT_FOUND where there is no such
   * link, it has ended, or you may not read the official data that the version was made from. Its files are at
   * `/referee/files/{uuid}/{file name}[?component=NAME]`, for requests with the secret in the header `Satellite-Referee-Link`.
   */
  readonly refereedPublication?: Maybe<RefereedPublication>;
  /**
   * Repositories that you may read, in the order in which they are searched when a query names none: your own, those of your
   * groups, the gateway's, then what others share with you.
   */
  readonly repositories: ReadonlyArray<Repository>;
  /** One repository; null where it does not exist or is not shared with you. */
  readonly repository?: Maybe<Repository>;
  /** One run on a satellite that you may write to; null where it does not exist, or is not yours to see. */
  readonly run?: Maybe<Run>;
  /** Runs on the satellites that you may write to, the newest first. */
  readonly runs: RunConnection;
  /** One satellite, by its name or as `owner~name`; null where it does not exist or is not shared with you. */
  readonly satellite?: Maybe<Satellite>;
  /** Your satellites and those that are shared with you, by name. */
  readonly satellites: ReadonlyArray<Satellite>;
  /** Who you are to the gateway. */
  readonly viewer: Viewer;
};


/** What can be asked. */
export type QueryAuditTrailArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  satellite?: InputMaybe<Scalars['String']['input']>;
};


/** What can be asked. */
export type QueryCollectionsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  flattenChains?: InputMaybe<Scalars['Boolean']['input']>;
  includeChains?: InputMaybe<Scalars['Boolean']['input']>;
  repositories?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  search?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  strict?: InputMaybe<Scalars['Boolean']['input']>;
  types?: InputMaybe<ReadonlyArray<CollectionType>>;
};


/** What can be asked. */
export type QueryDataIdsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  bind?: InputMaybe<Scalars['JSONObject']['input']>;
  dataId?: InputMaybe<Scalars['JSONObject']['input']>;
  datasets?: InputMaybe<ReadonlyArray<DatasetSearchInput>>;
  dimensions: ReadonlyArray<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  repositories?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  strict?: InputMaybe<Scalars['Boolean']['input']>;
  where?: InputMaybe<Scalars['String']['input']>;
};


/** What can be asked. */
export type QueryDatasetArgs = {
  repository?: InputMaybe<Scalars['String']['input']>;
  uuid: Scalars['UUID']['input'];
};


/** What can be asked. */
export type QueryDatasetTypesArgs = {
  repositories?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  search?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  strict?: InputMaybe<Scalars['Boolean']['input']>;
};


/** What can be asked. */
export type QueryDatasetsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  bind?: InputMaybe<Scalars['JSONObject']['input']>;
  collections: ReadonlyArray<Scalars['String']['input']>;
  dataId?: InputMaybe<Scalars['JSONObject']['input']>;
  datasetTypes: ReadonlyArray<Scalars['String']['input']>;
  findFirst?: InputMaybe<Scalars['Boolean']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  repositories?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  strict?: InputMaybe<Scalars['Boolean']['input']>;
  where?: InputMaybe<Scalars['String']['input']>;
};


/** What can be asked. */
export type QueryDimensionRecordsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  bind?: InputMaybe<Scalars['JSONObject']['input']>;
  dataId?: InputMaybe<Scalars['JSONObject']['input']>;
  element: Scalars['String']['input'];
  first?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  repositories?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  strict?: InputMaybe<Scalars['Boolean']['input']>;
  where?: InputMaybe<Scalars['String']['input']>;
};


/** What can be asked. */
export type QueryEffectiveAccessArgs = {
  collection?: InputMaybe<Scalars['String']['input']>;
  satellite: Scalars['String']['input'];
  user?: InputMaybe<Scalars['String']['input']>;
};


/** What can be asked. */
export type QueryFindDatasetArgs = {
  collections: ReadonlyArray<Scalars['String']['input']>;
  dataId: Scalars['JSONObject']['input'];
  datasetType: Scalars['String']['input'];
  repositories?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  timespan?: InputMaybe<TimespanInput>;
};


/** What can be asked. */
export type QueryJobArgs = {
  id: Scalars['ID']['input'];
};


/** What can be asked. */
export type QueryJobsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  satellite?: InputMaybe<Scalars['String']['input']>;
};


/** What can be asked. */
export type QueryNodeArgs = {
  id: Scalars['ID']['input'];
};


/** What can be asked. */
export type QueryPublicationArgs = {
  id: Scalars['ID']['input'];
  version?: InputMaybe<Scalars['Int']['input']>;
};


/** What can be asked. */
export type QueryPublicationsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  owner?: InputMaybe<Scalars['String']['input']>;
  repository?: InputMaybe<Scalars['String']['input']>;
  states?: InputMaybe<ReadonlyArray<PublicationState>>;
  toReview?: InputMaybe<Scalars['Boolean']['input']>;
};


/** What can be asked. */
export type QueryRefereedPublicationArgs = {
  secret: Scalars['String']['input'];
};


/** What can be asked. */
export type QueryRepositoryArgs = {
  name: Scalars['String']['input'];
};


/** What can be asked. */
export type QueryRunArgs = {
  id: Scalars['ID']['input'];
};


/** What can be asked. */
export type QueryRunsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  satellite?: InputMaybe<Scalars['String']['input']>;
};


/** What can be asked. */
export type QuerySatelliteArgs = {
  name: Scalars['String']['input'];
};


/** What can be asked. */
export type QuerySatellitesArgs = {
  deleted?: InputMaybe<Scalars['Boolean']['input']>;
};

/**
 * How a search is answered: which repository is asked for what, in which order, and why. Where nothing is found, what emptied the
 * answer and what to change. Selecting it alone, without `nodes`, `edges` and `pageInfo`, reads no rows: ask it before a search
 * that may be large.
 */
export type QueryExplanation = {
  readonly __typename?: 'QueryExplanation';
  /** About how many rows the answer has, reckoned by counting; null where nothing was counted. */
  readonly estimatedRows?: Maybe<Scalars['BigInt']['output']>;
  /** Whether the answer is empty; null where finding that out would cost as much as the search. */
  readonly isEmpty?: Maybe<Scalars['Boolean']['output']>;
  /** Whether rows of several repositories are joined by this gateway, because none of them has all that is needed. */
  readonly joinedHere: Scalars['Boolean']['output'];
  /** Reasons for an empty answer in the words of the Butler itself (`explain_no_results`), each after the name of its repository. */
  readonly messages: ReadonlyArray<Scalars['String']['output']>;
  /** Why the answer is empty; null where it is not. */
  readonly reason?: Maybe<Scalars['String']['output']>;
  /** What each repository is asked for, in that order. */
  readonly steps: ReadonlyArray<QueryStep>;
  /** What to change so that something is found. */
  readonly suggestions: ReadonlyArray<Scalars['String']['output']>;
};

/** One thing that one repository is asked for. */
export type QueryStep = {
  readonly __typename?: 'QueryStep';
  /** Collections of it that are searched, in order, without chains; none for dimension records. */
  readonly collections: ReadonlyArray<Scalars['String']['output']>;
  /** Rows that it has of that, with what the query says of it alone; null where nothing was counted. */
  readonly estimatedRows?: Maybe<Scalars['BigInt']['output']>;
  /** Rows that were brought together; null where that is not known without running the search. */
  readonly foundRows?: Maybe<Scalars['BigInt']['output']>;
  /** What it is asked for. */
  readonly kind: QueryStepKind;
  /** Name of the dataset type or of the dimension element. */
  readonly name: Scalars['String']['output'];
  /** The repository; null for data IDs that came with the query. */
  readonly repository?: Maybe<Repository>;
  /** Why it is asked, and in this place. */
  readonly why: Scalars['String']['output'];
};

/** What a repository is asked for. */
export type QueryStepKind =
  /** Datasets of one type. */
  | 'DATASETS'
  /** Data IDs that came with the query. */
  | 'DATA_IDS'
  /** Records of a dimension element that no dataset of the query names. */
  | 'DIMENSION_RECORDS';

/** A link by which a referee reads one version of a publication. What opens it is told once, when it is made. */
export type RefereeLink = {
  readonly __typename?: 'RefereeLink';
  /** When, ISO-8601 UTC. */
  readonly createdAt: Scalars['String']['output'];
  /** The owner who made it. */
  readonly createdBy: Scalars['String']['output'];
  /** When it ends, ISO-8601 UTC. */
  readonly expiresAt: Scalars['String']['output'];
  /** Its identifier, which opens nothing. */
  readonly id: Scalars['ID']['output'];
  /** What its maker noted, such as whom it was sent to. */
  readonly note?: Maybe<Scalars['String']['output']>;
  /** When it was revoked, ISO-8601 UTC; null where it was not. */
  readonly revokedAt?: Maybe<Scalars['String']['output']>;
  /** Number of the version. */
  readonly version: Scalars['Int']['output'];
};

/**
 * A version of a publication as a referee reads it. `hidden` stands in the place of its owner's name, `hidden-2` and so on in that of other
 * users and groups that have a part in it, wherever they were.
 */
export type RefereedPublication = {
  readonly __typename?: 'RefereedPublication';
  /** What was checked automatically. */
  readonly checks: ReadonlyArray<PublicationCheck>;
  /** What it is, in its owner's words. */
  readonly description?: Maybe<Scalars['String']['output']>;
  /** When the link ends, ISO-8601 UTC. */
  readonly expiresAt: Scalars['String']['output'];
  /** Under which terms others may use it, in its owner's words. */
  readonly licence?: Maybe<Scalars['String']['output']>;
  /** Everything that is in it. */
  readonly manifest: PublicationManifest;
  /** Its title. */
  readonly title: Scalars['String']['output'];
  /** Number of the version. */
  readonly version: Scalars['Int']['output'];
};

/** The dataset type that `registerDatasetType` registers. */
export type RegisterDatasetTypeInput = {
  /** Its dimensions; those that they imply or require come by themselves. */
  readonly dimensions: ReadonlyArray<Scalars['String']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Whether its datasets can have validity ranges in CALIBRATION collections. */
  readonly isCalibration?: InputMaybe<Scalars['Boolean']['input']>;
  /** Name of the dataset type. */
  readonly name: Scalars['String']['input'];
  /** Name of the satellite. */
  readonly satellite: Scalars['String']['input'];
  /** Name of its storage class, such as `ExposureF`. */
  readonly storageClass: Scalars['String']['input'];
};

/** What came of `registerDatasetType`. */
export type RegisterDatasetTypePayload = {
  readonly __typename?: 'RegisterDatasetTypePayload';
  /** The dataset type. */
  readonly datasetType: DatasetType;
};

/** Which publication `rejectPublication` turns down. */
export type RejectPublicationInput = {
  /** Why; needed. */
  readonly comment?: InputMaybe<Scalars['String']['input']>;
  /** Its digest, in the same way. */
  readonly digest?: InputMaybe<Scalars['String']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its identifier. */
  readonly publication: Scalars['ID']['input'];
  /** Number of the version that is meant: CONFLICT where that is not the latest (any more). */
  readonly version?: InputMaybe<Scalars['Int']['input']>;
};

/** What came of `rejectPublication`. */
export type RejectPublicationPayload = {
  readonly __typename?: 'RejectPublicationPayload';
  /** Always null: it is done at once. */
  readonly job?: Maybe<Job>;
  /** The publication. */
  readonly publication: Publication;
};

/** How `removeDatasets` removes. */
export type RemovalMode =
  /** They go, out of every collection. */
  | 'PURGE'
  /** Their files go; they stay registered. */
  | 'UNSTORE';

/** What a removal removes. */
export type RemovalPlan = {
  readonly __typename?: 'RemovalPlan';
  /** Bytes of the satellite's own files that go. */
  readonly bytes: Scalars['BigInt']['output'];
  /** Chains that hold the collection; they stay, without it. */
  readonly chains: ReadonlyArray<Scalars['String']['output']>;
  /** Number of datasets that go, or whose files go. */
  readonly datasets: Scalars['BigInt']['output'];
};

/** What `removeCollection` removes. */
export type RemoveCollectionInput = {
  /** Name of the collection. */
  readonly collection: Scalars['String']['input'];
  /** Only give the plan. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Name of the satellite. */
  readonly satellite: Scalars['String']['input'];
  /** Take it out of the chains that hold it. Where this is false, and a chain holds it, it is not removed. */
  readonly unlink?: InputMaybe<Scalars['Boolean']['input']>;
};

/** What came of `removeCollection`. */
export type RemoveCollectionPayload = {
  readonly __typename?: 'RemoveCollectionPayload';
  /** The job that removes it; null where all is done. */
  readonly job?: Maybe<Job>;
  /** What is removed. */
  readonly plan: RemovalPlan;
};

/** What `removeDatasets` removes: either `uuids` or `search`. */
export type RemoveDatasetsInput = {
  /** Only give the plan. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Whether they stay registered. */
  readonly mode: RemovalMode;
  /** Name of the satellite. */
  readonly satellite: Scalars['String']['input'];
  /** A search for them in the satellite. */
  readonly search?: InputMaybe<DatasetSelectionInput>;
  /** UUIDs of the datasets. */
  readonly uuids?: InputMaybe<ReadonlyArray<Scalars['UUID']['input']>>;
};

/** What came of `removeDatasets`. */
export type RemoveDatasetsPayload = {
  readonly __typename?: 'RemoveDatasetsPayload';
  /** The job that removes it; null where all is done. */
  readonly job?: Maybe<Job>;
  /** What is removed. */
  readonly plan: RemovalPlan;
};

/** Which run `removeRun` removes. */
export type RemoveRunInput = {
  /** Only give the plan. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its identifier. */
  readonly run: Scalars['ID']['input'];
};

/** What came of `removeRun`. */
export type RemoveRunPayload = {
  readonly __typename?: 'RemoveRunPayload';
  /** The job that removes it; null in a dry run. */
  readonly job?: Maybe<Job>;
  /** What goes with it. */
  readonly plan: RunRemovalPlan;
  /** The run as it was; null when it is gone. */
  readonly run?: Maybe<Run>;
};

/** A Butler repository: collections of datasets, and the dimension records that their data IDs are made of. */
export type Repository = Node & {
  readonly __typename?: 'Repository';
  /** Its collections; null where the repository cannot answer now. */
  readonly collections?: Maybe<CollectionConnection>;
  /** Its dataset types, by name; null where the repository cannot answer now. */
  readonly datasetTypes?: Maybe<ReadonlyArray<DatasetType>>;
  /** Identifier for `node(id:)`. */
  readonly id: Scalars['ID']['output'];
  /** What it is to its readers. */
  readonly kind: RepositoryKind;
  /** Name in this gateway, as the argument `repositories` takes it. */
  readonly name: Scalars['String']['output'];
  /** Its dimension universe; null where the repository cannot answer now. */
  readonly universe?: Maybe<Universe>;
  /** How much it holds; null where it cannot tell, as repositories behind a Butler server. */
  readonly usage?: Maybe<RepositoryUsage>;
};


/** A Butler repository: collections of datasets, and the dimension records that their data IDs are made of. */
export type RepositoryCollectionsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  flattenChains?: InputMaybe<Scalars['Boolean']['input']>;
  includeChains?: InputMaybe<Scalars['Boolean']['input']>;
  search?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  types?: InputMaybe<ReadonlyArray<CollectionType>>;
};


/** A Butler repository: collections of datasets, and the dimension records that their data IDs are made of. */
export type RepositoryDatasetTypesArgs = {
  search?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
};

/** What a repository is to its readers. */
export type RepositoryKind =
  /** A data release or another repository of the observatory, read only. */
  | 'OFFICIAL'
  /** Where reviewed collections of users are published. */
  | 'PUBLISHED'
  /** A user's own repository. */
  | 'SATELLITE';

/** How much a repository holds. */
export type RepositoryUsage = {
  readonly __typename?: 'RepositoryUsage';
  /** Bytes of the files in its own store. Files that it only refers to are not counted. */
  readonly bytes: Scalars['BigInt']['output'];
  /** Number of registered datasets. */
  readonly datasets: Scalars['BigInt']['output'];
  /** The same by TAGGED or CALIBRATION collection and dataset type. What is in those is in its run too: it is counted in both. */
  readonly memberships: ReadonlyArray<MembershipUsage>;
  /** The same by run and dataset type. A file that several of them share is counted in each. */
  readonly parts: ReadonlyArray<UsagePart>;
  /** Bytes of files elsewhere that it refers to, as far as their sizes are known. */
  readonly referencedBytes: Scalars['BigInt']['output'];
};

/** Which publication `requestPublicationChanges` sends back. */
export type RequestPublicationChangesInput = {
  /** What has to change; needed. */
  readonly comment?: InputMaybe<Scalars['String']['input']>;
  /** Its digest, in the same way. */
  readonly digest?: InputMaybe<Scalars['String']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its identifier. */
  readonly publication: Scalars['ID']['input'];
  /** Number of the version that is meant: CONFLICT where that is not the latest (any more). */
  readonly version?: InputMaybe<Scalars['Int']['input']>;
};

/** What came of `requestPublicationChanges`. */
export type RequestPublicationChangesPayload = {
  readonly __typename?: 'RequestPublicationChangesPayload';
  /** Always null: it is done at once. */
  readonly job?: Maybe<Job>;
  /** The publication. */
  readonly publication: Publication;
};

/** Which satellite `resetSatellite` empties. */
export type ResetSatelliteInput = {
  /** Only give the plan. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its name. */
  readonly satellite: Scalars['String']['input'];
};

/** What came of `resetSatellite`. */
export type ResetSatellitePayload = {
  readonly __typename?: 'ResetSatellitePayload';
  /** The job that goes on; null where all is done. */
  readonly job?: Maybe<Job>;
  /** What goes. */
  readonly plan?: Maybe<SatellitePlan>;
  /** The satellite. */
  readonly satellite?: Maybe<Satellite>;
};

/** Which satellite `restoreSatellite` brings back. */
export type RestoreSatelliteInput = {
  /** Only give the plan. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its name. */
  readonly satellite: Scalars['String']['input'];
};

/** What came of `restoreSatellite`. */
export type RestoreSatellitePayload = {
  readonly __typename?: 'RestoreSatellitePayload';
  /** The job that goes on; null where all is done. */
  readonly job?: Maybe<Job>;
  /** What comes back. */
  readonly plan?: Maybe<SatellitePlan>;
  /** The satellite. */
  readonly satellite?: Maybe<Satellite>;
};

/** Which job `retryJob` starts again. */
export type RetryJobInput = {
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its identifier. */
  readonly job: Scalars['ID']['input'];
};

/** What came of `retryJob`. */
export type RetryJobPayload = {
  readonly __typename?: 'RetryJobPayload';
  /** The job. */
  readonly job: Job;
};

/** Which run `retryRun` goes on with. */
export type RetryRunInput = {
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its identifier. */
  readonly run: Scalars['ID']['input'];
};

/** What came of `retryRun`. */
export type RetryRunPayload = {
  readonly __typename?: 'RetryRunPayload';
  /** The job that works on it; null where none does. */
  readonly job?: Maybe<Job>;
  /** The run. */
  readonly run: Run;
};

/** Which grant `revokeAccess` ends. */
export type RevokeAccessInput = {
  /** Its identifier. */
  readonly grant: Scalars['ID']['input'];
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

/** What came of `revokeAccess`. */
export type RevokeAccessPayload = {
  readonly __typename?: 'RevokeAccessPayload';
  /** The number of changes of grants in this gateway so far: requests that begin after this answer see at least these. */
  readonly accessRevision: Scalars['BigInt']['output'];
  /** The grant as it was. */
  readonly grant: Grant;
};

/** Which link `revokeRefereeLink` ends. */
export type RevokeRefereeLinkInput = {
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the link. */
  readonly link: Scalars['ID']['input'];
};

/** What came of `revokeRefereeLink`. */
export type RevokeRefereeLinkPayload = {
  readonly __typename?: 'RevokeRefereeLinkPayload';
  /** Always null: it is done at once. */
  readonly job?: Maybe<Job>;
  /** The link. */
  readonly link: RefereeLink;
};

/** Whose secrets `rotateSatelliteCapability` makes anew. */
export type RotateSatelliteCapabilityInput = {
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its name. */
  readonly satellite: Scalars['String']['input'];
};

/** What came of `rotateSatelliteCapability`. */
export type RotateSatelliteCapabilityPayload = {
  readonly __typename?: 'RotateSatelliteCapabilityPayload';
  /** The job that rewrites its addresses; null where all is done. */
  readonly job?: Maybe<Job>;
  /** The satellite. */
  readonly satellite?: Maybe<Satellite>;
};

/** A pipeline over official and own data, from its quantum graph to its results in a satellite. */
export type Run = Node & {
  readonly __typename?: 'Run';
  /** When it was made, ISO-8601 UTC. */
  readonly createdAt: Scalars['String']['output'];
  /** Its tasks and the dataset types between them as text of Mermaid, which notebooks and many pages draw; null before it is built. */
  readonly diagram?: Maybe<Scalars['String']['output']>;
  /** Directory with its graph, logs and records (`run.json`), as your notebook finds it. */
  readonly directory: Scalars['String']['output'];
  /** Why it failed, or what it waits for; null else. */
  readonly error?: Maybe<JobError>;
  /** Why the graph has no quanta, and what to change; null where it has some. */
  readonly explain?: Maybe<RunExplanation>;
  /** Quanta that failed, and why: the first 1000. */
  readonly failures: ReadonlyArray<QuantumFailure>;
  /** The datasets that its graph reads and does not make, in the order of their UUIDs. */
  readonly graphInputs: RunDatasetConnection;
  /** The datasets that its graph makes, those that are made before its quanta first. */
  readonly graphOutputs: RunDatasetConnection;
  /** The quanta of its graph, with what they read and make, in the order of the tasks. */
  readonly graphQuanta: RunQuantumConnection;
  /** Identifier for `node(id:)` and `run(id:)`. */
  readonly id: Scalars['ID']['output'];
  /** Collections that inputs are taken from, in search order. */
  readonly inputs: ReadonlyArray<Scalars['String']['output']>;
  /** The job that works on it, or did last; null where none did, or another user started it. */
  readonly job?: Maybe<Job>;
  /** What a quantum logged; null where there is nothing (yet). */
  readonly log?: Maybe<Scalars['String']['output']>;
  /** The CHAINED collection of its outputs: `outputRun`, then `inputs`. */
  readonly output: Scalars['String']['output'];
  /** The RUN collection of its outputs: `output`, and when the run was made. */
  readonly outputRun: Scalars['String']['output'];
  /** User who made it. */
  readonly owner: Scalars['String']['output'];
  /**
   * What was to be expected before the graph was built, as tables of text: which repository gives which input, and at most how
   * many quanta each task has. Null before, for a graph that was made elsewhere or on a machine of yours.
   */
  readonly plan?: Maybe<Scalars['String']['output']>;
  /** How its quanta went; null before the graph is built. */
  readonly quanta?: Maybe<RunQuanta>;
  /** Names of the repositories that inputs are taken from, in search order. */
  readonly repositories: ReadonlyArray<Scalars['String']['output']>;
  /** The satellite that its outputs go into. */
  readonly satellite?: Maybe<Satellite>;
  /** Where it stands. */
  readonly state: RunState;
  /** The tasks of its graph, in the order in which they can run; none before it is built. */
  readonly tasks: ReadonlyArray<RunTask>;
  /**
   * What to know before `executeRun`: that its collections of inputs are not what they were when the graph was built. None once
   * it is executed.
   */
  readonly warnings: ReadonlyArray<Scalars['String']['output']>;
  /** Machine of yours that works on it (`satellite run`); null where the gateway does. */
  readonly worker?: Maybe<Scalars['String']['output']>;
};


/** A pipeline over official and own data, from its quantum graph to its results in a satellite. */
export type RunGraphInputsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** A pipeline over official and own data, from its quantum graph to its results in a satellite. */
export type RunGraphOutputsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** A pipeline over official and own data, from its quantum graph to its results in a satellite. */
export type RunGraphQuantaArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  task?: InputMaybe<Scalars['String']['input']>;
};


/** A pipeline over official and own data, from its quantum graph to its results in a satellite. */
export type RunLogArgs = {
  quantum?: InputMaybe<Scalars['UUID']['input']>;
};

/** A page of runs. */
export type RunConnection = {
  readonly __typename?: 'RunConnection';
  /** The runs with their cursors. */
  readonly edges: ReadonlyArray<RunEdge>;
  /** The runs. */
  readonly nodes: ReadonlyArray<Run>;
  /** Where the page is in the whole list. */
  readonly pageInfo: PageInfo;
};

/** A dataset of a run's graph, which may not be made yet. */
export type RunDataset = {
  readonly __typename?: 'RunDataset';
  /** Its data ID, with implied dimensions. */
  readonly dataId: Scalars['JSONObject']['output'];
  /** Name of its dataset type. */
  readonly datasetType: Scalars['String']['output'];
  /** Its RUN collection. */
  readonly run: Scalars['String']['output'];
  /** Its UUID. */
  readonly uuid: Scalars['UUID']['output'];
};

/** A page of datasets of a run's graph. */
export type RunDatasetConnection = {
  readonly __typename?: 'RunDatasetConnection';
  /** The datasets with their cursors. */
  readonly edges: ReadonlyArray<RunDatasetEdge>;
  /** The datasets. */
  readonly nodes: ReadonlyArray<RunDataset>;
  /** Where the page is in the whole list. */
  readonly pageInfo: PageInfo;
};

/** A dataset of a run's graph in a page. */
export type RunDatasetEdge = {
  readonly __typename?: 'RunDatasetEdge';
  /** Its place, for `after`. */
  readonly cursor: Scalars['String']['output'];
  /** The dataset. */
  readonly node: RunDataset;
};

/** A run in a page. */
export type RunEdge = {
  readonly __typename?: 'RunEdge';
  /** Its place, for `after`. */
  readonly cursor: Scalars['String']['output'];
  /** The run. */
  readonly node: Run;
};

/** Where the quanta of a run are executed. */
export type RunExecutor =
  /** By the batch system that is configured for BPS (Parsl, HTCondor, PanDA, …). */
  | 'BPS'
  /** By workers on one machine: the gateway's, or your own with `satellite run`. */
  | 'LOCAL';

/** Why a graph has no quanta. */
export type RunExplanation = {
  readonly __typename?: 'RunExplanation';
  /** Which constraint leaves nothing. */
  readonly reason: Scalars['String']['output'];
  /** What to change. */
  readonly suggestions: ReadonlyArray<Scalars['String']['output']>;
};

/** How the inputs of a run come along. */
export type RunInputs =
  /** Each file is copied and checked. */
  | 'COPY'
  /** They do not. */
  | 'NONE'
  /** The satellite holds the permanent address of each file. */
  | 'REFERENCE';

/** How the quanta of a run went. */
export type RunQuanta = {
  readonly __typename?: 'RunQuanta';
  /** Not run, because what they need was not made. */
  readonly blocked: Scalars['BigInt']['output'];
  /** Failed: `retryRun` tries them again. */
  readonly failed: Scalars['BigInt']['output'];
  /** Done. */
  readonly succeeded: Scalars['BigInt']['output'];
  /** Number of quanta. */
  readonly total: Scalars['BigInt']['output'];
};

/** A quantum of a run's graph: one task, one data ID. */
export type RunQuantum = {
  readonly __typename?: 'RunQuantum';
  /** Its data ID, with implied dimensions. */
  readonly dataId: Scalars['JSONObject']['output'];
  /** Datasets that it reads. */
  readonly inputs: ReadonlyArray<RunDataset>;
  /** Datasets that it makes. */
  readonly outputs: ReadonlyArray<RunDataset>;
  /** Label of its task. */
  readonly task: Scalars['String']['output'];
  /** Its UUID. */
  readonly uuid: Scalars['UUID']['output'];
};

/** A page of quanta. */
export type RunQuantumConnection = {
  readonly __typename?: 'RunQuantumConnection';
  /** The quanta with their cursors. */
  readonly edges: ReadonlyArray<RunQuantumEdge>;
  /** The quanta. */
  readonly nodes: ReadonlyArray<RunQuantum>;
  /** Where the page is in the whole graph. */
  readonly pageInfo: PageInfo;
};

/** A quantum in a page. */
export type RunQuantumEdge = {
  readonly __typename?: 'RunQuantumEdge';
  /** Its place, for `after`. */
  readonly cursor: Scalars['String']['output'];
  /** The quantum. */
  readonly node: RunQuantum;
};

/** What goes with a run. */
export type RunRemovalPlan = {
  readonly __typename?: 'RunRemovalPlan';
  /** Bytes of these files. */
  readonly bytes: Scalars['BigInt']['output'];
  /** Collections that go: its RUN, and its chain where nothing else of the chain's own is in it. */
  readonly collections: ReadonlyArray<Scalars['String']['output']>;
  /** Number of its outputs that are registered in the satellite. */
  readonly datasets: Scalars['BigInt']['output'];
  /** Number of files of its outputs, registered or not. */
  readonly files: Scalars['BigInt']['output'];
};

/** Where a run stands. */
export type RunState =
  /** Its quantum graph is being built. */
  | 'BUILDING'
  /** Its quantum graph is there: `executeRun` is next. `explain` says why, if it has no quanta. */
  | 'BUILT'
  /** It was cancelled. `retryRun` goes on from there. */
  | 'CANCELLED'
  /** Its results are in the satellite. */
  | 'COMPLETED'
  /** It was asked for: `buildRun` is next. */
  | 'CREATED'
  /** All quanta were run: `transferRun` is next. */
  | 'EXECUTED'
  /** Its quanta are being run. */
  | 'EXECUTING'
  /** A step could not be done, or some quanta failed: `error` says why, `retryRun` goes on with what is missing. */
  | 'FAILED'
  /** It waits for what `error` says: a right that ended, a token that is good. It goes on by itself, or by `retryRun`. */
  | 'HELD'
  /** Its results are being brought into the satellite's registry. */
  | 'TRANSFERRING';

/** A task of a run's graph. */
export type RunTask = {
  readonly __typename?: 'RunTask';
  /** Name of its Python class. */
  readonly className: Scalars['String']['output'];
  /** Dimensions of its quanta. */
  readonly dimensions: ReadonlyArray<Scalars['String']['output']>;
  /** Dataset types that it reads. */
  readonly inputs: ReadonlyArray<Scalars['String']['output']>;
  /** Its label in the pipeline. */
  readonly label: Scalars['String']['output'];
  /** Dataset types that it makes. */
  readonly outputs: ReadonlyArray<Scalars['String']['output']>;
  /** Dataset types that it reads and no task of the pipeline makes, looked up for each quantum. */
  readonly prerequisites: ReadonlyArray<Scalars['String']['output']>;
  /** Number of its quanta. */
  readonly quanta: Scalars['BigInt']['output'];
};

/**
 * A user's own repository: a genuine Butler repository that the gateway made and writes to. Those with whom it is shared see
 * its name, owner, state and repository; all else is null for them. A repository of yours that the gateway's operator
 * configured is a satellite too: you can fill and share it, and its operator resets, deletes and migrates it.
 */
export type Satellite = Node & {
  readonly __typename?: 'Satellite';
  /** Where its files are; null where the gateway did not make it. */
  readonly artifacts?: Maybe<SatelliteArtifacts>;
  /** When it was made, ISO-8601 UTC; null where that is not known. */
  readonly createdAt?: Maybe<Scalars['String']['output']>;
  /** Where its registry is; null where the gateway did not make it. */
  readonly database?: Maybe<SatelliteDatabase>;
  /**
   * What stock Python needs beside `uri`: entries for `db-auth.yaml` and credentials for the object store, good for this
   * satellite only. Null for all but its owner, and where the gateway did not make it.
   */
  readonly environment?: Maybe<Scalars['JSONObject']['output']>;
  /**
   * What you share of it with whom, the newest first. A reset satellite is a new one that nobody else may read; `restoreSatellite`
   * brings the old one back with its grants. Null for all but its owners.
   */
  readonly grants?: Maybe<ReadonlyArray<Grant>>;
  /** The group whose members may use it as its owner does; null where none. */
  readonly group?: Maybe<Scalars['String']['output']>;
  /** Identifier for `node(id:)`. */
  readonly id: Scalars['ID']['output'];
  /** Its name. To others it is `owner~name`. */
  readonly name: Scalars['String']['output'];
  /** Name of the repository that it was made from; null where that is not known. */
  readonly official?: Maybe<Scalars['String']['output']>;
  /** Whose it is. */
  readonly owner: Scalars['String']['output'];
  /** When a deleted one is gone for good, ISO-8601 UTC; null else. */
  readonly purgeAt?: Maybe<Scalars['String']['output']>;
  /** Bytes that it may hold; null where that is not limited. */
  readonly quotaBytes?: Maybe<Scalars['BigInt']['output']>;
  /** The repository, for reading: as much of it as you may read. Null where it cannot be read now. */
  readonly repository?: Maybe<Repository>;
  /** What can be done with it now. */
  readonly state: SatelliteState;
  /** What stock Python takes in `Butler(...)`, from where you are. Null for all but its owner and its group. */
  readonly uri?: Maybe<Scalars['String']['output']>;
  /** How much it holds; null where that cannot be told now. */
  readonly usage?: Maybe<RepositoryUsage>;
  /** What you should know of where it is, such as that the place is emptied from time to time. */
  readonly warnings: ReadonlyArray<Scalars['String']['output']>;
};


/**
 * A user's own repository: a genuine Butler repository that the gateway made and writes to. Those with whom it is shared see
 * its name, owner, state and repository; all else is null for them. A repository of yours that the gateway's operator
 * configured is a satellite too: you can fill and share it, and its operator resets, deletes and migrates it.
 */
export type SatelliteGrantsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
};

/** Where a satellite keeps the files of its datasets. */
export type SatelliteArtifacts =
  /** A directory of its own. */
  | 'FILES'
  /** A prefix of its own in the gateway's object store. */
  | 'S3';

/** Where a satellite keeps its registry. */
export type SatelliteDatabase =
  /** A schema of its own in the gateway's PostgreSQL server; many may write at once. */
  | 'POSTGRESQL'
  /** A file of its own. */
  | 'SQLITE';

/** What a change to a satellite concerns. */
export type SatellitePlan = {
  readonly __typename?: 'SatellitePlan';
  /** Bytes of its own files: that a reset or a delete frees in the end. */
  readonly bytes?: Maybe<Scalars['BigInt']['output']>;
  /** Names of the collections. */
  readonly collections?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /**
   * Number of datasets: that go with a reset or a delete, come back with a restore, are looked at by a check. Null, as the next
   * three, where it cannot be read.
   */
  readonly datasets?: Maybe<Scalars['BigInt']['output']>;
  /** Other satellites that refer to datasets of this one. */
  readonly referencedBy: ReadonlyArray<Scalars['String']['output']>;
  /** Number of datasets that it only refers to. */
  readonly references?: Maybe<Scalars['BigInt']['output']>;
  /** Why it is not known what goes; null where it is. */
  readonly warning?: Maybe<Scalars['String']['output']>;
};

/** What can be done with a satellite now. */
export type SatelliteState =
  /** It is handed to stock Python, or being migrated: the gateway only reads it. */
  | 'CHECKED_OUT'
  /** It is being made. */
  | 'CREATING'
  /** It is deleted, and can be restored until `purgeAt`. */
  | 'DELETED'
  /** It can be read and written. */
  | 'READY';

/** The chain that `setCollectionChain` changes. */
export type SetCollectionChainInput = {
  /** Names of collections, in search order. */
  readonly children: ReadonlyArray<Scalars['String']['input']>;
  /** Name of the CHAINED collection. */
  readonly collection: Scalars['String']['input'];
  /** What is done with them. */
  readonly edit?: InputMaybe<ChainEdit>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Name of the satellite. */
  readonly satellite: Scalars['String']['input'];
};

/** What came of `setCollectionChain`. */
export type SetCollectionChainPayload = {
  readonly __typename?: 'SetCollectionChainPayload';
  /** The chain. */
  readonly collection: Collection;
};

/** What `submitPublication` publishes. */
export type SubmitPublicationInput = {
  /** Collections to publish, chains with all that is below them. Best below `u/YOU/` or `g/GROUP/`: such names stay yours. */
  readonly collections: ReadonlyArray<Scalars['String']['input']>;
  /** What it is. */
  readonly description?: InputMaybe<Scalars['String']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Under which terms others may use it. */
  readonly licence?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the publication that this is a new version of. */
  readonly publication?: InputMaybe<Scalars['ID']['input']>;
  /**
   * Who may read it, beside you. The default is all users, and for a later version whoever was to read the one before; a list alone,
   * such as `{users: ["bob"]}`, names all of them.
   */
  readonly readers?: InputMaybe<PublicationReadersInput>;
  /** Name of the published repository; the default is the only one. */
  readonly repository?: InputMaybe<Scalars['String']['input']>;
  /**
   * Name of the satellite, or of a configured repository of yours. With `upload`, what the satellite that the zip was made of is to
   * be called, as it is none of this gateway's.
   */
  readonly satellite: Scalars['String']['input'];
  /** Only these of the datasets in the collections; not of an upload, which has all that is meant. */
  readonly search?: InputMaybe<DatasetSelectionInput>;
  /** What it is called. */
  readonly title: Scalars['String']['input'];
  /** Identifier of an upload: all that is published is in the zip, and no satellite is read. */
  readonly upload?: InputMaybe<Scalars['ID']['input']>;
};

/** What came of `submitPublication`. */
export type SubmitPublicationPayload = {
  readonly __typename?: 'SubmitPublicationPayload';
  /** The work that makes the manifest; null where it is done. */
  readonly job?: Maybe<Job>;
  /** The publication: SUBMITTED, or DRAFT while a large manifest is being made and where its checks failed. */
  readonly publication: Publication;
};

/** What can be watched, over Server-Sent Events at `/graphql/stream` or over WebSocket at `/graphql`. */
export type Subscription = {
  readonly __typename?: 'Subscription';
  /** A job now and after each change, until it has ended. Over Server-Sent Events at `/graphql/stream`, or WebSocket. */
  readonly jobProgress: Job;
  /**
   * What happens to publications that are yours or your group's, and to those that you review, such as new requests, comments,
   * reminders and that one was given up because nobody did anything: from the last minute on, so that who subscribes again has
   * missed nothing.
   */
  readonly publicationEvents: PublicationEvent;
  /** A publication now and after each change. Over Server-Sent Events at `/graphql/stream`, or WebSocket. */
  readonly publicationUpdates: Publication;
  /** A run now and after each change, until it is COMPLETED, FAILED or CANCELLED. Over Server-Sent Events, or WebSocket. */
  readonly runProgress: Run;
};


/** What can be watched, over Server-Sent Events at `/graphql/stream` or over WebSocket at `/graphql`. */
export type SubscriptionJobProgressArgs = {
  id: Scalars['ID']['input'];
};


/** What can be watched, over Server-Sent Events at `/graphql/stream` or over WebSocket at `/graphql`. */
export type SubscriptionPublicationUpdatesArgs = {
  id: Scalars['ID']['input'];
};


/** What can be watched, over Server-Sent Events at `/graphql/stream` or over WebSocket at `/graphql`. */
export type SubscriptionRunProgressArgs = {
  id: Scalars['ID']['input'];
};

/** A half-open span of time [begin, end) in TAI. A missing end is unbounded. */
export type Timespan = {
  readonly __typename?: 'Timespan';
  /** First instant, as ISO-8601 TAI with nanoseconds; null: unbounded. */
  readonly begin?: Maybe<Scalars['String']['output']>;
  /** First instant, as nanoseconds since 1970-01-01T00:00:00 TAI in decimal text; null: unbounded. */
  readonly beginNs?: Maybe<Scalars['String']['output']>;
  /** First instant after the span, as ISO-8601 TAI with nanoseconds; null: unbounded. */
  readonly end?: Maybe<Scalars['String']['output']>;
  /** First instant after the span, as nanoseconds since 1970-01-01T00:00:00 TAI in decimal text; null: unbounded. */
  readonly endNs?: Maybe<Scalars['String']['output']>;
};

/** A half-open span of time [begin, end) in TAI. An end that is absent or null is unbounded. */
export type TimespanInput = {
  /** First instant, ISO-8601 TAI such as `2020-01-01T12:00:00`. */
  readonly begin?: InputMaybe<Scalars['String']['input']>;
  /** First instant after the span, ISO-8601 TAI such as `2020-01-01T13:00:00`. */
  readonly end?: InputMaybe<Scalars['String']['input']>;
};

/** What `transferDatasets` brings: one of `search`, `uuids` and `run`. */
export type TransferDatasetsInput = {
  /**
   * Bring the collections too: every chain named in the search with all its children in order, and of the datasets their
   * membership in TAGGED ones and validity ranges in CALIBRATION ones: those that the search goes through, or all of them for
   * `uuids`. RUNs always come.
   */
  readonly collections?: InputMaybe<Scalars['Boolean']['input']>;
  /** Only give the plan. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Name of the repository to take them from. The default is the one that the satellite was made from. */
  readonly from?: InputMaybe<Scalars['String']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Whether the bytes come along. */
  readonly mode?: InputMaybe<TransferMode>;
  /** The inputs of this run's graph. */
  readonly run?: InputMaybe<Scalars['ID']['input']>;
  /** A search for them. */
  readonly search?: InputMaybe<DatasetSelectionInput>;
  /** Name of the satellite to bring them into. */
  readonly to: Scalars['String']['input'];
  /** Their UUIDs. */
  readonly uuids?: InputMaybe<ReadonlyArray<Scalars['UUID']['input']>>;
};

/** What came of `transferDatasets`. */
export type TransferDatasetsPayload = {
  readonly __typename?: 'TransferDatasetsPayload';
  /** The job; null in a dry run. */
  readonly job?: Maybe<Job>;
  /** What is to be done; null unless it is a dry run. */
  readonly plan?: Maybe<TransferPlan>;
};

/** Whether the bytes come along. */
export type TransferMode =
  /** Yes: each file is copied and checked. What the satellite held by reference becomes a file of its own. */
  | 'COPY'
  /** No: the satellite holds the permanent address of each file. */
  | 'REFERENCE';

/** What a transfer is to do. */
export type TransferPlan = {
  readonly __typename?: 'TransferPlan';
  /** Bytes of their files. */
  readonly bytes: Scalars['BigInt']['output'];
  /**
   * Datasets that cannot come, because the satellite has another in their place, such as `{"uuid": "…", "existing": "…",
   * "datasetType": "calexp", "run": "…", "dataId": {…}, "reason": "…"}`: the first 100. Before them, with a `reason` alone, what
   * else is in the way: a collection of another kind, or too small a quota.
   */
  readonly conflicts: ReadonlyArray<Scalars['JSONObject']['output']>;
  /** Number of datasets chosen. */
  readonly datasets: Scalars['BigInt']['output'];
  /** Number of datasets that the satellite does not have yet. */
  readonly new: Scalars['BigInt']['output'];
  /** Bytes of the files of those that the satellite does not have: what a copy writes. */
  readonly newBytes: Scalars['BigInt']['output'];
};

/** Which run `transferRun` brings home. */
export type TransferRunInput = {
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** How its inputs come along. */
  readonly inputs?: InputMaybe<RunInputs>;
  /** Its identifier. */
  readonly run: Scalars['ID']['input'];
};

/** What came of `transferRun`. */
export type TransferRunPayload = {
  readonly __typename?: 'TransferRunPayload';
  /** The job that brings it. */
  readonly job?: Maybe<Job>;
  /** The run. */
  readonly run: Run;
};

/** A set of dimensions with their relations. Repositories can be searched together where their universes agree. */
export type Universe = {
  readonly __typename?: 'Universe';
  /** Name of the family of versions; `daf_butler` for all repositories of the observatory. */
  readonly namespace: Scalars['String']['output'];
  /** Version within the namespace. */
  readonly version: Scalars['Int']['output'];
};

/** A file that is to be uploaded. */
export type UploadInput = {
  /** Its name. */
  readonly fileName: Scalars['String']['input'];
  /** SHA-256 of its bytes, hexadecimal: the file is refused where it differs. */
  readonly sha256: Scalars['String']['input'];
  /** Bytes. */
  readonly size: Scalars['BigInt']['input'];
};

/** The zip that `uploadPublication` asks a place for. */
export type UploadPublicationInput = {
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Name of the published repository; the default is the only one. */
  readonly repository?: InputMaybe<Scalars['String']['input']>;
  /** SHA-256 of its bytes, hexadecimal: it is refused where it differs. */
  readonly sha256: Scalars['String']['input'];
  /** Its bytes. */
  readonly size: Scalars['BigInt']['input'];
};

/** What came of `uploadPublication`. */
export type UploadPublicationPayload = {
  readonly __typename?: 'UploadPublicationPayload';
  /** Always null: it is done at once. */
  readonly job?: Maybe<Job>;
  /** Where the zip is to be put. */
  readonly upload: PublicationUpload;
};

/** What datasets of one type in one run hold. */
export type UsagePart = {
  readonly __typename?: 'UsagePart';
  /** Bytes of their files in the repository's own store. */
  readonly bytes: Scalars['BigInt']['output'];
  /** Name of the dataset type. */
  readonly datasetType: Scalars['String']['output'];
  /** Number of registered datasets. */
  readonly datasets: Scalars['BigInt']['output'];
  /** Bytes of files elsewhere that they refer to, as far as their sizes are known. */
  readonly referencedBytes: Scalars['BigInt']['output'];
  /** The RUN collection. */
  readonly run: Scalars['String']['output'];
};

/** Which satellite `verifySatellite` checks. */
export type VerifySatelliteInput = {
  /** Only give the plan. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Mend what can be mended without loss. */
  readonly repair?: InputMaybe<Scalars['Boolean']['input']>;
  /** Its name. */
  readonly satellite: Scalars['String']['input'];
};

/** What came of `verifySatellite`. */
export type VerifySatellitePayload = {
  readonly __typename?: 'VerifySatellitePayload';
  /** The job that checks; its `result` says what was found. */
  readonly job?: Maybe<Job>;
  /** What is checked. */
  readonly plan?: Maybe<SatellitePlan>;
  /** The satellite. */
  readonly satellite?: Maybe<Satellite>;
};

/** The user on whose behalf the request is answered. */
export type Viewer = {
  readonly __typename?: 'Viewer';
  /** Names of the groups that you are in, as your token or the platform tells. */
  readonly groups: ReadonlyArray<Scalars['String']['output']>;
  /**
   * What the platform allows you, as it or your token's claim `quota` states it, such as `{"disk": {"/home": 35000000000}}`; null
   * where it states none.
   */
  readonly quota?: Maybe<Scalars['JSONObject']['output']>;
  /** What your token may be used for. */
  readonly scopes: ReadonlyArray<Scalars['String']['output']>;
  /** User name. */
  readonly username: Scalars['String']['output'];
  /** What keeps you from what you might expect to see, such as groups in your token that are too old to count. */
  readonly warnings: ReadonlyArray<Scalars['String']['output']>;
};

/** Which publication `withdrawPublication` takes back. */
export type WithdrawPublicationInput = {
  /** Why; needed for what is published. */
  readonly comment?: InputMaybe<Scalars['String']['input']>;
  /** The digest of the version that is meant, in the same way. */
  readonly digest?: InputMaybe<Scalars['String']['input']>;
  /** A text of yours: the same call again with the same key is done once and answered alike. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its identifier. */
  readonly publication: Scalars['ID']['input'];
  /** Number of the version that is meant, such as `withdrawableVersion` has: CONFLICT where it is another one that would be taken back. */
  readonly version?: InputMaybe<Scalars['Int']['input']>;
};

/** What came of `withdrawPublication`. */
export type WithdrawPublicationPayload = {
  readonly __typename?: 'WithdrawPublicationPayload';
  /** The work that takes it out of the repository; null where it was not published. */
  readonly job?: Maybe<Job>;
  /** The publication. */
  readonly publication: Publication;
};



export type ResolverTypeWrapper<T> = Promise<T> | T;


export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;




/** Mapping of interface types */
export type ResolversInterfaceTypes<_RefType extends Record<string, unknown>> = {
  Node:
    | ( CollectionNode )
    | ( DatasetNode )
    | ( StoredJob )
    | ( OfferedRepository )
    | ( RunRecord )
    | ( AnySatellite )
  ;
};

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  AccessRight: AccessRight;
  ApprovePublicationInput: ApprovePublicationInput;
  ApprovePublicationPayload: ResolverTypeWrapper<PublicationOutcome>;
  AssociateDatasetsInput: AssociateDatasetsInput;
  AssociateDatasetsPayload: ResolverTypeWrapper<CollectionOutcome>;
  AuditConnection: ResolverTypeWrapper<Connection<AuditLine>>;
  AuditEdge: ResolverTypeWrapper<Omit<AuditEdge, 'node'> & { node: ResolversTypes['AuditEntry'] }>;
  AuditEntry: ResolverTypeWrapper<AuditLine>;
  BigInt: ResolverTypeWrapper<Scalars['BigInt']['output']>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  BuildRunInput: BuildRunInput;
  BuildRunPayload: ResolverTypeWrapper<RunOutcome>;
  CancelJobInput: CancelJobInput;
  CancelJobPayload: ResolverTypeWrapper<JobOutcome>;
  CancelRunInput: CancelRunInput;
  CancelRunPayload: ResolverTypeWrapper<RunOutcome>;
  CertifyDatasetsInput: CertifyDatasetsInput;
  CertifyDatasetsPayload: ResolverTypeWrapper<CollectionOutcome>;
  ChainEdit: ChainEdit;
  CheckinSatelliteInput: CheckinSatelliteInput;
  CheckinSatellitePayload: ResolverTypeWrapper<SatelliteOutcome>;
  CheckoutSatelliteInput: CheckoutSatelliteInput;
  CheckoutSatellitePayload: ResolverTypeWrapper<SatelliteOutcome>;
  ClaimPublicationInput: ClaimPublicationInput;
  ClaimPublicationPayload: ResolverTypeWrapper<PublicationOutcome>;
  Collection: ResolverTypeWrapper<CollectionNode>;
  CollectionAccess: ResolverTypeWrapper<Omit<CollectionAccess, 'grants'> & { grants: ReadonlyArray<ResolversTypes['Grant']> }>;
  CollectionConnection: ResolverTypeWrapper<Connection<CollectionNode>>;
  CollectionEdge: ResolverTypeWrapper<Omit<CollectionEdge, 'node'> & { node: ResolversTypes['Collection'] }>;
  CollectionType: CollectionType;
  CommentPublicationInput: CommentPublicationInput;
  CommentPublicationPayload: ResolverTypeWrapper<PublicationOutcome>;
  CreateCollectionInput: CreateCollectionInput;
  CreateCollectionPayload: ResolverTypeWrapper<CollectionOutcome>;
  CreateRefereeLinkInput: CreateRefereeLinkInput;
  CreateRefereeLinkPayload: ResolverTypeWrapper<RefereeLinkOutcome>;
  CreateRunInput: CreateRunInput;
  CreateRunPayload: ResolverTypeWrapper<RunOutcome>;
  CreateSatelliteInput: CreateSatelliteInput;
  CreateSatellitePayload: ResolverTypeWrapper<SatelliteOutcome>;
  DataId: ResolverTypeWrapper<DataIdNode>;
  DataIdConnection: ResolverTypeWrapper<ExplainedConnection<DataIdNode>>;
  DataIdEdge: ResolverTypeWrapper<Omit<DataIdEdge, 'node'> & { node: ResolversTypes['DataId'] }>;
  Dataset: ResolverTypeWrapper<DatasetNode>;
  DatasetConnection: ResolverTypeWrapper<ExplainedConnection<DatasetNode>>;
  DatasetEdge: ResolverTypeWrapper<Omit<DatasetEdge, 'node'> & { node: ResolversTypes['Dataset'] }>;
  DatasetFile: ResolverTypeWrapper<DatasetFile>;
  DatasetSearchInput: DatasetSearchInput;
  DatasetSelectionInput: DatasetSelectionInput;
  DatasetType: ResolverTypeWrapper<ButlerDatasetType>;
  DatasetTypeSize: ResolverTypeWrapper<DatasetTypeSize>;
  DatasetUpload: ResolverTypeWrapper<DatasetUpload>;
  DecertifyDatasetsInput: DecertifyDatasetsInput;
  DecertifyDatasetsPayload: ResolverTypeWrapper<CollectionOutcome>;
  DeleteSatelliteInput: DeleteSatelliteInput;
  DeleteSatellitePayload: ResolverTypeWrapper<SatelliteOutcome>;
  DimensionRecord: ResolverTypeWrapper<DimensionRecordNode>;
  DimensionRecordConnection: ResolverTypeWrapper<ExplainedConnection<DimensionRecordNode>>;
  DimensionRecordEdge: ResolverTypeWrapper<Omit<DimensionRecordEdge, 'node'> & { node: ResolversTypes['DimensionRecord'] }>;
  DisassociateDatasetsInput: DisassociateDatasetsInput;
  DisassociateDatasetsPayload: ResolverTypeWrapper<CollectionOutcome>;
  EffectiveAccess: ResolverTypeWrapper<EffectiveAccess>;
  ExecuteRunInput: ExecuteRunInput;
  ExecuteRunPayload: ResolverTypeWrapper<RunOutcome>;
  FileUpload: ResolverTypeWrapper<FileUpload>;
  Grant: ResolverTypeWrapper<NamedGrant>;
  GrantAccessInput: GrantAccessInput;
  GrantAccessPayload: ResolverTypeWrapper<GrantOutcome>;
  GrantConnection: ResolverTypeWrapper<Omit<GrantConnection, 'nodes'> & { nodes: ReadonlyArray<ResolversTypes['Grant']> }>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  IngestDatasetsInput: IngestDatasetsInput;
  IngestDatasetsPayload: ResolverTypeWrapper<IngestOutcome>;
  IngestedFileInput: IngestedFileInput;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  JSONObject: ResolverTypeWrapper<Scalars['JSONObject']['output']>;
  Job: ResolverTypeWrapper<StoredJob>;
  JobError: ResolverTypeWrapper<JobError>;
  JobLogLine: ResolverTypeWrapper<JobLogLine>;
  JobProgress: ResolverTypeWrapper<JobProgress>;
  JobState: JobState;
  ManifestDataset: ResolverTypeWrapper<PublishedDataset>;
  ManifestDatasetConnection: ResolverTypeWrapper<Omit<ManifestDatasetConnection, 'nodes'> & { nodes: ReadonlyArray<ResolversTypes['ManifestDataset']> }>;
  ManifestRegion: ResolverTypeWrapper<ManifestRegion>;
  ManifestSky: ResolverTypeWrapper<ManifestSky>;
  MembershipUsage: ResolverTypeWrapper<MembershipUsage>;
  MigrateSatelliteInput: MigrateSatelliteInput;
  MigrateSatellitePayload: ResolverTypeWrapper<SatelliteOutcome>;
  MigrationPlan: ResolverTypeWrapper<MigrationPlan>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Node: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Node']>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  PipelineInput: PipelineInput;
  Publication: ResolverTypeWrapper<SeenPublication>;
  PublicationAction: PublicationAction;
  PublicationCheck: ResolverTypeWrapper<PublicationCheck>;
  PublicationCheckState: PublicationCheckState;
  PublicationComment: ResolverTypeWrapper<StoredComment>;
  PublicationConnection: ResolverTypeWrapper<Omit<PublicationConnection, 'nodes'> & { nodes: ReadonlyArray<ResolversTypes['Publication']> }>;
  PublicationDiff: ResolverTypeWrapper<PublicationDiff>;
  PublicationEvent: ResolverTypeWrapper<HappenedToSeen>;
  PublicationManifest: ResolverTypeWrapper<ShownManifest>;
  PublicationReaders: ResolverTypeWrapper<PublicationReaders>;
  PublicationReadersInput: PublicationReadersInput;
  PublicationState: PublicationState;
  PublicationUpload: ResolverTypeWrapper<PublicationUpload>;
  PublishedCollection: ResolverTypeWrapper<PublishedCollection>;
  QuantumFailure: ResolverTypeWrapper<QuantumFailure>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  QueryExplanation: ResolverTypeWrapper<Explanation>;
  QueryStep: ResolverTypeWrapper<PlanStep>;
  QueryStepKind: QueryStepKind;
  RefereeLink: ResolverTypeWrapper<StoredRefereeLink>;
  RefereedPublication: ResolverTypeWrapper<ShownToReferees>;
  RegisterDatasetTypeInput: RegisterDatasetTypeInput;
  RegisterDatasetTypePayload: ResolverTypeWrapper<DatasetTypeOutcome>;
  RejectPublicationInput: RejectPublicationInput;
  RejectPublicationPayload: ResolverTypeWrapper<PublicationOutcome>;
  RemovalMode: RemovalMode;
  RemovalPlan: ResolverTypeWrapper<RemovalPlan>;
  RemoveCollectionInput: RemoveCollectionInput;
  RemoveCollectionPayload: ResolverTypeWrapper<RemovalOutcome>;
  RemoveDatasetsInput: RemoveDatasetsInput;
  RemoveDatasetsPayload: ResolverTypeWrapper<RemovalOutcome>;
  RemoveRunInput: RemoveRunInput;
  RemoveRunPayload: ResolverTypeWrapper<RunRemovalOutcome>;
  Repository: ResolverTypeWrapper<OfferedRepository>;
  RepositoryKind: RepositoryKind;
  RepositoryUsage: ResolverTypeWrapper<HeldByRepository>;
  RequestPublicationChangesInput: RequestPublicationChangesInput;
  RequestPublicationChangesPayload: ResolverTypeWrapper<PublicationOutcome>;
  ResetSatelliteInput: ResetSatelliteInput;
  ResetSatellitePayload: ResolverTypeWrapper<SatelliteOutcome>;
  RestoreSatelliteInput: RestoreSatelliteInput;
  RestoreSatellitePayload: ResolverTypeWrapper<SatelliteOutcome>;
  RetryJobInput: RetryJobInput;
  RetryJobPayload: ResolverTypeWrapper<JobOutcome>;
  RetryRunInput: RetryRunInput;
  RetryRunPayload: ResolverTypeWrapper<RunOutcome>;
  RevokeAccessInput: RevokeAccessInput;
  RevokeAccessPayload: ResolverTypeWrapper<GrantOutcome>;
  RevokeRefereeLinkInput: RevokeRefereeLinkInput;
  RevokeRefereeLinkPayload: ResolverTypeWrapper<RefereeLinkOutcome>;
  RotateSatelliteCapabilityInput: RotateSatelliteCapabilityInput;
  RotateSatelliteCapabilityPayload: ResolverTypeWrapper<SatelliteOutcome>;
  Run: ResolverTypeWrapper<RunRecord>;
  RunConnection: ResolverTypeWrapper<Omit<RunConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['RunEdge']>, nodes: ReadonlyArray<ResolversTypes['Run']> }>;
  RunDataset: ResolverTypeWrapper<RunDataset>;
  RunDatasetConnection: ResolverTypeWrapper<RunDatasetConnection>;
  RunDatasetEdge: ResolverTypeWrapper<RunDatasetEdge>;
  RunEdge: ResolverTypeWrapper<Omit<RunEdge, 'node'> & { node: ResolversTypes['Run'] }>;
  RunExecutor: RunExecutor;
  RunExplanation: ResolverTypeWrapper<RunExplanation>;
  RunInputs: RunInputs;
  RunQuanta: ResolverTypeWrapper<RunQuanta>;
  RunQuantum: ResolverTypeWrapper<RunQuantum>;
  RunQuantumConnection: ResolverTypeWrapper<RunQuantumConnection>;
  RunQuantumEdge: ResolverTypeWrapper<RunQuantumEdge>;
  RunRemovalPlan: ResolverTypeWrapper<RunRemovalPlan>;
  RunState: RunState;
  RunTask: ResolverTypeWrapper<RunTask>;
  Satellite: ResolverTypeWrapper<AnySatellite>;
  SatelliteArtifacts: SatelliteArtifacts;
  SatelliteDatabase: SatelliteDatabase;
  SatellitePlan: ResolverTypeWrapper<SatellitePlan>;
  SatelliteState: SatelliteState;
  SetCollectionChainInput: SetCollectionChainInput;
  SetCollectionChainPayload: ResolverTypeWrapper<CollectionOutcome>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  SubmitPublicationInput: SubmitPublicationInput;
  SubmitPublicationPayload: ResolverTypeWrapper<PublicationOutcome>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Timespan: ResolverTypeWrapper<Timespan>;
  TimespanInput: TimespanInput;
  TransferDatasetsInput: TransferDatasetsInput;
  TransferDatasetsPayload: ResolverTypeWrapper<JobOutcome>;
  TransferMode: TransferMode;
  TransferPlan: ResolverTypeWrapper<TransferPlan>;
  TransferRunInput: TransferRunInput;
  TransferRunPayload: ResolverTypeWrapper<RunOutcome>;
  UUID: ResolverTypeWrapper<Scalars['UUID']['output']>;
  Universe: ResolverTypeWrapper<Universe>;
  UploadInput: UploadInput;
  UploadPublicationInput: UploadPublicationInput;
  UploadPublicationPayload: ResolverTypeWrapper<PublicationUploadOutcome>;
  UsagePart: ResolverTypeWrapper<UsagePart>;
  VerifySatelliteInput: VerifySatelliteInput;
  VerifySatellitePayload: ResolverTypeWrapper<SatelliteOutcome>;
  Viewer: ResolverTypeWrapper<Principal>;
  WithdrawPublicationInput: WithdrawPublicationInput;
  WithdrawPublicationPayload: ResolverTypeWrapper<PublicationOutcome>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  ApprovePublicationInput: ApprovePublicationInput;
  ApprovePublicationPayload: PublicationOutcome;
  AssociateDatasetsInput: AssociateDatasetsInput;
  AssociateDatasetsPayload: CollectionOutcome;
  AuditConnection: Connection<AuditLine>;
  AuditEdge: Omit<AuditEdge, 'node'> & { node: ResolversParentTypes['AuditEntry'] };
  AuditEntry: AuditLine;
  BigInt: Scalars['BigInt']['output'];
  Boolean: Scalars['Boolean']['output'];
  BuildRunInput: BuildRunInput;
  BuildRunPayload: RunOutcome;
  CancelJobInput: CancelJobInput;
  CancelJobPayload: JobOutcome;
  CancelRunInput: CancelRunInput;
  CancelRunPayload: RunOutcome;
  CertifyDatasetsInput: CertifyDatasetsInput;
  CertifyDatasetsPayload: CollectionOutcome;
  CheckinSatelliteInput: CheckinSatelliteInput;
  CheckinSatellitePayload: SatelliteOutcome;
  CheckoutSatelliteInput: CheckoutSatelliteInput;
  CheckoutSatellitePayload: SatelliteOutcome;
  ClaimPublicationInput: ClaimPublicationInput;
  ClaimPublicationPayload: PublicationOutcome;
  Collection: CollectionNode;
  CollectionAccess: Omit<CollectionAccess, 'grants'> & { grants: ReadonlyArray<ResolversParentTypes['Grant']> };
  CollectionConnection: Connection<CollectionNode>;
  CollectionEdge: Omit<CollectionEdge, 'node'> & { node: ResolversParentTypes['Collection'] };
  CommentPublicationInput: CommentPublicationInput;
  CommentPublicationPayload: PublicationOutcome;
  CreateCollectionInput: CreateCollectionInput;
  CreateCollectionPayload: CollectionOutcome;
  CreateRefereeLinkInput: CreateRefereeLinkInput;
  CreateRefereeLinkPayload: RefereeLinkOutcome;
  CreateRunInput: CreateRunInput;
  CreateRunPayload: RunOutcome;
  CreateSatelliteInput: CreateSatelliteInput;
  CreateSatellitePayload: SatelliteOutcome;
  DataId: DataIdNode;
  DataIdConnection: ExplainedConnection<DataIdNode>;
  DataIdEdge: Omit<DataIdEdge, 'node'> & { node: ResolversParentTypes['DataId'] };
  Dataset: DatasetNode;
  DatasetConnection: ExplainedConnection<DatasetNode>;
  DatasetEdge: Omit<DatasetEdge, 'node'> & { node: ResolversParentTypes['Dataset'] };
  DatasetFile: DatasetFile;
  DatasetSearchInput: DatasetSearchInput;
  DatasetSelectionInput: DatasetSelectionInput;
  DatasetType: ButlerDatasetType;
  DatasetTypeSize: DatasetTypeSize;
  DatasetUpload: DatasetUpload;
  DecertifyDatasetsInput: DecertifyDatasetsInput;
  DecertifyDatasetsPayload: CollectionOutcome;
  DeleteSatelliteInput: DeleteSatelliteInput;
  DeleteSatellitePayload: SatelliteOutcome;
  DimensionRecord: DimensionRecordNode;
  DimensionRecordConnection: ExplainedConnection<DimensionRecordNode>;
  DimensionRecordEdge: Omit<DimensionRecordEdge, 'node'> & { node: ResolversParentTypes['DimensionRecord'] };
  DisassociateDatasetsInput: DisassociateDatasetsInput;
  DisassociateDatasetsPayload: CollectionOutcome;
  EffectiveAccess: EffectiveAccess;
  ExecuteRunInput: ExecuteRunInput;
  ExecuteRunPayload: RunOutcome;
  FileUpload: FileUpload;
  Grant: NamedGrant;
  GrantAccessInput: GrantAccessInput;
  GrantAccessPayload: GrantOutcome;
  GrantConnection: Omit<GrantConnection, 'nodes'> & { nodes: ReadonlyArray<ResolversParentTypes['Grant']> };
  ID: Scalars['ID']['output'];
  IngestDatasetsInput: IngestDatasetsInput;
  IngestDatasetsPayload: IngestOutcome;
  IngestedFileInput: IngestedFileInput;
  Int: Scalars['Int']['output'];
  JSONObject: Scalars['JSONObject']['output'];
  Job: StoredJob;
  JobError: JobError;
  JobLogLine: JobLogLine;
  JobProgress: JobProgress;
  ManifestDataset: PublishedDataset;
  ManifestDatasetConnection: Omit<ManifestDatasetConnection, 'nodes'> & { nodes: ReadonlyArray<ResolversParentTypes['ManifestDataset']> };
  ManifestRegion: ManifestRegion;
  ManifestSky: ManifestSky;
  MembershipUsage: MembershipUsage;
  MigrateSatelliteInput: MigrateSatelliteInput;
  MigrateSatellitePayload: SatelliteOutcome;
  MigrationPlan: MigrationPlan;
  Mutation: Record<PropertyKey, never>;
  Node: ResolversInterfaceTypes<ResolversParentTypes>['Node'];
  PageInfo: PageInfo;
  PipelineInput: PipelineInput;
  Publication: SeenPublication;
  PublicationCheck: PublicationCheck;
  PublicationComment: StoredComment;
  PublicationConnection: Omit<PublicationConnection, 'nodes'> & { nodes: ReadonlyArray<ResolversParentTypes['Publication']> };
  PublicationDiff: PublicationDiff;
  PublicationEvent: HappenedToSeen;
  PublicationManifest: ShownManifest;
  PublicationReaders: PublicationReaders;
  PublicationReadersInput: PublicationReadersInput;
  PublicationUpload: PublicationUpload;
  PublishedCollection: PublishedCollection;
  QuantumFailure: QuantumFailure;
  Query: Record<PropertyKey, never>;
  QueryExplanation: Explanation;
  QueryStep: PlanStep;
  RefereeLink: StoredRefereeLink;
  RefereedPublication: ShownToReferees;
  RegisterDatasetTypeInput: RegisterDatasetTypeInput;
  RegisterDatasetTypePayload: DatasetTypeOutcome;
  RejectPublicationInput: RejectPublicationInput;
  RejectPublicationPayload: PublicationOutcome;
  RemovalPlan: RemovalPlan;
  RemoveCollectionInput: RemoveCollectionInput;
  RemoveCollectionPayload: RemovalOutcome;
  RemoveDatasetsInput: RemoveDatasetsInput;
  RemoveDatasetsPayload: RemovalOutcome;
  RemoveRunInput: RemoveRunInput;
  RemoveRunPayload: RunRemovalOutcome;
  Repository: OfferedRepository;
  RepositoryUsage: HeldByRepository;
  RequestPublicationChangesInput: RequestPublicationChangesInput;
  RequestPublicationChangesPayload: PublicationOutcome;
  ResetSatelliteInput: ResetSatelliteInput;
  ResetSatellitePayload: SatelliteOutcome;
  RestoreSatelliteInput: RestoreSatelliteInput;
  RestoreSatellitePayload: SatelliteOutcome;
  RetryJobInput: RetryJobInput;
  RetryJobPayload: JobOutcome;
  RetryRunInput: RetryRunInput;
  RetryRunPayload: RunOutcome;
  RevokeAccessInput: RevokeAccessInput;
  RevokeAccessPayload: GrantOutcome;
  RevokeRefereeLinkInput: RevokeRefereeLinkInput;
  RevokeRefereeLinkPayload: RefereeLinkOutcome;
  RotateSatelliteCapabilityInput: RotateSatelliteCapabilityInput;
  RotateSatelliteCapabilityPayload: SatelliteOutcome;
  Run: RunRecord;
  RunConnection: Omit<RunConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['RunEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Run']> };
  RunDataset: RunDataset;
  RunDatasetConnection: RunDatasetConnection;
  RunDatasetEdge: RunDatasetEdge;
  RunEdge: Omit<RunEdge, 'node'> & { node: ResolversParentTypes['Run'] };
  RunExplanation: RunExplanation;
  RunQuanta: RunQuanta;
  RunQuantum: RunQuantum;
  RunQuantumConnection: RunQuantumConnection;
  RunQuantumEdge: RunQuantumEdge;
  RunRemovalPlan: RunRemovalPlan;
  RunTask: RunTask;
  Satellite: AnySatellite;
  SatellitePlan: SatellitePlan;
  SetCollectionChainInput: SetCollectionChainInput;
  SetCollectionChainPayload: CollectionOutcome;
  String: Scalars['String']['output'];
  SubmitPublicationInput: SubmitPublicationInput;
  SubmitPublicationPayload: PublicationOutcome;
  Subscription: Record<PropertyKey, never>;
  Timespan: Timespan;
  TimespanInput: TimespanInput;
  TransferDatasetsInput: TransferDatasetsInput;
  TransferDatasetsPayload: JobOutcome;
  TransferPlan: TransferPlan;
  TransferRunInput: TransferRunInput;
  TransferRunPayload: RunOutcome;
  UUID: Scalars['UUID']['output'];
  Universe: Universe;
  UploadInput: UploadInput;
  UploadPublicationInput: UploadPublicationInput;
  UploadPublicationPayload: PublicationUploadOutcome;
  UsagePart: UsagePart;
  VerifySatelliteInput: VerifySatelliteInput;
  VerifySatellitePayload: SatelliteOutcome;
  Viewer: Principal;
  WithdrawPublicationInput: WithdrawPublicationInput;
  WithdrawPublicationPayload: PublicationOutcome;
};

export type ApprovePublicationPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['ApprovePublicationPayload'] = ResolversParentTypes['ApprovePublicationPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  publication?: Resolver<ResolversTypes['Publication'], ParentType, ContextType>;
};

export type AssociateDatasetsPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['AssociateDatasetsPayload'] = ResolversParentTypes['AssociateDatasetsPayload']> = {
  collection?: Resolver<ResolversTypes['Collection'], ParentType, ContextType>;
  datasets?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
};

export type AuditConnectionResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['AuditConnection'] = ResolversParentTypes['AuditConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AuditEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['AuditEntry']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type AuditEdgeResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['AuditEdge'] = ResolversParentTypes['AuditEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['AuditEntry'], ParentType, ContextType>;
};

export type AuditEntryResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['AuditEntry'] = ResolversParentTypes['AuditEntry']> = {
  action?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  actor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  at?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  detail?: Resolver<ResolversTypes['JSONObject'], ParentType, ContextType>;
  resource?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export interface BigIntScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['BigInt'], any> {
  name: 'BigInt';
}

export type BuildRunPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['BuildRunPayload'] = ResolversParentTypes['BuildRunPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  run?: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
};

export type CancelJobPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['CancelJobPayload'] = ResolversParentTypes['CancelJobPayload']> = {
  job?: Resolver<ResolversTypes['Job'], ParentType, ContextType>;
};

export type CancelRunPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['CancelRunPayload'] = ResolversParentTypes['CancelRunPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  run?: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
};

export type CertifyDatasetsPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['CertifyDatasetsPayload'] = ResolversParentTypes['CertifyDatasetsPayload']> = {
  collection?: Resolver<ResolversTypes['Collection'], ParentType, ContextType>;
  datasets?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
};

export type CheckinSatellitePayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['CheckinSatellitePayload'] = ResolversParentTypes['CheckinSatellitePayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  satellite?: Resolver<Maybe<ResolversTypes['Satellite']>, ParentType, ContextType>;
};

export type CheckoutSatellitePayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['CheckoutSatellitePayload'] = ResolversParentTypes['CheckoutSatellitePayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  satellite?: Resolver<Maybe<ResolversTypes['Satellite']>, ParentType, ContextType>;
};

export type ClaimPublicationPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['ClaimPublicationPayload'] = ResolversParentTypes['ClaimPublicationPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  publication?: Resolver<ResolversTypes['Publication'], ParentType, ContextType>;
};

export type CollectionResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Collection'] = ResolversParentTypes['Collection']> = {
  access?: Resolver<Maybe<ResolversTypes['CollectionAccess']>, ParentType, ContextType>;
  children?: Resolver<Maybe<ReadonlyArray<ResolversTypes['Collection']>>, ParentType, ContextType>;
  datasetTypes?: Resolver<Maybe<ReadonlyArray<ResolversTypes['DatasetType']>>, ParentType, ContextType>;
  doc?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  parents?: Resolver<Maybe<ReadonlyArray<ResolversTypes['Collection']>>, ParentType, ContextType>;
  repository?: Resolver<ResolversTypes['Repository'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['CollectionType'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CollectionAccessResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['CollectionAccess'] = ResolversParentTypes['CollectionAccess']> = {
  grants?: Resolver<ReadonlyArray<ResolversTypes['Grant']>, ParentType, ContextType>;
  group?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  isOwner?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  owner?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  reasons?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type CollectionConnectionResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['CollectionConnection'] = ResolversParentTypes['CollectionConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['CollectionEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Collection']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  warnings?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type CollectionEdgeResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['CollectionEdge'] = ResolversParentTypes['CollectionEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Collection'], ParentType, ContextType>;
};

export type CommentPublicationPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['CommentPublicationPayload'] = ResolversParentTypes['CommentPublicationPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  publication?: Resolver<ResolversTypes['Publication'], ParentType, ContextType>;
};

export type CreateCollectionPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['CreateCollectionPayload'] = ResolversParentTypes['CreateCollectionPayload']> = {
  collection?: Resolver<ResolversTypes['Collection'], ParentType, ContextType>;
};

export type CreateRefereeLinkPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['CreateRefereeLinkPayload'] = ResolversParentTypes['CreateRefereeLinkPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  link?: Resolver<ResolversTypes['RefereeLink'], ParentType, ContextType>;
  secret?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type CreateRunPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['CreateRunPayload'] = ResolversParentTypes['CreateRunPayload']> = {
  run?: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
};

export type CreateSatellitePayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['CreateSatellitePayload'] = ResolversParentTypes['CreateSatellitePayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  satellite?: Resolver<ResolversTypes['Satellite'], ParentType, ContextType>;
};

export type DataIdResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DataId'] = ResolversParentTypes['DataId']> = {
  dataId?: Resolver<ResolversTypes['JSONObject'], ParentType, ContextType>;
  fullDataId?: Resolver<ResolversTypes['JSONObject'], ParentType, ContextType>;
  repository?: Resolver<ResolversTypes['Repository'], ParentType, ContextType>;
};

export type DataIdConnectionResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DataIdConnection'] = ResolversParentTypes['DataIdConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['DataIdEdge']>, ParentType, ContextType>;
  explain?: Resolver<Maybe<ResolversTypes['QueryExplanation']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['DataId']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  warnings?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type DataIdEdgeResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DataIdEdge'] = ResolversParentTypes['DataIdEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['DataId'], ParentType, ContextType>;
};

export type DatasetResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Dataset'] = ResolversParentTypes['Dataset']> = {
  collections?: Resolver<Maybe<ReadonlyArray<ResolversTypes['Collection']>>, ParentType, ContextType>;
  dataId?: Resolver<ResolversTypes['JSONObject'], ParentType, ContextType>;
  datasetType?: Resolver<ResolversTypes['DatasetType'], ParentType, ContextType>;
  files?: Resolver<Maybe<ReadonlyArray<ResolversTypes['DatasetFile']>>, ParentType, ContextType>;
  fullDataId?: Resolver<Maybe<ResolversTypes['JSONObject']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  records?: Resolver<Maybe<ReadonlyArray<ResolversTypes['DimensionRecord']>>, ParentType, ContextType>;
  repository?: Resolver<ResolversTypes['Repository'], ParentType, ContextType>;
  run?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  stored?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  uuid?: Resolver<ResolversTypes['UUID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type DatasetConnectionResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DatasetConnection'] = ResolversParentTypes['DatasetConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['DatasetEdge']>, ParentType, ContextType>;
  explain?: Resolver<Maybe<ResolversTypes['QueryExplanation']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Dataset']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  warnings?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type DatasetEdgeResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DatasetEdge'] = ResolversParentTypes['DatasetEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Dataset'], ParentType, ContextType>;
};

export type DatasetFileResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DatasetFile'] = ResolversParentTypes['DatasetFile']> = {
  checksum?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  component?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  formatter?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  size?: Resolver<Maybe<ResolversTypes['BigInt']>, ParentType, ContextType>;
  url?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type DatasetTypeResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DatasetType'] = ResolversParentTypes['DatasetType']> = {
  dimensions?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  isCalibration?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  requiredDimensions?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  storageClass?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type DatasetTypeSizeResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DatasetTypeSize'] = ResolversParentTypes['DatasetTypeSize']> = {
  bytes?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  datasetCount?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  datasetType?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type DatasetUploadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DatasetUpload'] = ResolversParentTypes['DatasetUpload']> = {
  files?: Resolver<ReadonlyArray<ResolversTypes['FileUpload']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type DecertifyDatasetsPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DecertifyDatasetsPayload'] = ResolversParentTypes['DecertifyDatasetsPayload']> = {
  collection?: Resolver<ResolversTypes['Collection'], ParentType, ContextType>;
};

export type DeleteSatellitePayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DeleteSatellitePayload'] = ResolversParentTypes['DeleteSatellitePayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  plan?: Resolver<Maybe<ResolversTypes['SatellitePlan']>, ParentType, ContextType>;
  satellite?: Resolver<Maybe<ResolversTypes['Satellite']>, ParentType, ContextType>;
};

export type DimensionRecordResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DimensionRecord'] = ResolversParentTypes['DimensionRecord']> = {
  dataId?: Resolver<ResolversTypes['JSONObject'], ParentType, ContextType>;
  element?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  region?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  regionPos?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  repository?: Resolver<ResolversTypes['Repository'], ParentType, ContextType>;
  timespan?: Resolver<Maybe<ResolversTypes['Timespan']>, ParentType, ContextType>;
  values?: Resolver<ResolversTypes['JSONObject'], ParentType, ContextType>;
};

export type DimensionRecordConnectionResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DimensionRecordConnection'] = ResolversParentTypes['DimensionRecordConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['DimensionRecordEdge']>, ParentType, ContextType>;
  explain?: Resolver<Maybe<ResolversTypes['QueryExplanation']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['DimensionRecord']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  warnings?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type DimensionRecordEdgeResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DimensionRecordEdge'] = ResolversParentTypes['DimensionRecordEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['DimensionRecord'], ParentType, ContextType>;
};

export type DisassociateDatasetsPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['DisassociateDatasetsPayload'] = ResolversParentTypes['DisassociateDatasetsPayload']> = {
  collection?: Resolver<ResolversTypes['Collection'], ParentType, ContextType>;
  datasets?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
};

export type EffectiveAccessResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['EffectiveAccess'] = ResolversParentTypes['EffectiveAccess']> = {
  allowed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  reasons?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type ExecuteRunPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['ExecuteRunPayload'] = ResolversParentTypes['ExecuteRunPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  run?: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
};

export type FileUploadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['FileUpload'] = ResolversParentTypes['FileUpload']> = {
  dataId?: Resolver<ResolversTypes['JSONObject'], ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  fileName?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  headers?: Resolver<ResolversTypes['JSONObject'], ParentType, ContextType>;
  url?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type GrantResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Grant'] = ResolversParentTypes['Grant']> = {
  allUsers?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  collection?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  expiresAt?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  grantedAt?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  grantedBy?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  group?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  note?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  right?: Resolver<ResolversTypes['AccessRight'], ParentType, ContextType>;
  satellite?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  user?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type GrantAccessPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['GrantAccessPayload'] = ResolversParentTypes['GrantAccessPayload']> = {
  accessRevision?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  grant?: Resolver<ResolversTypes['Grant'], ParentType, ContextType>;
};

export type GrantConnectionResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['GrantConnection'] = ResolversParentTypes['GrantConnection']> = {
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Grant']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type IngestDatasetsPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['IngestDatasetsPayload'] = ResolversParentTypes['IngestDatasetsPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  upload?: Resolver<Maybe<ResolversTypes['DatasetUpload']>, ParentType, ContextType>;
};

export interface JsonObjectScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['JSONObject'], any> {
  name: 'JSONObject';
}

export type JobResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Job'] = ResolversParentTypes['Job']> = {
  createdAt?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  error?: Resolver<Maybe<ResolversTypes['JobError']>, ParentType, ContextType>;
  finishedAt?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  log?: Resolver<ReadonlyArray<ResolversTypes['JobLogLine']>, ParentType, ContextType>;
  progress?: Resolver<ResolversTypes['JobProgress'], ParentType, ContextType>;
  result?: Resolver<Maybe<ResolversTypes['JSONObject']>, ParentType, ContextType>;
  state?: Resolver<ResolversTypes['JobState'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type JobErrorResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['JobError'] = ResolversParentTypes['JobError']> = {
  code?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type JobLogLineResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['JobLogLine'] = ResolversParentTypes['JobLogLine']> = {
  at?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type JobProgressResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['JobProgress'] = ResolversParentTypes['JobProgress']> = {
  done?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  total?: Resolver<Maybe<ResolversTypes['BigInt']>, ParentType, ContextType>;
  unit?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ManifestDatasetResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['ManifestDataset'] = ResolversParentTypes['ManifestDataset']> = {
  dataId?: Resolver<ResolversTypes['JSONObject'], ParentType, ContextType>;
  datasetType?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  files?: Resolver<ReadonlyArray<ResolversTypes['JSONObject']>, ParentType, ContextType>;
  run?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  uuid?: Resolver<ResolversTypes['UUID'], ParentType, ContextType>;
};

export type ManifestDatasetConnectionResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['ManifestDatasetConnection'] = ResolversParentTypes['ManifestDatasetConnection']> = {
  nodes?: Resolver<ReadonlyArray<ResolversTypes['ManifestDataset']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type ManifestRegionResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['ManifestRegion'] = ResolversParentTypes['ManifestRegion']> = {
  dataId?: Resolver<ResolversTypes['JSONObject'], ParentType, ContextType>;
  datasetCount?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  element?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  regionPos?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type ManifestSkyResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['ManifestSky'] = ResolversParentTypes['ManifestSky']> = {
  elsewhere?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  regionCount?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  regions?: Resolver<ReadonlyArray<ResolversTypes['ManifestRegion']>, ParentType, ContextType>;
};

export type MembershipUsageResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['MembershipUsage'] = ResolversParentTypes['MembershipUsage']> = {
  bytes?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  collection?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  datasetType?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  datasets?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  referencedBytes?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['CollectionType'], ParentType, ContextType>;
};

export type MigrateSatellitePayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['MigrateSatellitePayload'] = ResolversParentTypes['MigrateSatellitePayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  plan?: Resolver<Maybe<ResolversTypes['MigrationPlan']>, ParentType, ContextType>;
  satellite?: Resolver<Maybe<ResolversTypes['Satellite']>, ParentType, ContextType>;
};

export type MigrationPlanResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['MigrationPlan'] = ResolversParentTypes['MigrationPlan']> = {
  from?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  steps?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  to?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type MutationResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  approvePublication?: Resolver<Maybe<ResolversTypes['ApprovePublicationPayload']>, ParentType, ContextType, RequireFields<MutationApprovePublicationArgs, 'input'>>;
  associateDatasets?: Resolver<Maybe<ResolversTypes['AssociateDatasetsPayload']>, ParentType, ContextType, RequireFields<MutationAssociateDatasetsArgs, 'input'>>;
  buildRun?: Resolver<Maybe<ResolversTypes['BuildRunPayload']>, ParentType, ContextType, RequireFields<MutationBuildRunArgs, 'input'>>;
  cancelJob?: Resolver<Maybe<ResolversTypes['CancelJobPayload']>, ParentType, ContextType, RequireFields<MutationCancelJobArgs, 'input'>>;
  cancelRun?: Resolver<Maybe<ResolversTypes['CancelRunPayload']>, ParentType, ContextType, RequireFields<MutationCancelRunArgs, 'input'>>;
  certifyDatasets?: Resolver<Maybe<ResolversTypes['CertifyDatasetsPayload']>, ParentType, ContextType, RequireFields<MutationCertifyDatasetsArgs, 'input'>>;
  checkinSatellite?: Resolver<Maybe<ResolversTypes['CheckinSatellitePayload']>, ParentType, ContextType, RequireFields<MutationCheckinSatelliteArgs, 'input'>>;
  checkoutSatellite?: Resolver<Maybe<ResolversTypes['CheckoutSatellitePayload']>, ParentType, ContextType, RequireFields<MutationCheckoutSatelliteArgs, 'input'>>;
  claimPublication?: Resolver<Maybe<ResolversTypes['ClaimPublicationPayload']>, ParentType, ContextType, RequireFields<MutationClaimPublicationArgs, 'input'>>;
  commentPublication?: Resolver<Maybe<ResolversTypes['CommentPublicationPayload']>, ParentType, ContextType, RequireFields<MutationCommentPublicationArgs, 'input'>>;
  createCollection?: Resolver<Maybe<ResolversTypes['CreateCollectionPayload']>, ParentType, ContextType, RequireFields<MutationCreateCollectionArgs, 'input'>>;
  createRefereeLink?: Resolver<Maybe<ResolversTypes['CreateRefereeLinkPayload']>, ParentType, ContextType, RequireFields<MutationCreateRefereeLinkArgs, 'input'>>;
  createRun?: Resolver<Maybe<ResolversTypes['CreateRunPayload']>, ParentType, ContextType, RequireFields<MutationCreateRunArgs, 'input'>>;
  createSatellite?: Resolver<Maybe<ResolversTypes['CreateSatellitePayload']>, ParentType, ContextType, RequireFields<MutationCreateSatelliteArgs, 'input'>>;
  decertifyDatasets?: Resolver<Maybe<ResolversTypes['DecertifyDatasetsPayload']>, ParentType, ContextType, RequireFields<MutationDecertifyDatasetsArgs, 'input'>>;
  deleteSatellite?: Resolver<Maybe<ResolversTypes['DeleteSatellitePayload']>, ParentType, ContextType, RequireFields<MutationDeleteSatelliteArgs, 'input'>>;
  disassociateDatasets?: Resolver<Maybe<ResolversTypes['DisassociateDatasetsPayload']>, ParentType, ContextType, RequireFields<MutationDisassociateDatasetsArgs, 'input'>>;
  executeRun?: Resolver<Maybe<ResolversTypes['ExecuteRunPayload']>, ParentType, ContextType, RequireFields<MutationExecuteRunArgs, 'input'>>;
  grantAccess?: Resolver<Maybe<ResolversTypes['GrantAccessPayload']>, ParentType, ContextType, RequireFields<MutationGrantAccessArgs, 'input'>>;
  ingestDatasets?: Resolver<Maybe<ResolversTypes['IngestDatasetsPayload']>, ParentType, ContextType, RequireFields<MutationIngestDatasetsArgs, 'input'>>;
  migrateSatellite?: Resolver<Maybe<ResolversTypes['MigrateSatellitePayload']>, ParentType, ContextType, RequireFields<MutationMigrateSatelliteArgs, 'input'>>;
  registerDatasetType?: Resolver<Maybe<ResolversTypes['RegisterDatasetTypePayload']>, ParentType, ContextType, RequireFields<MutationRegisterDatasetTypeArgs, 'input'>>;
  rejectPublication?: Resolver<Maybe<ResolversTypes['RejectPublicationPayload']>, ParentType, ContextType, RequireFields<MutationRejectPublicationArgs, 'input'>>;
  removeCollection?: Resolver<Maybe<ResolversTypes['RemoveCollectionPayload']>, ParentType, ContextType, RequireFields<MutationRemoveCollectionArgs, 'input'>>;
  removeDatasets?: Resolver<Maybe<ResolversTypes['RemoveDatasetsPayload']>, ParentType, ContextType, RequireFields<MutationRemoveDatasetsArgs, 'input'>>;
  removeRun?: Resolver<Maybe<ResolversTypes['RemoveRunPayload']>, ParentType, ContextType, RequireFields<MutationRemoveRunArgs, 'input'>>;
  requestPublicationChanges?: Resolver<Maybe<ResolversTypes['RequestPublicationChangesPayload']>, ParentType, ContextType, RequireFields<MutationRequestPublicationChangesArgs, 'input'>>;
  resetSatellite?: Resolver<Maybe<ResolversTypes['ResetSatellitePayload']>, ParentType, ContextType, RequireFields<MutationResetSatelliteArgs, 'input'>>;
  restoreSatellite?: Resolver<Maybe<ResolversTypes['RestoreSatellitePayload']>, ParentType, ContextType, RequireFields<MutationRestoreSatelliteArgs, 'input'>>;
  retryJob?: Resolver<Maybe<ResolversTypes['RetryJobPayload']>, ParentType, ContextType, RequireFields<MutationRetryJobArgs, 'input'>>;
  retryRun?: Resolver<Maybe<ResolversTypes['RetryRunPayload']>, ParentType, ContextType, RequireFields<MutationRetryRunArgs, 'input'>>;
  revokeAccess?: Resolver<Maybe<ResolversTypes['RevokeAccessPayload']>, ParentType, ContextType, RequireFields<MutationRevokeAccessArgs, 'input'>>;
  revokeRefereeLink?: Resolver<Maybe<ResolversTypes['RevokeRefereeLinkPayload']>, ParentType, ContextType, RequireFields<MutationRevokeRefereeLinkArgs, 'input'>>;
  rotateSatelliteCapability?: Resolver<Maybe<ResolversTypes['RotateSatelliteCapabilityPayload']>, ParentType, ContextType, RequireFields<MutationRotateSatelliteCapabilityArgs, 'input'>>;
  setCollectionChain?: Resolver<Maybe<ResolversTypes['SetCollectionChainPayload']>, ParentType, ContextType, RequireFields<MutationSetCollectionChainArgs, 'input'>>;
  submitPublication?: Resolver<Maybe<ResolversTypes['SubmitPublicationPayload']>, ParentType, ContextType, RequireFields<MutationSubmitPublicationArgs, 'input'>>;
  transferDatasets?: Resolver<Maybe<ResolversTypes['TransferDatasetsPayload']>, ParentType, ContextType, RequireFields<MutationTransferDatasetsArgs, 'input'>>;
  transferRun?: Resolver<Maybe<ResolversTypes['TransferRunPayload']>, ParentType, ContextType, RequireFields<MutationTransferRunArgs, 'input'>>;
  uploadPublication?: Resolver<Maybe<ResolversTypes['UploadPublicationPayload']>, ParentType, ContextType, RequireFields<MutationUploadPublicationArgs, 'input'>>;
  verifySatellite?: Resolver<Maybe<ResolversTypes['VerifySatellitePayload']>, ParentType, ContextType, RequireFields<MutationVerifySatelliteArgs, 'input'>>;
  withdrawPublication?: Resolver<Maybe<ResolversTypes['WithdrawPublicationPayload']>, ParentType, ContextType, RequireFields<MutationWithdrawPublicationArgs, 'input'>>;
};

export type NodeResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Node'] = ResolversParentTypes['Node']> = {
  __resolveType: TypeResolveFn<'Collection' | 'Dataset' | 'Job' | 'Repository' | 'Run' | 'Satellite', ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PublicationResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Publication'] = ResolversParentTypes['Publication']> = {
  actions?: Resolver<ReadonlyArray<ResolversTypes['PublicationAction']>, ParentType, ContextType>;
  approvedBy?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  changedAt?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  checks?: Resolver<ReadonlyArray<ResolversTypes['PublicationCheck']>, ParentType, ContextType>;
  claimedBy?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  claimedUntil?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  comments?: Resolver<ReadonlyArray<ResolversTypes['PublicationComment']>, ParentType, ContextType>;
  description?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  diff?: Resolver<Maybe<ResolversTypes['PublicationDiff']>, ParentType, ContextType>;
  digest?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  generation?: Resolver<Maybe<ResolversTypes['BigInt']>, ParentType, ContextType>;
  grants?: Resolver<Maybe<ResolversTypes['GrantConnection']>, ParentType, ContextType, RequireFields<PublicationGrantsArgs, 'first'>>;
  group?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  licence?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  manifest?: Resolver<Maybe<ResolversTypes['PublicationManifest']>, ParentType, ContextType>;
  owner?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  readers?: Resolver<ResolversTypes['PublicationReaders'], ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  refereeLinks?: Resolver<ReadonlyArray<ResolversTypes['RefereeLink']>, ParentType, ContextType>;
  repository?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  revision?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  satellite?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  state?: Resolver<ResolversTypes['PublicationState'], ParentType, ContextType>;
  submittedAt?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  title?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  versions?: Resolver<ReadonlyArray<ResolversTypes['Publication']>, ParentType, ContextType>;
  withdrawableVersion?: Resolver<Maybe<ResolversTypes['Publication']>, ParentType, ContextType>;
};

export type PublicationCheckResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['PublicationCheck'] = ResolversParentTypes['PublicationCheck']> = {
  code?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['PublicationCheckState'], ParentType, ContextType>;
};

export type PublicationCommentResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['PublicationComment'] = ResolversParentTypes['PublicationComment']> = {
  at?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  author?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  replyTo?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  text?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type PublicationConnectionResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['PublicationConnection'] = ResolversParentTypes['PublicationConnection']> = {
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Publication']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type PublicationDiffResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['PublicationDiff'] = ResolversParentTypes['PublicationDiff']> = {
  added?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  changed?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  datasets?: Resolver<ReadonlyArray<ResolversTypes['JSONObject']>, ParentType, ContextType>;
  from?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  other?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  removed?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
};

export type PublicationEventResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['PublicationEvent'] = ResolversParentTypes['PublicationEvent']> = {
  at?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  event?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  publication?: Resolver<ResolversTypes['Publication'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type PublicationManifestResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['PublicationManifest'] = ResolversParentTypes['PublicationManifest']> = {
  bytes?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  collections?: Resolver<ReadonlyArray<ResolversTypes['PublishedCollection']>, ParentType, ContextType>;
  datasetCount?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  datasetTypes?: Resolver<ReadonlyArray<ResolversTypes['JSONObject']>, ParentType, ContextType>;
  datasets?: Resolver<ResolversTypes['ManifestDatasetConnection'], ParentType, ContextType, RequireFields<PublicationManifestDatasetsArgs, 'first'>>;
  officialRepositories?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  sizes?: Resolver<ReadonlyArray<ResolversTypes['DatasetTypeSize']>, ParentType, ContextType>;
  sky?: Resolver<ResolversTypes['ManifestSky'], ParentType, ContextType, RequireFields<PublicationManifestSkyArgs, 'first'>>;
  universe?: Resolver<ResolversTypes['Universe'], ParentType, ContextType>;
};

export type PublicationReadersResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['PublicationReaders'] = ResolversParentTypes['PublicationReaders']> = {
  allUsers?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  groups?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  users?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PublicationUploadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['PublicationUpload'] = ResolversParentTypes['PublicationUpload']> = {
  expiresAt?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  headers?: Resolver<ResolversTypes['JSONObject'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  url?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type PublishedCollectionResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['PublishedCollection'] = ResolversParentTypes['PublishedCollection']> = {
  children?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  doc?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  isOfficial?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['CollectionType'], ParentType, ContextType>;
};

export type QuantumFailureResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['QuantumFailure'] = ResolversParentTypes['QuantumFailure']> = {
  exception?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  quantum?: Resolver<ResolversTypes['UUID'], ParentType, ContextType>;
  task?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type QueryResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  auditTrail?: Resolver<Maybe<ResolversTypes['AuditConnection']>, ParentType, ContextType, RequireFields<QueryAuditTrailArgs, 'first'>>;
  collections?: Resolver<Maybe<ResolversTypes['CollectionConnection']>, ParentType, ContextType, RequireFields<QueryCollectionsArgs, 'first' | 'search' | 'strict'>>;
  dataIds?: Resolver<Maybe<ResolversTypes['DataIdConnection']>, ParentType, ContextType, RequireFields<QueryDataIdsArgs, 'dimensions' | 'first' | 'strict'>>;
  dataset?: Resolver<Maybe<ResolversTypes['Dataset']>, ParentType, ContextType, RequireFields<QueryDatasetArgs, 'uuid'>>;
  datasetTypes?: Resolver<Maybe<ReadonlyArray<ResolversTypes['DatasetType']>>, ParentType, ContextType, RequireFields<QueryDatasetTypesArgs, 'search' | 'strict'>>;
  datasets?: Resolver<Maybe<ResolversTypes['DatasetConnection']>, ParentType, ContextType, RequireFields<QueryDatasetsArgs, 'collections' | 'datasetTypes' | 'findFirst' | 'first' | 'strict'>>;
  dimensionRecords?: Resolver<Maybe<ResolversTypes['DimensionRecordConnection']>, ParentType, ContextType, RequireFields<QueryDimensionRecordsArgs, 'element' | 'first' | 'strict'>>;
  effectiveAccess?: Resolver<ResolversTypes['EffectiveAccess'], ParentType, ContextType, RequireFields<QueryEffectiveAccessArgs, 'satellite'>>;
  findDataset?: Resolver<Maybe<ResolversTypes['Dataset']>, ParentType, ContextType, RequireFields<QueryFindDatasetArgs, 'collections' | 'dataId' | 'datasetType'>>;
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType, RequireFields<QueryJobArgs, 'id'>>;
  jobs?: Resolver<ReadonlyArray<ResolversTypes['Job']>, ParentType, ContextType, RequireFields<QueryJobsArgs, 'first'>>;
  node?: Resolver<Maybe<ResolversTypes['Node']>, ParentType, ContextType, RequireFields<QueryNodeArgs, 'id'>>;
  publication?: Resolver<Maybe<ResolversTypes['Publication']>, ParentType, ContextType, RequireFields<QueryPublicationArgs, 'id'>>;
  publications?: Resolver<ResolversTypes['PublicationConnection'], ParentType, ContextType, RequireFields<QueryPublicationsArgs, 'first' | 'toReview'>>;
  refereedPublication?: Resolver<Maybe<ResolversTypes['RefereedPublication']>, ParentType, ContextType, RequireFields<QueryRefereedPublicationArgs, 'secret'>>;
  repositories?: Resolver<ReadonlyArray<ResolversTypes['Repository']>, ParentType, ContextType>;
  repository?: Resolver<Maybe<ResolversTypes['Repository']>, ParentType, ContextType, RequireFields<QueryRepositoryArgs, 'name'>>;
  run?: Resolver<Maybe<ResolversTypes['Run']>, ParentType, ContextType, RequireFields<QueryRunArgs, 'id'>>;
  runs?: Resolver<ResolversTypes['RunConnection'], ParentType, ContextType, RequireFields<QueryRunsArgs, 'first'>>;
  satellite?: Resolver<Maybe<ResolversTypes['Satellite']>, ParentType, ContextType, RequireFields<QuerySatelliteArgs, 'name'>>;
  satellites?: Resolver<ReadonlyArray<ResolversTypes['Satellite']>, ParentType, ContextType, RequireFields<QuerySatellitesArgs, 'deleted'>>;
  viewer?: Resolver<ResolversTypes['Viewer'], ParentType, ContextType>;
};

export type QueryExplanationResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['QueryExplanation'] = ResolversParentTypes['QueryExplanation']> = {
  estimatedRows?: Resolver<Maybe<ResolversTypes['BigInt']>, ParentType, ContextType>;
  isEmpty?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  joinedHere?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  messages?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  steps?: Resolver<ReadonlyArray<ResolversTypes['QueryStep']>, ParentType, ContextType>;
  suggestions?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type QueryStepResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['QueryStep'] = ResolversParentTypes['QueryStep']> = {
  collections?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  estimatedRows?: Resolver<Maybe<ResolversTypes['BigInt']>, ParentType, ContextType>;
  foundRows?: Resolver<Maybe<ResolversTypes['BigInt']>, ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['QueryStepKind'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  repository?: Resolver<Maybe<ResolversTypes['Repository']>, ParentType, ContextType>;
  why?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type RefereeLinkResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RefereeLink'] = ResolversParentTypes['RefereeLink']> = {
  createdAt?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  createdBy?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  note?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  revokedAt?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type RefereedPublicationResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RefereedPublication'] = ResolversParentTypes['RefereedPublication']> = {
  checks?: Resolver<ReadonlyArray<ResolversTypes['PublicationCheck']>, ParentType, ContextType>;
  description?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  licence?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  manifest?: Resolver<ResolversTypes['PublicationManifest'], ParentType, ContextType>;
  title?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type RegisterDatasetTypePayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RegisterDatasetTypePayload'] = ResolversParentTypes['RegisterDatasetTypePayload']> = {
  datasetType?: Resolver<ResolversTypes['DatasetType'], ParentType, ContextType>;
};

export type RejectPublicationPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RejectPublicationPayload'] = ResolversParentTypes['RejectPublicationPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  publication?: Resolver<ResolversTypes['Publication'], ParentType, ContextType>;
};

export type RemovalPlanResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RemovalPlan'] = ResolversParentTypes['RemovalPlan']> = {
  bytes?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  chains?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  datasets?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
};

export type RemoveCollectionPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RemoveCollectionPayload'] = ResolversParentTypes['RemoveCollectionPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  plan?: Resolver<ResolversTypes['RemovalPlan'], ParentType, ContextType>;
};

export type RemoveDatasetsPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RemoveDatasetsPayload'] = ResolversParentTypes['RemoveDatasetsPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  plan?: Resolver<ResolversTypes['RemovalPlan'], ParentType, ContextType>;
};

export type RemoveRunPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RemoveRunPayload'] = ResolversParentTypes['RemoveRunPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  plan?: Resolver<ResolversTypes['RunRemovalPlan'], ParentType, ContextType>;
  run?: Resolver<Maybe<ResolversTypes['Run']>, ParentType, ContextType>;
};

export type RepositoryResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Repository'] = ResolversParentTypes['Repository']> = {
  collections?: Resolver<Maybe<ResolversTypes['CollectionConnection']>, ParentType, ContextType, RequireFields<RepositoryCollectionsArgs, 'first' | 'search'>>;
  datasetTypes?: Resolver<Maybe<ReadonlyArray<ResolversTypes['DatasetType']>>, ParentType, ContextType, RequireFields<RepositoryDatasetTypesArgs, 'search'>>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['RepositoryKind'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  universe?: Resolver<Maybe<ResolversTypes['Universe']>, ParentType, ContextType>;
  usage?: Resolver<Maybe<ResolversTypes['RepositoryUsage']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RepositoryUsageResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RepositoryUsage'] = ResolversParentTypes['RepositoryUsage']> = {
  bytes?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  datasets?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  memberships?: Resolver<ReadonlyArray<ResolversTypes['MembershipUsage']>, ParentType, ContextType>;
  parts?: Resolver<ReadonlyArray<ResolversTypes['UsagePart']>, ParentType, ContextType>;
  referencedBytes?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
};

export type RequestPublicationChangesPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RequestPublicationChangesPayload'] = ResolversParentTypes['RequestPublicationChangesPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  publication?: Resolver<ResolversTypes['Publication'], ParentType, ContextType>;
};

export type ResetSatellitePayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['ResetSatellitePayload'] = ResolversParentTypes['ResetSatellitePayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  plan?: Resolver<Maybe<ResolversTypes['SatellitePlan']>, ParentType, ContextType>;
  satellite?: Resolver<Maybe<ResolversTypes['Satellite']>, ParentType, ContextType>;
};

export type RestoreSatellitePayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RestoreSatellitePayload'] = ResolversParentTypes['RestoreSatellitePayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  plan?: Resolver<Maybe<ResolversTypes['SatellitePlan']>, ParentType, ContextType>;
  satellite?: Resolver<Maybe<ResolversTypes['Satellite']>, ParentType, ContextType>;
};

export type RetryJobPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RetryJobPayload'] = ResolversParentTypes['RetryJobPayload']> = {
  job?: Resolver<ResolversTypes['Job'], ParentType, ContextType>;
};

export type RetryRunPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RetryRunPayload'] = ResolversParentTypes['RetryRunPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  run?: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
};

export type RevokeAccessPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RevokeAccessPayload'] = ResolversParentTypes['RevokeAccessPayload']> = {
  accessRevision?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  grant?: Resolver<ResolversTypes['Grant'], ParentType, ContextType>;
};

export type RevokeRefereeLinkPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RevokeRefereeLinkPayload'] = ResolversParentTypes['RevokeRefereeLinkPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  link?: Resolver<ResolversTypes['RefereeLink'], ParentType, ContextType>;
};

export type RotateSatelliteCapabilityPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RotateSatelliteCapabilityPayload'] = ResolversParentTypes['RotateSatelliteCapabilityPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  satellite?: Resolver<Maybe<ResolversTypes['Satellite']>, ParentType, ContextType>;
};

export type RunResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Run'] = ResolversParentTypes['Run']> = {
  createdAt?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  diagram?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  directory?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  error?: Resolver<Maybe<ResolversTypes['JobError']>, ParentType, ContextType>;
  explain?: Resolver<Maybe<ResolversTypes['RunExplanation']>, ParentType, ContextType>;
  failures?: Resolver<ReadonlyArray<ResolversTypes['QuantumFailure']>, ParentType, ContextType>;
  graphInputs?: Resolver<ResolversTypes['RunDatasetConnection'], ParentType, ContextType, RequireFields<RunGraphInputsArgs, 'first'>>;
  graphOutputs?: Resolver<ResolversTypes['RunDatasetConnection'], ParentType, ContextType, RequireFields<RunGraphOutputsArgs, 'first'>>;
  graphQuanta?: Resolver<ResolversTypes['RunQuantumConnection'], ParentType, ContextType, RequireFields<RunGraphQuantaArgs, 'first'>>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  inputs?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  log?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType, Partial<RunLogArgs>>;
  output?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  outputRun?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  owner?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  plan?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  quanta?: Resolver<Maybe<ResolversTypes['RunQuanta']>, ParentType, ContextType>;
  repositories?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  satellite?: Resolver<Maybe<ResolversTypes['Satellite']>, ParentType, ContextType>;
  state?: Resolver<ResolversTypes['RunState'], ParentType, ContextType>;
  tasks?: Resolver<ReadonlyArray<ResolversTypes['RunTask']>, ParentType, ContextType>;
  warnings?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  worker?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RunConnectionResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RunConnection'] = ResolversParentTypes['RunConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['RunEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Run']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type RunDatasetResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RunDataset'] = ResolversParentTypes['RunDataset']> = {
  dataId?: Resolver<ResolversTypes['JSONObject'], ParentType, ContextType>;
  datasetType?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  run?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  uuid?: Resolver<ResolversTypes['UUID'], ParentType, ContextType>;
};

export type RunDatasetConnectionResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RunDatasetConnection'] = ResolversParentTypes['RunDatasetConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['RunDatasetEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['RunDataset']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type RunDatasetEdgeResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RunDatasetEdge'] = ResolversParentTypes['RunDatasetEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['RunDataset'], ParentType, ContextType>;
};

export type RunEdgeResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RunEdge'] = ResolversParentTypes['RunEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
};

export type RunExplanationResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RunExplanation'] = ResolversParentTypes['RunExplanation']> = {
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  suggestions?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type RunQuantaResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RunQuanta'] = ResolversParentTypes['RunQuanta']> = {
  blocked?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  failed?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  succeeded?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  total?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
};

export type RunQuantumResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RunQuantum'] = ResolversParentTypes['RunQuantum']> = {
  dataId?: Resolver<ResolversTypes['JSONObject'], ParentType, ContextType>;
  inputs?: Resolver<ReadonlyArray<ResolversTypes['RunDataset']>, ParentType, ContextType>;
  outputs?: Resolver<ReadonlyArray<ResolversTypes['RunDataset']>, ParentType, ContextType>;
  task?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  uuid?: Resolver<ResolversTypes['UUID'], ParentType, ContextType>;
};

export type RunQuantumConnectionResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RunQuantumConnection'] = ResolversParentTypes['RunQuantumConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['RunQuantumEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['RunQuantum']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type RunQuantumEdgeResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RunQuantumEdge'] = ResolversParentTypes['RunQuantumEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['RunQuantum'], ParentType, ContextType>;
};

export type RunRemovalPlanResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RunRemovalPlan'] = ResolversParentTypes['RunRemovalPlan']> = {
  bytes?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  collections?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  datasets?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  files?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
};

export type RunTaskResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['RunTask'] = ResolversParentTypes['RunTask']> = {
  className?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  dimensions?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  inputs?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  label?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  outputs?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  prerequisites?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  quanta?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
};

export type SatelliteResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Satellite'] = ResolversParentTypes['Satellite']> = {
  artifacts?: Resolver<Maybe<ResolversTypes['SatelliteArtifacts']>, ParentType, ContextType>;
  createdAt?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  database?: Resolver<Maybe<ResolversTypes['SatelliteDatabase']>, ParentType, ContextType>;
  environment?: Resolver<Maybe<ResolversTypes['JSONObject']>, ParentType, ContextType>;
  grants?: Resolver<Maybe<ReadonlyArray<ResolversTypes['Grant']>>, ParentType, ContextType, RequireFields<SatelliteGrantsArgs, 'first'>>;
  group?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  official?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  owner?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  purgeAt?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  quotaBytes?: Resolver<Maybe<ResolversTypes['BigInt']>, ParentType, ContextType>;
  repository?: Resolver<Maybe<ResolversTypes['Repository']>, ParentType, ContextType>;
  state?: Resolver<ResolversTypes['SatelliteState'], ParentType, ContextType>;
  uri?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  usage?: Resolver<Maybe<ResolversTypes['RepositoryUsage']>, ParentType, ContextType>;
  warnings?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SatellitePlanResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['SatellitePlan'] = ResolversParentTypes['SatellitePlan']> = {
  bytes?: Resolver<Maybe<ResolversTypes['BigInt']>, ParentType, ContextType>;
  collections?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  datasets?: Resolver<Maybe<ResolversTypes['BigInt']>, ParentType, ContextType>;
  referencedBy?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  references?: Resolver<Maybe<ResolversTypes['BigInt']>, ParentType, ContextType>;
  warning?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type SetCollectionChainPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['SetCollectionChainPayload'] = ResolversParentTypes['SetCollectionChainPayload']> = {
  collection?: Resolver<ResolversTypes['Collection'], ParentType, ContextType>;
};

export type SubmitPublicationPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['SubmitPublicationPayload'] = ResolversParentTypes['SubmitPublicationPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  publication?: Resolver<ResolversTypes['Publication'], ParentType, ContextType>;
};

export type SubscriptionResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  jobProgress?: SubscriptionResolver<ResolversTypes['Job'], "jobProgress", ParentType, ContextType, RequireFields<SubscriptionJobProgressArgs, 'id'>>;
  publicationEvents?: SubscriptionResolver<ResolversTypes['PublicationEvent'], "publicationEvents", ParentType, ContextType>;
  publicationUpdates?: SubscriptionResolver<ResolversTypes['Publication'], "publicationUpdates", ParentType, ContextType, RequireFields<SubscriptionPublicationUpdatesArgs, 'id'>>;
  runProgress?: SubscriptionResolver<ResolversTypes['Run'], "runProgress", ParentType, ContextType, RequireFields<SubscriptionRunProgressArgs, 'id'>>;
};

export type TimespanResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Timespan'] = ResolversParentTypes['Timespan']> = {
  begin?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  beginNs?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  end?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  endNs?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type TransferDatasetsPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['TransferDatasetsPayload'] = ResolversParentTypes['TransferDatasetsPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  plan?: Resolver<Maybe<ResolversTypes['TransferPlan']>, ParentType, ContextType>;
};

export type TransferPlanResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['TransferPlan'] = ResolversParentTypes['TransferPlan']> = {
  bytes?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  conflicts?: Resolver<ReadonlyArray<ResolversTypes['JSONObject']>, ParentType, ContextType>;
  datasets?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  new?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  newBytes?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
};

export type TransferRunPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['TransferRunPayload'] = ResolversParentTypes['TransferRunPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  run?: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
};

export interface UuidScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['UUID'], any> {
  name: 'UUID';
}

export type UniverseResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Universe'] = ResolversParentTypes['Universe']> = {
  namespace?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type UploadPublicationPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['UploadPublicationPayload'] = ResolversParentTypes['UploadPublicationPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  upload?: Resolver<ResolversTypes['PublicationUpload'], ParentType, ContextType>;
};

export type UsagePartResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['UsagePart'] = ResolversParentTypes['UsagePart']> = {
  bytes?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  datasetType?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  datasets?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  referencedBytes?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  run?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type VerifySatellitePayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['VerifySatellitePayload'] = ResolversParentTypes['VerifySatellitePayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  plan?: Resolver<Maybe<ResolversTypes['SatellitePlan']>, ParentType, ContextType>;
  satellite?: Resolver<Maybe<ResolversTypes['Satellite']>, ParentType, ContextType>;
};

export type ViewerResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['Viewer'] = ResolversParentTypes['Viewer']> = {
  groups?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  quota?: Resolver<Maybe<ResolversTypes['JSONObject']>, ParentType, ContextType>;
  scopes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  username?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  warnings?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type WithdrawPublicationPayloadResolvers<ContextType = GraphQLContext, ParentType extends ResolversParentTypes['WithdrawPublicationPayload'] = ResolversParentTypes['WithdrawPublicationPayload']> = {
  job?: Resolver<Maybe<ResolversTypes['Job']>, ParentType, ContextType>;
  publication?: Resolver<ResolversTypes['Publication'], ParentType, ContextType>;
};

export type Resolvers<ContextType = GraphQLContext> = {
  ApprovePublicationPayload?: ApprovePublicationPayloadResolvers<ContextType>;
  AssociateDatasetsPayload?: AssociateDatasetsPayloadResolvers<ContextType>;
  AuditConnection?: AuditConnectionResolvers<ContextType>;
  AuditEdge?: AuditEdgeResolvers<ContextType>;
  AuditEntry?: AuditEntryResolvers<ContextType>;
  BigInt?: GraphQLScalarType;
  BuildRunPayload?: BuildRunPayloadResolvers<ContextType>;
  CancelJobPayload?: CancelJobPayloadResolvers<ContextType>;
  CancelRunPayload?: CancelRunPayloadResolvers<ContextType>;
  CertifyDatasetsPayload?: CertifyDatasetsPayloadResolvers<ContextType>;
  CheckinSatellitePayload?: CheckinSatellitePayloadResolvers<ContextType>;
  CheckoutSatellitePayload?: CheckoutSatellitePayloadResolvers<ContextType>;
  ClaimPublicationPayload?: ClaimPublicationPayloadResolvers<ContextType>;
  Collection?: CollectionResolvers<ContextType>;
  CollectionAccess?: CollectionAccessResolvers<ContextType>;
  CollectionConnection?: CollectionConnectionResolvers<ContextType>;
  CollectionEdge?: CollectionEdgeResolvers<ContextType>;
  CommentPublicationPayload?: CommentPublicationPayloadResolvers<ContextType>;
  CreateCollectionPayload?: CreateCollectionPayloadResolvers<ContextType>;
  CreateRefereeLinkPayload?: CreateRefereeLinkPayloadResolvers<ContextType>;
  CreateRunPayload?: CreateRunPayloadResolvers<ContextType>;
  CreateSatellitePayload?: CreateSatellitePayloadResolvers<ContextType>;
  DataId?: DataIdResolvers<ContextType>;
  DataIdConnection?: DataIdConnectionResolvers<ContextType>;
  DataIdEdge?: DataIdEdgeResolvers<ContextType>;
  Dataset?: DatasetResolvers<ContextType>;
  DatasetConnection?: DatasetConnectionResolvers<ContextType>;
  DatasetEdge?: DatasetEdgeResolvers<ContextType>;
  DatasetFile?: DatasetFileResolvers<ContextType>;
  DatasetType?: DatasetTypeResolvers<ContextType>;
  DatasetTypeSize?: DatasetTypeSizeResolvers<ContextType>;
  DatasetUpload?: DatasetUploadResolvers<ContextType>;
  DecertifyDatasetsPayload?: DecertifyDatasetsPayloadResolvers<ContextType>;
  DeleteSatellitePayload?: DeleteSatellitePayloadResolvers<ContextType>;
  DimensionRecord?: DimensionRecordResolvers<ContextType>;
  DimensionRecordConnection?: DimensionRecordConnectionResolvers<ContextType>;
  DimensionRecordEdge?: DimensionRecordEdgeResolvers<ContextType>;
  DisassociateDatasetsPayload?: DisassociateDatasetsPayloadResolvers<ContextType>;
  EffectiveAccess?: EffectiveAccessResolvers<ContextType>;
  ExecuteRunPayload?: ExecuteRunPayloadResolvers<ContextType>;
  FileUpload?: FileUploadResolvers<ContextType>;
  Grant?: GrantResolvers<ContextType>;
  GrantAccessPayload?: GrantAccessPayloadResolvers<ContextType>;
  GrantConnection?: GrantConnectionResolvers<ContextType>;
  IngestDatasetsPayload?: IngestDatasetsPayloadResolvers<ContextType>;
  JSONObject?: GraphQLScalarType;
  Job?: JobResolvers<ContextType>;
  JobError?: JobErrorResolvers<ContextType>;
  JobLogLine?: JobLogLineResolvers<ContextType>;
  JobProgress?: JobProgressResolvers<ContextType>;
  ManifestDataset?: ManifestDatasetResolvers<ContextType>;
  ManifestDatasetConnection?: ManifestDatasetConnectionResolvers<ContextType>;
  ManifestRegion?: ManifestRegionResolvers<ContextType>;
  ManifestSky?: ManifestSkyResolvers<ContextType>;
  MembershipUsage?: MembershipUsageResolvers<ContextType>;
  MigrateSatellitePayload?: MigrateSatellitePayloadResolvers<ContextType>;
  MigrationPlan?: MigrationPlanResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  Node?: NodeResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  Publication?: PublicationResolvers<ContextType>;
  PublicationCheck?: PublicationCheckResolvers<ContextType>;
  PublicationComment?: PublicationCommentResolvers<ContextType>;
  PublicationConnection?: PublicationConnectionResolvers<ContextType>;
  PublicationDiff?: PublicationDiffResolvers<ContextType>;
  PublicationEvent?: PublicationEventResolvers<ContextType>;
  PublicationManifest?: PublicationManifestResolvers<ContextType>;
  PublicationReaders?: PublicationReadersResolvers<ContextType>;
  PublicationUpload?: PublicationUploadResolvers<ContextType>;
  PublishedCollection?: PublishedCollectionResolvers<ContextType>;
  QuantumFailure?: QuantumFailureResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  QueryExplanation?: QueryExplanationResolvers<ContextType>;
  QueryStep?: QueryStepResolvers<ContextType>;
  RefereeLink?: RefereeLinkResolvers<ContextType>;
  RefereedPublication?: RefereedPublicationResolvers<ContextType>;
  RegisterDatasetTypePayload?: RegisterDatasetTypePayloadResolvers<ContextType>;
  RejectPublicationPayload?: RejectPublicationPayloadResolvers<ContextType>;
  RemovalPlan?: RemovalPlanResolvers<ContextType>;
  RemoveCollectionPayload?: RemoveCollectionPayloadResolvers<ContextType>;
  RemoveDatasetsPayload?: RemoveDatasetsPayloadResolvers<ContextType>;
  RemoveRunPayload?: RemoveRunPayloadResolvers<ContextType>;
  Repository?: RepositoryResolvers<ContextType>;
  RepositoryUsage?: RepositoryUsageResolvers<ContextType>;
  RequestPublicationChangesPayload?: RequestPublicationChangesPayloadResolvers<ContextType>;
  ResetSatellitePayload?: ResetSatellitePayloadResolvers<ContextType>;
  RestoreSatellitePayload?: RestoreSatellitePayloadResolvers<ContextType>;
  RetryJobPayload?: RetryJobPayloadResolvers<ContextType>;
  RetryRunPayload?: RetryRunPayloadResolvers<ContextType>;
  RevokeAccessPayload?: RevokeAccessPayloadResolvers<ContextType>;
  RevokeRefereeLinkPayload?: RevokeRefereeLinkPayloadResolvers<ContextType>;
  RotateSatelliteCapabilityPayload?: RotateSatelliteCapabilityPayloadResolvers<ContextType>;
  Run?: RunResolvers<ContextType>;
  RunConnection?: RunConnectionResolvers<ContextType>;
  RunDataset?: RunDatasetResolvers<ContextType>;
  RunDatasetConnection?: RunDatasetConnectionResolvers<ContextType>;
  RunDatasetEdge?: RunDatasetEdgeResolvers<ContextType>;
  RunEdge?: RunEdgeResolvers<ContextType>;
  RunExplanation?: RunExplanationResolvers<ContextType>;
  RunQuanta?: RunQuantaResolvers<ContextType>;
  RunQuantum?: RunQuantumResolvers<ContextType>;
  RunQuantumConnection?: RunQuantumConnectionResolvers<ContextType>;
  RunQuantumEdge?: RunQuantumEdgeResolvers<ContextType>;
  RunRemovalPlan?: RunRemovalPlanResolvers<ContextType>;
  RunTask?: RunTaskResolvers<ContextType>;
  Satellite?: SatelliteResolvers<ContextType>;
  SatellitePlan?: SatellitePlanResolvers<ContextType>;
  SetCollectionChainPayload?: SetCollectionChainPayloadResolvers<ContextType>;
  SubmitPublicationPayload?: SubmitPublicationPayloadResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  Timespan?: TimespanResolvers<ContextType>;
  TransferDatasetsPayload?: TransferDatasetsPayloadResolvers<ContextType>;
  TransferPlan?: TransferPlanResolvers<ContextType>;
  TransferRunPayload?: TransferRunPayloadResolvers<ContextType>;
  UUID?: GraphQLScalarType;
  Universe?: UniverseResolvers<ContextType>;
  UploadPublicationPayload?: UploadPublicationPayloadResolvers<ContextType>;
  UsagePart?: UsagePartResolvers<ContextType>;
  VerifySatellitePayload?: VerifySatellitePayloadResolvers<ContextType>;
  Viewer?: ViewerResolvers<ContextType>;
  WithdrawPublicationPayload?: WithdrawPublicationPayloadResolvers<ContextType>;
};

