import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildQuery, type QueryRequest } from '../../../../src/butler/query/build.ts';
import { queryRows } from '../../../../src/repository/direct/compile/execute.ts';
import type { Database } from '../../../../src/repository/direct/database.ts';
import type { DirectRepository } from '../../../../src/repository/direct/direct-repository.ts';
import { openDirectRepository } from '../../../../src/repository/direct/open.ts';
import type { PageOptions } from '../../../../src/repository/repository.ts';
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

/** How SQLite would answer a request. */
async function plan(request: QueryRequest, options: PageOptions = {}): Promise<string> {
  const access = await repository.access(signal);
  const steps: string[] = [];
  const database: Database = {
    dialect: 'sqlite',
    table: (name) => access.database.table(name),
    all: () => Promise.resolve([]),
    close: () => Promise.resolve(),
    async *stream(statement) {
      const explain = sqlite.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${statement.sql}`);
      steps.push(...explain.all(...statement.values).map(({ detail }) => detail));
      yield [];
    },
  };
  const { query, spec } = buildQuery(universe, request);
  for await (const page of queryRows({ ...access, database }, query, spec, signal, options))
    expect(page.rows).toEqual([]);
  return steps.join('\n');
}

const byDataId = (name: string, collections: readonly string[], more: Partial<QueryRequest> = {}): QueryRequest => ({
  result: { type: 'dataset_ref', datasetType: datasetTypes.get(name)!, collections, findFirst: true },
  orderBy: datasetTypes.get(name)!.dimensions.required,
  limit: 100,
  ...more,
});

const RUNS = ['LSSTCam/calib/DM-50000/run.2', 'LSSTCam/calib/DM-50000/run.1'];

it('reads a page of a collection from its index, from the place where it begins', async () => {
  const after = { official: ['LSSTCam', 94] };
  const steps = await plan(byDataId('bias', RUNS.slice(0, 1)), { implied: false, after });
  expect(steps).toMatch(
    /^SEARCH tags_\d+ USING INDEX \w+ \(dataset_type_id=\? AND collection_id=\? AND instrument=\? AND detector>\?\)$/,
  );
});

it('merges the collections of a path in the order of their indexes', async () => {
  const steps = await plan(byDataId('bias', RUNS), { implied: false, after: { official: ['LSSTCam', 94] } });
  expect(steps).toContain('MERGE (UNION ALL)');
  expect(steps).not.toMatch(/SCAN tags|TEMP B-TREE/);
});

it('joins no dimension tables for required dimensions only', async () => {
  const request = byDataId('flat', RUNS.slice(0, 1));
  expect(await plan(request, { implied: false })).not.toContain('physical_filter');
  expect(await plan(request)).toContain('SEARCH physical_filter');
});

it('finds the datasets of a visit by all of an index, whatever the detector', async () => {
  const request = byDataId('raw', ['LSSTCam/raw/all'], {
    where: "instrument = 'LSSTCam' AND exposure = 2025120300004",
  });
  expect(await plan(request, { implied: false })).toMatch(/instrument=\? AND detector=\? AND exposure=\?/);
});

it('goes from a region to its pixels, and from there to datasets', async () => {
  const where = "instrument = 'LSSTCam' AND visit_detector_region.region OVERLAPS POINT(150.0, 2.2)";
  const steps = await plan(byDataId('src', ['LSSTCam/runs/nightly/20251204'], { where }), { implied: false });
  expect(steps).toMatch(/SEARCH pixels_\d+ USING COVERING INDEX .*skypix_index>\? AND skypix_index<\?/);
  expect(steps).toMatch(/SEARCH tags_\d+ USING INDEX .*detector=\? AND visit=\?/);
});
