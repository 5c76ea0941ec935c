/** Files of a direct repository: what its datastore recorded, and where the bytes are. */
import { realpath, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import sql, { join } from 'sql-template-tag';
import { RepositoryUnavailableError, SatelliteError } from '../../../butler/errors.ts';
import { readLocalFile } from '../../local-file.ts';
import type { FileRecord, FileSource, RepositoryUsage, StoreObject } from '../../rows.ts';
import { splitZipPath } from '../../recorded-path.ts';
import type { Database } from '../database.ts';
import { readTableColumns } from '../registry-tables.ts';
import { artifactPath, decodedPath, isUri } from './artifact-path.ts';
import type { ArtifactStore } from './artifact-store.ts';
import { recordedFiles } from './recorded-files.ts';
import { RECORD_COLUMNS, type RecordsLocation } from './records.ts';
import type { Registry } from '../registry.ts';
import { datastoreUsage } from './usage.ts';
import type { ZipBytes } from './zip-member.ts';

export interface DatastoreLocation extends RecordsLocation {
  /** Directories beside the root from which files may be given, where records point out of the root. */
  readonly fileRoots: readonly string[];
  /** Whether the path of the root is a real one, in which no link may be put. */
  readonly exactRoot: boolean;
}

export class Datastore {
  readonly location: DatastoreLocation;
  /** The repository's own files. */
  readonly store: ArtifactStore;
  readonly #repository: string;
  readonly #database: Database;
  #hasTable = false;

  constructor(repository: string, database: Database, location: DatastoreLocation, store: ArtifactStore) {
    this.#repository = repository;
    this.#database = database;
    this.location = location;
    this.store = store;
  }

  /** The same files, of the datasets that `database` shows. */
  readFrom(database: Database): Datastore {
    const datastore = new Datastore(this.#repository, database, this.location, this.store);
    datastore.#hasTable = this.#hasTable;
    return datastore;
  }

  /**
   * A repository that nobody has written to yet has no records and no table for them.
   * @throws RepositoryUnavailableError where the table is not as expected
   */
  async checkTable(signal: AbortSignal): Promise<boolean> {
    if (this.#hasTable) return true;
    const table = this.location.recordsTable;
    const found = (await readTableColumns(this.#database, signal)).get(table);
    if (!found) return false;
    if (found.size !== RECORD_COLUMNS.length || !RECORD_COLUMNS.every((column) => found.has(column))) {
      throw new RepositoryUnavailableError(
        this.#repository,
        `Repository '${this.#repository}' cannot be opened: its table '${table}' has the columns ` +
          `${[...found].sort().join(', ')}; supported: ${RECORD_COLUMNS.toSorted().join(', ')}.`,
      );
    }
    this.#hasTable = true;
    return true;
  }

  /** Files by UUID, in one statement. */
  async files(uuids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, readonly FileRecord[]>> {
    if (!(await this.checkTable(signal))) return new Map();
    const { dialect } = this.#database;
    const reads = {
      dialect,
      table: (name: string) => this.#database.table(name),
      all: (statement: Parameters<Database['all']>[0]) => this.#database.all(statement, signal),
    };
    return recordedFiles(reads, this.location, uuids);
  }

  /**
   * Where the bytes of the dataset, or of one component's own file, are; null where there are none.
   * @throws SatelliteError NOT_FOUND where they are in a place from which the gateway does not give files
   */
  async source(uuid: string, component: string | null, signal: AbortSignal): Promise<FileSource | null> {
    const [files = []] = (await this.files([uuid], signal)).values();
    const file = files.find((f) => f.component === component);
    if (!file) return null;
    const { file: path, member } = splitZipPath(file.path);
    const source = await this.#source(path, file.size, signal);
    if (member === null || source === null) return source;
    const zip = this.#zip(source, path);
    if (zip === null) return null;
    const { zipMember } = await import('./zip-member.ts');
    return zipMember(zip, member, file.size, signal);
  }

  /** Of the datasets, those files that the store has as objects at a server. */
  async objects(uuids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, readonly StoreObject[]>> {
    if (!this.store.root.startsWith('s3:')) return new Map();
    const found = new Map<string, readonly StoreObject[]>();
    for (const [uuid, files] of await this.files(uuids, signal)) {
      const objects: StoreObject[] = [];
      for (const { path: recorded, component } of files) {
        const { file, member } = splitZipPath(recorded);
        const path = member === null ? this.#objectPath(file) : undefined;
        if (path === undefined) continue;
        const url = await this.store.address(path);
        if (url === null) continue;
        objects.push({
          ...{ component, url },
          size: async (asking) => (await this.store.stat(path, asking))?.size ?? null,
          content: (reading) => this.store.measure(path, reading),
        });
      }
      if (objects.length > 0) found.set(uuid, objects);
    }
    return found;
  }

  /** Registered datasets and bytes, by what they are too. */
  async usage(registry: Registry, signal: AbortSignal): Promise<RepositoryUsage> {
    const records = (await this.checkTable(signal)) ? this.location.recordsTable : null;
    return datastoreUsage(this.#database, registry, records, signal);
  }

  /** Datasets with a file elsewhere, whose address begins with one of the prefixes. */
  async countReferences(prefixes: readonly string[], signal: AbortSignal): Promise<number> {
    if (!(await this.checkTable(signal))) return 0;
    const begins = prefixes.map((p) => sql`SUBSTR(path, 1, CAST(${p.length} AS INTEGER)) = ${p}`);
    const [row] = await this.#database.all(
      sql`SELECT COUNT(DISTINCT dataset_id) FROM ${this.#database.table(this.location.recordsTable)} AS "records"
          WHERE ${join(begins, ' OR ')}`,
      signal,
    );
    return Number(row![0]);
  }

  async #source(path: string, size: number | null, signal: AbortSignal): Promise<FileSource | null> {
    if (/^https?:/i.test(path)) return { kind: 'reference', url: path, size };
    const relative = this.#inStore(path);
    const { root } = this.store;
    if (relative === undefined) return this.#local(this.#filePath(path));
    return root.startsWith('s3:') ? this.store.source(relative, signal) : this.#local(resolve(root, relative));
  }

  /** Undefined where it is not in the store; whoever asks for its bytes is told why. */
  #objectPath(path: string): string | undefined {
    if (/^https?:/i.test(path)) return undefined;
    try {
      return this.#inStore(path);
    } catch (error) {
      if (error instanceof SatelliteError) return undefined;
      throw error;
    }
  }

  /** A recorded path without a fragment, as a path of the store; undefined where it is absolute in the file system. */
  #inStore(path: string): string | undefined {
    if (path.startsWith('/') || path.startsWith('file:')) return undefined;
    const below = this.store.root.replace(/\/*$/, '/');
    if (isUri(path) && !path.startsWith(below)) {
      throw this.#notGiven(`in a '${path.slice(0, path.indexOf(':'))}' store outside its datastore`);
    }
    try {
      return artifactPath(decodedPath(isUri(path) ? path.slice(below.length) : path)).path;
    } catch (error) {
      if (!(error instanceof SatelliteError) || error.code !== 'BAD_USER_INPUT') throw error;
      throw this.#notGiven('outside its datastore', error);
    }
  }

  #filePath(path: string): string {
    try {
      return path.startsWith('file:') ? fileURLToPath(path) : path;
    } catch (error) {
      throw this.#notGiven('on another machine, or under a name that is none', error);
    }
  }

  /**
   * Records and links are written by the repository's owner, and the gateway may read more than the owner may: only
   * files that really are below the allowed directories are given.
   */
  async #local(path: string): Promise<FileSource | null> {
    let real: string;
    try {
      real = await realpath(path);
    } catch {
      return null;
    }
    const { root } = this.store;
    const { fileRoots, exactRoot } = this.location;
    const followed = [...(root.startsWith('s3:') || exactRoot ? [] : [root]), ...fileRoots];
    const directories = [...(exactRoot ? [root] : []), ...(await Promise.all(followed.map((path) => realpath(path))))];
    if (!directories.some((directory) => real.startsWith(directory.replace(/\/?$/, sep))))
      throw this.#notGiven('outside its datastore');
    const information = await stat(real);
    return information.isFile() ? { kind: 'path', path: real, size: information.size } : null;
  }

  /** The zip that a record's member is in. */
  #zip(source: FileSource, path: string): ZipBytes {
    if (source.kind === 'path') {
      return {
        size: source.size,
        // Part by part, and each time anew: its directory is its owner's, who may put a link or a pipe there meanwhile.
        read: (range, signal) => readLocalFile(source, range, signal),
      };
    }
    if (source.kind !== 'url' || source.size === null) throw this.#notGiven('inside a zip at another server');
    const { size } = source;
    return { size, read: (range, signal) => this.store.read(this.#inStore(path)!, range, signal) };
  }

  #notGiven(where: string, cause?: unknown): SatelliteError {
    return new SatelliteError(
      'NOT_FOUND',
      `Repository '${this.#repository}' records a file ${where}, which is not given out.`,
      { repository: this.#repository, cause },
    );
  }
}
