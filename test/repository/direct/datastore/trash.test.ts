import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { RepositoryUnavailableError } from '../../../../src/butler/errors.ts';
import type { Transaction, WriteableDatabase } from '../../../../src/repository/direct/database.ts';
import { FileArtifactStore } from '../../../../src/repository/direct/datastore/file-store.ts';
import { recordedFiles } from '../../../../src/repository/direct/datastore/recorded-files.ts';
import {
  ensureRecordsTable,
  moveToTrash,
  recordedDatasets,
  recordInsertions,
} from '../../../../src/repository/direct/datastore/records.ts';
import { emptyTrash, leaveTrash } from '../../../../src/repository/direct/datastore/trash.ts';
import { uuidFromStored } from '../../../../src/repository/direct/dataset-ids.ts';
import { WriteablePostgresDatabase } from '../../../../src/repository/direct/postgres/writeable-postgres-database.ts';
import { WriteableSqliteDatabase } from '../../../../src/repository/direct/sqlite/writeable-sqlite-database.ts';
import type { ImportedFile } from '../../../../src/repository/writeable-repository.ts';
import { startPostgres } from '../../../../stack/postgres.ts';
import { copySqliteRepository, loadPostgresRepository, temporaryDirectory } from '../../../fixtures/repositories.ts';
import { chunks, signal } from './store-contract.ts';

const location = { datastoreName: 'FileDatastore@<butlerRoot>', recordsTable: 'file_datastore_records' };

interface Place extends AsyncDisposable {
  readonly database: WriteableDatabase;
}

