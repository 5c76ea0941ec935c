import { cp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openWriteableRepository } from '../../../../src/repository/direct/open-writeable.ts';
import type { Finding } from '../../../../src/repository/direct/verify/finding.ts';
import { VERIFICATION_PARTS, type VerificationPart } from '../../../../src/repository/direct/verify/verify.ts';
import { buildSatellite } from '../../../../stack/satellite.ts';
import { temporaryDirectory } from '../../../fixtures/repositories.ts';

const ctx = { caller: { username: 'alice' }, signal: AbortSignal.timeout(20 * 60_000) };
const PARTS = Object.keys(VERIFICATION_PARTS) as VerificationPart[];

let built: string;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let root: string;
beforeAll(async () => {
  built = await buildSatellite();
});
beforeEach(async () => {
  directory = await temporaryDirectory();
  root = join(directory.path, 'satellite');
  await cp(built, root, { recursive: true });
});
afterEach(() => directory[Symbol.asyncDispose]());

/** Changes the registry behind everybody's back. */
function damage(...statements: readonly string[]): void {
  const database = new Sqlite(join(root, 'gen3.sqlite3'));
  database.pragma('foreign_keys = OFF');
  for (const statement of statements) {
    expect(database.prepare(statement).run().changes, statement).toBeGreaterThan(0);
  }
  database.close();
}

async function verify(repair = false): Promise<readonly Finding[]> {
  const repository = await openWriteableRepository({ name: 'alice~mine', path: root });
  try {
    const findings: Finding[] = [];
    for (const part of PARTS) {
      if (repair && part === 'locations') await repository.emptyTrash(ctx);
      for await (const finding of repository.verify(part, repair, ctx)) findings.push(finding);
    }
    return findings;
  } finally {
    await repository.close();
  }
}

const kinds = (findings: readonly Finding[]) => [...new Set(findings.map(({ kind }) => kind))].toSorted();

test('nothing is wrong with what stock Butler wrote', async () => {
  expect(await verify()).toEqual([]);
});

const ONE = `(SELECT d.id FROM dataset AS d JOIN file_datastore_records AS r ON r.dataset_id = d.id ORDER BY d.id LIMIT 1)`;

test.each<{ readonly what: string; readonly statements: readonly string[]; readonly found: readonly string[] }>([
  {
    what: 'overlap rows that are missing',
    statements: ['DELETE FROM visit_detector_region_skypix_overlap WHERE rowid % 7 = 0'],
    found: ['OVERLAP_ROWS_WRONG'],
  },
  {
    what: 'overlap rows of another region',
    statements: [
      'UPDATE visit_detector_region_skypix_overlap SET skypix_index = skypix_index + 5000 WHERE rowid % 5 = 0',
    ],
    found: ['OVERLAP_ROWS_WRONG'],
  },
  {
    what: 'summaries that lack a type',
    statements: ['DELETE FROM collection_summary_dataset_type'],
    found: ['DANGLING_ROW', 'SUMMARY_MISSING'],
  },
  {
    what: 'summaries that lack an instrument',
    statements: ['DELETE FROM collection_summary_instrument'],
    found: ['DANGLING_ROW', 'SUMMARY_MISSING'],
  },
  {
    what: 'a RUN without its row',
    statements: ['DELETE FROM run WHERE collection_id = (SELECT collection_id FROM collection WHERE type = 1 LIMIT 1)'],
    found: ['DANGLING_ROW', 'RUN_NOT_REGISTERED'],
  },
  {
    what: 'a file without its location',
    statements: [`DELETE FROM dataset_location WHERE dataset_id = ${ONE}`],
    found: ['FILE_WITHOUT_LOCATION'],
  },
  {
    what: 'a location without a file',
    statements: [`DELETE FROM file_datastore_records WHERE dataset_id = ${ONE}`],
    found: ['FILE_UNKNOWN', 'LOCATION_WITHOUT_FILE'],
  },
])('$what: found, and mended on request', async ({ statements, found }) => {
  damage(...statements);
  expect(kinds(await verify())).toEqual(found);
  await verify(true);
  expect(kinds(await verify()).filter((kind) => kind !== 'FILE_UNKNOWN')).toEqual([]);
});

test('datasets that are in no collection are named', async () => {
  damage(
    `DELETE FROM ${tagsTableOf('calexp_metrics')} WHERE dataset_id = ${ONE.replace(
      'ORDER',
      `
    JOIN dataset_type AS t ON t.id = d.dataset_type_id WHERE t.name = 'calexp_metrics' ORDER`,
    )}`,
  );
  const [finding, ...others] = await verify();
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ kind: 'DATASET_OUTSIDE_RUN', repaired: false });
  expect(finding!.message).toContain(finding!.uuid!);
});

function tagsTableOf(datasetType: string): string {
  const database = new Sqlite(join(root, 'gen3.sqlite3'), { readonly: true });
  const name = database
    .prepare('SELECT tag_association_table FROM dataset_type WHERE name = ?')
    .pluck()
    .get(datasetType) as string;
  database.close();
  return name;
}

test('files that are gone, of another size, or nobody’s are told apart', async () => {
  const files = (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !/^(butler\.yaml|gen3\.sqlite3)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  await rm(files[0]!);
  await writeFile(files[1]!, 'short');
  await writeFile(join(root, 'notes.txt'), 'mine');
  expect(kinds(await verify())).toEqual(['FILE_MISSING', 'FILE_SIZE_DIFFERS', 'FILE_UNKNOWN']);
});
