/** Reads a registry and keeps what it read while the database has not changed. */
import { RepositoryUnavailableError } from '../../butler/errors.ts';
import type { Universe } from '../../butler/universe.ts';
import { flattened, recordsNamed } from './collection-lookup.ts';
import type { Database, SqlRow } from './database.ts';
import {
  readRegistryRows,
  registryStatement,
  sqliteVersionStatement,
  summariesStatement,
  type RegistryContent,
} from './registry-rows.ts';
import { misfitOfDatasetTables, readTableColumns } from './registry-tables.ts';
import type { CollectionRecord, CollectionSummary, RegisteredDatasetType, Registry } from './registry.ts';

/**
 * How old dataset types and collections of a PostgreSQL registry may be that is only read here.  SQLite says itself whether
 * anything has been committed, so there they are never old.
 */
export const POSTGRES_MAX_AGE_MILLISECONDS = 1000;

/** Longer than any read of a registry takes; a bound for one that nobody waits for any more. */
const READ_MILLISECONDS = 60_000;

/** Up to this many collections are named in the statement; beyond, all summaries are read. */
const NAMED_SUMMARIES = 1000;

export class RegistryReader {
  readonly #repository: string;
  readonly #database: Database;
  readonly #universe: Universe;
  readonly #maxAge: number;
  #current:
    | { registry: StoredRegistry; content: RegistryContent; rows: readonly SqlRow[]; readAt: number; writes: number }
    | undefined;
  /** How often `written` was called. */
  #writes = 0;
  /** SQLite: connection → its number of the state that `#current` was read from. */
  readonly #versions = new Map<string, number>();
  #running: Promise<Registry> | undefined;
  #next: Promise<Registry> | undefined;

  /** @param maxAge milliseconds that what was read of a PostgreSQL registry may be old */
  constructor(repository: string, database: Database, universe: Universe, maxAge: number) {
    this.#repository = repository;
    this.#database = database;
    this.#universe = universe;
    this.#maxAge = maxAge;
  }

  /**
   * What the registry holds now.  Those who ask while it is being checked share the next check, not the one that began
   * before they asked: whatever was committed before a request is seen by it.
   */
  async current(signal: AbortSignal): Promise<Registry> {
    signal.throwIfAborted();
    if (!this.#running) return abortable(this.#start(), signal);
    this.#next ??= this.#running.then(
      () => this.#start(),
      () => this.#start(),
    );
    return abortable(this.#next, signal);
  }

  /** Whoever asks from now on sees what this process has just committed, however young the last answer is. */
  written(): void {
    this.#writes += 1;
  }

  #start(): Promise<Registry> {
    this.#next = undefined;
    const running = this.#read(AbortSignal.timeout(READ_MILLISECONDS)).finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #read(signal: AbortSignal): Promise<Registry> {
    if (this.#current && (await this.#isFresh(signal))) return this.#current.registry;
    const readAt = Date.now();
    const writes = this.#writes;
    const rows = await this.#database.all(registryStatement(this.#database), signal);
    const version = rows.find((row) => row[0] === 'version');
    const same = this.#current && hasSameRows(this.#current.rows, rows);
    const content = same ? this.#current!.content : readRegistryRows(this.#repository, this.#universe, rows);
    if (!same) {
      await this.#checkDatasetTypes(content, signal);
      // What the numbers of other connections stand for was other content.
      this.#versions.clear();
    }
    if (version) this.#versions.set(version[4] as string, version[1] as number);
    const registry = new StoredRegistry(this.#database, this.#universe, content);
    this.#current = { registry, content, rows, readAt, writes };
    return registry;
  }

  async #isFresh(signal: AbortSignal): Promise<boolean> {
    if (this.#database.dialect === 'postgresql') {
      const { readAt, writes } = this.#current!;
      return writes === this.#writes && Date.now() - readAt < this.#maxAge;
    }
    const [row] = await this.#database.all(sqliteVersionStatement(), signal);
    const [connection, number] = row as readonly [string, number];
    return this.#versions.get(connection) === number;
  }

  /** Tables are looked at only when there is a dataset type that has not been seen before. */
  async #checkDatasetTypes(content: RegistryContent, signal: AbortSignal): Promise<void> {
    const known = this.#current?.content.datasetTypes;
    const unknown = [...content.datasetTypes.values()].filter((type) => !isSame(type, known?.get(type.name)));
    if (unknown.length === 0) return;
    const tables = await readTableColumns(this.#database, signal);
    for (const type of unknown) {
      const misfit = misfitOfDatasetTables(type, tables, this.#database.dialect);
      if (misfit !== undefined) {
        throw new RepositoryUnavailableError(
          this.#repository,
          `Repository '${this.#repository}' cannot be read: ${misfit}`,
        );
      }
    }
  }
}

function isSame(a: RegisteredDatasetType, b: RegisteredDatasetType | undefined): boolean {
  return (
    a.id === b?.id && a.dimensions === b.dimensions && a.tagsTable === b.tagsTable && a.calibsTable === b.calibsTable
  );
}

function hasSameRows(a: readonly SqlRow[], b: readonly SqlRow[]): boolean {
  return (
    a.length === b.length && a.every((row, i) => row[0] === 'version' || row.every((value, c) => value === b[i]![c]))
  );
}

/** The promise, given up when the signal is aborted. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', abort));
}

class StoredRegistry implements Registry {
  readonly universe: Universe;
  readonly datasetTypes: Registry['datasetTypes'];
  readonly collections: Registry['collections'];
  readonly collectionsById: Registry['collectionsById'];
  readonly #database: Database;
  readonly #summaries = new Map<number, CollectionSummary>();

  constructor(database: Database, universe: Universe, content: RegistryContent) {
    this.#database = database;
    this.universe = universe;
    this.datasetTypes = content.datasetTypes;
    this.collections = content.collections;
    this.collectionsById = content.collectionsById;
  }

  records(names: readonly string[]): readonly CollectionRecord[] {
    return recordsNamed(this.collections, names);
  }

  flatten(names: readonly string[]): readonly CollectionRecord[] {
    return flattened(this.collections, names);
  }

  async summaries(
    collections: readonly CollectionRecord[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, CollectionSummary>> {
    const unread = [...new Set(collections.map((c) => c.id))].filter((id) => !this.#summaries.has(id));
    if (unread.length > 0) {
      const ids = unread.length > NAMED_SUMMARIES ? [] : unread;
      const rows = await this.#database.all(summariesStatement(this.#database, this.universe, ids), signal);
      const read = readSummaries(rows);
      for (const id of unread)
        this.#summaries.set(id, read.get(id) ?? { datasetTypes: new Set(), governors: new Map() });
    }
    return new Map(collections.map(({ id }) => [id, this.#summaries.get(id)!]));
  }
}

function readSummaries(rows: readonly SqlRow[]): ReadonlyMap<number, CollectionSummary> {
  const summaries = new Map<number, { datasetTypes: Set<number>; governors: Map<string, Set<string>> }>();
  for (const [id, governor, datasetType, value] of rows) {
    let summary = summaries.get(id as number);
    if (!summary) {
      summary = { datasetTypes: new Set(), governors: new Map() };
      summaries.set(id as number, summary);
    }
    if (governor === null) summary.datasetTypes.add(datasetType as number);
    else {
      const values = summary.governors.get(governor as string);
      if (values) values.add(value as string);
      else summary.governors.set(governor as string, new Set([value as string]));
    }
  }
  return summaries;
}
