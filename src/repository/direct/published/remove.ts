/** Takes what no publication has any more out of a published repository, as part of a transaction. */
import sql from 'sql-template-tag';
import { inBatches } from '../../../butler/in-batches.ts';
import { failpoint } from '../../failpoints.ts';
import type { Transaction } from '../database.ts';
import { moveToTrash, type RecordsLocation } from '../datastore/records.ts';
import { dialectOf } from '../compile/dialect.ts';
import { ROWS_PER_STATEMENT } from '../write/reads.ts';
import { deleteCollection, deleteDatasets } from '../write/removal.ts';
import { addGeneration, forgetOthers, lastGeneration, standingOf } from './ledger.ts';

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
  const standing = await standingOf(tx, publication);
  if (standing?.visible?.version !== version) return standing?.generation ?? lastGeneration(tx);
  await removeForgotten(tx, location, publication, null);
  failpoint('withdraw:before-generation');
  return addGeneration(tx, publication, version, false);
}

/** Has a version never come, unless it is there. @returns since when that is so, or it is there */
export async function keepVersionOut(
  tx: Transaction,
  publication: string,
  version: number,
): Promise<{ readonly generation: number; readonly isVisible: boolean }> {
  const standing = await standingOf(tx, publication);
  if (standing?.visible?.version === version) return { generation: standing.visible.generation, isVisible: true };
  if (standing && standing.latest >= version) return { generation: standing.generation, isVisible: false };
  return { generation: await addGeneration(tx, publication, version, false), isVisible: false };
}
