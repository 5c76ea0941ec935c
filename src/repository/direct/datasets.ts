/** Datasets of a direct repository by UUID. */
import sql, { join, raw } from 'sql-template-tag';
import type { DataIdValue } from '../../butler/data-id.ts';
import type { DatasetRow } from '../rows.ts';
import { isOneOf, uuidFromStored, validUuids } from './dataset-ids.ts';
import type { SqlRow } from './database.ts';
import type { DirectAccess, RegisteredDatasetType } from './registry.ts';

/**
 * Datasets by UUID with their required values, in one statement and one more for each dimension group among them.
 * Unknown UUIDs, and texts that are none, are absent.
 */
export async function datasetsByUuid(
  access: DirectAccess,
  uuids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, DatasetRow>> {
  const ids = validUuids(uuids);
  const rows = new Map<string, DatasetRow>();
  if (ids.length === 0) return rows;

  const { database, registry } = access;
  const typesById = new Map([...registry.datasetTypes.values()].map((type) => [type.id, type]));
  const found = await database.all(
    sql`SELECT d.id, d.dataset_type_id, c.name
      FROM ${database.table('dataset')} AS d JOIN ${database.table('collection')} AS c ON c.collection_id = d.run_id
      WHERE ${isOneOf(database.dialect, sql`d.id`, ids)}`,
    signal,
  );
  // Types with the same dimensions have one table.
  const byTable = Map.groupBy(
    found.filter((row) => typesById.has(row[1] as number)),
    (row) => typesById.get(row[1] as number)!.tagsTable,
  );
  await Promise.all(
    [...byTable.values()].map(async (group) => {
      const values = await requiredValues(access, typesById.get(group[0]![1] as number)!, group, signal);
      for (const [stored, typeId, run] of group) {
        const uuid = uuidFromStored(stored as string);
        const datasetType = typesById.get(typeId as number)!;
        const dataId = values.get(stored as string);
        // Without a row for its own run, stock Butler does not know the dataset either.
        if (!dataId) continue;
        rows.set(uuid, { uuid, datasetType, run: run as string, values: dataId, repository: access.repository });
      }
    }),
  );
  return rows;
}

/** Stored id → values of required dimensions, from the memberships in the datasets' own runs. */
async function requiredValues(
  { database }: DirectAccess,
  datasetType: RegisteredDatasetType,
  datasets: readonly SqlRow[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly DataIdValue[]>> {
  const columns = ['dataset_id', ...datasetType.dimensions.required].map((name) => raw(`t."${name}"`));
  const ids = datasets.map((row) => uuidFromStored(row[0] as string));
  const rows = await database.all(
    sql`SELECT ${join(columns)}
      FROM ${database.table(datasetType.tagsTable)} AS t
      JOIN ${database.table('dataset')} AS d ON d.id = t.dataset_id AND d.run_id = t.collection_id
      WHERE ${isOneOf(database.dialect, sql`t.dataset_id`, ids)}`,
    signal,
  );
  return new Map(rows.map(([id, ...values]) => [id as string, values as DataIdValue[]]));
}
