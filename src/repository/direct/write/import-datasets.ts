/** Registering datasets that keep their UUID, run and data ID (butler-schema.md section 7.5). */
import { ButlerUserError } from '../../../butler/errors.ts';
import type { Universe } from '../../../butler/universe.ts';
import type { ImportedDataset } from '../../writeable-repository.ts';
import { storedUuid } from '../dataset-ids.ts';
import { ConstraintError, type Transaction } from '../database.ts';
import { inOwnTerms, type IncomingDataset } from './import-plan.ts';
import { missingRecordsError } from './missing-records.ts';
import { insertSummaries } from './summaries.ts';
import { nowNsec } from './stored-values.ts';

/**
 * Inserts datasets that a plan in the same transaction found to be new, and without conflicts.
 * @throws DATA_ID_VALUE naming dimension records that are missing
 */
export async function insertDatasets(
  tx: Transaction,
  universe: Universe,
  datasets: readonly IncomingDataset[],
): Promise<void> {
  if (datasets.length === 0) return;
  const ingested = nowNsec();
  await tx.insert({
    table: 'dataset',
    columns: ['id', 'dataset_type_id', 'ingest_date', 'run_id'],
    rows: datasets.map(({ uuid, datasetType, run, dataset }) => [
      storedUuid(tx.dialect, uuid),
      datasetType.id,
      dataset.ingested ?? ingested,
      run.id,
    ]),
  });
  await namingMissingRecords(tx, universe, datasets, async () => {
    await insertSummaries(
      tx,
      datasets.map(({ datasetType, run, values }) => ({
        collection: run.id,
        datasetType: datasetType.id,
        dimensions: datasetType.dimensions,
        values,
      })),
    );
    for (const [table, ofTable] of Map.groupBy(datasets, ({ datasetType }) => datasetType.tagsTable)) {
      await tx.insert({
        table,
        columns: ['dataset_type_id', 'dataset_id', 'collection_id', ...ofTable[0]!.datasetType.dimensions.required],
        rows: ofTable.map(({ uuid, datasetType, run, values }) => [
          datasetType.id,
          storedUuid(tx.dialect, uuid),
          run.id,
          ...values,
        ]),
      });
    }
  });
}

/**
 * Inserts datasets as if all were new, as they are as a rule: nothing is looked for before.
 * @returns undefined, with nothing changed, where the database refuses any: a plan tells why, and what of them is new
 * @throws as `planImport` for what must be there first
 */
export async function insertAllNew(
  tx: Transaction,
  universe: Universe,
  datasets: readonly ImportedDataset[],
): Promise<readonly IncomingDataset[] | undefined> {
  const incoming = await inOwnTerms(tx, universe, datasets);
  try {
    await tx.savepoint(() => insertDatasets(tx, universe, incoming));
    return incoming;
  } catch (error) {
    if (error instanceof ConstraintError || error instanceof ButlerUserError) return undefined;
    throw error;
  }
}

async function namingMissingRecords(
  tx: Transaction,
  universe: Universe,
  datasets: readonly IncomingDataset[],
  work: () => Promise<void>,
): Promise<void> {
  try {
    await tx.savepoint(work);
  } catch (error) {
    if (!(error instanceof ConstraintError) || error.kind !== 'foreign key') throw error;
    for (const ofGroup of Map.groupBy(datasets, ({ datasetType }) => datasetType.dimensions).values()) {
      const [{ datasetType }] = ofGroup as [IncomingDataset];
      const rows = ofGroup.map(({ values }) => values);
      const what = `Datasets of the type '${datasetType.name}' cannot be registered`;
      const missing = await missingRecordsError(tx, universe, what, datasetType.dimensions.required, rows);
      if (missing) throw missing;
    }
    throw error;
  }
}
