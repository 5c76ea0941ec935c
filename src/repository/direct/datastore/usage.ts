/** How much a repository holds. */
import sql, { type Sql } from 'sql-template-tag';
import type { RepositoryUsage, UsagePart } from '../../rows.ts';
import type { Database } from '../database.ts';

/** Whether a recorded path is of a file elsewhere. */
const IS_REFERENCE = sql`(path LIKE '%://%' OR path LIKE '/%')`;

const sumOf = (size: Sql) => sql`CAST(COALESCE(SUM(${size}), 0) AS BIGINT)`;

/**
 * Registered datasets and recorded bytes, in one statement; a file that holds several datasets is counted once.
 * @param records the table of records; null where there is none yet
 */
export async function datastoreUsage(
  database: Database,
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
      : sql`SELECT dataset_id, ${sumOf(sql`CASE WHEN ${IS_REFERENCE} THEN 0 ELSE file_size END`)} AS own,
            ${sumOf(sql`CASE WHEN ${IS_REFERENCE} THEN file_size ELSE 0 END`)} AS other
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
