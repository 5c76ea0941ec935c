import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DirectRepository } from '../../../src/repository/direct/direct-repository.ts';
import { openDirectRepository } from '../../../src/repository/direct/open.ts';
import { copySqliteRepository, temporaryDirectory } from '../../fixtures/repositories.ts';

const ctx = () => ({ caller: { username: 'alice' }, signal: AbortSignal.timeout(120_000) });

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeEach(async () => {
  directory = await temporaryDirectory();
  await copySqliteRepository('official', directory.path);
  await chmod(join(directory.path, 'gen3.sqlite3'), 0o644);
});
afterEach(() => directory[Symbol.asyncDispose]());

const open = (path = directory.path): Promise<DirectRepository> => openDirectRepository({ name: 'own', path });

function change(...statements: readonly string[]): void {
  const database = new Sqlite(join(directory.path, 'gen3.sqlite3'));
  try {
    database.pragma('foreign_keys = OFF');
    for (const statement of statements) database.exec(statement);
  } finally {
    database.close();
  }
}

async function configure(text: string): Promise<void> {
  await writeFile(join(directory.path, 'butler.yaml'), text);
}

describe('a repository is opened', () => {
  test.each([
    ['its directory', (path: string) => path],
    ['its butler.yaml', (path: string) => join(path, 'butler.yaml')],
    ['a file URI', (path: string) => `file://${path}/`],
  ])('by %s', async (_, location) => {
    const repository = await open(location(directory.path));
    expect((await repository.datasetTypes(ctx())).size).toBe(22);
  });

  test.each([
    ['the shortest configuration', '{}'],
    ['a driver in the database URL', 'registry: {db: "sqlite+pysqlite:///<butlerRoot>/gen3.sqlite3"}'],
    ['sections that say how to write', 'datastore: {root: <butlerRoot>, templates: {default: "{run}/x"}}'],
  ])('with %s', async (_, text) => {
    await configure(text);
    expect((await (await open()).collections({ search: ['skymaps'] }, ctx())).length).toBe(1);
  });

  test('with a root of its own', async () => {
    const elsewhere = await temporaryDirectory();
    await writeFile(join(elsewhere.path, 'butler.yaml'), `root: ${directory.path}`);
    await open(elsewhere.path);
    await elsewhere[Symbol.asyncDispose]();
  });

  test('with an older minor version of its schema', async () => {
    change(`UPDATE butler_attributes SET value = '6.0.0' WHERE name LIKE 'version:%StaticDimension%'`);
    change(`DELETE FROM butler_attributes WHERE name LIKE 'version:%Opaque%'`);
    await open();
  });

  test('without a table for files, which its first writer makes', async () => {
    const repository = await open();
    expect(await repository.files(['1165eaea-c9fc-5075-bb5b-496aa761531e'], ctx())).toEqual(new Map());
  });
});

