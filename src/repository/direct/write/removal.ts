/** Removing datasets and collections. */
import sql from 'sql-template-tag';
import { inBatches } from '../../../butler/in-batches.ts';
import { SatelliteError } from '../../../butler/errors.ts';
import { isOneOf, uuidFromStored } from '../dataset-ids.ts';
import type { Transaction } from '../database.ts';
import { editChain } from './chains.ts';
import { existingCollections, type StoredCollection } from './collections.ts';
import { type Reads, ROWS_PER_STATEMENT } from './reads.ts';

/** How many datasets go in one transaction. */
export const DATASETS_PER_TRANSACTION = 50_000;

/** Takes datasets out of the registry, and so out of every collection. @returns how many there were */
export async function deleteDatasets(tx: Transaction, uuids: readonly string[]): Promise<number> {
  let deleted = 0;
  for (const batch of inBatches(uuids, ROWS_PER_STATEMENT)) {
    deleted += await tx.run(sql`DELETE FROM ${tx.table('dataset')} WHERE ${isOneOf(tx.dialect, sql`id`, batch)}`);
  }
  return deleted;
}

/** Those of the datasets that are registered. */
export async function registeredUuids(reads: Reads, uuids: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const batch of inBatches(uuids, ROWS_PER_STATEMENT)) {
    const isGiven = isOneOf(reads.dialect, sql`id`, batch);
    const rows = await reads.all(sql`SELECT id FROM ${reads.table('dataset')} WHERE ${isGiven}`);
    for (const [id] of rows) found.push(uuidFromStored(id as string));
  }
  return found;
}

/** Some datasets of a run, as many as go in one transaction. */
export async function uuidsOfRun(reads: Reads, run: StoredCollection): Promise<readonly string[]> {
  const rows = await reads.all(
    sql`SELECT id FROM ${reads.table('dataset')} WHERE run_id = ${run.id} LIMIT ${BigInt(DATASETS_PER_TRANSACTION)}`,
  );
  return rows.map(([id]) => uuidFromStored(id as string));
}

/**
 * The collection, and that it can be removed: stock Butler purges a run before it finds that a chain holds it.
 * @throws MISSING_COLLECTION; CONFLICT naming the chains that hold it
 */
export async function removableCollection(reads: Reads, name: string, unlink: boolean): Promise<StoredCollection> {
  const [collection] = await existingCollections(reads, [name]);
  const chains = unlink ? [] : await chainsWith(reads, collection!);
  if (chains.length === 0) return collection!;
  throw new SatelliteError(
    'CONFLICT',
    `The collection '${name}' is in the chain${chains.length > 1 ? 's' : ''} ${chains.map((c) => `'${c}'`).join(', ')}: ` +
      'take it out of them first, or let it be unlinked.',
  );
}

/** Deletes a collection that has no stored datasets, after taking it out of the chains that hold it where asked. */
export async function deleteCollection(tx: Transaction, name: string, unlink: boolean): Promise<void> {
  const collection = await removableCollection(tx, name, unlink);
  if (unlink) for (const chain of await chainsWith(tx, collection)) await editChain(tx, chain, [name], 'REMOVE');
  await tx.run(sql`DELETE FROM ${tx.table('collection')} WHERE collection_id = ${collection.id}`);
}

/** Names of the chains that hold a collection, sorted: always locked in one order. */
async function chainsWith(reads: Reads, { id }: StoredCollection): Promise<readonly string[]> {
  const rows = await reads.all(sql`SELECT DISTINCT c.name FROM ${reads.table('collection_chain')} AS h
    JOIN ${reads.table('collection')} AS c ON c.collection_id = h.parent WHERE h.child = ${id}`);
  return rows.map(([name]) => name as string).sort();
}
