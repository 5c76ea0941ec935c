/** What the registry's writer asks of the datastore. */
import sql from 'sql-template-tag';
import type { RemovedDatasets } from '../../writeable-repository.ts';
import type { Transaction, WriteableDatabase } from '../database.ts';
import { storedUuid, uuidFromStored } from '../dataset-ids.ts';
import type { DatasetFiles, FilesOfDataset } from '../write/dataset-files.ts';
import type { ArtifactStore } from './artifact-store.ts';
import {
  datasetsAt,
  insertRecords,
  moveToTrash,
  recordedDatasets,
  type RecordReads,
  type RecordsLocation,
} from './records.ts';
import { emptyTrash } from './trash.ts';

export class StoredDatasetFiles implements DatasetFiles {
  readonly #database: WriteableDatabase;
  readonly #location: RecordsLocation;
  readonly #store: ArtifactStore;

  /** @param location its table of records is there (`ensureRecordsTable`) */
  constructor(database: WriteableDatabase, location: RecordsLocation, store: ArtifactStore) {
    this.#database = database;
    this.#location = location;
    this.#store = store;
  }

  async withoutFiles(reads: RecordReads, uuids: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(uuids).difference(await recordedDatasets(reads, this.#location, uuids));
  }

  async recordedAt(reads: RecordReads, paths: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    return datasetsAt(reads, this.#location, paths);
  }

  async record(tx: Transaction, datasets: readonly FilesOfDataset[]): Promise<void> {
    await insertRecords(tx, this.#location, datasets);
  }

  async trash(tx: Transaction, uuids: readonly string[]): Promise<void> {
    await moveToTrash(tx, this.#location, uuids);
  }

  async emptyTrash(signal: AbortSignal): Promise<RemovedDatasets> {
    const removed = { datasets: 0, bytes: 0 };
    for (;;) {
      const batch = await this.#database.transaction(
        (tx) => emptyTrash(tx, this.#location, this.#store, signal),
        signal,
      );
      if (batch.datasets === 0) return removed;
      removed.datasets += batch.datasets;
      removed.bytes += batch.bytes;
    }
  }

  async movePaths(tx: Transaction, move: (path: string, uuid: string) => string | null): Promise<number> {
    const { recordsTable } = this.#location;
    const rows = await tx.all(sql`SELECT dataset_id, component, path, formatter, storage_class, checksum, file_size
      FROM ${tx.table(recordsTable)}`);
    const moved = rows.flatMap(([id, component, path, formatter, storageClass, checksum, size]) => {
      const uuid = uuidFromStored(id as string);
      const to = move(path as string, uuid);
      if (to === null || to === path) return [];
      return [
        [storedUuid(tx.dialect, uuid), component!, to, formatter!, storageClass!, checksum!, BigInt(size as number)],
      ];
    });
    if (moved.length === 0) return 0;
    return tx.insert({
      table: recordsTable,
      columns: ['dataset_id', 'component', 'path', 'formatter', 'storage_class', 'checksum', 'file_size'],
      rows: moved,
      suffix: sql`ON CONFLICT (dataset_id, component) DO UPDATE SET path = excluded.path`,
    });
  }
}
