/** Removing files of datasets that are gone or unstored, in stock Butler's order. */
import sql, { empty } from 'sql-template-tag';
import { SatelliteError } from '../../../butler/errors.ts';
import { failpoint } from '../../failpoints.ts';
import type { RemovedDatasets } from '../../writeable-repository.ts';
import { splitZipPath } from '../../recorded-path.ts';
import type { Transaction } from '../database.ts';
import { isOneOf, uuidFromStored } from '../dataset-ids.ts';
import { artifactPath, decodedPath, isUri } from './artifact-path.ts';
import type { ArtifactStore } from './artifact-store.ts';
import { datasetsInZip, type RecordReads, type RecordsLocation } from './records.ts';

/** Datasets of one transaction, as others wait for it while files are removed. */
const BATCH = 500;

interface TrashedFile {
  readonly uuid: string;
  readonly path: string;
  readonly size: number;
}

/**
 * Removes files of some datasets in the trash, then their records; to be called again, each time in a transaction of its
 * own, until no dataset is left.  Files that are not below the root stay, as do those that datasets use which are still
 * stored.  Where it is interrupted, doing it again finishes it.
 * @returns what was removed; no datasets when none is left, or another removes the rest
 * @throws RepositoryUnavailableError where files cannot be removed; nothing is forgotten then
 */
export async function emptyTrash(
  tx: Transaction,
  location: RecordsLocation,
  store: ArtifactStore,
  signal: AbortSignal,
): Promise<RemovedDatasets> {
  const trashed = await lockTrashed(tx, location, await trashedDatasets(tx, location));
  if (trashed.length === 0) return { datasets: 0, bytes: 0 };
  const ids = [...new Set(trashed.map(({ uuid }) => uuid))];

  const kept = await stillUsed(tx, location, trashed, ids);
  const files = new Map<string, number>();
  for (const { path, size } of trashed) {
    const file = ownFile(path);
    if (file !== undefined && !kept.has(splitZipPath(path).file)) {
      // Members of one zip add up; datasets that share a file have the same size.
      files.set(file, splitZipPath(path).member === null ? size : (files.get(file) ?? 0) + size);
    }
  }
  failpoint('remove:before-files');
  await store.remove([...files.keys()], signal);

  failpoint('remove:before-records');
  const among = isOneOf(tx.dialect, sql`dataset_id`, ids);
  await forgetUnstored(tx, location, ids);
  await tx.run(sql`DELETE FROM ${tx.table('dataset_location_trash')}
    WHERE datastore_name = ${location.datastoreName} AND ${among}`);
  return { datasets: ids.length, bytes: [...files.values()].reduce((sum, size) => sum + size, 0) };
}

/** Whether there is anything in the trash. */
export async function hasTrash(reads: RecordReads, { datastoreName }: RecordsLocation): Promise<boolean> {
  const rows = await reads.all(sql`SELECT 1 FROM ${reads.table('dataset_location_trash')}
    WHERE datastore_name = ${datastoreName} LIMIT 1`);
  return rows.length > 0;
}

/**
 * Takes datasets that come again out of the trash, with the records of what they had: files of these that nothing else names
 * are left.  Waits for who is removing them.
 */
export async function leaveTrash(tx: Transaction, location: RecordsLocation, uuids: readonly string[]): Promise<void> {
  await tx.run(sql`DELETE FROM ${tx.table('dataset_location_trash')}
    WHERE datastore_name = ${location.datastoreName} AND ${isOneOf(tx.dialect, sql`dataset_id`, uuids)}`);
  await forgetUnstored(tx, location, uuids);
}

/** Of a dataset that has come again since, and is in the trash and stored too, the records are those of now. */
async function forgetUnstored(
  tx: Transaction,
  { datastoreName, recordsTable }: RecordsLocation,
  uuids: readonly string[],
): Promise<void> {
  await tx.run(sql`DELETE FROM ${tx.table(recordsTable)} AS r WHERE ${isOneOf(tx.dialect, sql`r.dataset_id`, uuids)}
    AND NOT EXISTS (SELECT 1 FROM ${tx.table('dataset_location')} AS l
      WHERE l.datastore_name = ${datastoreName} AND l.dataset_id = r.dataset_id)`);
}

/** UUIDs of a batch of datasets in the trash that have records. */
async function trashedDatasets(
  tx: Transaction,
  { datastoreName, recordsTable }: RecordsLocation,
): Promise<readonly string[]> {
  const rows = await tx.all(sql`SELECT t.dataset_id FROM ${tx.table('dataset_location_trash')} AS t
    WHERE t.datastore_name = ${datastoreName}
      AND EXISTS (SELECT 1 FROM ${tx.table(recordsTable)} AS r WHERE r.dataset_id = t.dataset_id)
    LIMIT ${BATCH}
    ${tx.dialect === 'postgresql' ? sql`FOR UPDATE OF t SKIP LOCKED` : empty}`);
  return rows.map(([id]) => uuidFromStored(id as string));
}

async function lockTrashed(
  tx: Transaction,
  { datastoreName, recordsTable }: RecordsLocation,
  uuids: readonly string[],
): Promise<readonly TrashedFile[]> {
  if (uuids.length === 0) return [];
  const rows = await tx.all(sql`SELECT r.dataset_id, r.path, r.file_size
    FROM ${tx.table(recordsTable)} AS r
    JOIN ${tx.table('dataset_location_trash')} AS t ON r.dataset_id = t.dataset_id
    WHERE t.datastore_name = ${datastoreName} AND ${isOneOf(tx.dialect, sql`t.dataset_id`, uuids)}
    ${tx.dialect === 'postgresql' ? sql`FOR UPDATE SKIP LOCKED` : empty}`);
  return rows.map(([id, path, size]) => ({
    uuid: uuidFromStored(id as string),
    path: path as string,
    size: Math.max(Number(size ?? 0), 0),
  }));
}

/** Recorded paths, of zips without their members, that other datasets need. */
async function stillUsed(
  tx: Transaction,
  location: RecordsLocation,
  trashed: readonly TrashedFile[],
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const records = tx.table(location.recordsTable);
  const among = isOneOf(tx.dialect, sql`trashed.dataset_id`, ids);
  const rows = await tx.all(sql`SELECT DISTINCT trashed.path FROM ${records} AS trashed
    WHERE ${among} AND EXISTS (
      SELECT 1 FROM ${records} AS live
      JOIN ${tx.table('dataset_location')} AS l ON live.dataset_id = l.dataset_id
      WHERE l.datastore_name = ${location.datastoreName} AND live.path = trashed.path)`);
  const kept = new Set(rows.map(([path]) => splitZipPath(path as string).file));

  const zips = trashed.flatMap(({ path }) => {
    const { file, member } = splitZipPath(path);
    return member === null ? [] : file;
  });
  for (const zip of new Set(zips)) {
    const members = await datasetsInZip(tx, location, zip);
    if (!members.isSubsetOf(new Set(ids))) kept.add(zip);
  }
  return kept;
}

/** The file of a record, if it is below the root: undefined for references, and for what stock Butler would not find. */
function ownFile(path: string): string | undefined {
  if (path.startsWith('/') || isUri(path)) return undefined;
  try {
    return artifactPath(decodedPath(splitZipPath(path).file)).path;
  } catch (error) {
    if (error instanceof SatelliteError) return undefined;
    throw error;
  }
}
