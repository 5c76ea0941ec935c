/** What a satellite can do beside answering: every change that the gateway makes in a repository. */
import type { CollectionType } from '../butler/collection.ts';
import type { DataId, DataIdValues } from '../butler/data-id.ts';
import type { DatasetType } from '../butler/dataset-type.ts';
import type { Timespan } from '../butler/timespan.ts';
import type { Finding } from './direct/verify/finding.ts';
import type { VerificationPart } from './direct/verify/verify.ts';
import type { QueryContext, RestrictableRepository } from './repository.ts';
import type { DimensionRecordRow } from './rows.ts';

/** A dataset type as someone asks for it; the names are conformed in the repository's own universe. */
export interface DatasetTypeDefinition {
  readonly name: string;
  /** Any names that make up the group. */
  readonly dimensions: readonly string[];
  readonly storageClass: string;
  readonly isCalibration: boolean;
}

/** A file of a dataset that is to be recorded; the bytes are in place, or elsewhere for good. */
export interface ImportedFile {
  /** Relative to the repository's root, or an absolute URI: then a reference. */
  readonly path: string;
  readonly formatter: string;
  readonly storageClass: string;
  /** Null for a whole dataset. */
  readonly component: string | null;
  readonly checksum: string | null;
  /** Bytes; null where unknown. */
  readonly size: number | null;
}

/** A dataset that keeps its UUID, run and data ID. */
export interface ImportedDataset {
  readonly uuid: string;
  /** Of the source's universe or of the target's: only its name, dimensions by name, storage class and kind are used. */
  readonly datasetType: DatasetType;
  readonly run: string;
  /** Values of the required dimensions, in order. */
  readonly values: DataIdValues;
  /** When it was registered, ns TAI. Default: now */
  readonly ingested?: bigint;
  /** Empty: it is registered only, as a dataset that was not stored at its source. */
  readonly files: readonly ImportedFile[];
}

/** Why a dataset cannot be imported; both are named. */
export interface ImportConflict {
  /** The dataset that was to come. */
  readonly uuid: string;
  /** The one that is there; the same UUID where that one has another run, type or data ID. */
  readonly existing: string;
  readonly datasetType: string;
  readonly run: string;
  readonly dataId: DataId;
  /** A sentence for people that names both. */
  readonly reason: string;
}

/** What an import would do. */
export interface ImportPlan {
  /** UUIDs that are not registered here yet, those in conflicts left out. */
  readonly newDatasets: readonly string[];
  /** UUIDs that are registered here but for which no file is recorded, though they would bring one. */
  readonly newFiles: readonly string[];
  readonly conflicts: readonly ImportConflict[];
}

/** A file that is elsewhere. */
export interface Reference {
  readonly uuid: string;
  readonly component: string | null;
  /** The absolute URI as it is recorded. */
  readonly address: string;
}

/** A collection that is to be there. */
export interface NewCollection {
  readonly name: string;
  readonly type: CollectionType;
  readonly doc?: string;
}

/** Changes that are made as one, in this order; each does what the method for it alone does. */
export interface JoinedChanges {
  /** Those that are there are left as they are. */
  readonly dimensionRecords: readonly DimensionRecordRow[];
  readonly datasetTypes: readonly DatasetTypeDefinition[];
  readonly collections: readonly NewCollection[];
  /** Some at a time; walked through again where another writer was in the way. */
  readonly datasets: Iterable<readonly ImportedDataset[]>;
  readonly chains: readonly {
    readonly parent: string;
    readonly children: readonly string[];
    readonly edit: ChainEdit;
  }[];
}

/** How a chain is changed. */
export type ChainEdit = 'REDEFINE' | 'EXTEND' | 'PREPEND' | 'REMOVE';

/** DEFINE is REDEFINE of a chain that is empty or has just these children: else a CONFLICT. */
export type ChainChange = ChainEdit | 'DEFINE';

export interface RemovedDatasets {
  readonly datasets: number;
  /** Bytes of files that were removed from the repository's own store. */
  readonly bytes: number;
}

/**
 * Every method is one transaction of its own unless it says otherwise, does what stock Python does in the same case and
 * refuses what stock Python refuses: CONFLICT where what is there contradicts,
 * MISSING_COLLECTION, MISSING_DATASET_TYPE, COLLECTION_TYPE, COLLECTION_CYCLE, DATASET_NOT_FOUND and so on, BAD_USER_INPUT
 * for names that cannot be.  Doing the same again changes nothing.
 */
