/** What a registry holds of datasets: their types, and themselves by UUID. */
import sql, { join, type Sql } from 'sql-template-tag';
import { inBatches } from '../../../butler/in-batches.ts';
import type { DataIdValue } from '../../../butler/data-id.ts';
import type { DatasetType } from '../../../butler/dataset-type.ts';
import { ButlerUserError } from '../../../butler/errors.ts';
import type { Universe } from '../../../butler/universe.ts';
import { isOneOf, uuidFromStored, validUuids } from '../dataset-ids.ts';
import { keyText, type Reads, ROWS_PER_STATEMENT } from './reads.ts';
import { column, dialectOf } from '../compile/dialect.ts';

export interface StoredDatasetType extends DatasetType {
  readonly id: bigint;
  readonly tagsTable: string;
  readonly calibsTable: string | null;
}

export interface StoredDataset {
  /** Lower case, with dashes. */
  readonly uuid: string;
  readonly datasetType: StoredDatasetType;
  readonly run: { readonly id: bigint; readonly name: string };
  /** Values of the required dimensions, in order. */
  readonly values: readonly DataIdValue[];
}

/** All dataset types with one of the names, by name; with ids instead, by name too. */
async function datasetTypesWhere(
  reads: Reads,
  universe: Universe,
  condition: Sql,
): Promise<readonly StoredDatasetType[]> {
  const rows = await reads.all(sql`SELECT t.id, t.name, t.storage_class, t.tag_association_table,
      t.calibration_association_table, g.dimension_name
    FROM ${reads.table('dataset_type')} AS t
    LEFT JOIN ${reads.table('dimension_graph_definition')} AS g ON g.dimension_graph_id = t.dimensions_key
    WHERE ${condition}`);
  return [...Map.groupBy(rows, (row) => row[1] as string)].map(([name, ofType]) => {
    const [id, , storageClass, tagsTable, calibsTable] = ofType[0]!;
    return {
      id: BigInt(id as number | bigint),
      name,
      dimensions: universe.conform(ofType.flatMap((row) => (row[5] === null ? [] : [row[5] as string]))),
      storageClass: storageClass as string,
      isCalibration: calibsTable !== null,
      tagsTable: tagsTable as string,
      calibsTable: calibsTable as string | null,
    };
  });
}

/** Those of the dataset types that there are, by name. */
export async function storedDatasetTypes(
  reads: Reads,
  universe: Universe,
  names: Iterable<string>,
): Promise<ReadonlyMap<string, StoredDatasetType>> {
  const isNamed = dialectOf(reads.dialect).memberOf(sql`t.name`, 'string', [...new Set(names)]);
  return new Map((await datasetTypesWhere(reads, universe, isNamed)).map((type) => [type.name, type]));
}

/** Those of the datasets that there are, by UUID; of those without a row for their own run, which are broken, none. */
export async function storedDatasets(
  reads: Reads,
  universe: Universe,
  uuids: readonly string[],
): Promise<ReadonlyMap<string, StoredDataset>> {
  const found = new Map<string, StoredDataset>();
  for (const ids of inBatches(validUuids(uuids), ROWS_PER_STATEMENT)) {
    const rows = await reads.all(sql`SELECT d.id, d.dataset_type_id, c.collection_id, c.name
      FROM ${reads.table('dataset')} AS d JOIN ${reads.table('collection')} AS c ON c.collection_id = d.run_id
      WHERE ${isOneOf(reads.dialect, sql`d.id`, ids)}`);
    if (rows.length === 0) continue;
    const typeIds = [...new Set(rows.map((row) => row[1] as number))];
    const isType = dialectOf(reads.dialect).memberOf(sql`t.id`, 'int', typeIds);
    const types = new Map((await datasetTypesWhere(reads, universe, isType)).map((type) => [type.id, type]));
    const values = new Map<string, readonly DataIdValue[]>();
    for (const type of new Map([...types.values()].map((t) => [t.tagsTable, t])).values()) {
      for (const [id, ...dataId] of await reads.all(ownRunValues(reads, type, ids))) {
        values.set(id as string, dataId as readonly DataIdValue[]);
      }
    }
    for (const [id, type, runId, run] of rows) {
      const dataId = values.get(id as string);
      if (!dataId) continue;
      const uuid = uuidFromStored(id as string);
      found.set(uuid, {
        uuid,
        datasetType: types.get(BigInt(type as number | bigint))!,
        run: { id: BigInt(runId as number | bigint), name: run as string },
        values: dataId,
      });
    }
  }
  return found;
}

function ownRunValues(reads: Reads, type: StoredDatasetType, ids: readonly string[]): Sql {
  const columns = ['dataset_id', ...type.dimensions.required].map((name) => column('t', name));
  return sql`SELECT ${join(columns)} FROM ${reads.table(type.tagsTable)} AS t
    JOIN ${reads.table('dataset')} AS d ON d.id = t.dataset_id AND d.run_id = t.collection_id
    WHERE ${isOneOf(reads.dialect, sql`t.dataset_id`, ids)}`;
}

/** All of the datasets, each once. @throws ButlerUserError DATASET_NOT_FOUND naming the first that is not there */
export async function existingDatasets(
  reads: Reads,
  universe: Universe,
  uuids: readonly string[],
): Promise<readonly StoredDataset[]> {
  const found = await storedDatasets(reads, universe, uuids);
  return [...new Set(uuids.map((uuid) => uuid.toLowerCase()))].map((uuid) => {
    const dataset = found.get(uuid);
    if (dataset) return dataset;
    throw new ButlerUserError('DATASET_NOT_FOUND', `There is no dataset with the UUID ${uuid.slice(0, 100)}.`);
  });
}

/** Whether two data IDs are the same, whatever form their integers have. */
export function sameValues(a: readonly DataIdValue[], b: readonly DataIdValue[]): boolean {
  return keyText(a) === keyText(b);
}
