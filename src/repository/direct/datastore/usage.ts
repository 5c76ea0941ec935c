/** How much a repository holds. */
import sql, { type Sql } from 'sql-template-tag';
import type { MembershipUsage, RepositoryUsage, UsagePart } from '../../rows.ts';
import { column, dialectOf } from '../compile/dialect.ts';
import type { Database } from '../database.ts';
import type { Registry } from '../registry.ts';

/** Whether a recorded path is of a file elsewhere. */
const IS_REFERENCE = sql`(path LIKE '%://%' OR path LIKE '/%')`;

const OWN = sql`CASE WHEN ${IS_REFERENCE} THEN 0 ELSE file_size END`;
const OTHER = sql`CASE WHEN ${IS_REFERENCE} THEN file_size ELSE 0 END`;

const sumOf = (size: Sql) => sql`CAST(COALESCE(SUM(${size}), 0) AS BIGINT)`;

/**
 * Registered datasets and recorded bytes, in one statement; a file that holds several datasets is counted once.
 * @param records the table of records; null where there is none yet
 */
export async function datastoreUsage(
  database: Database,
  registry: Registry,
  records: string | null,
  signal: AbortSignal,
): Promise<RepositoryUsage> {
  const files =
    records === null
      ? sql`SELECT 0 AS own, 0 AS other`
      : sql`SELECT ${sumOf(sql`CASE WHEN ${IS_REFERENCE} THEN 0 ELSE size END`)} AS own,
            ${sumOf(sql`CASE WHEN ${IS_REFERENCE} THEN size ELSE 0 END`)} AS other
          FROM (SELECT path, MAX(file_size) AS size FROM ${database.table(records)} AS "records" WHERE file_size > 0 GROUP BY path)
            AS files`;
  const [row] = await database.all(
    sql`SELECT (SELECT COUNT(*) FROM ${database.table('dataset')} AS "registered"), own, other FROM (${files}) AS usage`,
    signal,
  );
  const [datasets, bytes, referencedBytes] = row!.map(Number);
  return {
    datasets: datasets!,
    bytes: bytes!,
    referencedBytes: referencedBytes!,
    parts: () => usageParts(database, records, signal),
    memberships: () => membershipUsage(database, registry, records, signal),
  };
}

async function usageParts(
  database: Database,
  records: string | null,
  signal: AbortSignal,
): Promise<readonly UsagePart[]> {
  const files =
    records === null
      ? sql`SELECT NULL AS dataset_id, 0 AS own, 0 AS other`
      : sql`SELECT dataset_id, ${sumOf(OWN)} AS own, ${sumOf(OTHER)} AS other
          FROM ${database.table(records)} AS "records" WHERE file_size > 0 GROUP BY dataset_id`;
  const rows = await database.all(
    sql`SELECT c.name, t.name, COUNT(*), ${sumOf(sql`f.own`)}, ${sumOf(sql`f.other`)}
      FROM ${database.table('dataset')} AS d
      JOIN ${database.table('collection')} AS c ON c.collection_id = d.run_id
      JOIN ${database.table('dataset_type')} AS t ON t.id = d.dataset_type_id
      LEFT JOIN (${files}) AS f ON f.dataset_id = d.id
      GROUP BY c.name, t.name ORDER BY c.name, t.name`,
    signal,
  );
  return rows.map(([run, datasetType, datasets, bytes, referencedBytes]) => ({
    run: run as string,
    datasetType: datasetType as string,
    datasets: Number(datasets),
    bytes: Number(bytes),
    referencedBytes: Number(referencedBytes),
  }));
}

/** One statement for each table of memberships in which there can be any; none where there is no such collection. */
async function membershipUsage(
  database: Database,
  registry: Registry,
  records: string | null,
  signal: AbortSignal,
): Promise<readonly MembershipUsage[]> {
  const types = [...registry.datasetTypes.values()];
  const typeNames = new Map(types.map(({ id, name }) => [id, name]));
  const usage: MembershipUsage[] = [];
  for (const kind of ['TAGGED', 'CALIBRATION'] as const) {
    const collections = [...registry.collections.values()].filter(({ type }) => type === kind);
    if (collections.length === 0) continue;
    const summaries = await registry.summaries(collections, signal);
    const held = types.filter(({ id }) => collections.some((c) => summaries.get(c.id)?.datasetTypes.has(id)));
    const tables = Map.groupBy(held, (type) => (kind === 'TAGGED' ? type.tagsTable : type.calibsTable));
    for (const [table, ofTable] of tables) {
      if (table === null) continue;
      const ids = [ofTable.map(({ id }) => id), collections.map(({ id }) => id)] as const;
      for (const [collection, type, datasets, bytes, referencedBytes] of await database.all(
        membershipStatement(database, table, records, ...ids),
        signal,
      )) {
        usage.push({
          collection: registry.collectionsById.get(Number(collection))!.name,
          type: kind,
          datasetType: typeNames.get(Number(type))!,
          datasets: Number(datasets),
          bytes: Number(bytes),
          referencedBytes: Number(referencedBytes),
        });
      }
    }
  }
  const keyOf = ({ collection, datasetType }: MembershipUsage) => `${collection}\u0000${datasetType}`;
  return usage.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function membershipStatement(
  database: Database,
  table: string,
  records: string | null,
  types: readonly number[],
  collections: readonly number[],
): Sql {
  const dialect = dialectOf(database.dialect);
  const members = sql`
    SELECT DISTINCT collection_id, dataset_type_id, dataset_id FROM ${database.table(table)} AS "membership"
    WHERE ${dialect.memberOf(column('membership', 'dataset_type_id'), 'int', types)}
      AND ${dialect.memberOf(column('membership', 'collection_id'), 'int', collections)}`;
  // Only the records of members are read, by their key.
  const files =
    records === null
      ? sql`(SELECT NULL AS dataset_id, '' AS path, 0 AS file_size WHERE 1 = 0) AS f ON 1 = 0`
      : sql`${database.table(records)} AS f ON f.dataset_id = m.dataset_id AND f.file_size > 0`;
  return sql`
    SELECT m.collection_id, m.dataset_type_id, COUNT(DISTINCT m.dataset_id), ${sumOf(OWN)}, ${sumOf(OTHER)}
    FROM (${members}) AS m LEFT JOIN ${files}
    GROUP BY m.collection_id, m.dataset_type_id`;
}
