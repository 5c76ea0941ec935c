/** Where a repository's own files are: a directory or a prefix of an S3 bucket. */
import type { Readable } from 'node:stream';
import type { ByteRange, FileSource } from '../../rows.ts';

/** What a file holds, or is to hold. */
export interface ArtifactContent {
  /** Bytes. */
  readonly size: number;
  /** SHA-256, hexadecimal. */
  readonly sha256: string;
}

export interface StoredArtifact {
  /** Relative to the root, with `/`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

export interface ListedArtifact extends StoredArtifact {
  /** When it was written to last, by the clock of the store. */
  readonly modified: Date;
}

/** What a writer left that was killed in the middle of a file. */
export interface UnfinishedArtifact {
  /** Of the file that it was to become, as far as that is known. */
  readonly path: string;
  readonly remove: () => Promise<void>;
}

export interface SignedUpload {
  readonly url: string;
  /** Headers that the PUT must have, as they are signed; Content-Length too, which clients send by themselves. */
  readonly headers: Readonly<Record<string, string>>;
  /** How long it can be put. */
  readonly seconds: number;
}

/**
 * Paths are relative to the root and normalised: a path that leads out of it (by `..`, links, or its spelling) is refused
 * with BAD_USER_INPUT before anything is touched.  Failures of the store come as `RepositoryUnavailableError`; a full disk
 * or a full bucket as QUOTA_EXCEEDED.
 */
export interface ArtifactStore {
  /** As `butler.yaml` has it: an absolute path or `s3://bucket/prefix/`. */
  readonly root: string;
  /** Null where there is none. */
  stat(path: string, signal: AbortSignal): Promise<StoredArtifact | null>;
  /** Bytes `start` to `end`, both included; all of them without a range. @throws SatelliteError NOT_FOUND */
  read(path: string, range: ByteRange | null, signal: AbortSignal): Promise<Readable>;
  /** Reads all of a file. @throws SatelliteError NOT_FOUND */
  measure(path: string, signal: AbortSignal): Promise<ArtifactContent>;
  /**
   * Writes a file under a temporary name and moves it into place, durable, when all of it is there: nobody ever sees half.
   * @param expected where known, checked before the file appears
   * @returns what is there now
   * @throws SatelliteError UPSTREAM_UNAVAILABLE where the bytes are not those expected
   */
  write(
    path: string,
    bytes: AsyncIterable<Uint8Array>,
    expected: Partial<ArtifactContent>,
    signal: AbortSignal,
  ): Promise<StoredArtifact>;
  /** Where a file is at the store's server, not signed, whether it is there or not; null where there is no server (files). */
  address(path: string): Promise<string | null>;
  /**
   * Copies a file from an address that another store on the same server gave (`source`, `address`), without its bytes passing
   * through here; what came is to be checked.
   * @returns whether it did: false where it is not this store's server, or does not let this store's user read it
   */
  copyWithin(url: string, path: string, signal: AbortSignal): Promise<boolean>;
  /** Removes files; one that is not there is no error. Directories that become empty go too. */
  remove(paths: readonly string[], signal: AbortSignal): Promise<void>;
  /** All files below a directory ('' for all), in no order; the repository's own database and configuration left out. */
  list(directory: string, signal: AbortSignal): AsyncIterable<ListedArtifact>;
  /** Where a reader finds the bytes now: a path, or a freshly signed address. Null where there is no such file. */
  source(path: string, signal: AbortSignal): Promise<FileSource | null>;
  /** Where to PUT exactly these bytes within minutes; null where the store has no such addresses (files). */
  signedUpload(path: string, content: ArtifactContent): Promise<SignedUpload | null>;
  /**
   * What takes space since before a moment at which all its writers have ended; no list and no reader sees it.
   * @param directory only below it; default: everywhere
   */
  unfinished(before: Date, signal: AbortSignal, directory?: string): AsyncIterable<UnfinishedArtifact>;
}