describe('a repository is refused', () => {
  const P = 'lsst.daf.butler.registry.';
  const set = (name: string, value: string) => `UPDATE butler_attributes SET value = '${value}' WHERE name = '${name}'`;

  test.each<readonly [string, readonly string[], RegExp]>([
    [
      'another collections manager',
      [set('config:registry.managers.collections', `${P}collections.nameKey.NameKeyCollectionManager`)],
      /config:registry\.managers\.collections' is '.*nameKey.*supported: '.*SynthIntKey/,
    ],
    [
      'a missing manager',
      [`DELETE FROM butler_attributes WHERE name = 'config:registry.managers.opaque'`],
      /config:registry\.managers\.opaque' is missing/,
    ],
    [
      'a newer minor version',
      [`UPDATE butler_attributes SET value = '0.3.0' WHERE name LIKE 'version:%Opaque%'`],
      /version:.*Opaque.*' is '0\.3\.0'; supported: 0\.2\.0/,
    ],
    [
      'another major version',
      [`UPDATE butler_attributes SET value = '1.0.0' WHERE name LIKE 'version:%ByDimensions%'`],
      /version:.*ByDimensions.*' is '1\.0\.0'; supported: 2\.0\.0/,
    ],
    [
      'a version that is none',
      [`UPDATE butler_attributes SET value = 'new' WHERE name LIKE 'version:%SynthInt%'`],
      /SynthInt.*' is 'new'/,
    ],
    [
      'no universe',
      [`DELETE FROM butler_attributes WHERE name = 'config:dimensions.json'`],
      /dimensions\.json' is missing/,
    ],
    ['a universe that is no JSON', [set('config:dimensions.json', '{')], /dimensions\.json' is not understood/],
    [
      'another common skypix system',
      [`UPDATE butler_attributes SET value = replace(value, '"common": "htm7"', '"common": "healpix7"')`],
      /common skypix dimension 'healpix7'; supported: one of htm1/,
    ],
    ['no registry', ['DROP TABLE butler_attributes'], /holds no Butler registry/],
    ['an empty registry', ['DELETE FROM butler_attributes'], /holds no Butler registry/],
    ['a missing table', ['DROP TABLE collection_chain'], /no table 'collection_chain'/],
    ['a missing column', ['ALTER TABLE tract RENAME COLUMN region TO shape'], /table 'tract' has no column 'region'/],
    [
      'a second key for one dimension group',
      [
        `INSERT INTO dimension_graph_key (id) VALUES (999)`,
        `INSERT INTO dimension_graph_definition SELECT 999, dimension_name FROM dimension_graph_definition
         WHERE dimension_graph_id = (SELECT dimensions_key FROM dataset_type WHERE name = 'raw')`,
      ],
      /dimension group \{.*exposure.*\} has two keys, \d+ and 999/,
    ],
    [
      'an unknown dimension',
      [
        `INSERT INTO dimension_graph_key (id) VALUES (999)`,
        `INSERT INTO dimension_graph_definition VALUES (999, 'telescope')`,
      ],
      /dimensions key 999 is not understood.*telescope/,
    ],
    [
      'a dataset type of unknown dimensions',
      [`UPDATE dataset_type SET dimensions_key = 998 WHERE name = 'raw'`],
      /'raw' has the unknown dimensions key 998/,
    ],
    [
      'a dataset type whose table is missing',
      [`UPDATE dataset_type SET tag_association_table = 'dataset_tags_99999999' WHERE name = 'raw'`],
      /table 'dataset_tags_99999999' of dataset type 'raw' is missing/,
    ],
    [
      'a dataset type whose table has other columns',
      [`UPDATE dataset_type SET tag_association_table = 'dataset_type' WHERE name = 'raw'`],
      /table 'dataset_type' of dataset type 'raw' has the columns .*; supported: collection_id, dataset_id/,
    ],
    [
      'an unknown collection type',
      ['UPDATE collection SET type = 5 WHERE collection_id = 1'],
      /has the type 5; supported: 1/,
    ],
    [
      'other columns of files',
      ['CREATE TABLE file_datastore_records (dataset_id CHAR(32), path TEXT, extra TEXT)'],
      /table 'file_datastore_records' has the columns .*extra.*; supported/,
    ],
  ])('for %s', async (_, statements, message) => {
    change(...statements);
    await expect(open()).rejects.toThrow(message);
  });

  test.each<readonly [string, string, RegExp]>([
    [
      'a remote Butler',
      'cls: lsst.daf.butler.remote_butler.RemoteButler',
      /'cls' is '.*RemoteButler'; supported: DirectButler/,
    ],
    [
      'another datastore',
      'datastore: {cls: lsst.daf.butler.datastores.chainedDatastore.ChainedDatastore}',
      /'datastore\.cls' is '.*Chained.*supported: .*FileDatastore/,
    ],
    ['another database', 'registry: {db: "oracle://host/db"}', /'registry\.db' has the scheme 'oracle'/],
    ['a database at a relative path', 'registry: {db: "sqlite:///gen3.sqlite3"}', /relative path/],
    [
      'renamed dataset types',
      `registry: {managers: {datasets: {cls: ${P}datasets.byDimensions.ByDimensionsDatasetRecordStorageManagerUUID, config: {overrides: {raw: {rename: crude}}}}}}`,
      /datasets\.config\.overrides' is set; supported: no overrides/,
    ],
    [
      'a manager other than the registry has',
      'registry: {managers: {opaque: my.Opaque}}',
      /'registry\.managers\.opaque' in butler\.yaml is 'my\.Opaque', but the registry has '.*ByName/,
    ],
    ['what is no mapping', '- a', /not understood/],
    ['what is no YAML', '{', /no readable butler\.yaml/],
  ])('for %s in its configuration', async (_, text, message) => {
    await configure(text);
    await expect(open()).rejects.toThrow(message);
  });

  test('without a configuration or a database, and without telling paths', async () => {
    await expect(open(join(directory.path, 'nothing'))).rejects.toThrow(/no readable butler\.yaml/);
    await rm(join(directory.path, 'gen3.sqlite3'), { force: true });
    const failure = await open().catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: expect.not.stringContaining(directory.path) as string,
    });
    await writeFile(join(directory.path, 'gen3.sqlite3'), 'this is no database, however long it may be'.repeat(100));
    await expect(open()).rejects.toThrow(/damaged/);
  });
});

describe('what others write is seen at once', () => {
  test('a new collection, a changed chain, a new dataset type', async () => {
    const repository = await open();
    const names = async () =>
      (await repository.collections({ search: ['refcats'], flattenChains: true }, ctx())).map((c) => c.name);
    expect(await names()).toEqual(['refcats/gen2']);
    change(
      `INSERT INTO collection (collection_id, name, type) VALUES (900, 'refcats/gen3', 1)`,
      `INSERT INTO collection_chain (parent, position, child)
       SELECT collection_id, -1, 900 FROM collection WHERE name = 'refcats'`,
      `INSERT INTO dataset_type (id, name, storage_class, dimensions_key, tag_association_table)
       SELECT 900, 'raw2', storage_class, dimensions_key, tag_association_table FROM dataset_type WHERE name = 'raw'`,
    );
    expect(await names()).toEqual(['refcats/gen3', 'refcats/gen2']);
    expect((await repository.datasetTypes(ctx())).get('raw2')?.dimensions.required).toContain('exposure');
  });

  test('a dataset type in a collection that had none', async () => {
    const repository = await open();
    const types = async () => {
      const [found] = await repository.collections({ search: ['LSSTCam/empty'], includeSummary: true }, ctx());
      return found!.datasetTypes;
    };
    expect(await types()).toEqual([]);
    change(
      `INSERT INTO collection_summary_dataset_type
       SELECT collection_id, t.id FROM collection, dataset_type AS t WHERE collection.name = 'LSSTCam/empty' AND t.name = 'raw'`,
    );
    expect(await types()).toEqual(['raw']);
  });

  test('a database made anew in the same place', async () => {
    const repository = await open();
    const file = join(directory.path, 'gen3.sqlite3');
    const bytes = await readFile(file);
    await rm(file);
    await writeFile(file, bytes);
    change(`INSERT INTO collection (name, type) VALUES ('brand/new', 2)`);
    expect((await repository.collections({ search: ['brand/new'] }, ctx())).length).toBe(1);
  });
});