export interface WriteableRepository extends RestrictableRepository {
  /** @returns names of those that are new. @throws CONFLICT where one is there with another definition */
  registerDatasetTypes(types: readonly DatasetTypeDefinition[], ctx: QueryContext): Promise<readonly string[]>;
  /**
   * Makes a collection where it is not there, and gives a CHAINED one its children: both or nothing.
   * @returns whether it is new. @throws CONFLICT where it is there with another type or other children; what
   *   `setCollectionChain` throws
   */
  registerCollection(
    collection: NewCollection & { readonly children?: readonly string[] },
    ctx: QueryContext,
  ): Promise<boolean>;
  setCollectionDoc(name: string, doc: string, ctx: QueryContext): Promise<void>;
  /** Children in search order; nested chains stay as they are. */
  setCollectionChain(parent: string, children: readonly string[], edit: ChainChange, ctx: QueryContext): Promise<void>;
  /**
   * Inserts records with their overlap rows, in the order that their elements need; `SKIP` leaves those that are there,
   * `REPLACE` puts the new values in their place.
   * @param atOnce how many one transaction takes, for those in an order in which they can be inserted; default: all
   * @returns the number of records inserted or replaced
   * @throws CONFLICT where a record is there (`FAIL`), or an alternate key is taken by another; DATA_ID_VALUE where a record
   *   that it requires is missing
   */
  insertDimensionRecords(
    records: readonly DimensionRecordRow[],
    existing: 'FAIL' | 'SKIP' | 'REPLACE',
    ctx: QueryContext,
    atOnce?: number,
  ): Promise<number>;
  /** UUIDs of the datasets whose files are recorded at these paths, or in zips there; a path that is free has no entry. */
  recordedAt(paths: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, readonly string[]>>;
  /** What `importDatasets` would do; reads only. */
  planImport(datasets: readonly ImportedDataset[], ctx: QueryContext): Promise<ImportPlan>;
  /**
   * Registers datasets with their files in their runs, which must be there, as must be their types and dimension records.
   * What is there already is left as it is: a second import of the same does nothing.
   * @throws CONFLICT naming both datasets of the first conflict; nothing is kept then
   */
  importDatasets(datasets: readonly ImportedDataset[], ctx: QueryContext): Promise<ImportPlan>;
  /**
   * Makes several changes in one transaction: others see all of them or none, also after a crash.
   * @returns UUIDs of the datasets that are new
   * @throws as the methods for each; nothing is kept then
   */
  changeTogether(changes: JoinedChanges, ctx: QueryContext): Promise<readonly string[]>;
  /** Number of datasets with a file elsewhere, whose address begins with one of the prefixes; reads only. */
  countReferences(prefixes: readonly string[], ctx: QueryContext): Promise<number>;
  /**
   * Replaces the path of file records, in one transaction: `move` gives the new path or null to leave it.
   * @param among UUIDs of the datasets whose records are looked at; default: all. @returns how many
   */
  moveReferences(
    move: (path: string, uuid: string) => string | null,
    ctx: QueryContext,
    among?: readonly string[],
  ): Promise<number>;
  /** Adds datasets to a TAGGED collection, in place of others of the same UUID only. @throws CONFLICT naming both datasets */
  associate(collection: string, uuids: readonly string[], ctx: QueryContext): Promise<void>;
  disassociate(collection: string, uuids: readonly string[], ctx: QueryContext): Promise<void>;
  /**
   * Adds datasets to a CALIBRATION collection.
   * @param existing whether a dataset that has just this validity range there is in its own way; default: `FAIL`
   * @throws CONFLICT where a validity range overlaps another's
   */
  certify(
    collection: string,
    uuids: readonly string[],
    timespan: Timespan,
    ctx: QueryContext,
    existing?: 'FAIL' | 'SKIP',
  ): Promise<void>;
  /** Takes `timespan` away from the validity of a type's datasets, or of those with the given data IDs. */
  decertify(
    collection: string,
    datasetType: string,
    timespan: Timespan,
    dataIds: readonly DataId[] | null,
    ctx: QueryContext,
  ): Promise<void>;
  /**
   * `UNSTORE`: the files and their records go, the datasets stay registered.  `PURGE`: the datasets go too, out of every
   * collection.  Rows first, then files; what a crash leaves is finished by `emptyTrash`.
   */
  removeDatasets(uuids: readonly string[], mode: 'UNSTORE' | 'PURGE', ctx: QueryContext): Promise<RemovedDatasets>;
  /**
   * Removes a collection, a RUN with all its datasets (in several transactions).
   * @param unlink takes it out of the chains that hold it. @throws CONFLICT naming them otherwise, before anything is done
   */
  removeCollection(name: string, unlink: boolean, ctx: QueryContext): Promise<RemovedDatasets>;
  /** Finishes removals that were interrupted. */
  emptyTrash(ctx: QueryContext): Promise<RemovedDatasets>;
  /**
   * Removes files of its own store at these relative paths in which no dataset is, while nobody can record them.
   * @returns how many paths they were, whether or not a file was there
   */
  removeUnrecorded(paths: readonly string[], ctx: QueryContext): Promise<number>;
  /** Looks for what is wrong, one kind of rules at a time; with `repair`, mends what can be mended. */
  verify(part: VerificationPart, repair: boolean, ctx: QueryContext): AsyncIterable<Finding>;
  /** Every file that is elsewhere, some at a time. */
  references(ctx: QueryContext): AsyncIterable<readonly Reference[]>;
}
