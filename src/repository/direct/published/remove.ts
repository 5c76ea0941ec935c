/** Takes what no publication has any more out of a published repository, as part of a transaction. */
import sql from 'sql-template-tag';
import { inBatches } from '../../../butler/in-batches.ts';
import { failpoint } from '../../failpoints.ts';
import type { Transaction } from '../database.ts';
import { moveToTrash, type RecordsLocation } from '../datastore/records.ts';
import { dialectOf } from '../compile/dialect.ts';
import { ROWS_PER_STATEMENT } from '../write/reads.ts';
import { deleteCollection, deleteDatasets } from '../write/removal.ts';
import { addGeneration, forgetOthers, lastChange, lastGeneration } from './ledger.ts';

/**
 * Removes what a publication had and has no more, unless another has it.  Files go later, when the trash is emptied.
 * @param version that it has now; null: none
 */
export async function removeForgotten(
  tx: Transaction,
  location: RecordsLocation,
  publication: string,
  version: number | null,
): Promise<void> {
  const { datasets, collections } = await forgetOthers(tx, publication, version);
  for (const batch of inBatches(datasets, ROWS_PER_STATEMENT)) {
    await moveToTrash(tx, location, batch);
    await deleteDatasets(tx, batch);
  }
  // Those that somebody else has put datasets into stay.
  const isNamed = dialectOf(tx.dialect).memberOf(sql`c.name`, 'string', collections);
  const rows = await tx.all(sql`SELECT c.name FROM ${tx.table('collection')} AS c WHERE ${isNamed}
    AND NOT EXISTS (SELECT 1 FROM ${tx.table('dataset')} AS d WHERE d.run_id = c.collection_id)
    ORDER BY CASE c.type WHEN 3 THEN 0 ELSE 1 END, c.name`);
  for (const [name] of rows) await deleteCollection(tx, name as string, true);
}

/** @returns the generation since which the version is not visible */
export async function withdrawVersion(
  tx: Transaction,
  location: RecordsLocation,
  publication: string,
  version: number,
): Promise<number> {
  const last = await lastChange(tx, publication);
  if (last?.version !== version || !last.isVisible) return last?.generation ?? lastGeneration(tx);
  await removeForgotten(tx, location, publication, null);
  failpoint('withdraw:before-generation');
  return addGeneration(tx, publication, version, false);
}
