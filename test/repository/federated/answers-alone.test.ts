import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildQuery } from '../../../src/butler/query/build.ts';
import type { ResultSpec } from '../../../src/butler/query/result-spec.ts';
import type { Query } from '../../../src/butler/query/tree.ts';
import { openDirectRepository } from '../../../src/repository/direct/open.ts';
import { memberAlone } from '../../../src/repository/federated/join/answers-alone.ts';
import { openMembers, type Member } from '../../../src/repository/federated/members.ts';
import { resolveSearchPath, type SearchPath } from '../../../src/repository/federated/search-path.ts';
import type { QueryContext, Repository } from '../../../src/repository/repository.ts';
import { sqliteRepository, temporaryDirectory } from '../../fixtures/repositories.ts';
import { splitRepository } from '../../fixtures/split.ts';

const ctx = { caller: { username: 'alice' }, signal: new AbortController().signal };
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
const open: Repository[] = [];
let [whole, part, rest]: Member[] = [];

beforeAll(async () => {
  directory = await temporaryDirectory();
  const [a, b] = await splitRepository('official', directory.path, 2);
  for (const [name, path] of [
    ['whole', sqliteRepository('official')],
    ['part', a],
    ['rest', b],
  ] as const) {
    open.push(await openDirectRepository({ name, path }));
  }
  [whole, part, rest] = await openMembers(open, ctx);
});

afterAll(async () => {
  for (const repository of open) await repository.close();
  await directory[Symbol.asyncDispose]();
});

/** Who answers for data IDs of visits and the tracts that they overlap. */
async function whoAnswers(members: readonly Member[], where: string): Promise<string | undefined> {
  const { universe } = members[0]!;
  const { query } = buildQuery(universe, {
    where,
    result: { type: 'data_coordinate', dimensions: ['visit', 'tract'] },
  });
  return (await memberAlone(members, query, new Map(), ctx))?.repository.name;
}

const HSC = "instrument = 'HSC' AND skymap = 'hsc_rings_v1'";

test('a repository that has all records of the others answers alone', async () => {
  expect(await whoAnswers([part!, rest!, whole!], HSC)).toBe('whole');
});

test('repositories that each have something to join do not', async () => {
  expect(await whoAnswers([part!, rest!], HSC)).toBeUndefined();
});

test('one whose datasets are searched answers alone where the others’ records are its own too', async () => {
  const type = whole!.datasetTypes.get('src')!;
  const { query } = buildQuery(whole!.universe, {
    where: HSC,
    joins: [{ datasetType: type, collections: ['LSSTCam/runs/nightly/20251204'] }],
    result: { type: 'data_coordinate', dimensions: ['visit', 'tract'] },
  });
  const path: SearchPath = await resolveSearchPath([open[0]!], ['LSSTCam/runs/nightly/20251204'], [], ctx);
  const found = await memberAlone([part!, whole!], query, new Map([['src', path]]), ctx);
  expect(found?.repository.name).toBe('whole');
});

/** A copy of the whole repository, changed by SQL. */
async function changedCopy(name: string, sql: string): Promise<Member> {
  const path = join(directory.path, name);
  await cp(sqliteRepository('official'), path, { recursive: true });
  const database = new Sqlite(join(path, 'gen3.sqlite3'));
  database.exec(sql);
  database.close();
  const repository = await openDirectRepository({ name, path });
  open.push(repository);
  return (await openMembers([repository], ctx))[0]!;
}

/** So many that they are not looked up one by one. */
const MANY_DETECTORS = `WITH RECURSIVE ids(id) AS (SELECT 10000 UNION ALL SELECT id + 1 FROM ids WHERE id < 30500)
  INSERT INTO detector (instrument, id, full_name, purpose) SELECT 'HSC', id, 'd' || id, 'SCIENCE' FROM ids;`;

/** Two with very many detectors, the second with a change. */
async function withManyDetectors(name: string, change: string): Promise<readonly Member[]> {
  return [
    await changedCopy(`${name} first`, MANY_DETECTORS),
    await changedCopy(`${name} second`, `${MANY_DETECTORS} ${change}`),
  ];
}

async function whoKnowsDetectors(members: readonly Member[]): Promise<string | undefined> {
  const result = { type: 'data_coordinate', dimensions: ['detector'] } as const;
  const { query } = buildQuery(members[0]!.universe, { where: "instrument = 'HSC'", result });
  return (await memberAlone(members, query, new Map(), ctx))?.repository.name;
}

function detectorsOfHsc({ universe }: Member) {
  return buildQuery(universe, {
    where: "instrument = 'HSC'",
    result: { type: 'dimension_record', element: 'detector' },
  });
}

test('of very many records each counts, not only how many there are', async () => {
  expect(await whoKnowsDetectors(await withManyDetectors('same', ''))).toBe('same second');
  const moved = await withManyDetectors('moved', 'UPDATE detector SET id = 40000 WHERE id = 20000');
  expect(await whoKnowsDetectors(moved)).toBeUndefined();
  const more = await withManyDetectors(
    'more',
    "INSERT INTO detector (instrument, id, full_name) VALUES ('HSC', 40000, 'new')",
  );
  expect(await whoKnowsDetectors(more)).toBe('more second');
});

