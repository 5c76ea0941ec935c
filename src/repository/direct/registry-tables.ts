/** Which tables and columns a registry must have to be read. */
import sql, { type Sql } from 'sql-template-tag';
import type { DimensionElement, Universe } from '../../butler/universe.ts';
import type { Database, Dialect } from './database.ts';
import type { RegisteredDatasetType } from './registry.ts';

/** Table → its columns. */
export type TableColumns = ReadonlyMap<string, ReadonlySet<string>>;

/** All tables of the registry's schema. */
export async function readTableColumns(database: Database, signal: AbortSignal): Promise<TableColumns> {
  const tables = new Map<string, Set<string>>();
  for (const [table, column] of await database.all(columnsStatement(database.dialect), signal)) {
    const columns = tables.get(table as string);
    if (columns) columns.add(column as string);
    else tables.set(table as string, new Set([column as string]));
  }
  return tables;
}

function columnsStatement(dialect: Dialect): Sql {
  return dialect === 'sqlite'
    ? sql`SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type IN ('table', 'view')`
    : sql`SELECT t.relname::text, a.attname::text FROM pg_class AS t JOIN pg_attribute AS a ON a.attrelid = t.oid
        WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind IN ('r', 'p', 'v', 'm', 'f')
          AND a.attnum > 0 AND NOT a.attisdropped`;
}

/** The first way in which the tables that every repository has do not fit; undefined where all do. */
export function misfitOfStaticTables(universe: Universe, tables: TableColumns, dialect: Dialect): string | undefined {
  const expected: Record<string, readonly string[]> = {
    collection: ['collection_id', 'name', 'type', 'doc'],
    collection_chain: ['parent', 'position', 'child'],
    dataset_type: [
      'id',
      'name',
      'storage_class',
      'dimensions_key',
      'tag_association_table',
      'calibration_association_table',
    ],
    dataset: ['id', 'dataset_type_id', 'ingest_date', 'run_id'],
    dimension_graph_definition: ['dimension_graph_id', 'dimension_name'],
    collection_summary_dataset_type: ['collection_id', 'dataset_type_id'],
  };
  for (const governor of universe.governors) {
    expected[`collection_summary_${governor}`] = ['collection_id', governor];
  }
  for (const element of universe.elements.filter((e) => e.hasTable && !e.skypix)) {
    expected[element.name] = elementColumns(element, dialect);
    if (element.spatialFamily !== undefined) {
      expected[`${element.name}_skypix_overlap`] = [
        'skypix_system',
        'skypix_level',
        ...element.required,
        'skypix_index',
      ];
    }
  }
  for (const [table, columns] of Object.entries(expected)) {
    const found = tables.get(table);
    if (!found) return `its registry has no table '${table}'.`;
    const missing = columns.filter((column) => !found.has(column));
    if (missing.length > 0) return `its table '${table}' has no column '${missing.join("', '")}'.`;
  }
  return undefined;
}

function elementColumns(element: DimensionElement, dialect: Dialect): readonly string[] {
  const { primaryKey } = element;
  const columns = element.required.filter((name) => name !== element.name);
  if (primaryKey) columns.push(primaryKey.name);
  columns.push(...element.implied, ...[...element.alternateKeys, ...element.metadata].map((c) => c.name));
  if (element.spatialFamily !== undefined) columns.push('region');
  if (element.temporalFamily !== undefined) columns.push(...timespanColumns(dialect));
  return columns;
}

function timespanColumns(dialect: Dialect): readonly string[] {
  return dialect === 'sqlite' ? ['timespan_begin', 'timespan_end'] : ['timespan'];
}

/**
 * The same for the tables of one dataset type.  Their columns must be exactly the expected ones: stock Butler refuses
 * others too.
 */
export function misfitOfDatasetTables(
  datasetType: RegisteredDatasetType,
  tables: TableColumns,
  dialect: Dialect,
): string | undefined {
  const tags = ['dataset_type_id', 'dataset_id', 'collection_id', ...datasetType.dimensions.required];
  const expected = new Map([[datasetType.tagsTable, tags]]);
  if (datasetType.calibsTable !== null) {
    expected.set(datasetType.calibsTable, ['id', ...tags, ...timespanColumns(dialect)]);
  }
  for (const [table, columns] of expected) {
    const found = tables.get(table);
    if (!found) return `the table '${table}' of dataset type '${datasetType.name}' is missing.`;
    if (found.size !== columns.length || !columns.every((column) => found.has(column))) {
      return (
        `the table '${table}' of dataset type '${datasetType.name}' has the columns ${[...found].sort().join(', ')}; ` +
        `supported: ${columns.toSorted().join(', ')}.`
      );
    }
  }
  return undefined;
}
