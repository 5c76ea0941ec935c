/**
 * What a published repository remembers beside its registry, in tables of its own that stock Butler passes over: the numbers
 * of its states, and which publications have which datasets and collections.
 */
import sql, { empty } from 'sql-template-tag';
import type { Database, Transaction } from '../database.ts';
import { isOneOf, storedUuid, uuidFromStored } from '../dataset-ids.ts';
import { defineTables } from '../schema/define.ts';
import { table } from '../schema/table.ts';
import { readsOf, type Reads } from '../write/reads.ts';

const GENERATIONS = 'satellite_generation';
const DATASETS = 'satellite_published_dataset';
const COLLECTIONS = 'satellite_published_collection';

const TABLES = [
  table(GENERATIONS, {
    columns: [
      { name: 'generation', type: 'int' },
      { name: 'publication', type: 'string' },
      { name: 'version', type: 'int' },
      { name: 'is_visible', type: 'bool' },
    ],
    primaryKey: ['generation'],
    indexes: [['publication', 'generation']],
  }),
  table(DATASETS, {
    columns: [
      { name: 'dataset_id', type: 'uuid' },
      { name: 'publication', type: 'string' },
      { name: 'version', type: 'int' },
    ],
    primaryKey: ['dataset_id', 'publication'],
    indexes: [['publication', 'version']],
  }),
  table(COLLECTIONS, {
    columns: [
      { name: 'collection', type: 'string' },
      { name: 'publication', type: 'string' },
      { name: 'version', type: 'int' },
    ],
    primaryKey: ['collection', 'publication'],
    indexes: [['publication', 'version']],
  }),
];

/** What a publication has come to in the repository. */
export interface Standing {
  /** Of its last change. */
  readonly generation: number;
  /** The latest version that came, or is never to come. */
  readonly latest: number;
  /** The version that is visible now, and since when; null: none. */
  readonly visible: { readonly version: number; readonly generation: number } | null;
}

/** Makes the tables where they are not there. */
export async function prepareLedger(tx: Transaction): Promise<void> {
  await tx.define(defineTables(TABLES, tx.dialect));
}

/** Lets one change after the other be made, until the transaction ends. SQLite has one writer anyway. */
export async function lockLedger(tx: Transaction): Promise<void> {
  if (tx.dialect === 'postgresql') await tx.run(sql`LOCK TABLE ${tx.table(GENERATIONS)} IN EXCLUSIVE MODE`);
}

export async function lastGeneration(reads: Reads): Promise<number> {
  const [row] = await reads.all(sql`SELECT COALESCE(MAX(generation), 0) FROM ${reads.table(GENERATIONS)}`);
  return Number(row![0]);
}

/** The same of a database in which there may be no ledger: 0 then. */
export async function readGeneration(database: Database, signal: AbortSignal): Promise<number> {
  const tables =
    database.dialect === 'sqlite'
      ? sql`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ${GENERATIONS}`
      : sql`SELECT 1 FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = ${GENERATIONS}`;
  return (await database.all(tables, signal)).length === 0 ? 0 : lastGeneration(readsOf(database, signal));
}

/** Undefined for a publication of which nothing ever came. */
export async function standingOf(reads: Reads, publication: string): Promise<Standing | undefined> {
  const rows = await reads.all(sql`SELECT generation, version, is_visible FROM ${reads.table(GENERATIONS)}
    WHERE publication = ${publication} ORDER BY generation`);
  let standing: Standing | undefined;
  for (const [at, number, isVisible] of rows) {
    const [generation, version] = [Number(at), Number(number)];
    const before = standing?.visible ?? null;
    // A later one that is never to come leaves it where it is.
    const kept = before?.version === version ? null : before;
    const visible = isVisible ? { version, generation } : kept;
    standing = { generation, latest: Math.max(version, standing?.latest ?? 0), visible };
  }
  return standing;
}

