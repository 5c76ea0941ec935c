/** Which records of several repositories a query joins, where none of them has all. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildQuery, type QueryRequest } from '../../../src/butler/query/build.ts';
import { allOf } from '../../../src/butler/query/predicate.ts';
import type { Query } from '../../../src/butler/query/tree.ts';
import type { ResultSpec } from '../../../src/butler/query/result-spec.ts';
import { openDirectRepository } from '../../../src/repository/direct/open.ts';
import { FederatedRepository } from '../../../src/repository/federated/federated-repository.ts';
import type { Repository } from '../../../src/repository/repository.ts';
import type { DataIdRow } from '../../../src/repository/rows.ts';
import { ctx } from '../../conformance/answers.ts';
import { sqliteRepository, temporaryDirectory } from '../../fixtures/repositories.ts';

const LEFT_DETECTOR = "INSERT INTO detector (instrument, id, full_name) VALUES ('Cam2', 90, 'left');";
const RIGHT_DETECTOR = "INSERT INTO detector (instrument, id, full_name) VALUES ('Cam2', 91, 'right');";
const SHORT_VISIT = "UPDATE visit SET exposure_time = 1 WHERE instrument = 'Cam2' AND id = 1;";

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
const open: Repository[] = [];

beforeAll(async () => {
  directory = await temporaryDirectory();
});

afterAll(async () => {
  for (const repository of open) await repository.close();
  await directory[Symbol.asyncDispose]();
});

/** Copies of one repository, each changed by SQL, as one. */
async function together(...changes: readonly string[]): Promise<Repository> {
  const members: Repository[] = [];
  for (const sql of changes) {
    const name = `copy ${open.length}`;
    const path = join(directory.path, name);
    await cp(sqliteRepository('satellite'), path, { recursive: true });
    const database = new Sqlite(join(path, 'gen3.sqlite3'));
    database.exec(sql);
    database.close();
    const repository = await openDirectRepository({ name, path });
    open.push(repository);
    members.push(repository);
  }
  return new FederatedRepository(members);
}

async function built(repository: Repository, request: QueryRequest) {
  return buildQuery(await repository.universe(ctx), request);
}

async function dataIds(repository: Repository, query: Query, spec: ResultSpec): Promise<readonly DataIdRow[]> {
  const pages = await Array.fromAsync(repository.query(query, spec, ctx));
  return pages.flatMap(({ rows }) => rows as readonly DataIdRow[]);
}

/** Detectors of the data IDs of visits on them. */
async function detectors(repository: Repository, where: string, ...more: readonly string[]): Promise<Set<unknown>> {
  const result = { type: 'data_coordinate', dimensions: ['visit', 'detector', ...more] } as const;
  const { query, spec } = await built(repository, { where, result });
  const rows = await dataIds(repository, query, spec);
  return new Set(rows.map(({ dimensions, values }) => values[dimensions.required.indexOf('detector')]));
}

test('visits that overlap patches as wholes are joined with detectors whose regions nobody recorded', async () => {
  const where = "visit.region OVERLAPS patch.region AND band = 'g' AND skymap = 'SkyMap1'";
  const found = await detectors(await together(LEFT_DETECTOR, RIGHT_DETECTOR), where, 'patch');
  expect(found).toEqual(await detectors(await together(LEFT_DETECTOR + RIGHT_DETECTOR), where, 'patch'));
  expect([...found]).toEqual(expect.arrayContaining([90, 91]));
});

test('what is wrong with a query is said before what is wrong with one inside it', async () => {
  const repository = await together(LEFT_DETECTOR, RIGHT_DETECTOR);
  const of = (...dimensions: readonly string[]) =>
    built(repository, { where: "instrument = 'Cam1'", result: { type: 'data_coordinate', dimensions } });
  const [outer, inner] = [await of('visit', 'healpix9'), await of('visit', 'healpix9', 'htm5')];
  await expect(dataIds(repository, inner.query, inner.spec)).rejects.toMatchObject({ code: 'INVALID_QUERY' });
  const band = { type: 'dimension_key', dimension: 'band' } as const;
  const { tree } = outer.query;
  const predicate = allOf(tree.predicate, { type: 'in_query', member: band, column: band, tree: inner.query.tree });
  const query = { ...outer.query, tree: { ...tree, predicate } };
  await expect(dataIds(repository, query, outer.spec)).rejects.toMatchObject({ code: 'UNIMPLEMENTED_QUERY' });
});

test('of records that differ the earliest repository’s counts, be it the one that a condition leaves out', async () => {
  const where = "instrument = 'Cam2' AND visit.exposure_time > 10";
  const short = LEFT_DETECTOR + SHORT_VISIT;
  expect(await detectors(await together(short, RIGHT_DETECTOR), where)).toEqual(new Set());
  expect([...(await detectors(await together(RIGHT_DETECTOR, short), where))]).toEqual(
    expect.arrayContaining([90, 91]),
  );
});

test('nor does a repository answer alone with a record that an earlier one has otherwise', async () => {
  const where = "instrument = 'Cam2' AND visit.exposure_time > 10";
  expect(await detectors(await together(SHORT_VISIT, ''), where)).toEqual(new Set());
  expect((await detectors(await together('', ''), where)).size).toBeGreaterThan(0);
});
