/** One statement that reads what a registry's own tables hold, and what its rows mean. */
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { COLLECTION_TYPE_NUMBERS, type CollectionType } from '../../butler/collection.ts';
import type { DimensionGroup } from '../../butler/dimension-group.ts';
import { RepositoryUnavailableError, SatelliteError } from '../../butler/errors.ts';
import type { Universe } from '../../butler/universe.ts';
import { dialectOf } from './compile/dialect.ts';
import type { Database, SqlRow } from './database.ts';
import type { CollectionRecord, RegisteredDatasetType } from './registry.ts';

/**
 * Identifies the state of the database, as (connection, number): equal numbers of one connection are equal states.
 * Only SQLite has it.
 */
export function sqliteVersionStatement(): Sql {
  return sql`SELECT connection_id(), data_version FROM pragma_data_version`;
}

/** One statement, so that all its rows come from one state; their first column says what they are. */
export function registryStatement(database: Database): Sql {
  const t = (name: string) => database.table(name);
  const text = sql`CAST(NULL AS TEXT)`;
  const parts = [
    sql`SELECT 'collection', collection_id, type, 0, name, doc, ${text}, ${text} FROM ${t('collection')}`,
    sql`SELECT 'child', parent, child, position, ${text}, ${text}, ${text}, ${text} FROM ${t('collection_chain')}`,
    sql`SELECT 'group', dimension_graph_id, 0, 0, dimension_name, ${text}, ${text}, ${text}
      FROM ${t('dimension_graph_definition')}`,
    sql`SELECT 'dataset type', id, dimensions_key, 0, name, storage_class, tag_association_table,
      calibration_association_table FROM ${t('dataset_type')}`,
  ];
  if (database.dialect === 'sqlite') {
    parts.push(sql`SELECT 'version', data_version, 0, 0, connection_id(), NULL, NULL, NULL FROM pragma_data_version`);
  }
  return join(parts, ' UNION ALL ');
}

export interface RegistryContent {
  readonly datasetTypes: ReadonlyMap<string, RegisteredDatasetType>;
  readonly collections: ReadonlyMap<string, CollectionRecord>;
  readonly collectionsById: ReadonlyMap<number, CollectionRecord>;
}

/** @throws RepositoryUnavailableError naming what is not understood */
export function readRegistryRows(repository: string, universe: Universe, rows: readonly SqlRow[]): RegistryContent {
  const refuse = (message: string): never => {
    throw new RepositoryUnavailableError(repository, `Repository '${repository}' cannot be read: ${message}`);
  };
  const of = (kind: string) => rows.filter((row) => row[0] === kind);
  const groups = readGroups(universe, of('group'), refuse);
  const datasetTypes = new Map<string, RegisteredDatasetType>();
  for (const [, id, key, , name, storageClass, tagsTable, calibsTable] of of('dataset type')) {
    datasetTypes.set(name as string, {
      name: name as string,
      dimensions:
        groups.get(key as number) ??
        refuse(`dataset type '${name as string}' has the unknown dimensions key ${key as number}.`),
      storageClass: storageClass as string,
      isCalibration: calibsTable !== null,
      id: id as number,
      tagsTable: tagsTable as string,
      calibsTable: calibsTable as string | null,
    });
  }
  return { datasetTypes, ...readCollections(of('collection'), of('child'), refuse) };
}

/** Groups by key.  A second key for one group makes stock Butler fail in every dataset query. */
function readGroups(
  universe: Universe,
  rows: readonly SqlRow[],
  refuse: (message: string) => never,
): ReadonlyMap<number, DimensionGroup> {
  const names = new Map<number, string[]>();
  for (const [, key, , , name] of rows) {
    const known = names.get(key as number);
    if (known) known.push(name as string);
    else names.set(key as number, [name as string]);
  }
  const groups = new Map<number, DimensionGroup>([[0, universe.empty]]);
  const keys = new Map<DimensionGroup, number>([[universe.empty, 0]]);
  for (const [key, dimensions] of names) {
    let group: DimensionGroup;
    try {
      group = universe.conform(dimensions);
    } catch (error) {
      if (!(error instanceof SatelliteError)) throw error;
      return refuse(`the dimensions key ${key} is not understood: ${error.message}`);
    }
    const other = keys.get(group);
    if (other !== undefined) {
      refuse(`the dimension group ${String(group)} has two keys, ${other} and ${key}; supported: one key a group.`);
    }
    keys.set(group, key);
    groups.set(key, group);
  }
  return groups;
}

const typesByNumber = new Map<number, CollectionType>(
  Object.entries(COLLECTION_TYPE_NUMBERS).map(([type, number]) => [number, type as CollectionType]),
);

function readCollections(
  rows: readonly SqlRow[],
  childRows: readonly SqlRow[],
  refuse: (message: string) => never,
): Pick<RegistryContent, 'collections' | 'collectionsById'> {
  const names = new Map<number, string>();
  for (const row of rows) names.set(row[1] as number, row[4] as string);

  const children = new Map<number, string[]>();
  const parents = new Map<number, string[]>();
  for (const [, parent, child] of childRows.toSorted((a, b) => (a[3] as number) - (b[3] as number))) {
    append(children, parent as number, names.get(child as number)!);
    append(parents, child as number, names.get(parent as number)!);
  }

  const collections = new Map<string, CollectionRecord>();
  const collectionsById = new Map<number, CollectionRecord>();
  for (const [, id, type, , name, doc] of rows.toSorted((a, b) => (a[1] as number) - (b[1] as number))) {
    const record: CollectionRecord = {
      id: id as number,
      name: name as string,
      type:
        typesByNumber.get(type as number) ??
        refuse(
          `collection '${name as string}' has the type ${type as number}; supported: 1 (RUN), 2 (TAGGED), 3 (CHAINED), 4 (CALIBRATION).`,
        ),
      doc: (doc as string | null) ?? '',
      children: children.get(id as number) ?? [],
      parents: parents.get(id as number)?.sort() ?? [],
    };
    collections.set(record.name, record);
    collectionsById.set(record.id, record);
  }
  return { collections, collectionsById };
}

function append(lists: Map<number, string[]>, key: number, value: string): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** Rows (collection id, governor or null, value) of collections' summaries: dataset type ids, then governors' values. */
export function summariesStatement(database: Database, universe: Universe, ids: readonly number[]): Sql {
  const isOneOf = dialectOf(database.dialect).memberOf(raw('collection_id'), 'int', ids);
  const where = ids.length > 0 ? sql`WHERE ${isOneOf}` : sql``;
  const parts = [
    sql`SELECT collection_id, CAST(NULL AS TEXT), dataset_type_id, CAST(NULL AS TEXT)
      FROM ${database.table('collection_summary_dataset_type')} ${where}`,
    ...universe.governors.map(
      (governor) =>
        sql`SELECT collection_id, CAST(${governor} AS TEXT), 0, ${raw(`"${governor}"`)}
          FROM ${database.table(`collection_summary_${governor}`)} ${where}`,
    ),
  ];
  return join(parts, ' UNION ALL ');
}
