/** Validity ranges in CALIBRATION collections. */
import sql, { join } from 'sql-template-tag';
import { inBatches } from '../../../butler/in-batches.ts';
import type { DataId, DataIdValue } from '../../../butler/data-id.ts';
import { ButlerUserError, SatelliteError } from '../../../butler/errors.ts';
import type { Timespan } from '../../../butler/timespan.ts';
import type { Universe } from '../../../butler/universe.ts';
import { column, dialectOf } from '../compile/dialect.ts';
import { storedUuid, uuidFromStored } from '../dataset-ids.ts';
import type { SqlRow, Transaction } from '../database.ts';
import { collectionOfType, existingCollections, type StoredCollection } from './collections.ts';
import { columnsOf, dimensionColumns, keyText, ROWS_PER_STATEMENT, rowsWithKeys } from './reads.ts';
import { takeKeys } from './sequences.ts';
import { existingDatasets, storedDatasetTypes, type StoredDataset, type StoredDatasetType } from './stored-datasets.ts';
import { dataIdText, storedDimensionValue, storedTimespan, timespanColumns, timespanRange } from './stored-values.ts';
import { summarisedIn, summaryInsertions } from './summaries.ts';
import { exact } from './tags.ts';

/**
 * Gives datasets a validity range in a CALIBRATION collection.
 * @param existing whether datasets that have just this range there are refused, as stock does, or left as they are
 * @throws MISSING_COLLECTION, COLLECTION_TYPE, DATASET_NOT_FOUND, BAD_USER_INPUT for types that are no calibrations;
 *   CONFLICT naming both datasets where ranges of one type and data ID would overlap
 */
export async function certify(
  tx: Transaction,
  universe: Universe,
  name: string,
  uuids: readonly string[],
  timespan: Timespan,
  existing: 'FAIL' | 'SKIP' = 'FAIL',
): Promise<void> {
  await existingCollections(tx, [name]);
  const datasets = await existingDatasets(tx, universe, uuids);
  for (const { datasetType } of datasets) calibsTable(datasetType);
  const collection = await collectionOfType(tx, name, 'CALIBRATION', 'Cannot certify into collection');
  await tx.insertAll(summaryInsertions(summarisedIn(collection.id, datasets)));
  await tx.savepoint(async () => {
    for (const ofType of Map.groupBy(datasets, ({ datasetType }) => datasetType.name).values()) {
      const { datasetType } = ofType[0]!;
      await lock(tx, calibsTable(datasetType));
      const keys = ofType.map(({ values }) => values);
      const rows = await overlappingRows(tx, universe, collection, datasetType, timespan, keys);
      const alike = rows.filter((row) => row.timespan.begin === timespan.begin && row.timespan.end === timespan.end);
      const there = new Set(existing === 'SKIP' ? alike.map(({ uuid }) => uuid) : []);
      const added = ofType.filter(({ uuid }) => !there.has(uuid));
      checkOverlaps(rows, collection, added);
      await insertRanges(
        tx,
        datasetType,
        added.map(({ uuid, values }) => rangeRow(tx, collection, datasetType, uuid, values, timespan)),
      );
    }
  });
}

/**
 * Takes a timespan away from the validity of a type's datasets; what is left of a range at its ends stays.
 * @param dataIds only of datasets with these, null: of all
 * @throws MISSING_COLLECTION, COLLECTION_TYPE, MISSING_DATASET_TYPE, BAD_USER_INPUT, DIMENSION_VALUE
 */
export async function decertify(
  tx: Transaction,
  universe: Universe,
  name: string,
  datasetTypeName: string,
  timespan: Timespan,
  dataIds: readonly DataId[] | null,
): Promise<void> {
  await existingCollections(tx, [name]);
  const datasetType = (await storedDatasetTypes(tx, universe, [datasetTypeName])).get(datasetTypeName);
  if (!datasetType) {
    throw new ButlerUserError('MISSING_DATASET_TYPE', `Dataset type '${datasetTypeName}' does not exist.`);
  }
  const table = calibsTable(datasetType);
  const collection = await collectionOfType(tx, name, 'CALIBRATION', 'Cannot decertify from collection');
  // Each once: a row that is found twice would leave what is left of it twice.
  const values = dataIds?.map((dataId) => requiredValues(universe, datasetType, dataId));
  const keys = values ? [...new Map(values.map((key) => [keyText(key), key])).values()] : null;
  await tx.savepoint(async () => {
    await lock(tx, table);
    const rows = await overlappingRows(tx, universe, collection, datasetType, timespan, keys);
    for (const batch of inBatches(rows, ROWS_PER_STATEMENT)) {
      const ids = batch.map(({ id }) => id);
      await tx.run(sql`DELETE FROM ${tx.table(table)} WHERE ${dialectOf(tx.dialect).memberOf(sql`id`, 'int', ids)}`);
    }
    const left = rows.flatMap((row) =>
      difference(row.timespan, timespan).map((remainder) =>
        rangeRow(tx, collection, datasetType, row.uuid, row.values, remainder),
      ),
    );
    await insertRanges(tx, datasetType, left);
  });
}

interface CalibrationRow {
  readonly id: bigint;
  readonly uuid: string;
  readonly values: readonly DataIdValue[];
  readonly timespan: Timespan;
}

