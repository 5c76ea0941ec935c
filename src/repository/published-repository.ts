/** A repository in which reviewed collections are published: what is in it comes and goes a publication at a time. */
import type { CollectionType } from '../butler/collection.ts';
import type { Timespan } from '../butler/timespan.ts';
import type { ArtifactStore } from './direct/datastore/artifact-store.ts';
import type { QueryContext } from './repository.ts';
import type { DimensionRecordRow, FileRecord } from './rows.ts';
import type { DatasetTypeDefinition, ImportedDataset, WriteableRepository } from './writeable-repository.ts';

export interface PublishedCollection {
  readonly name: string;
  readonly type: CollectionType;
  /** '' where there is none. */
  readonly doc: string;
  /** Of a chain, in search order. */
  readonly children: readonly string[];
  /** Only has to be there with its type: what is in it is not this publication's. */
  readonly isOfficial: boolean;
}

export interface PublishedMembership {
  readonly collection: string;
  readonly uuid: string;
  /** Of a CALIBRATION collection; null in a TAGGED one. */
  readonly timespan: Timespan | null;
}

/** Everything that a version of a publication publishes, each part given page by page as often as it is asked for. */
export interface PublishedContent {
  readonly publication: string;
  readonly version: number;
  readonly datasetTypes: readonly DatasetTypeDefinition[];
  /** Children before the chains that hold them; every run of the datasets is there. */
  readonly collections: readonly PublishedCollection[];
  /** The directory of the files that are staged for it, relative to the root. */
  readonly staged: string;
  /** Called before anything is written, when nobody else can publish any more. @throws SatelliteError CONFLICT */
  check(): Promise<void>;
  /** In an order in which they can be inserted. */
  records(): AsyncIterable<readonly DimensionRecordRow[]>;
  /** Files have a SHA-256, and are staged, other than those of datasets that are stored already. */
  datasets(): AsyncIterable<readonly ImportedDataset[]>;
  memberships(): AsyncIterable<readonly PublishedMembership[]>;
}

/** Each change is one transaction, which gives the repository the next number: its generation. */
export interface PublishedRepository extends WriteableRepository {
  /** Its own files. */
  readonly artifacts: ArtifactStore;
  /** Number of its state; 0 before anything was published. */
  generation(ctx: QueryContext): Promise<number>;
  /** The generation since which a version is visible; null where it is not. */
  visibleSince(publication: string, version: number, ctx: QueryContext): Promise<number | null>;
  /**
   * Makes a version visible, in the place of the one of the same publication that is.  What other publications have too, and
   * what was there before, stays as it is.  Of what is visible already it gives the generation.
   * @throws SatelliteError CONFLICT where something else is in its place, UPSTREAM_UNAVAILABLE where a file that it needs is
   *   not staged (any more); then nothing has changed
   */
  publish(content: PublishedContent, ctx: QueryContext): Promise<number>;
  /**
   * Takes a version out: datasets and collections that no other publication has.  Their files go after it (`emptyTrash`),
   * dataset types and dimension records stay.  Of what is not visible it gives the generation since which that is so.
   */
  withdraw(publication: string, version: number, ctx: QueryContext): Promise<number>;
  /**
   * Has a version never become visible, whoever still works on that, unless it is visible already; the one before stays.
   * @returns the generation since which that is so, or it is visible
   */
  keepOut(
    publication: string,
    version: number,
    ctx: QueryContext,
  ): Promise<{ readonly generation: number; readonly isVisible: boolean }>;
  /** Files of those of the datasets that are stored here, with what is in the trash left out. */
  storedFiles(uuids: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, readonly FileRecord[]>>;
  /** Removes those of the files that no dataset has, one after the other with changes that are under way. @returns how many */
  removeUnrecorded(paths: readonly string[], ctx: QueryContext): Promise<number>;
}
