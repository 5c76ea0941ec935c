/** What a datastore recorded of its files. */
import sql from 'sql-template-tag';
import { fileNameOf } from '../../recorded-path.ts';
import type { FileRecord } from '../../rows.ts';
import type { Reference } from '../../writeable-repository.ts';
import type { Database } from '../database.ts';
import { isOneOf, uuidFromStored, validUuids } from '../dataset-ids.ts';
import { NO_COMPONENT, type RecordReads, type RecordsLocation } from './records.ts';

/** Files by UUID, in one statement; datasets without files have no entry. */
export async function recordedFiles(
  reads: RecordReads,
  { recordsTable }: Pick<RecordsLocation, 'recordsTable'>,
  uuids: readonly string[],
): Promise<ReadonlyMap<string, readonly FileRecord[]>> {
  const ids = validUuids(uuids);
  if (ids.length === 0) return new Map();
  const rows = await reads.all(
    sql`SELECT dataset_id, path, formatter, storage_class, component, checksum, file_size
      FROM ${reads.table(recordsTable)} AS "records"
      WHERE ${isOneOf(reads.dialect, sql`dataset_id`, ids)} ORDER BY dataset_id, component`,
  );
  const files = new Map<string, FileRecord[]>();
  for (const [id, path, formatter, storageClass, component, checksum, size] of rows) {
    const uuid = uuidFromStored(id as string);
    const file: FileRecord = {
      path: path as string,
      fileName: fileNameOf(path as string),
      // -1 stands for "not known".
      size: size === null || (size as number) < 0 ? null : (size as number),
      checksum: checksum as string | null,
      formatter: formatter as string,
      storageClass: storageClass as string,
      component: component === NO_COMPONENT ? null : (component as string),
    };
    const known = files.get(uuid);
    if (known) known.push(file);
    else files.set(uuid, [file]);
  }
  return files;
}

/** Every file that is recorded elsewhere than in the repository's own store, some at a time. */
export async function* recordedReferences(
  database: Database,
  { recordsTable }: Pick<RecordsLocation, 'recordsTable'>,
  signal: AbortSignal,
): AsyncGenerator<readonly Reference[]> {
  const statement = sql`SELECT dataset_id, component, path FROM ${database.table(recordsTable)} WHERE path LIKE '%:/%'`;
  for await (const rows of database.stream(statement, signal)) {
    yield rows.map(([id, component, path]) => ({
      uuid: uuidFromStored(id as string),
      component: component === NO_COMPONENT ? null : (component as string),
      address: path as string,
    }));
  }
}