/** Rows of a type in a collection whose ranges overlap a timespan, and that have one of the data IDs where there are any. */
async function overlappingRows(
  tx: Transaction,
  universe: Universe,
  collection: StoredCollection,
  datasetType: StoredDatasetType,
  timespan: Timespan,
  keys: readonly (readonly DataIdValue[])[] | null,
): Promise<readonly CalibrationRow[]> {
  const { required } = datasetType.dimensions;
  const { begin, end } = dialectOf(tx.dialect).storedTimespan('t', 'timespan');
  const selected = [column('t', 'id'), begin, end, ...columnsOf(['dataset_id', ...required])];
  const overlapping =
    tx.dialect === 'sqlite'
      ? sql`t.timespan_end > ${timespan.begin} AND ${timespan.end} > t.timespan_begin`
      : sql`t.timespan && ${timespanRange(timespan)}::int8range`;
  const condition = sql`t.dataset_type_id = ${datasetType.id} AND t.collection_id = ${collection.id} AND ${overlapping}`;
  const table = calibsTable(datasetType);
  const rows =
    keys === null
      ? await tx.all(sql`SELECT ${join(selected)} FROM ${tx.table(table)} AS t WHERE ${condition}`)
      : await rowsWithKeys(tx, table, selected, dimensionColumns(universe, required), keys, condition);
  return rows.map(([id, from, to, dataset, ...values]) => ({
    id: BigInt(id as number | bigint),
    uuid: uuidFromStored(dataset as string),
    values: values as readonly DataIdValue[],
    timespan: { begin: BigInt(from as number | bigint), end: BigInt(to as number | bigint) },
  }));
}

/** No constraint of the database keeps ranges apart: everyone who adds some looks first, under this lock. */
async function lock(tx: Transaction, table: string): Promise<void> {
  if (tx.dialect === 'postgresql') await tx.run(sql`LOCK TABLE ${tx.table(table)} IN EXCLUSIVE MODE`);
}

/** @param rows those whose ranges overlap what the datasets are to have */
function checkOverlaps(
  rows: readonly CalibrationRow[],
  collection: StoredCollection,
  datasets: readonly StoredDataset[],
): void {
  const owners = new Map(rows.map(({ uuid, values }) => [keyText(values), uuid]));
  for (const { uuid, values, datasetType } of datasets) {
    const owner = owners.get(keyText(values));
    owners.set(keyText(values), owner ?? uuid);
    if (owner === undefined) continue;
    throw new SatelliteError(
      'CONFLICT',
      `Dataset ${uuid} cannot be certified in '${collection.name}': its validity range would overlap that of dataset ` +
        `${owner}, the '${datasetType.name}' with {${dataIdText(datasetType.dimensions.required, values)}} there. ` +
        'Decertify that one first, or take another range.',
    );
  }
}

function rangeRow(
  tx: Transaction,
  collection: StoredCollection,
  datasetType: StoredDatasetType,
  uuid: string,
  values: readonly DataIdValue[],
  timespan: Timespan,
): SqlRow {
  const dataset = storedUuid(tx.dialect, uuid);
  return [datasetType.id, dataset, collection.id, ...values.map(exact), ...storedTimespan(tx.dialect, timespan)];
}

async function insertRanges(tx: Transaction, datasetType: StoredDatasetType, rows: readonly SqlRow[]): Promise<void> {
  if (rows.length === 0) return;
  const table = calibsTable(datasetType);
  const keys = await takeKeys(tx, table, 'id', rows.length);
  const columns = ['dataset_type_id', 'dataset_id', 'collection_id', ...datasetType.dimensions.required];
  await tx.insert({
    table,
    columns: [...(keys ? ['id'] : []), ...columns, ...timespanColumns(tx.dialect)],
    rows: keys ? rows.map((row, i) => [keys[i]!, ...row]) : rows,
  });
}

function calibsTable({ name, calibsTable: table }: StoredDatasetType): string {
  if (table !== null) return table;
  throw new SatelliteError(
    'BAD_USER_INPUT',
    `Datasets of the type '${name}' have no validity ranges: it is not a calibration type.`,
  );
}

function requiredValues(
  universe: Universe,
  { name, dimensions }: StoredDatasetType,
  dataId: DataId,
): readonly DataIdValue[] {
  for (const key of Object.keys(dataId)) {
    if (!dimensions.has(key)) {
      throw new ButlerUserError('DIMENSION_NAME', `The data ID has '${key}', which is no dimension of '${name}'.`);
    }
  }
  return dimensions.required.map((dimension) => {
    const value = dataId[dimension];
    if (value === undefined) {
      throw new ButlerUserError(
        'DIMENSION_NAME',
        `The data ID has no value for the required dimension '${dimension}'.`,
      );
    }
    return storedDimensionValue(dimension, universe.element(dimension).primaryKey!, value);
  });
}

/** What is left of a range: nothing, or one or two pieces. */
function difference(range: Timespan, removed: Timespan): readonly Timespan[] {
  const begin = removed.begin > range.begin ? removed.begin : range.begin;
  const end = removed.end < range.end ? removed.end : range.end;
  if (begin >= end) return [range];
  const left = { begin: range.begin, end: begin };
  const right = { begin: end, end: range.end };
  return [left, right].filter((piece) => piece.begin < piece.end);
}
