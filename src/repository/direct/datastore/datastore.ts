/** Files of a direct repository: what its datastore recorded, and where the bytes are (butler-schema.md section 5). */
import { realpath, stat } from 'node:fs/promises';
import { posix, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import sql, { join } from 'sql-template-tag';
import { RepositoryUnavailableError } from '../../../butler/errors.ts';
import type { FileRecord, FileSource, RepositoryUsage } from '../../rows.ts';
import { isOneOf, uuidFromStored, validUuids } from '../dataset-ids.ts';
import type { Database } from '../database.ts';
import { readTableColumns } from '../registry-tables.ts';

/** What stands for "the whole dataset" in the records. */
const NO_COMPONENT = '__NULL_STRING__';
const COLUMNS = ['dataset_id', 'path', 'formatter', 'storage_class', 'component', 'checksum', 'file_size'];

export interface DatastoreLocation {
  /** Absolute path or URI. */
  readonly root: string;
  readonly recordsTable: string;
  /** Directories beside the root from which files may be given, where records point out of the root. */
  readonly fileRoots: readonly string[];
}

export class Datastore {
  readonly #repository: string;
  readonly #database: Database;
  readonly #location: DatastoreLocation;
  #hasTable = false;

  constructor(repository: string, database: Database, location: DatastoreLocation) {
    this.#repository = repository;
    this.#database = database;
    this.#location = location;
  }

  /**
   * A repository that nobody has written to yet has no records and no table for them.
   * @throws RepositoryUnavailableError where the table is not as expected
   */
  async checkTable(signal: AbortSignal): Promise<boolean> {
    if (this.#hasTable) return true;
    const table = this.#location.recordsTable;
    const found = (await readTableColumns(this.#database, signal)).get(table);
    if (!found) return false;
    if (found.size !== COLUMNS.length || !COLUMNS.every((column) => found.has(column))) {
      throw this.#error(
        `cannot be opened: its table '${table}' has the columns ${[...found].sort().join(', ')}; ` +
          `supported: ${COLUMNS.toSorted().join(', ')}.`,
      );
    }
    this.#hasTable = true;
    return true;
  }

  /** Files by UUID, in one statement. */
  async files(uuids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, readonly FileRecord[]>> {
    return this.#stored(uuids, signal);
  }

  /**
   * Where the bytes of the dataset, or of one component's own file, are; null where there are none.
   * @throws RepositoryUnavailableError where they are in a place that the gateway does not read
   */
  async source(uuid: string, component: string | null, signal: AbortSignal): Promise<FileSource | null> {
    const [files = []] = (await this.#stored([uuid], signal)).values();
    const file = files.find((f) => f.component === component);
    if (!file) return null;
    const uri = this.#absolute(file.path);
    if (/^https?:/.test(uri)) return { kind: 'reference', url: uri, size: file.size };
    if (/^[a-z][a-z0-9+.-]*:/i.test(uri) && !uri.startsWith('file:')) {
      throw this.#error(
        `keeps the file in a '${uri.slice(0, uri.indexOf(':'))}' store, which the gateway cannot read.`,
      );
    }
    if (uri.includes('#zip-path=')) throw this.#error('keeps the file inside a zip, which the gateway cannot read.');
    return this.#local(uri.startsWith('file:') ? fileURLToPath(uri) : uri);
  }

  /** Registered datasets and stored bytes, in one statement; a file that holds several datasets is counted once. */
  async usage(signal: AbortSignal): Promise<RepositoryUsage> {
    const database = this.#database;
    const bytes = (await this.checkTable(signal))
      ? sql`SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM (
          SELECT MAX(file_size) AS size FROM ${database.table(this.#location.recordsTable)}
          WHERE file_size > 0 AND path NOT LIKE '%://%' GROUP BY path
        ) AS files`
      : sql`SELECT 0`;
    const [row] = await database.all(
      sql`SELECT (SELECT COUNT(*) FROM ${database.table('dataset')}), (${bytes})`,
      signal,
    );
    return { datasets: Number(row![0]), bytes: Number(row![1]) };
  }

  /** Datasets with a file elsewhere, whose address begins with one of the prefixes. */
  async countReferences(prefixes: readonly string[], signal: AbortSignal): Promise<number> {
    if (!(await this.checkTable(signal))) return 0;
    const begins = prefixes.map((p) => sql`SUBSTR(path, 1, CAST(${p.length} AS INTEGER)) = ${p}`);
    const [row] = await this.#database.all(
      sql`SELECT COUNT(DISTINCT dataset_id) FROM ${this.#database.table(this.#location.recordsTable)}
          WHERE ${join(begins, ' OR ')}`,
      signal,
    );
    return Number(row![0]);
  }

  #absolute(path: string): string {
    if (/^[a-z][a-z0-9+.-]*:/i.test(path) || path.startsWith('/')) return path;
    const { root } = this.#location;
    if (!/^[a-z][a-z0-9+.-]*:/i.test(root)) return resolve(root, path);
    if (root.startsWith('file:')) return resolve(fileURLToPath(root), path);
    return `${root.replace(/\/$/, '')}/${path.split('/').map(encodeURIComponent).join('/')}`;
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
    const { root, fileRoots } = this.#location;
    const directories = [root.startsWith('file:') ? fileURLToPath(root) : root, ...fileRoots];
    const inside = await Promise.all(
      directories.map(async (directory) => real.startsWith((await realpath(directory)).replace(/\/?$/, sep))),
    );
    if (!inside.includes(true)) throw this.#error('records a file outside its datastore, which is not given out.');
    const { size } = await stat(real);
    return { kind: 'path', path: real, size };
  }

  async #stored(uuids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, readonly FileRecord[]>> {
    const ids = validUuids(uuids);
    if (ids.length === 0 || !(await this.checkTable(signal))) return new Map();
    const rows = await this.#database.all(
      sql`SELECT dataset_id, path, formatter, storage_class, component, checksum, file_size
        FROM ${this.#database.table(this.#location.recordsTable)}
        WHERE ${isOneOf(this.#database.dialect, sql`dataset_id`, ids)} ORDER BY dataset_id, component`,
      signal,
    );
    const files = new Map<string, FileRecord[]>();
    for (const [id, path, formatter, storageClass, component, checksum, size] of rows) {
      const uuid = uuidFromStored(id as string);
      const file: FileRecord = {
        path: path as string,
        fileName: fileName(path as string),
        // -1 stands for "not known".
        size: size === null || (size as number) < 0 ? null : (size as number),
        checksum: checksum as string | null,
        formatter: formatter as string,
        storageClass: storageClass as string,
        component: component === NO_COMPONENT ? null : (component as string),
      };
      const known = files.get(uuid);
      if (known) known.push(file);
      else files.set(uuid, [file]);
    }
    return files;
  }

  #error(message: string): RepositoryUnavailableError {
    return new RepositoryUnavailableError(this.#repository, `Repository '${this.#repository}' ${message}`);
  }
}

/** Last part of a path, of a URI's path, or of the path inside a zip. */
function fileName(path: string): string {
  const member = /#zip-path=(.*)$/.exec(path)?.[1];
  if (member !== undefined) return posix.basename(decodeURIComponent(member));
  return URL.canParse(path) ? decodeURIComponent(posix.basename(new URL(path).pathname)) : posix.basename(path);
}
