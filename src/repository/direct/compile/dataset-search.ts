/** Searches for datasets of one type in collections. */
import sql, { join, type Sql } from 'sql-template-tag';
import type { DataIdValue } from '../../../butler/data-id.ts';
import { ButlerUserError, InvalidQueryError } from '../../../butler/errors.ts';
import { MAX_NSEC, MIN_NSEC } from '../../../butler/timespan.ts';
import type { DatasetSearch } from '../../../butler/query/tree.ts';
import type { CollectionRecord, CollectionSummary, RegisteredDatasetType, Registry } from '../registry.ts';
import { datasetFieldId, keyId, Scope, type DatasetColumn } from './columns.ts';
import { noCollectionsToSearch, noDatasetsOfType, pythonRepr } from './messages.ts';
import { column, identifier, type Dialect } from './dialect.ts';
import { fromSql, type Relation, type TableNames } from './relation.ts';

/** A search with the collections that can have such datasets. */
export interface ResolvedSearch {
  readonly datasetType: RegisteredDatasetType;
  /** In search order, without chains. */
  readonly collections: readonly CollectionRecord[];
  /** Values of dimensions that all rows share. */
  readonly dataId: ReadonlyMap<string, DataIdValue>;
  /** Why collections were left out, in stock Butler's words. */
  readonly messages: readonly string[];
  /** Whether it looks into calibration collections, so that validity ranges matter. */
  readonly isCalibrationSearch: boolean;
}

/**
 * Leaves out the collections whose summaries exclude datasets of that type with that data ID.
 * @throws ButlerUserError MISSING_DATASET_TYPE, MISSING_COLLECTION; InvalidQueryError where dimensions disagree
 */
export function resolveSearch(
  name: string,
  search: DatasetSearch,
  registry: Registry,
  summaries: ReadonlyMap<number, CollectionSummary>,
  dataId: ReadonlyMap<string, DataIdValue>,
): ResolvedSearch {
  const datasetType = registry.datasetTypes.get(name);
  if (!datasetType) {
    throw new ButlerUserError('MISSING_DATASET_TYPE', `Dataset type ${pythonRepr(name)} has not been registered.`);
  }
  const { dimensions } = datasetType;
  if (search.dimensions.names.join() !== dimensions.names.join()) {
    throw new InvalidQueryError(
      `Incorrect dimensions ${String(search.dimensions)} for dataset ${pythonRepr(name)} in query (vs. ${String(dimensions)}).`,
    );
  }
  const messages: string[] = [];
  const candidates = registry.flatten(search.collections);
  if (candidates.length === 0) messages.push(noCollectionsToSearch());
  const collections = candidates.filter((collection) => {
    const summary = summaries.get(collection.id);
    const hasType = summary?.datasetTypes.has(datasetType.id) === true;
    if (!hasType) messages.push(noDatasetsOfType(name, collection.name));
    const absent = dimensions.governors.filter((governor) => {
      const value = dataId.get(governor);
      return value !== undefined && summary?.governors.get(governor)?.has(String(value)) === false;
    });
    for (const governor of absent) {
      const value = pythonRepr(dataId.get(governor)!);
      messages.push(`No datasets with ${governor}=${value} in collection ${pythonRepr(collection.name)}.`);
    }
    return hasType && absent.length === 0;
  });
  return {
    datasetType,
    collections,
    dataId,
    messages,
    isCalibrationSearch: collections.some(({ type }) => type === 'CALIBRATION'),
  };
}

/** A part of the rows of a search: those of `collections` whose data ID has no dataset in the ones of `unlessIn`. */
export interface SearchPart {
  readonly search: ResolvedSearch;
  readonly collections: readonly CollectionRecord[];
  /** RUN and TAGGED collections only. */
  readonly unlessIn: readonly CollectionRecord[];
}

