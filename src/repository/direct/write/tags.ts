/** Membership in TAGGED collections. */
import sql, { join } from 'sql-template-tag';
import { inBatches } from '../../../butler/in-batches.ts';
import { SatelliteError } from '../../../butler/errors.ts';
import type { DataIdValue } from '../../../butler/data-id.ts';
import type { Universe } from '../../../butler/universe.ts';
import { identifier } from '../compile/dialect.ts';
import { isOneOf, storedUuid, uuidFromStored } from '../dataset-ids.ts';
import { ConstraintError, type Transaction } from '../database.ts';
import { collectionOfType, type StoredCollection } from './collections.ts';
import { columnsOf, dimensionColumns, keyText, ROWS_PER_STATEMENT, rowsWithKeys } from './reads.ts';
import { existingDatasets, storedDatasets, type StoredDataset } from './stored-datasets.ts';
import { dataIdText } from './stored-values.ts';
import { summarisedIn, summaryInsertions } from './summaries.ts';

/**
 * Adds datasets to a TAGGED collection.
 * @throws MISSING_COLLECTION, COLLECTION_TYPE, DATASET_NOT_FOUND; CONFLICT naming both datasets of one type and data ID
 */
export async function associate(
  tx: Transaction,
  universe: Universe,
  name: string,
  uuids: readonly string[],
): Promise<void> {
  const collection = await collectionOfType(tx, name, 'TAGGED', 'Cannot associate into collection');
  const datasets = await existingDatasets(tx, universe, uuids);
  await tx.insertAll(summaryInsertions(summarisedIn(collection.id, datasets)));
  for (const [table, ofTable] of Map.groupBy(datasets, ({ datasetType }) => datasetType.tagsTable)) {
    const { required } = ofTable[0]!.datasetType.dimensions;
    const others = ['dataset_type_id', ...required].map((c) => sql`${identifier(c)} = excluded.${identifier(c)}`);
    const insert = () =>
      tx.insert({
        table,
        columns: ['dataset_type_id', 'dataset_id', 'collection_id', ...required],
        rows: ofTable.map(({ uuid, datasetType, values }) => [
          datasetType.id,
          storedUuid(tx.dialect, uuid),
          collection.id,
          ...values.map(exact),
        ]),
        suffix: sql`ON CONFLICT (dataset_id, collection_id) DO UPDATE SET ${join(others)}`,
      });
    try {
      await tx.savepoint(insert);
    } catch (error) {
      if (!(error instanceof ConstraintError) || error.kind !== 'unique') throw error;
      throw (await conflictOf(tx, universe, collection, ofTable)) ?? error;
    }
  }
}

/** The first two datasets that would have one type and data ID in the collection. */
async function conflictOf(
  tx: Transaction,
  universe: Universe,
  collection: StoredCollection,
  datasets: readonly StoredDataset[],
): Promise<SatelliteError | undefined> {
  for (const ofType of Map.groupBy(datasets, ({ datasetType }) => datasetType.id).values()) {
    const { datasetType } = ofType[0]!;
    const { required } = datasetType.dimensions;
    const there = await rowsWithKeys(
      tx,
      datasetType.tagsTable,
      columnsOf(['dataset_id', ...required]),
      dimensionColumns(universe, required),
      ofType.map(({ values }) => values),
      sql`t.dataset_type_id = ${datasetType.id} AND t.collection_id = ${collection.id}`,
    );
    const owners = new Map(
      there.map(([id, ...values]) => [keyText(values as readonly DataIdValue[]), uuidFromStored(id as string)]),
    );
    for (const { uuid, values } of ofType) {
      const owner = owners.get(keyText(values)) ?? uuid;
      owners.set(keyText(values), owner);
      if (owner === uuid) continue;
      return new SatelliteError(
        'CONFLICT',
        `Dataset ${uuid} cannot be associated with '${collection.name}': the '${datasetType.name}' with ` +
          `{${dataIdText(required, values)}} is dataset ${owner} there.`,
      );
    }
  }
  return undefined;
}

/**
 * Takes datasets out of a TAGGED collection; those that are not in it, or nowhere, are no error.
 * @throws MISSING_COLLECTION, COLLECTION_TYPE
 */
export async function disassociate(
  tx: Transaction,
  universe: Universe,
  name: string,
  uuids: readonly string[],
): Promise<void> {
  const collection = await collectionOfType(tx, name, 'TAGGED', 'Cannot disassociate from collection');
  const datasets = [...(await storedDatasets(tx, universe, uuids)).values()];
  for (const [table, ofTable] of Map.groupBy(datasets, ({ datasetType }) => datasetType.tagsTable)) {
    for (const batch of inBatches(
      ofTable.map(({ uuid }) => uuid),
      ROWS_PER_STATEMENT,
    )) {
      await tx.run(sql`DELETE FROM ${tx.table(table)}
        WHERE collection_id = ${collection.id} AND ${isOneOf(tx.dialect, sql`dataset_id`, batch)}`);
    }
  }
}

/** Integers as SQLite is to store them. */
export function exact(value: DataIdValue): bigint | string {
  return typeof value === 'number' ? BigInt(value) : value;
}
