import Sqlite from 'better-sqlite3';
import type { Sql } from 'sql-template-tag';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildQuery, type QueryRequest } from '../../../../src/butler/query/build.ts';
import { queryRows } from '../../../../src/repository/direct/compile/execute.ts';
import type { Database } from '../../../../src/repository/direct/database.ts';
import type { DirectRepository } from '../../../../src/repository/direct/direct-repository.ts';
import { openDirectRepository } from '../../../../src/repository/direct/open.ts';
import type { DirectAccess } from '../../../../src/repository/direct/registry.ts';
import { ReadableAccesses } from '../../../../src/repository/direct/restricted/readable-access.ts';
import { readRepository } from '../../../conformance/corpus.ts';
import { sqliteRepository } from '../../../fixtures/repositories.ts';

const { universe, datasetTypes } = readRepository('official');
const { signal } = new AbortController();
let repository: DirectRepository;
let sqlite: Sqlite.Database;

beforeAll(async () => {
  repository = await openDirectRepository({ name: 'official', path: sqliteRepository('official') });
  sqlite = new Sqlite(`${sqliteRepository('official')}/gen3.sqlite3`, { readonly: true });
});
afterAll(async () => {
  sqlite.close();
  await repository.close();
});

async function restricted(allows: (name: string) => boolean): Promise<DirectAccess> {
  const whole = await repository.access(signal);
  const accesses = new ReadableAccesses(whole.database, 'file_datastore_records');
  return accesses.access('official', whole.registry, { key: '', allows }, signal);
}

/** The statement that answers a request. */
async function statementOf(access: DirectAccess, request: QueryRequest): Promise<Sql> {
  const statements: Sql[] = [];
  const database: Database = {
    dialect: 'sqlite',
    table: (name, known) => access.database.table(name, known),
    all: () => Promise.resolve([]),
    close: () => Promise.resolve(),
    async *stream(statement) {
      statements.push(statement);
      yield [];
    },
  };
  const { query, spec } = buildQuery(universe, request);
  for await (const page of queryRows({ ...access, database }, query, spec, signal)) expect(page.rows).toEqual([]);
  return statements[0]!;
}

function planOf(statement: Sql): string {
  const explain = sqlite.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${statement.sql}`);
  return explain
    .all(...statement.values)
    .map(({ detail }) => detail)
    .join('\n');
}

const searchFor = (name: string, collections: readonly string[], more: Partial<QueryRequest> = {}): QueryRequest => ({
  result: { type: 'dataset_ref', datasetType: datasetTypes.get(name)!, collections, findFirst: true },
  orderBy: datasetTypes.get(name)!.dimensions.required,
  limit: 100,
  ...more,
});

it.each([
  ['flat', ['LSSTCam/calib/DM-50000/run.2', 'LSSTCam/calib/DM-50000/run.1'], {}],
  ['raw', ['LSSTCam/raw/all'], { where: "instrument = 'LSSTCam' AND exposure.seq_num = 4 AND band = 'r'" }],
  [
    'src',
    ['LSSTCam/runs/nightly/20251204'],
    { where: "instrument = 'LSSTCam' AND visit_detector_region.region OVERLAPS POINT(150.0, 2.2)" },
  ],
] as const)('searches %s in runs by the very statement that is made without a rule', async (name, runs, more) => {
  const request = searchFor(name, runs, more);
  const [whole, part] = [await repository.access(signal), await restricted((n) => n.startsWith('LSSTCam/'))];
  const [expected, statement] = [await statementOf(whole, request), await statementOf(part, request)];
  expect(statement.sql).toBe(expected.sql);
  expect(statement.values).toEqual(expected.values);
});

it('looks up the run of a tag’s dataset by the dataset’s key, in however many runs as one parameter', async () => {
  const request = searchFor('src', ['HSC/good-seeing']);
  const statement = await statementOf(await restricted(() => true), request);
  const few = await statementOf(await restricted((n) => /^HSC.(good-seeing|runs.RC2)/.test(n)), request);
  expect(statement.values.length).toBe(few.values.length);
  expect(planOf(statement)).toMatch(/SEARCH owned (EXISTS )?USING INDEX \S+ \(id=\?\)/);
});

it('looks up who carries a record in the index of its key', async () => {
  const request: QueryRequest = { result: { type: 'dimension_record', element: 'visit' } };
  const statement = await statementOf(await restricted(() => true), request);
  expect(planOf(statement)).toMatch(/SEARCH carrier USING INDEX \S*instrument_visit \(instrument=\? AND visit=\?\)/);
  expect(planOf(statement)).not.toContain('SCAN carrier');
});
