/** Rules of the registry that its database does not enforce, or only while every writer keeps foreign keys on. */
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { uuidFromStored } from '../dataset-ids.ts';
import type { RegisteredDatasetType } from '../registry.ts';
import type { Fault } from './finding.ts';
import type { Verified } from './subject.ts';

const quote = (name: string): Sql => raw(`"${name.replaceAll('"', '""')}"`);

/** What SQLite itself finds: damaged pages and indexes, and rows whose parents are gone. PostgreSQL keeps both rules. */
export async function* databaseFaults({ database }: Verified, signal: AbortSignal): AsyncGenerator<Fault> {
  if (database.dialect !== 'sqlite') return;
  for (const [problem] of await database.all(sql`SELECT quick_check FROM pragma_quick_check`, signal)) {
    if (problem === 'ok') continue;
    yield {
      kind: 'DAMAGED_DATABASE',
      uuid: null,
      message: 'The database file is damaged: restore the satellite from a backup, or make it anew.',
    };
    return;
  }
  const dangling = await database.all(
    sql`SELECT "table", "parent", COUNT(*) FROM pragma_foreign_key_check GROUP BY "table", "parent"`,
    signal,
  );
  for (const [table, parent, count] of dangling) {
    yield {
      kind: 'DANGLING_ROW',
      uuid: null,
      message:
        `${String(count)} row(s) of '${String(table)}' refer to rows of '${String(parent)}' that are gone; ` +
        'something wrote to the database with foreign keys off.',
    };
  }
}

/** Every dataset is in its own run, under its own type. */
export async function* membershipFaults(verified: Verified, signal: AbortSignal): AsyncGenerator<Fault> {
  const { database, registry } = verified;
  for (const [tagsTable, types] of typesByTable(verified, (type) => type.tagsTable)) {
    const tags = database.table(tagsTable);
    const ofTypes = sql`d.dataset_type_id IN (${join(types.map((type) => type.id))})`;
    const outside = sql`SELECT d.id FROM ${database.table('dataset')} AS d WHERE ${ofTypes} AND NOT EXISTS (
      SELECT 1 FROM ${tags} AS t WHERE t.dataset_id = d.id AND t.collection_id = d.run_id)`;
    for await (const rows of database.stream(outside, signal)) {
      for (const [id] of rows) {
        const uuid = uuidFromStored(id as string);
        yield {
          kind: 'DATASET_OUTSIDE_RUN',
          uuid,
          message: `Dataset ${uuid} is in no collection, and its data ID is lost: remove it, and transfer or put it again.`,
        };
      }
    }
    const mixed = sql`SELECT d.id FROM ${database.table('dataset')} AS d JOIN ${tags} AS t ON t.dataset_id = d.id
      WHERE t.dataset_type_id <> d.dataset_type_id`;
    for (const [id] of await database.all(mixed, signal)) {
      const uuid = uuidFromStored(id as string);
      yield {
        kind: 'MIXED_DATASET_TYPE',
        uuid,
        message: `Dataset ${uuid} is in a collection under another dataset type than its own: remove it, and transfer or put it again.`,
      };
    }
  }
  const unregistered = await database.all(
    sql`SELECT c.collection_id, c.name FROM ${database.table('collection')} AS c WHERE c.type = 1 AND NOT EXISTS (
      SELECT 1 FROM ${database.table('run')} AS r WHERE r.collection_id = c.collection_id)`,
    signal,
  );
  for (const [id, name] of unregistered) {
    yield {
      kind: 'RUN_NOT_REGISTERED',
      uuid: null,
      message: `Collection '${String(name)}' is a RUN without its row in the table of runs, so that nothing can be put into it.`,
      repair: async () => {
        await database.transaction(
          (t) =>
            t.insert({
              table: 'run',
              columns: ['collection_id'],
              rows: [[id!]],
              suffix: raw('ON CONFLICT DO NOTHING'),
            }),
          signal,
        );
      },
    };
  }
  for (const { name, type } of registry.collections.values()) {
    if (type !== 'CHAINED' || !leadsTo(verified, name, name)) continue;
    yield {
      kind: 'CHAIN_CYCLE',
      uuid: null,
      message: `Chain '${name}' holds itself: take it out of one of its children.`,
    };
  }
}

