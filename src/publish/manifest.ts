/**
 * The manifest of a version: all that is published with it, frozen when it was submitted.  Read part by part, so that memory
 * does not grow with it.
 */
import type { CollectionType } from '../butler/collection.ts';
import type { DataId } from '../butler/data-id.ts';
import type { Timespan } from '../butler/timespan.ts';
import type { FieldValue } from '../repository/rows.ts';
import type { DatasetTypeDefinition } from '../repository/writeable-repository.ts';

export interface ManifestFile {
  /** Name for people: the last part of the source's path. */
  readonly fileName: string;
  /** Bytes. */
  readonly size: number;
  /** Of the bytes as they were when it was submitted, hexadecimal. */
  readonly sha256: string;
  /** Python class that reads it. */
  readonly formatter: string;
  readonly storageClass: string;
  /** Null for a whole dataset. */
  readonly component: string | null;
}

export interface ManifestDataset {
  /** Lower case; stays. */
  readonly uuid: string;
  readonly datasetType: string;
  readonly run: string;
  /** Values of the required dimensions by name. */
  readonly dataId: DataId;
  /** Empty: it is registered only, at its source too. */
  readonly files: readonly ManifestFile[];
}

export interface ManifestCollection {
  readonly name: string;
  readonly type: CollectionType;
  /** '' where there is none. */
  readonly doc: string;
  /** Of a chain, in search order, all of them in the manifest too. */
  readonly children: readonly string[];
  /**
   * Whether it is an official repository's: nothing that is in it is published, and it is made, empty, only so that chains
   * have all their children. Never a CHAINED one: chains hold its leaves in its place.
   */
  readonly isOfficial: boolean;
}

/** A dataset of the manifest in a TAGGED or, with its validity range, a CALIBRATION collection of it. */
export interface ManifestMembership {
  readonly collection: string;
  readonly uuid: string;
  readonly timespan: Timespan | null;
}

/** A dimension record that the datasets need, in the order of `Universe.elements`, so that they can be inserted so. */
export interface ManifestRecord {
  readonly element: string;
  readonly fields: Readonly<Record<string, FieldValue>>;
}

/** What the datasets were made of, as far as provenance tells, and what reading them is bound to. */
export interface ManifestLineage {
  /** Official repositories that data of the source comes from: whoever reads the publication has to be able to read them. */
  readonly officialRepositories: readonly string[];
  /** Names of official collections that the published chains hold. */
  readonly officialCollections: readonly string[];
  /** Official datasets in the published collections, which stay where they are. */
  readonly officialDatasets: number;
}

export interface ManifestHeader {
  /** Dimension universe of the source. */
  readonly universe: { readonly namespace: string; readonly version: number };
  readonly datasets: number;
  readonly bytes: number;
  readonly lineage: ManifestLineage;
}

/** A frozen manifest. Every method gives the same each time, in the same order. */
export interface Manifest {
  header(): Promise<ManifestHeader>;
  /** By name. */
  datasetTypes(): Promise<readonly DatasetTypeDefinition[]>;
  /** Children before the chains that hold them. */
  collections(): Promise<readonly ManifestCollection[]>;
  /** Page by page, in the order in which elements need each other. */
  records(): AsyncIterable<readonly ManifestRecord[]>;
  /** Page by page in the order of UUIDs. @param after the UUID that the page before ended with */
  datasets(after?: string): AsyncIterable<readonly ManifestDataset[]>;
  /** Page by page. */
  memberships(): AsyncIterable<readonly ManifestMembership[]>;
}