test('a record that differs under one data ID is not the other’s, among many and among few', async () => {
  const many = await withManyDetectors('other', "UPDATE detector SET purpose = 'GUIDER' WHERE id = 20000");
  expect(await whoKnowsDetectors(many)).toBeUndefined();
  const few = await changedCopy('few', "UPDATE detector SET purpose = 'OTHER' WHERE instrument = 'HSC'");
  expect(await whoKnowsDetectors([few, whole!])).toBeUndefined();
});

test('bands that only filters of another instrument have are records of the others too', async () => {
  const added = await changedCopy(
    'bands',
    "INSERT INTO physical_filter (instrument, name, band) VALUES ('LSSTCam', 'new filter', 'new band')",
  );
  const result = { type: 'data_coordinate', dimensions: ['band', 'detector'] } as const;
  const { query } = buildQuery(whole!.universe, { where: "instrument = 'HSC'", result });
  expect(await memberAlone([added, whole!], query, new Map(), ctx)).toBeUndefined();
});

/** A repository elsewhere, which answers no question for records before `answer` is called. */
function slow(member: Member): { readonly member: Member; readonly answer: () => void; readonly asked: Promise<void> } {
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const repository = new Proxy(member.repository, {
    get: (target, name) => {
      if (name === 'isRemote') return true;
      if (name === 'name') return 'slow';
      if (name !== 'query') return Reflect.get(target, name) as unknown;
      return async function* (query: Query, spec: ResultSpec, asking: QueryContext) {
        ask();
        await answered;
        asking.signal.throwIfAborted();
        yield* target.query(query, spec, asking);
      };
    },
  });
  return { member: { ...member, repository }, answer, asked };
}

test('data IDs of other dimensions are not taken for those of equal values that were asked before', async () => {
  const bare = await changedCopy('bare', "PRAGMA foreign_keys = OFF; DELETE FROM visit WHERE instrument = 'HSC'");
  const elsewhere = slow(whole!);
  elsewhere.answer();
  const collections = ['LSSTCam/calib/DM-50000/run.1'];
  const paths = new Map([['bias', await resolveSearchPath([bare.repository], collections, [], ctx)]]);
  const whoKnows = async (dimension: string) => {
    const { query } = buildQuery(bare.universe, {
      where: "instrument = 'HSC'",
      joins: [{ datasetType: bare.datasetTypes.get('bias')!, collections }],
      result: { type: 'data_coordinate', dimensions: ['visit', 'detector'] },
      uploads: [{ dimensions: ['instrument', dimension], rows: [['HSC', 20130617]] }],
    });
    return (await memberAlone([bare, elsewhere.member], query, paths, ctx))?.repository.name;
  };
  expect(await whoKnows('visit')).toBe('bare');
  expect(await whoKnows('day_obs')).toBeUndefined();
});

test('who asks the same again gets an answer, also where the first to ask gave up', async () => {
  const elsewhere = slow(part!);
  const members = [elsewhere.member, whole!];
  const result = { type: 'data_coordinate', dimensions: ['detector'] } as const;
  const { query } = buildQuery(whole!.universe, { where: "instrument = 'HSC'", result });
  const first = new AbortController();
  const given = memberAlone(members, query, new Map(), { ...ctx, signal: first.signal });
  await elsewhere.asked;
  const second = memberAlone(members, query, new Map(), ctx);
  first.abort(new Error('gave up'));
  await expect(given).rejects.toThrow('gave up');
  elsewhere.answer();
  expect((await second)?.repository.name).toBe('whole');
});

/** A repository elsewhere, with the number of detectors that were read of it. */
function counted(member: Member): { readonly member: Member; readonly read: () => number } {
  let detectors = 0;
  const repository = new Proxy(member.repository, {
    get: (target, name) => {
      if (name === 'isRemote') return true;
      if (name === 'name') return `counted ${target.name}`;
      if (name === 'count') return target.count.bind(target);
      if (name !== 'query') return Reflect.get(target, name) as unknown;
      return async function* (query: Query, spec: ResultSpec, asking: QueryContext) {
        for await (const page of target.query(query, spec, asking)) {
          if (spec.type === 'dimension_record' && spec.element === 'detector') detectors += page.rows.length;
          yield page;
        }
      };
    },
  });
  return { member: { ...member, repository }, read: () => detectors };
}

test('of an official repository that comes first, one record more is read than the satellite after it has', async () => {
  const official = counted((await withManyDetectors('official', ''))[0]!);
  const { query, spec } = detectorsOfHsc(whole!);
  const own = await whole!.repository.count(query, spec, ctx);
  expect(await whoKnowsDetectors([official.member, whole!])).toBeUndefined();
  expect(official.read()).toBe(own + 1);
});

test('nor are more than 20 001 read of one that has more', async () => {
  const [first, second] = await withManyDetectors(
    'both',
    "INSERT INTO detector (instrument, id, full_name) VALUES ('HSC', 40000, 'new')",
  );
  const official = counted(second!);
  expect(await whoKnowsDetectors([official.member, first!])).toBeUndefined();
  expect(official.read()).toBe(20_001);
});
