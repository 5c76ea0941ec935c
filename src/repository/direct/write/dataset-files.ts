/** What the datastore does for the registry, most of it within the registry's transactions. */
import type { ImportedFile } from '../../writeable-repository.ts';
import type { Transaction } from '../database.ts';
import type { Reads } from './reads.ts';

export interface FilesOfDataset {
  readonly uuid: string;
  readonly files: readonly ImportedFile[];
}

export interface DatasetFiles {
  /** Those of the datasets for which no file is recorded. */
  withoutFiles(reads: Reads, uuids: readonly string[]): Promise<ReadonlySet<string>>;
  /** UUIDs of the datasets with a file recorded at these relative paths, or in zips there; free paths have no entry. */
  recordedAt(reads: Reads, paths: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Records locations and files of datasets that have none (butler-schema.md section 7.5). */
  record(tx: Transaction, datasets: readonly FilesOfDataset[]): Promise<void>;
  /** Moves locations to the trash; to be followed by `emptyTrash` when it is committed (section 7.11). */
  trash(tx: Transaction, uuids: readonly string[]): Promise<void>;
  /** Removes the files of trashed datasets, then their records. @returns bytes of the removed files */
  emptyTrash(signal: AbortSignal): Promise<{ readonly datasets: number; readonly bytes: number }>;
  /** Replaces paths of records: `move` gives the new one, or null. @returns how many */
  movePaths(tx: Transaction, move: (path: string, uuid: string) => string | null): Promise<number>;
}
