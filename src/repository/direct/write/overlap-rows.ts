/** Rows that tell which pixels of the common skypix dimension a record's region may touch. */
import sql, { join } from 'sql-template-tag';
import { inBatches } from '../../../butler/in-batches.ts';
import { SatelliteError } from '../../../butler/errors.ts';
import type { DimensionElement, Universe } from '../../../butler/universe.ts';
import { column, dialectOf, identifier } from '../compile/dialect.ts';
import type { SqlRow, Transaction } from '../database.ts';
import { commonPixelization, type ElementRow } from './dimension-rows.ts';
import { dimensionColumns, ROWS_PER_STATEMENT } from './reads.ts';

/** A region of the full sky has 131 072 pixels of htm7; so many rows are sent at once. */
const ROWS_AT_ONCE = 20_000;

/**
 * @param records new or replaced ones of a spatial element; of others, nothing is done
 * @param replaced whether rows of old regions may be there
 * @throws CONFLICT where the repository has overlaps with another pixelization, which would be incomplete from now on
 */
export async function insertOverlaps(
  tx: Transaction,
  universe: Universe,
  element: DimensionElement,
  records: readonly ElementRow[],
  replaced: boolean,
): Promise<void> {
  if (element.spatialFamily === undefined) return;
  const table = `${element.name}_skypix_overlap`;
  const { system, level } = commonPixelization(universe);
  if (replaced) await deleteOverlaps(tx, universe, element, records);

  const columns = ['skypix_system', 'skypix_level', ...element.required, 'skypix_index'];
  let rows: SqlRow[] = [];
  let any = false;
  const send = async () => {
    if (rows.length === 0) return;
    any = true;
    await tx.insert({ table, columns, rows });
    rows = [];
  };
  for (const { key, pixels } of records) {
    for (const { begin, end } of pixels) {
      for (let pixel = begin; pixel < end; pixel += 1) {
        rows.push([system, BigInt(level), ...key, BigInt(pixel)]);
        if (rows.length === ROWS_AT_ONCE) await send();
      }
    }
  }
  await send();
  if (any) await checkPixelizations(tx, universe, element);
}

async function deleteOverlaps(
  tx: Transaction,
  universe: Universe,
  element: DimensionElement,
  records: readonly ElementRow[],
): Promise<void> {
  const table = tx.table(`${element.name}_skypix_overlap`);
  const { system, level } = commonPixelization(universe);
  for (const batch of inBatches(records, ROWS_PER_STATEMENT)) {
    const keys = dialectOf(tx.dialect).rows(
      'r',
      dimensionColumns(universe, element.required),
      batch.map((r) => r.key),
    );
    await tx.run(sql`DELETE FROM ${table} WHERE skypix_system = ${system} AND skypix_level = ${BigInt(level)}
      AND (${join(element.required.map(identifier))}) IN (
        SELECT ${join(element.required.map((name) => column('r', name)))} FROM ${keys})`);
  }
}

/** Stock Butler has only ever written one pixelization, and refuses to write beside another. */
async function checkPixelizations(tx: Transaction, universe: Universe, element: DimensionElement): Promise<void> {
  const { system, level } = commonPixelization(universe);
  const others =
    await tx.all(sql`SELECT skypix_system, skypix_level FROM ${tx.table(`${element.name}_skypix_overlap_summary`)}
    WHERE NOT (skypix_system = ${system} AND skypix_level = ${BigInt(level)}) LIMIT 1`);
  for (const [otherSystem, otherLevel] of others) {
    throw new SatelliteError(
      'CONFLICT',
      `The repository has overlaps between '${element.name}' and ${String(otherSystem)}${String(otherLevel)}, which are ` +
        `not supported: only those with ${universe.commonSkypix} are. Use a newer stock Butler for it.`,
    );
  }
}

/** A governor's value must be in the summaries of all elements that it governs before they can have overlap rows. */
export async function insertOverlapSummaries(
  tx: Transaction,
  universe: Universe,
  governor: DimensionElement,
  records: readonly ElementRow[],
): Promise<void> {
  if (!governor.isGovernor || records.length === 0) return;
  const { system, level } = commonPixelization(universe);
  const rows = records.map(({ key }) => [system, BigInt(level), key[0]!]);
  for (const element of universe.elements) {
    const governed = element.governor === governor.name && element.hasTable && element.spatialFamily !== undefined;
    if (!governed || element.skypix) continue;
    await tx.insert({
      table: `${element.name}_skypix_overlap_summary`,
      columns: ['skypix_system', 'skypix_level', governor.name],
      rows,
      suffix: sql`ON CONFLICT DO NOTHING`,
    });
  }
}