/** Whether `target` is below `chain`. */
function leadsTo({ registry }: Verified, chain: string, target: string): boolean {
  const seen = new Set<string>();
  const pending = [...registry.collections.get(chain)!.children];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === target) return true;
    if (!seen.has(name)) pending.push(...(registry.collections.get(name)?.children ?? []));
    seen.add(name);
  }
  return false;
}

/** Queries skip collections whose summaries lack a type or governor value: the datasets are there, and not found. */
export async function* summaryFaults(verified: Verified, signal: AbortSignal): AsyncGenerator<Fault> {
  const { database, registry } = verified;
  const tables = [
    ...typesByTable(verified, (type) => type.tagsTable),
    ...typesByTable(verified, (type) => type.calibsTable),
  ];
  for (const [table, [type]] of tables) {
    const governors = type!.dimensions.governors;
    for (const column of ['dataset_type_id', ...governors]) {
      const summary = column === 'dataset_type_id' ? 'collection_summary_dataset_type' : `collection_summary_${column}`;
      const missing = await database.all(
        sql`SELECT DISTINCT t.collection_id, t.${quote(column)} FROM ${database.table(table)} AS t WHERE NOT EXISTS (
          SELECT 1 FROM ${database.table(summary)} AS s
          WHERE s.collection_id = t.collection_id AND s.${quote(column)} = t.${quote(column)})`,
        signal,
      );
      for (const [collection, value] of missing) {
        const name = registry.collectionsById.get(collection as number)?.name ?? String(collection);
        yield {
          kind: 'SUMMARY_MISSING',
          uuid: null,
          message: `The summary of collection '${name}' lacks a ${column === 'dataset_type_id' ? 'dataset type' : column}, so that searches miss its datasets.`,
          repair: async () => {
            await database.transaction(
              (t) =>
                t.insert({
                  table: summary,
                  columns: ['collection_id', column],
                  rows: [[collection!, value!]],
                  suffix: raw('ON CONFLICT DO NOTHING'),
                }),
              signal,
            );
          },
        };
      }
    }
  }
}

/** Two calibrations valid at the same time make every look-up of either fail. */
export async function* validityFaults(verified: Verified, signal: AbortSignal): AsyncGenerator<Fault> {
  const { database, registry } = verified;
  const overlap =
    database.dialect === 'sqlite'
      ? sql`a.timespan_end > b.timespan_begin AND b.timespan_end > a.timespan_begin`
      : sql`a.timespan && b.timespan`;
  for (const [table, [type]] of typesByTable(verified, (t) => t.calibsTable)) {
    const sameDataId = type!.dimensions.required.map((name) => sql` AND a.${quote(name)} = b.${quote(name)}`);
    const pairs = sql`SELECT a.dataset_id, b.dataset_id, a.collection_id FROM ${database.table(table)} AS a
      JOIN ${database.table(table)} AS b ON a.dataset_type_id = b.dataset_type_id AND a.collection_id = b.collection_id
        AND a.id < b.id${sameDataId.length === 0 ? sql`` : join(sameDataId, '')} AND ${overlap}`;
    for (const [a, b, collection] of await database.all(pairs, signal)) {
      const [first, second] = [uuidFromStored(a as string), uuidFromStored(b as string)];
      yield {
        kind: 'OVERLAPPING_VALIDITY',
        uuid: first,
        message:
          `Datasets ${first} and ${second} are valid at the same time for one data ID in collection ` +
          `'${registry.collectionsById.get(collection as number)?.name ?? ''}': decertify one of them.`,
      };
    }
  }
}

/** Table → the dataset types that are in it, which all have one dimension group. */
function typesByTable(
  { registry }: Verified,
  tableOf: (type: RegisteredDatasetType) => string | null,
): ReadonlyMap<string, readonly RegisteredDatasetType[]> {
  const types = [...registry.datasetTypes.values()].filter((type) => tableOf(type) !== null);
  return Map.groupBy(types, (type) => tableOf(type)!);
}
