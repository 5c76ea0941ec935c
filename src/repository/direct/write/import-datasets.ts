/** Registering datasets that keep their UUID, run and data ID. */
import type { Universe } from '../../../butler/universe.ts';
import { storedUuid } from '../dataset-ids.ts';
import { ConstraintError, type Insertion, type Transaction } from '../database.ts';
import type { IncomingDataset } from './import-plan.ts';
import { missingRecordsError } from './missing-records.ts';
import { summaryInsertions } from './summaries.ts';
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
  await namingMissingRecords(tx, universe, datasets, () => tx.insertAll(datasetInsertions(tx, datasets)));
}

/** What registers new datasets. */
export function* datasetInsertions(
  { dialect }: Pick<Transaction, 'dialect'>,
  datasets: readonly IncomingDataset[],
): Generator<Insertion> {
  if (datasets.length === 0) return;
  const ingested = nowNsec();
  yield {
    table: 'dataset',
    columns: ['id', 'dataset_type_id', 'ingest_date', 'run_id'],
    rows: datasets.map(({ uuid, datasetType, run, dataset }) => [
      storedUuid(dialect, uuid),
      datasetType.id,
      dataset.ingested ?? ingested,
      run.id,
    ]),
  };
  yield* summaryInsertions(
    datasets.map(({ datasetType, run, values }) => ({
      collection: run.id,
      datasetType: datasetType.id,
      dimensions: datasetType.dimensions,
      values,
    })),
  );
  for (const [table, ofTable] of Map.groupBy(datasets, ({ datasetType }) => datasetType.tagsTable)) {
    yield {
      table,
      columns: ['dataset_type_id', 'dataset_id', 'collection_id', ...ofTable[0]!.datasetType.dimensions.required],
      rows: ofTable.map(({ uuid, datasetType, run, values }) => [
        datasetType.id,
        storedUuid(dialect, uuid),
        run.id,
        ...values,
      ]),
    };
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
