/** Files, their records and their locations belong together. */
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { SatelliteError } from '../../../butler/errors.ts';
import { uuidFromStored } from '../dataset-ids.ts';
import { decodedPath } from '../datastore/artifact-path.ts';
import type { Fault } from './finding.ts';
import type { Verified } from './subject.ts';

/** Directories of runs lie in the satellite's own: graphs and logs are nobody's datasets. */
const RUN_DIRECTORIES = 'runs/';
/** Files that are looked at together. */
const CONCURRENT_FILES = 16;
const PATHS_A_STATEMENT = 500;
/** The age at which a file that is not finished has no writer any more. */
const UNFINISHED_MILLISECONDS = 24 * 3_600_000;

/** Records and locations; what is left over of removals is ended by `emptyTrash` beforehand, where it repairs. */
export async function* locationFaults(verified: Verified, signal: AbortSignal): AsyncGenerator<Fault> {
  const { database, datastoreName, recordsTable } = verified;
  const [records, location, trash] = [recordsTable, 'dataset_location', 'dataset_location_trash'].map((name) =>
    database.table(name),
  ) as [Sql, Sql, Sql];
  const [[waiting] = [0]] = await database.all(
    sql`SELECT COUNT(*) FROM ${trash} WHERE datastore_name = ${datastoreName}`,
    signal,
  );
  if (Number(waiting) > 0) {
    yield {
      kind: 'REMOVAL_UNFINISHED',
      uuid: null,
      message: `The files of ${String(waiting)} removed dataset(s) were not removed yet: a repair ends it.`,
    };
  }
  const nowhere = sql`SELECT DISTINCT r.dataset_id, d.id FROM ${records} AS r
    LEFT JOIN ${database.table('dataset')} AS d ON d.id = r.dataset_id
    WHERE NOT EXISTS (SELECT 1 FROM ${location} AS l WHERE l.dataset_id = r.dataset_id AND l.datastore_name = ${datastoreName})
      AND NOT EXISTS (SELECT 1 FROM ${trash} AS t WHERE t.dataset_id = r.dataset_id AND t.datastore_name = ${datastoreName})`;
  for (const [id, dataset] of await database.all(nowhere, signal)) {
    const uuid = uuidFromStored(id as string);
    // Without its dataset, the file is what a removal left: the trash is where stock Butler looks for it.
    const table = dataset === null ? 'dataset_location_trash' : 'dataset_location';
    yield {
      kind: 'FILE_WITHOUT_LOCATION',
      uuid,
      message: `The file of dataset ${uuid} is recorded without its location, so that a removal would leave it behind.`,
      repair: async () => {
        await database.transaction(
          (t) =>
            t.insert({
              table,
              columns: ['datastore_name', 'dataset_id'],
              rows: [[datastoreName, id!]],
              suffix: raw('ON CONFLICT DO NOTHING'),
            }),
          signal,
        );
      },
    };
  }
  const empty = sql`SELECT l.dataset_id FROM ${location} AS l WHERE l.datastore_name = ${datastoreName}
    AND NOT EXISTS (SELECT 1 FROM ${records} AS r WHERE r.dataset_id = l.dataset_id)`;
  for (const [id] of await database.all(empty, signal)) {
    const uuid = uuidFromStored(id as string);
    yield {
      kind: 'LOCATION_WITHOUT_FILE',
      uuid,
      message: `Dataset ${uuid} is said to be stored here, but no file of it is recorded.`,
      repair: async () => {
        await database.transaction(
          (t) =>
            t.run(
              sql`DELETE FROM ${t.table('dataset_location')} WHERE datastore_name = ${datastoreName} AND dataset_id = ${id}`,
            ),
          signal,
        );
      },
    };
  }
}

/** Own files are where they are recorded, with the size that is recorded. */
export async function* ownFileFaults(verified: Verified, signal: AbortSignal): AsyncGenerator<Fault> {
  const { database, recordsTable, store } = verified;
  const own = sql`SELECT dataset_id, path, file_size FROM ${database.table(recordsTable)} WHERE path NOT LIKE '%:/%'`;
  for await (const rows of database.stream(own, signal)) {
    for (let i = 0; i < rows.length; i += CONCURRENT_FILES) {
      const looked = rows.slice(i, i + CONCURRENT_FILES).map(async ([id, path, size]): Promise<Fault | null> => {
        const uuid = uuidFromStored(id as string);
        const [file] = (path as string).split('#zip-path=');
        const look = async () => store.stat(decodedPath(file!), signal);
        const found = await look().catch((error: unknown) => {
          // A record that leads out of the root names no file of the repository's own.
          if (error instanceof SatelliteError && error.code === 'BAD_USER_INPUT') return null;
          throw error;
        });
        if (!found) {
          return {
            kind: 'FILE_MISSING',
            uuid,
            message: `The file of dataset ${uuid} is gone: unstore it (removeDatasets) and then transfer it again (COPY), or remove the dataset.`,
          };
        }
        if (file !== path || Number(size) < 0 || found.size === Number(size)) return null;
        return {
          kind: 'FILE_SIZE_DIFFERS',
          uuid,
          message: `The file of dataset ${uuid} has ${found.size} bytes, not the ${String(size)} that are recorded: it was changed or cut off; remove the dataset, and transfer or put it again.`,
        };
      });
      for (const fault of await Promise.all(looked)) if (fault) yield fault;
    }
  }
}

/** Files that no record names take space, and nothing will ever remove them; they may be someone's who is just writing. */
export async function* unknownFileFaults(verified: Verified, signal: AbortSignal): AsyncGenerator<Fault> {
  const { database, recordsTable, store } = verified;
  let paths: string[] = [];
  const unknown = async (): Promise<readonly string[]> => {
    const zips = paths.filter((path) => path.endsWith('.zip'));
    const rows = await database.all(
      sql`SELECT DISTINCT path FROM ${database.table(recordsTable)} WHERE path IN (${join(paths)})`,
      signal,
    );
    const known = new Set(rows.map(([path]) => path as string));
    for (const zip of zips) {
      const members = sql`SELECT 1 FROM ${database.table(recordsTable)}
        WHERE path >= ${`${zip}#`} AND path < ${`${zip}$`} LIMIT 1`;
      if ((await database.all(members, signal)).length > 0) known.add(zip);
    }
    return paths.filter((path) => !known.has(path));
  };
  const faults = async (): Promise<Fault[]> =>
    (await unknown()).map((path) => ({
      kind: 'FILE_UNKNOWN',
      uuid: null,
      message: `File '${path}' belongs to no dataset: ingest it, or remove it.`,
    }));
  for await (const { path } of store.list('', signal)) {
    if (path.startsWith(RUN_DIRECTORIES)) continue;
    paths.push(path);
    if (paths.length < PATHS_A_STATEMENT) continue;
    yield* await faults();
    paths = [];
  }
  if (paths.length > 0) yield* await faults();

  const before = new Date(Date.now() - UNFINISHED_MILLISECONDS);
  for await (const { path, remove } of store.unfinished(before, signal)) {
    yield {
      kind: 'FILE_UNKNOWN',
      uuid: null,
      message: `A file that was not finished takes space at '${path}': a repair removes it.`,
      repair: remove,
    };
  }
}
