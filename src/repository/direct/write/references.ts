/** Where records of files point. */
import sql from 'sql-template-tag';
import { inBatches } from '../../../butler/in-batches.ts';
import { dialectOf, type ListValue } from '../compile/dialect.ts';
import { isOneOf, uuidFromStored, validUuids } from '../dataset-ids.ts';
import type { Transaction } from '../database.ts';
import type { ArtifactStore } from '../datastore/artifact-store.ts';
import { datasetsInZip, type RecordsLocation } from '../datastore/records.ts';
import { type Reads, ROWS_PER_STATEMENT } from './reads.ts';

const RECORDS_AT_ONCE = 5000;

/** UUIDs of the datasets with a file at these relative paths, or in zips there; free paths have no entry. */
export async function datasetsAtPaths(
  reads: Reads,
  location: RecordsLocation,
  paths: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const table = reads.table(location.recordsTable);
  const found = new Map<string, string[]>();
  const add = (path: string, id: string) => {
    const known = found.get(path);
    if (known) known.push(uuidFromStored(id));
    else found.set(path, [uuidFromStored(id)]);
  };
  for (const batch of inBatches(paths, ROWS_PER_STATEMENT)) {
    const isGiven = dialectOf(reads.dialect).memberOf(sql`path`, 'string', batch);
    const rows = await reads.all(sql`SELECT path, dataset_id FROM ${table} WHERE ${isGiven}`);
    for (const [path, id] of rows) add(path as string, id as string);
  }
  // Members of a zip are recorded with their names after the path of the zip.
  for (const zip of paths.filter((path) => path.endsWith('.zip'))) {
    const members = await datasetsInZip(reads, location, zip);
    if (members.size > 0) found.set(zip, [...(found.get(zip) ?? []), ...members]);
  }
  return found;
}

/** Removes files in which no dataset is, while nobody can record them. @returns how many they were */
export async function removeUnrecorded(
  tx: Transaction,
  location: RecordsLocation,
  store: Pick<ArtifactStore, 'remove'>,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const recorded = await datasetsAtPaths(tx, location, paths);
  const unrecorded = paths.filter((path) => !recorded.has(path));
  // Before somebody else looks whether they are there.
  await store.remove(unrecorded, signal);
  return unrecorded.length;
}

/**
 * Replaces the paths of records.
 * @param among UUIDs of datasets; no others are looked at. Default: all
 * @param move gives the new path of a dataset's file, or null to leave it
 * @returns how many were replaced
 */
export async function movePaths(
  tx: Transaction,
  { recordsTable }: RecordsLocation,
  move: (path: string, uuid: string) => string | null,
  among?: readonly string[],
): Promise<number> {
  const table = tx.table(recordsTable);
  const isLookedAt = among ? isOneOf(tx.dialect, sql`dataset_id`, validUuids(among)) : sql`1 = 1`;
  let moved = 0;
  let after = sql`1 = 1`;
  for (;;) {
    const rows = await tx.all(sql`SELECT dataset_id, component, path FROM ${table} WHERE ${isLookedAt} AND ${after}
      ORDER BY dataset_id, component LIMIT ${BigInt(RECORDS_AT_ONCE)}`);
    const changes: ListValue[][] = [];
    for (const [id, component, path] of rows as readonly (readonly string[])[]) {
      const to = move(path!, uuidFromStored(id!));
      if (to !== null && to !== path) changes.push([uuidFromStored(id!), component!, to]);
    }
    moved += await replacePaths(tx, recordsTable, changes);
    if (rows.length < RECORDS_AT_ONCE) return moved;
    const [id, component] = rows.at(-1)!;
    after = sql`(dataset_id, component) > (${id}, ${component})`;
  }
}

async function replacePaths(tx: Transaction, recordsTable: string, changes: readonly ListValue[][]): Promise<number> {
  if (changes.length === 0) return 0;
  const type = (name: string) => (name === 'dataset_id' ? 'uuid' : 'string');
  const columns = ['dataset_id', 'component', 'to_path'].map((name) => ({ name, type: type(name) }) as const);
  const dialect = dialectOf(tx.dialect);
  const stored =
    tx.dialect === 'sqlite' ? changes.map(([id, ...rest]) => [String(id).replaceAll('-', ''), ...rest]) : changes;
  return tx.run(sql`UPDATE ${tx.table(recordsTable)} AS t SET path = r.to_path FROM ${dialect.rows('r', columns, stored)}
    WHERE t.dataset_id = r.dataset_id AND t.component = r.component`);
}
