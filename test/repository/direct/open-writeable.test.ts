import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openWriteableRepository } from '../../../src/repository/direct/open-writeable.ts';
import { startPostgres } from '../../../stack/postgres.ts';
import { copySqliteRepository, loadPostgresRepository, temporaryDirectory } from '../../fixtures/repositories.ts';

const ctx = () => ({ caller: { username: 'alice' }, signal: AbortSignal.timeout(120_000) });

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeEach(async () => {
  directory = await temporaryDirectory();
  await copySqliteRepository('satellite', directory.path);
  await chmod(join(directory.path, 'gen3.sqlite3'), 0o644);
});
afterEach(() => directory[Symbol.asyncDispose]());

const refusal = async () => {
  const opening = openWriteableRepository({ name: 'own', path: directory.path });
  const error = await opening.then(
    () => expect.fail('it was opened'),
    (reason: unknown) => reason as { code: string; message: string },
  );
  expect(error.code).toBe('UPSTREAM_UNAVAILABLE');
  return error.message;
};

describe('what can be read is not opened for writing', () => {
  test.each([
    ['storageClasses', 'storageClasses: {Own: {pytype: own.Class}}'],
    ['datastore.templates', 'datastore: {root: <butlerRoot>, templates: {default: "{run}/x"}}'],
    ['datastore.formatters', 'datastore: {root: <butlerRoot>, formatters: {Own: own.Formatter}}'],
    ['datastore.composites', 'datastore: {root: <butlerRoot>, composites: {default: true}}'],
    ['datastore.constraints', 'datastore: {root: <butlerRoot>, constraints: {reject: [all]}}'],
    ['datastore.checksum', 'datastore: {root: <butlerRoot>, checksum: true}'],
    ['registry.managers.obscore', 'registry: {managers: {obscore: {cls: own.Obscore}}}'],
    [
      'registry.managers.datasets.config.overrides',
      'registry: {managers: {datasets: {cls: x, config: {overrides: {a: {}}}}}}',
    ],
  ])('where %s is set in its butler.yaml', async (key, text) => {
    await writeFile(join(directory.path, 'butler.yaml'), text);
    expect(await refusal()).toContain(`'${key}' is set`);
  });

  test.each([
    [
      'a manager is of an older minor version',
      `UPDATE butler_attributes SET value = '0.1.7' WHERE name LIKE 'version:%opaque%'`,
      '0.2.x',
    ],
    [
      'it has ObsCore tables',
      `INSERT INTO butler_attributes VALUES ('config:registry.managers.obscore', 'x')`,
      'ObsCore',
    ],
  ])('where %s', async (_, statement, said) => {
    const database = new Sqlite(join(directory.path, 'gen3.sqlite3'));
    database.exec(statement);
    database.close();
    expect(await refusal()).toContain(said);
  });
});

test('sections that say nothing do not matter', async () => {
  const text = 'datastore: {root: <butlerRoot>, checksum: false, constraints: {}, templates: null}';
  await writeFile(join(directory.path, 'butler.yaml'), text);
  const repository = await openWriteableRepository({ name: 'own', path: directory.path });
  expect(await repository.registerCollection({ name: 'u/alice/new', type: 'RUN' }, ctx())).toBe(true);
  await repository.close();
});

test('a repository is opened where it was placed, whatever its butler.yaml says', async () => {
  await using server = await startPostgres();
  const url = await server.createDatabase();
  const yaml = await loadPostgresRepository('satellite', url);
  const password = new URL(url).password;
  await writeFile(join(directory.path, 'butler.yaml'), yaml.replace(password, 'wrong'));
  expect(await readFile(join(directory.path, 'butler.yaml'), 'utf8')).not.toContain(password);
  expect(await refusal()).toContain('cannot be reached');

  const database = { dialect: 'postgresql', url, namespace: 'corpus_satellite' } as const;
  const options = { name: 'own', path: directory.path, placed: { database, datastoreRoot: directory.path } };
  const repository = await openWriteableRepository(options);
  expect(await repository.registerCollection({ name: 'u/alice/new', type: 'RUN' }, ctx())).toBe(true);
  await repository.close();

  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('ALTER SEQUENCE corpus_satellite.dataset_type_seq_id RENAME TO elsewhere');
  await client.end();
  await expect(openWriteableRepository(options)).rejects.toMatchObject({
    message: expect.stringContaining(`no sequence 'dataset_type_seq_id'`) as string,
  });
});
