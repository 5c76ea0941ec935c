/** Rows that repositories answer with. */
import type { Readable } from 'node:stream';
import type { DataIdValues } from '../butler/data-id.ts';
import type { DatasetType } from '../butler/dataset-type.ts';
import type { DimensionGroup } from '../butler/dimension-group.ts';
import type { Timespan } from '../butler/timespan.ts';
import type { DimensionElement } from '../butler/universe.ts';

export interface DatasetRow {
  /** Lower case, with dashes. */
  readonly uuid: string;
  readonly datasetType: DatasetType;
  readonly run: string;
  /** In the order of `datasetType.dimensions.dataCoordinateKeys`; required ones only where implied were not asked. */
  readonly values: DataIdValues;
  /** Name of the repository that it was found in. */
  readonly repository: string;
}

export interface DataIdRow {
  readonly dimensions: DimensionGroup;
  /** In the order of `dimensions.dataCoordinateKeys`. */
  readonly values: DataIdValues;
  readonly repository: string;
}

/** Region: the sphgeom encoding's bytes.  Hash: bytes.  Times: ns TAI.  Integers: numbers where exact. */
export type FieldValue = string | number | bigint | boolean | Uint8Array | Timespan | null;

export interface DimensionRecordRow {
  readonly element: DimensionElement;
  /**
   * Every column: required dimensions by name (the element's own under its key's column, `id` or `name`), implied ones,
   * alternate keys, metadata, and `region` and `timespan` where the element has them.
   */
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly repository: string;
}

export interface GeneralRow {
  /** Column name (`detector`, `detector.full_name`, `bias.run`, …) → value. */
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly repository: string;
}

export interface RowsByResult {
  dataset_ref: DatasetRow;
  data_coordinate: DataIdRow;
  dimension_record: DimensionRecordRow;
  general: GeneralRow;
}

/** How much a repository holds. */
export interface RepositoryUsage {
  readonly datasets: number;
  /** Bytes of the files in its own store; files that it only refers to, and sizes that were not recorded, are not counted. */
  readonly bytes: number;
  /** Bytes of files elsewhere that it refers to, as far as their sizes were recorded. */
  readonly referencedBytes: number;
  /** The same by run and dataset type; a file that several of them share is counted in each. */
  parts(): Promise<readonly UsagePart[]>;
  /** The same by TAGGED or CALIBRATION collection and dataset type: what is in those is in its run too. */
  memberships(): Promise<readonly MembershipUsage[]>;
}

/** What datasets of one type in one run hold. */
export interface UsagePart {
  readonly run: string;
  readonly datasetType: string;
  readonly datasets: number;
  readonly bytes: number;
  readonly referencedBytes: number;
}

/** What datasets of one type that one TAGGED or CALIBRATION collection has hold; each counts once, however often it is valid. */
export interface MembershipUsage extends Omit<UsagePart, 'run'> {
  readonly collection: string;
  readonly type: 'TAGGED' | 'CALIBRATION';
}

/** One file of a dataset; a disassembled composite has one a component. */
export interface FileRecord {
  /** Name of the repository that has it, where several answer as one: not always the one that the dataset was found in. */
  readonly repository?: string;
  /** Name for people: the last part of the path. */
  readonly fileName: string;
  /** As the repository recorded it: relative to its root, or an absolute URI.  Not for users. */
  readonly path: string;
  /** Bytes; null where unknown. */
  readonly size: number | null;
  /** As the repository recorded it; null where none. */
  readonly checksum: string | null;
  /** Python class that reads it. */
  readonly formatter: string;
  readonly storageClass: string;
  /** Null for a whole dataset. */
  readonly component: string | null;
}

/** A file in an object store, as it is recorded: nobody has looked whether it is there. */
export interface StoreObject {
  /** Null for a whole dataset. */
  readonly component: string | null;
  /** Its address at the store's server, which is not signed: for other stores on that server to copy from. */
  readonly url: string;
  /** Bytes; null where it is gone. */
  readonly size: (signal: AbortSignal) => Promise<number | null>;
  /** Reads all of it. @returns its size in bytes and its SHA-256, hexadecimal. @throws SatelliteError NOT_FOUND where it is gone */
  readonly content: (signal: AbortSignal) => Promise<{ readonly size: number; readonly sha256: string }>;
}

/** Bytes `start` to `end` of a file, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Where the bytes of a file can be had now, and how many there are.  Never shown to a client other than by redirect. */
export type FileSource =
  /** A fresh address that the repository's own server or store gave, signed where it needs to be. */
  | { readonly kind: 'url'; readonly url: string; readonly size: number | null }
  /** A record that is the http(s) address of a file elsewhere: whoever wrote it chose it, so it is checked before use. */
  | { readonly kind: 'reference'; readonly url: string; readonly size: number | null }
  | { readonly kind: 'path'; readonly path: string; readonly size: number }
  /** A member of a zip, which only the gateway can take out. `open` gives all of it without a range. */
  | {
      readonly kind: 'stream';
      /** Bytes. */
      readonly size: number;
      readonly open: (range: ByteRange | null, signal: AbortSignal) => Promise<Readable>;
    };