/** @returns the new generation */
export async function addGeneration(
  tx: Transaction,
  publication: string,
  version: number,
  isVisible: boolean,
): Promise<number> {
  const generation = (await lastGeneration(tx)) + 1;
  await tx.insert({
    table: GENERATIONS,
    columns: ['generation', 'publication', 'version', 'is_visible'],
    rows: [[BigInt(generation), publication, BigInt(version), tx.dialect === 'sqlite' ? BigInt(isVisible) : isVisible]],
  });
  return generation;
}

/** Those of the datasets that some publication has. */
export async function publishedAmong(tx: Transaction, uuids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await tx.all(sql`SELECT DISTINCT dataset_id FROM ${tx.table(DATASETS)}
    WHERE ${isOneOf(tx.dialect, sql`dataset_id`, uuids)}`);
  return new Set(rows.map(([id]) => uuidFromStored(id as string)));
}

/** Those of the datasets that only this publication has. */
export async function solelyPublished(
  tx: Transaction,
  publication: string,
  uuids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await tx.all(sql`SELECT dataset_id FROM ${tx.table(DATASETS)}
    WHERE ${isOneOf(tx.dialect, sql`dataset_id`, uuids)}
    GROUP BY dataset_id HAVING COUNT(*) = 1 AND MAX(publication) = ${publication}`);
  return new Set(rows.map(([id]) => uuidFromStored(id as string)));
}

export async function addDatasets(
  tx: Transaction,
  publication: string,
  version: number,
  uuids: readonly string[],
): Promise<void> {
  await tx.insert({
    table: DATASETS,
    columns: ['dataset_id', 'publication', 'version'],
    rows: uuids.map((uuid) => [storedUuid(tx.dialect, uuid), publication, BigInt(version)]),
    suffix: sql`ON CONFLICT (dataset_id, publication) DO UPDATE SET version = excluded.version`,
  });
}

/** Which publications have each of the collections; those that none has are left out. */
export async function holdersOf(tx: Transaction): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await tx.all(sql`SELECT collection, publication FROM ${tx.table(COLLECTIONS)} ORDER BY publication`);
  const holders = new Map<string, string[]>();
  for (const [collection, publication] of rows) {
    const known = holders.get(collection as string);
    if (known) known.push(publication as string);
    else holders.set(collection as string, [publication as string]);
  }
  return holders;
}

export async function addCollections(
  tx: Transaction,
  publication: string,
  version: number,
  names: readonly string[],
): Promise<void> {
  await tx.insert({
    table: COLLECTIONS,
    columns: ['collection', 'publication', 'version'],
    rows: names.map((name) => [name, publication, BigInt(version)]),
    suffix: sql`ON CONFLICT (collection, publication) DO UPDATE SET version = excluded.version`,
  });
}

/**
 * Forgets what a publication had and has no more.
 * @param version that it has now; null: none
 * @returns what nobody has now
 */
export async function forgetOthers(
  tx: Transaction,
  publication: string,
  version: number | null,
): Promise<{ readonly datasets: readonly string[]; readonly collections: readonly string[] }> {
  const others = version === null ? empty : sql`AND version <> ${BigInt(version)}`;
  const forgotten = async (name: string, key: 'dataset_id' | 'collection') => {
    const column = key === 'dataset_id' ? sql`dataset_id` : sql`collection`;
    const rows = await tx.all(sql`SELECT ${column} FROM ${tx.table(name)} AS gone
      WHERE publication = ${publication} ${others} AND NOT EXISTS (
        SELECT 1 FROM ${tx.table(name)} AS kept
        WHERE kept.${column} = gone.${column} AND kept.publication <> ${publication})`);
    await tx.run(sql`DELETE FROM ${tx.table(name)} WHERE publication = ${publication} ${others}`);
    return rows.map(([value]) => value as string);
  };
  const datasets = (await forgotten(DATASETS, 'dataset_id')).map(uuidFromStored);
  return { datasets, collections: await forgotten(COLLECTIONS, 'collection') };
}
