/** What a datastore records of its files, in a registry's transactions. */
import sql from 'sql-template-tag';
import type { ImportedFile } from '../../writeable-repository.ts';
import type { Insertion, Transaction } from '../database.ts';
import { isOneOf, storedUuid, uuidFromStored, validUuids } from '../dataset-ids.ts';
import { defineTables } from '../schema/define.ts';
import { fileRecordsTable } from '../schema/static-tables.ts';

/** What stands for "the whole dataset" in the records. */
export const NO_COMPONENT = '__NULL_STRING__';

/** Columns of the table of records, in stock Butler's order. */
export const RECORD_COLUMNS = [
  'dataset_id',
  'path',
  'formatter',
  'storage_class',
  'component',
  'checksum',
  'file_size',
] as const;

/** Where a datastore keeps its records. */
export interface RecordsLocation {
  /** Exactly as stock Butler derives it from `butler.yaml`: it is in every row of `dataset_location`. */
  readonly datastoreName: string;
  /** Usually `file_datastore_records`. */
  readonly recordsTable: string;
}

/** Files of one dataset that are to be recorded. */
export interface RecordedFiles {
  readonly uuid: string;
  readonly files: readonly ImportedFile[];
}

/** Reads of a transaction, or of a database with a signal bound. */
export type RecordReads = Pick<Transaction, 'dialect' | 'table' | 'all'>;

/**
 * Makes the table of records where there is none, as the first stock Butler that opens a repository for writing does.
 */
export async function ensureRecordsTable(tx: Transaction, { recordsTable }: RecordsLocation): Promise<void> {
  await tx.define(defineTables([fileRecordsTable(recordsTable)], tx.dialect));
  await tx.insert({
    table: 'opaque_meta',
    columns: ['table_name'],
    rows: [[recordsTable]],
    suffix: sql`ON CONFLICT DO NOTHING`,
  });
}

/** Those of the datasets for which a file is recorded that is not to go. */
export async function recordedDatasets(
  reads: RecordReads,
  { datastoreName, recordsTable }: RecordsLocation,
  uuids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await reads.all(
    sql`SELECT DISTINCT r.dataset_id FROM ${reads.table(recordsTable)} AS r
      WHERE ${isOneOf(reads.dialect, sql`r.dataset_id`, validUuids(uuids))}
        AND EXISTS (SELECT 1 FROM ${reads.table('dataset_location')} AS l
          WHERE l.datastore_name = ${datastoreName} AND l.dataset_id = r.dataset_id)`,
  );
  return new Set(rows.map(([id]) => uuidFromStored(id as string)));
}

/** Those of the datasets that are registered, and stored here. */
export async function locatedDatasets(
  reads: RecordReads,
  { datastoreName }: RecordsLocation,
  uuids: readonly string[],
): Promise<readonly string[]> {
  const rows = await reads.all(sql`SELECT l.dataset_id FROM ${reads.table('dataset_location')} AS l
    JOIN ${reads.table('dataset')} AS d ON d.id = l.dataset_id
    WHERE l.datastore_name = ${datastoreName} AND ${isOneOf(reads.dialect, sql`l.dataset_id`, validUuids(uuids))}`);
  return rows.map(([id]) => uuidFromStored(id as string));
}

/** UUIDs of the datasets with a file recorded in a zip, those in the trash included. */
export async function datasetsInZip(
  reads: RecordReads,
  { recordsTable }: RecordsLocation,
  zip: string,
): Promise<ReadonlySet<string>> {
  const prefix = `${zip}#`;
  const rows = await reads.all(sql`SELECT dataset_id FROM ${reads.table(recordsTable)}
    WHERE substr(path, 1, ${BigInt([...prefix].length)}) = ${prefix}`);
  return new Set(rows.map(([id]) => uuidFromStored(id as string)));
}

/**
 * What records files, in place of records of the same dataset and component, and that their datasets are stored here.  Without
 * the latter, pruning would leave the files behind.
 */
export function* recordInsertions(
  { dialect }: Pick<Transaction, 'dialect'>,
  { datastoreName, recordsTable }: RecordsLocation,
  datasets: readonly RecordedFiles[],
): Generator<Insertion> {
  const stored = datasets.filter(({ files }) => files.length > 0);
  if (stored.length === 0) return;
  yield {
    table: 'dataset_location',
    columns: ['datastore_name', 'dataset_id'],
    rows: stored.map(({ uuid }) => [datastoreName, storedUuid(dialect, uuid)]),
    suffix: sql`ON CONFLICT DO NOTHING`,
  };
  yield {
    table: recordsTable,
    columns: RECORD_COLUMNS,
    rows: stored.flatMap(({ uuid, files }) =>
      files.map(({ path, formatter, storageClass, component, checksum, size }) => [
        storedUuid(dialect, uuid),
        path,
        formatter,
        storageClass,
        component ?? NO_COMPONENT,
        checksum,
        BigInt(size ?? -1),
      ]),
    ),
    suffix: sql`ON CONFLICT (dataset_id, component) DO UPDATE SET path = excluded.path, formatter = excluded.formatter,
      storage_class = excluded.storage_class, checksum = excluded.checksum, file_size = excluded.file_size`,
  };
}

/**
 * Marks files of datasets for removal; what is not stored here is passed over.  To be followed by the removal of the
 * datasets, if they go too, and in transactions of their own by `emptyTrash`.
 * @returns the number of datasets that were stored here
 */
export async function moveToTrash(
  tx: Transaction,
  { datastoreName }: RecordsLocation,
  uuids: readonly string[],
): Promise<number> {
  const location = tx.table('dataset_location');
  const where = sql`datastore_name = ${datastoreName} AND ${isOneOf(tx.dialect, sql`dataset_id`, validUuids(uuids))}`;
  await tx.run(sql`INSERT INTO ${tx.table('dataset_location_trash')} (datastore_name, dataset_id)
    SELECT datastore_name, dataset_id FROM ${location} WHERE ${where}
    ${tx.dialect === 'postgresql' ? sql`FOR UPDATE` : sql``} ON CONFLICT DO NOTHING`);
  return tx.run(sql`DELETE FROM ${location} WHERE ${where}`);
}