/** A FROM item for the datasets of a search. */
export function datasetRelation(
  part: SearchPart,
  fields: ReadonlySet<DatasetColumn>,
  names: TableNames,
  dialect: Dialect,
): Relation {
  const tags = part.collections.filter(({ type }) => type !== 'CALIBRATION');
  const calibs = part.collections.filter(({ type }) => type === 'CALIBRATION');
  const sources: Relation[] = [];
  if (tags.length > 0 || calibs.length === 0) sources.push(tableRelation(part, 'tags', tags, fields, names, dialect));
  if (calibs.length > 0) sources.push(tableRelation(part, 'calibs', calibs, fields, names, dialect));
  if (sources.length > 1) return subquery(sources, part, fields, names, sql` UNION `);
  // one row a data ID where only data IDs are asked, as stock Butler has it
  const isDistinct = part.collections.length > 1 && fields.size === 0;
  return isDistinct ? subquery(sources, part, fields, names, sql` `, true) : sources[0]!;
}

/** Memberships (RUN and TAGGED collections) or validity ranges of datasets, without anything nested. */
function tableRelation(
  part: SearchPart,
  kind: 'tags' | 'calibs',
  collections: readonly CollectionRecord[],
  fields: ReadonlySet<DatasetColumn>,
  names: TableNames,
  dialect: Dialect,
): Relation {
  const { unlessIn } = part;
  const { datasetType } = part.search;
  const alias = names.alias(kind);
  const table = kind === 'tags' ? datasetType.tagsTable : datasetType.calibsTable!;
  // search paths have no RUN that is not readable, and a RUN's rows are of its own datasets
  const source = names.table(table, isRunsOnly(collections) ? 'readable' : undefined);
  const typeId = dialect.literal('int', datasetType.id);
  const collectionId = column(alias, 'collection_id');
  const inCollections = (of: Sql, records: readonly CollectionRecord[]) => {
    const ids = records.map(({ id }) => id);
    if (ids.length === 0) return dialect.false;
    return ids.length === 1 ? sql`${of} = ${dialect.literal('int', ids[0]!)}` : dialect.memberOf(of, 'int', ids);
  };
  const conditions = [sql`${column(alias, 'dataset_type_id')} = ${typeId}`, inCollections(collectionId, collections)];
  const lookUps: NonNullable<Relation['lookUps']>[number][] = [];
  const scope = new Scope();
  const { required } = datasetType.dimensions;
  for (const dimension of required) scope.add(keyId(dimension), column(alias, dimension));
  const add = (field: DatasetColumn, source: Sql) => scope.add(datasetFieldId(datasetType.name, field), source);
  // the names of collections that readable rows were found in, and of their runs
  const nameOf = (id: Sql) =>
    sql`(SELECT ${identifier('name')} FROM ${names.table('collection', 'readable')} WHERE ${identifier('collection_id')} = ${id})`;

  if (fields.has('dataset_id')) add('dataset_id', column(alias, 'dataset_id'));
  if (fields.has('collection_id')) add('collection_id', collectionId);
  if (fields.has('collection')) {
    add(
      'collection',
      collections.length === 1 ? dialect.literal('string', collections[0]!.name) : nameOf(collectionId),
    );
  }
  // a dataset's run is the RUN collection that it was found in, so that its own row need not be looked up
  const runsOnly = isRunsOnly(collections);
  if (fields.has('run') && runsOnly) {
    add('run', collections.length === 1 ? dialect.literal('string', collections[0]!.name) : nameOf(collectionId));
  }
  if (fields.has('ingest_date') || (fields.has('run') && !runsOnly)) {
    const dataset = names.alias('dataset'); // of a readable row
    lookUps.push({
      from: sql`${names.table('dataset', 'readable')} AS ${identifier(dataset)}`,
      on: sql`${column(dataset, 'id')} = ${column(alias, 'dataset_id')}`,
    });
    add('ingest_date', column(dataset, 'ingest_date'));
    if (!runsOnly) add('run', nameOf(column(dataset, 'run_id')));
  }
  if (fields.has('timespan')) {
    scope.addTimespan(
      datasetFieldId(datasetType.name, 'timespan'),
      kind === 'calibs'
        ? dialect.storedTimespan(alias, 'timespan')
        : { begin: dialect.literal('datetime', MIN_NSEC), end: dialect.literal('datetime', MAX_NSEC) },
    );
  }
  const leap = collections.length === 1 ? leapCondition(alias, source, conditions, part, dialect) : undefined;
  if (leap) conditions.push(leap);
  if (unlessIn.length > 0) {
    const earlier = names.alias('earlier');
    const same = required.map((name) => sql`${column(earlier, name)} = ${column(alias, name)}`);
    conditions.push(sql`NOT EXISTS (
      SELECT 1 FROM ${names.table(datasetType.tagsTable, isRunsOnly(unlessIn) ? 'readable' : undefined)} AS ${identifier(earlier)}
      WHERE ${column(earlier, 'dataset_type_id')} = ${typeId}
        AND ${inCollections(column(earlier, 'collection_id'), unlessIn)}
        ${same.length > 0 ? sql`AND ${join(same, ' AND ')}` : sql``}
    )`);
  }
  const from = sql`${source} AS ${identifier(alias)}`;
  return { from, lookUps, scope, conditions, keys: required };
}

