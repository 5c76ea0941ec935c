/**
 * Writes what was brought together into an SQLite file with the tables that queries are compiled for.  In this process, some
 * rows at a time: nothing of it runs for long, and a file that does not outlive its process needs no care for crashes.
 */
import { setImmediate } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import type { Timespan } from '../../../butler/timespan.ts';
import type { SqlValue } from '../../direct/database.ts';
import { storedUuid } from '../../direct/dataset-ids.ts';
import { defineTables } from '../../direct/schema/define.ts';
import { repositoryTables } from '../../direct/schema/static-tables.ts';
import { commonPixelization, elementRows } from '../../direct/write/dimension-rows.ts';
import { dataIdKey } from '../identity.ts';
import type { Gathered } from './gather.ts';
import type { Membership } from './memberships.ts';
import type { ScratchRegistry } from './scratch-registry.ts';

/** Rows after which others have their turn: a few milliseconds. */
const ROWS_AT_ONCE = 500;

/** @throws the signal's reason; SatelliteError where a record cannot be stored */
export async function writeScratchFile(
  path: string,
  registry: ScratchRegistry,
  { memberships, records }: Gathered,
  signal: AbortSignal,
): Promise<void> {
  const { universe } = registry;
  const elements = universe.elements.filter(({ hasTable, skypix }) => hasTable && !skypix).map(({ name }) => name);
  const used = new Set(['collection', 'dataset', ...elements, ...elements.map((name) => `${name}_skypix_overlap`)]);
  const tables = [...repositoryTables(universe).filter(({ name }) => used.has(name)), ...registry.tables];
  const database = new Sqlite(path);
  try {
    for (const setting of ['foreign_keys = OFF', 'journal_mode = OFF', 'synchronous = OFF']) database.pragma(setting);
    database.exec('BEGIN');
    for (const statement of defineTables(tables, 'sqlite')) database.exec(statement);
    const rows = new RowWriter(database, signal);
    for (const { id, name } of registry.collectionsById.values()) {
      await rows.insert('collection', ['collection_id', 'name', 'type'], [id, name, 0]);
    }
    await writeRecords(rows, registry, records);
    await writeMemberships(rows, registry, memberships);
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

async function writeRecords(
  rows: RowWriter,
  { universe }: ScratchRegistry,
  records: Gathered['records'],
): Promise<void> {
  const { system, level } = commonPixelization(universe);
  for (let start = 0; start < records.length; start += ROWS_AT_ONCE) {
    for (const of of elementRows(universe, 'sqlite', records.slice(start, start + ROWS_AT_ONCE), 'SKIP')) {
      const { name, required } = of.element;
      const overlapColumns = ['skypix_system', 'skypix_level', ...required, 'skypix_index'];
      for (const { key, values, pixels } of of.rows) {
        await rows.insert(name, of.columns, values);
        for (const { begin, end } of pixels) {
          for (let pixel = begin; pixel < end; pixel += 1) {
            await rows.insert(`${name}_skypix_overlap`, overlapColumns, [system, level, ...key, pixel]);
          }
        }
      }
    }
  }
}

/** What an earlier repository says of a collection and a data ID counts, where a later one's contradicts it. */
async function writeMemberships(
  rows: RowWriter,
  registry: ScratchRegistry,
  memberships: readonly Membership[],
): Promise<void> {
  const datasets = new Set<string>();
  const tagged = new Set<string>();
  const certified = new Map<string, Timespan[]>();
  for (const {
    uuid,
    datasetType: { name, dimensions },
    run,
    collection,
    ingested,
    timespan,
    values,
  } of memberships) {
    const type = registry.datasetTypes.get(name)!;
    const stored = storedUuid('sqlite', uuid);
    if (!datasets.has(uuid)) {
      datasets.add(uuid);
      const columns = ['id', 'dataset_type_id', 'ingest_date', 'run_id'];
      await rows.insert('dataset', columns, [stored, type.id, ingested, registry.idOf(run)]);
    }
    const columns = ['dataset_type_id', 'dataset_id', 'collection_id', ...dimensions.required];
    const row = [type.id, stored, registry.idOf(collection), ...values];
    const place = `${type.id} ${registry.idOf(collection)} ${dataIdKey(values)}`;
    if (registry.collections.get(collection)!.type !== 'CALIBRATION') {
      if (!tagged.has(place)) await rows.insert(type.tagsTable, columns, row);
      tagged.add(place);
    } else if (timespan !== null && type.calibsTable !== null) {
      const taken = certified.get(place) ?? [];
      if (taken.some(({ begin, end }) => begin < timespan.end && timespan.begin < end)) continue;
      certified.set(place, [...taken, timespan]);
      const range = [timespan.begin, timespan.end];
      await rows.insert(type.calibsTable, [...columns, 'timespan_begin', 'timespan_end'], [...row, ...range]);
    }
  }
}

class RowWriter {
  readonly #database: Sqlite.Database;
  readonly #signal: AbortSignal;
  readonly #statements = new Map<string, Sqlite.Statement<SqlValue[]>>();
  #rows = 0;

  constructor(database: Sqlite.Database, signal: AbortSignal) {
    this.#database = database;
    this.#signal = signal;
  }

  /** @param columns always the same ones of a table */
  async insert(table: string, columns: readonly string[], values: readonly SqlValue[]): Promise<void> {
    let statement = this.#statements.get(table);
    if (!statement) {
      const names = columns.map((name) => `"${name}"`).join(', ');
      const places = columns.map(() => '?').join(', ');
      statement = this.#database.prepare(`INSERT INTO "${table}" (${names}) VALUES (${places})`);
      this.#statements.set(table, statement);
    }
    statement.run(...values.map(bindable));
    this.#rows += 1;
    if (this.#rows % ROWS_AT_ONCE > 0) return;
    await setImmediate();
    this.#signal.throwIfAborted();
  }
}

/** better-sqlite3 binds every number as a REAL, and no boolean at all; a FLOAT column makes REALs of integers by itself. */
function bindable(value: SqlValue): SqlValue {
  return typeof value === 'boolean' || Number.isSafeInteger(value) ? BigInt(value as number) : value;
}