async function sqlitePlace(): Promise<Place> {
  const directory = await temporaryDirectory();
  await copySqliteRepository('official', directory.path);
  const database = new WriteableSqliteDatabase('own', join(directory.path, 'gen3.sqlite3'));
  return {
    database,
    async [Symbol.asyncDispose]() {
      await database.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function postgresPlace(): Promise<Place> {
  const server = await startPostgres();
  const url = await server.createDatabase();
  await loadPostgresRepository('official', url);
  const database = await WriteablePostgresDatabase.open('own', url, 'corpus_official', signal);
  return {
    database,
    async [Symbol.asyncDispose]() {
      await database.close();
      await server.stop();
    },
  };
}

describe.each([
  ['SQLite', sqlitePlace],
  ['PostgreSQL', postgresPlace],
] as const)('files of datasets on %s', (_, makePlace) => {
  let place: Place;
  let database: WriteableDatabase;
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let store: FileArtifactStore;
  /** Datasets that are registered and have no files. */
  let uuids: readonly string[];

  beforeAll(async () => {
    place = await makePlace();
    ({ database } = place);
    await write((tx) => ensureRecordsTable(tx, location));
    await write((tx) => ensureRecordsTable(tx, location));
    const rows = await database.all(sql`SELECT id FROM ${database.table('dataset')} ORDER BY id LIMIT 10`, signal);
    uuids = rows.map(([id]) => uuidFromStored(id as string));
  });
  afterAll(() => place[Symbol.asyncDispose]());
  beforeEach(async () => {
    directory = await temporaryDirectory();
    store = new FileArtifactStore('own', directory.path);
    await writeFile(join(directory.path, 'gen3.sqlite3'), 'database');
    return async () => {
      await write(async (tx) => {
        for (const table of ['dataset_location', 'dataset_location_trash', location.recordsTable]) {
          await tx.run(sql`DELETE FROM ${tx.table(table)}`);
        }
      });
      await directory[Symbol.asyncDispose]();
    };
  });

  const write = <T>(work: (tx: Transaction) => Promise<T>) => database.transaction(work, signal);
  const count = async (table: string) => {
    const [row] = await database.all(sql`SELECT COUNT(*) FROM ${database.table(table)}`, signal);
    return Number(row![0]);
  };
  const file = (path: string, size: number | null = 4, component: string | null = null): ImportedFile => ({
    path,
    size,
    component,
    formatter: 'lsst.daf.butler.formatters.yaml.YamlFormatter',
    storageClass: 'StructuredDataDict',
    checksum: null,
  });

  /** Records files, the n-th of the n-th dataset, after writing those that are below the root. */
  async function storeAll(files: readonly ImportedFile[]): Promise<void> {
    for (const { path } of files) {
      const [own] = path.split('#');
      if (/^[a-z]+\/[^%]*$/.test(own!)) await store.write(own!, chunks(Buffer.from('data')), {}, signal);
    }
    const datasets = files.map((recorded, i) => ({ uuid: uuids[i]!, files: [recorded] }));
    await write((tx) => tx.insertAll(recordInsertions(tx, location, datasets)));
  }

  const trash = (...datasets: readonly number[]) =>
    write((tx) =>
      moveToTrash(
        tx,
        location,
        datasets.map((i) => uuids[i]!),
      ),
    );
  const empty = () => write((tx) => emptyTrash(tx, location, store, signal));
  const stored = async () => (await Array.fromAsync(store.list('', signal))).map(({ path }) => path).sort();

  test('are read back as they were recorded; recording them again replaces them', async () => {
    const files = [file('run/a.yaml', 2 ** 40, 'image'), file('run/b.yaml', null, 'mask')];
    await write((tx) => tx.insertAll(recordInsertions(tx, location, [{ uuid: uuids[0]!, files }])));
    await write((tx) =>
      tx.insertAll(
        recordInsertions(tx, location, [
          { uuid: uuids[0]!, files: [file('run/c.yaml', 5, 'mask')] },
          { uuid: uuids[1]!, files: [] },
        ]),
      ),
    );
    await write(async (tx) => {
      expect((await recordedFiles(tx, location, uuids)).get(uuids[0]!)).toMatchObject([
        { path: 'run/a.yaml', size: 2 ** 40, component: 'image' },
        { path: 'run/c.yaml', size: 5, component: 'mask' },
      ]);
      expect(await recordedDatasets(tx, location, uuids)).toEqual(new Set([uuids[0]]));
    });
    expect(await count('dataset_location')).toBe(1);
  });

  test('go with their records, and leave nothing behind', async () => {
    await storeAll([file('run/a.yaml'), file('run/b%20b.yaml'), file('run/c.yaml')]);
    await store.write('run/b b.yaml', chunks(Buffer.from('data')), {}, signal);
    expect(await trash(0, 1, 5)).toBe(2);
    expect(await empty()).toEqual({ datasets: 2, bytes: 8 });
    expect(await empty()).toEqual({ datasets: 0, bytes: 0 });
    expect(await stored()).toEqual(['run/c.yaml']);
    expect(await count('dataset_location_trash')).toBe(0);
    expect(await count(location.recordsTable)).toBe(1);
  });

  test('stay while another dataset needs them', async () => {
    await storeAll([file('run/shared.yaml'), file('run/shared.yaml')]);
    await trash(0);
    expect(await empty()).toEqual({ datasets: 1, bytes: 0 });
    expect(await stored()).toEqual(['run/shared.yaml']);
    await trash(1);
    expect(await empty()).toEqual({ datasets: 1, bytes: 4 });
    expect(await stored()).toEqual([]);
  });

  test('of a dataset that is stored again stay, whoever empties the trash before or after', async () => {
    await storeAll([file('run/a.yaml'), file('run/a.yaml')]);
    await trash(0, 1);
    await store.write('run/b.yaml', chunks(Buffer.from('data')), {}, signal);
    const again = { uuid: uuids[0]!, files: [file('run/b.yaml')] };
    await write((tx) => tx.insertAll(recordInsertions(tx, location, [again])));
    expect(await empty()).toMatchObject({ datasets: 2 });
    expect(await stored()).toEqual(['run/b.yaml']);
    expect(await count('dataset_location_trash')).toBe(0);
    expect(await count(location.recordsTable)).toBe(1);

    await trash(0);
    await write((tx) => leaveTrash(tx, location, [uuids[0]!]));
    expect(await empty()).toEqual({ datasets: 0, bytes: 0 });
    expect(await count(location.recordsTable)).toBe(0);
    expect(await stored()).toEqual(['run/b.yaml']);
  });

  test('in a zip go when none of its members is needed', async () => {
    await storeAll([file('zips/a.zip#zip-path=one', 3), file('zips/a.zip#zip-path=two', 5), file('zips/a.zipper')]);
    await trash(0);
    expect(await empty()).toEqual({ datasets: 1, bytes: 0 });
    expect(await stored()).toEqual(['zips/a.zip', 'zips/a.zipper']);
    await trash(1);
    expect(await empty()).toMatchObject({ datasets: 1 });
    expect(await stored()).toEqual(['zips/a.zipper']);
  });

  test('elsewhere, or under hostile names, are not touched; their records go', async () => {
    await writeFile(`${directory.path}-outside`, 'outside');
    const outside = `../${directory.path.split('/').pop()!}-outside`;
    await storeAll([
      file(`file://${directory.path}-outside`),
      file(`${directory.path}-outside`),
      file(outside),
      file(outside.replace('..', '%2e%2e')),
      file('https://data.example.org/files/dp1/x.fits'),
      file('gen3.sqlite3'),
    ]);
    await trash(0, 1, 2, 3, 4, 5);
    expect(await empty()).toEqual({ datasets: 6, bytes: 0 });
    expect(await readdir(join(directory.path, '..'))).toContain(`${directory.path.split('/').pop()!}-outside`);
    expect(await readdir(directory.path)).toEqual(['gen3.sqlite3']);
    expect(await count(location.recordsTable)).toBe(0);
  });

  test('that could not be removed are removed later', async () => {
    await storeAll([file('run/a.yaml')]);
    await trash(0);
    const broken = new FileArtifactStore('own', directory.path);
    broken.remove = () => Promise.reject(new RepositoryUnavailableError('own', 'not now'));
    await expect(write((tx) => emptyTrash(tx, location, broken, signal))).rejects.toThrow('not now');
    expect(await stored()).toEqual(['run/a.yaml']);
    expect(await count('dataset_location_trash')).toBe(1);
    // Gone already, as after a crash between the files and their records.
    await store.remove(['run/a.yaml'], signal);
    expect(await empty()).toEqual({ datasets: 1, bytes: 4 });
  });
});