function isRunsOnly(collections: readonly CollectionRecord[]): boolean {
  return collections.every(({ type }) => type === 'RUN');
}

/**
 * Says which values a dimension has in a collection, where an index has it before one that is fixed: SQLite then leaps
 * from value to value (detectors, when a visit is given) instead of reading all of the collection.
 */
function leapCondition(
  alias: string,
  table: Sql,
  conditions: readonly Sql[],
  { search: { datasetType, dataId } }: SearchPart,
  dialect: Dialect,
): Sql | undefined {
  const { required, universe } = datasetType.dimensions;
  const isOpen = (name: string | undefined) => name !== undefined && !dataId.has(name);
  const first = required.findIndex(isOpen);
  const name = required[first];
  if (dialect.name !== 'sqlite' || name === undefined || isOpen(required[first + 1]) || first + 1 >= required.length)
    return undefined;
  const { temporalFamily, spatialFamily, skypix } = universe.element(name);
  if (temporalFamily !== undefined || spatialFamily !== undefined || skypix) return undefined; // too many values
  const fixed = [
    ...conditions,
    ...required
      .slice(0, first)
      .map(
        (key) =>
          sql`${column(alias, key)} = ${dialect.literal(universe.element(key).primaryKey!.type, dataId.get(key)!)}`,
      ),
  ];
  const next = (beyond: Sql) => sql`SELECT min(${column(alias, name)}) FROM ${table} AS ${identifier(alias)}
    WHERE ${join(fixed, ' AND ')} ${beyond}`;
  return sql`${column(alias, name)} IN (
    WITH RECURSIVE "leap"("value") AS (
      ${next(sql``)} UNION ALL
      SELECT (${next(sql`AND ${column(alias, name)} > "leap"."value"`)}) FROM "leap" WHERE "leap"."value" IS NOT NULL
    ) SELECT "value" FROM "leap"
  )`;
}

/** Sources united in one FROM item, which dedupes equal rows. */
function subquery(
  sources: readonly Relation[],
  { search }: SearchPart,
  fields: ReadonlySet<DatasetColumn>,
  names: TableNames,
  union: Sql,
  distinct = false,
): Relation {
  const alias = names.alias('found');
  const { datasetType } = search;
  const ids = [
    ...datasetType.dimensions.required.map(keyId),
    ...[...fields].flatMap((field) => {
      const id = datasetFieldId(datasetType.name, field);
      return field === 'timespan' ? [`${id}.begin`, `${id}.end`] : [id];
    }),
  ];
  const scope = new Scope();
  ids.forEach((id, i) => scope.add(id, column(alias, `c${String(i)}`)));
  const selects = sources.map((source) => {
    const columns = ids.map((id, i) => sql`${source.scope.get(id)} AS ${identifier(`c${String(i)}`)}`);
    return sql`SELECT ${distinct ? sql`DISTINCT` : sql``} ${join(columns.length > 0 ? columns : [sql`1 AS "nothing"`])}
      FROM ${fromSql(source)} WHERE ${join([...source.conditions], ' AND ')}`;
  });
  return {
    from: sql`(${join(selects, union.sql)}) AS ${identifier(alias)}`,
    scope,
    conditions: [],
    keys: datasetType.dimensions.required,
  };
}
