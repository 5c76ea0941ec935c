/** Where files of a quantum's inputs are, in the form of stock datastores. */
import { z } from 'zod';
import { fileNameOf } from '../../repository/recorded-path.ts';
import type { FileRecord } from '../../repository/rows.ts';
import { uuid } from './documents.ts';
import { shown, unreadable } from './unreadable.ts';

const FILE_RECORD = 'lsst.daf.butler.datastore.stored_file_info.StoredFileInfo';
/** Name of the records' table in repositories that stock Butler makes. */
const TABLE = 'file_datastore_records';
/** How a record says that it is of a whole dataset. */
const NO_COMPONENT = '__NULL_STRING__';

const record = z.object({
  formatter: z.string(),
  path: z.string(),
  storage_class: z.string(),
  component: z.string().nullish(),
  checksum: z.string().nullish(),
  file_size: z.int(),
});

/** Records of one datastore: class of the record → UUID, in hexadecimal digits only → table → records. */
export const recordsDocument = z.object({
  dataset_ids: z.array(uuid),
  records: z.record(z.string(), z.record(z.string().regex(/^[0-9a-f]{32}$/), z.record(z.string(), z.array(record)))),
});
export type RecordsDocument = z.output<typeof recordsDocument>;

/** @throws SatelliteError BAD_USER_INPUT for records of other kinds than of files: what they name is not known */
export function toFileRecords({ records }: RecordsDocument): ReadonlyMap<string, readonly FileRecord[]> {
  const unknown = Object.keys(records).find((name) => name !== FILE_RECORD);
  if (unknown !== undefined) throw unreadable(`it has datastore records of an unknown class ${shown(unknown)}`);
  return new Map(
    Object.entries(records[FILE_RECORD] ?? {}).map(([digits, tables]) => [
      digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
      Object.values(tables).flat().map(toFileRecord),
    ]),
  );
}

/** Of datasets and their files. */
export function fromFileRecords(files: ReadonlyMap<string, readonly FileRecord[]>): RecordsDocument {
  const records = [...files].map(([id, of]) => [id.replaceAll('-', ''), { [TABLE]: of.map(fromFileRecord) }] as const);
  return { dataset_ids: [...files.keys()], records: { [FILE_RECORD]: Object.fromEntries(records) } };
}

function toFileRecord(of: z.output<typeof record>): FileRecord {
  return {
    fileName: fileNameOf(of.path),
    path: of.path,
    size: of.file_size < 0 ? null : of.file_size,
    checksum: of.checksum ?? null,
    formatter: of.formatter,
    storageClass: of.storage_class,
    component: of.component === NO_COMPONENT ? null : (of.component ?? null),
  };
}

function fromFileRecord(of: FileRecord): z.output<typeof record> {
  return {
    formatter: of.formatter,
    path: of.path,
    storage_class: of.storageClass,
    component: of.component ?? NO_COMPONENT,
    checksum: of.checksum,
    file_size: of.size ?? -1,
  };
}
