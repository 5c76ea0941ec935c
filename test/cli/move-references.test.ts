import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copySqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
const OLD = 'http://127.0.0.1:8080';
const NEW = 'https://rsp.example.org/api/satellite';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let config: string;
beforeAll(async () => {
  directory = await temporaryDirectory();
  config = join(directory.path, 'gateway.yaml');
  await copySqliteRepository('satellite', join(directory.path, 'own'));
  await writeFile(
    config,
    `auth: {issuers: [{issuer: "http://localhost/cli", audience: gateway, jwks: ./jwks.json}]}
state: sqlite:./state.sqlite3
publicUrl: ${NEW}
repositories: [{name: own, kind: direct, path: ./own, owner: alice}]`,
  );
});
afterAll(() => directory[Symbol.asyncDispose]());

/** Runs `satellite move-references` to its end. */
const move = (...args: readonly string[]) =>
  promisify(execFile)('node', [MAIN, 'move-references', ...args, '--config', config, '--from', OLD]).then(
    (output) => ({ code: 0, ...output }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );

function paths(): unknown[] {
  const database = new Sqlite(join(directory.path, 'own', 'gen3.sqlite3'));
  try {
    return database.prepare('SELECT path FROM file_datastore_records ORDER BY path').pluck().all();
  } finally {
    database.close();
  }
}

test('an operator moves the references of all satellites after the gateway has moved', async () => {
  const database = new Sqlite(join(directory.path, 'own', 'gen3.sqlite3'));
  database.exec(`CREATE TABLE file_datastore_records (dataset_id CHAR(32) NOT NULL, path TEXT NOT NULL,
    formatter TEXT NOT NULL, storage_class TEXT NOT NULL, component VARCHAR(32) NOT NULL, checksum TEXT,
    file_size BIGINT, PRIMARY KEY (dataset_id, component))`);
  database
    .prepare(
      `INSERT INTO file_datastore_records
       SELECT id, ? || id || '.fits', 'F', 'S', '__NULL_STRING__', NULL, 1 FROM dataset LIMIT 2`,
    )
    .run(`${OLD}/files/dp1/0195c2b1-7f3e-7b1a-9c00-1234567890ab/`);
  database.close();
  const before = paths();
  expect(await move()).toMatchObject({ code: 0, stdout: 'alice~own: 2 references moved\n' });
  expect(paths()).toEqual(before.map((path) => String(path).replace(OLD, NEW)).sort());
  expect(await move('alice~own')).toMatchObject({ code: 0, stdout: 'alice~own: 0 references moved\n' });
  expect(await move('alice~none')).toMatchObject({ code: 1, stderr: expect.stringContaining('alice~none') as string });
});
