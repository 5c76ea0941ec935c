/** What a rule says of a RUN and what SQL gives never disagree, over random grants, prefixes, chains and tags. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SatelliteError } from '../../../../src/butler/errors.ts';
import { buildQuery } from '../../../../src/butler/query/build.ts';
import type { CollectionRule, Position, QueryContext, Repository } from '../../../../src/repository/repository.ts';
import type { WriteableDirectRepository } from '../../../../src/repository/direct/writeable-direct-repository.ts';
import fc, { isFull, runs } from '../../../sample.ts';
import { postgresPlaces, sqlitePlaces, type Places } from './places.ts';
import { RECORDS, universe } from './sky.ts';
import {
  build,
  CALIBS,
  CHAINS,
  RUNS,
  rules,
  TAGS,
  TYPE_NAMES,
  TYPES,
  worlds,
  type Dataset,
  type TypeName,
  type World,
} from './world.ts';

const ctx = (): QueryContext => ({ caller: { username: 'ann' }, signal: AbortSignal.timeout(600_000) });

const DATASETS = 300;
const PAGE = 3;

/** Runs, tags and chains; validity ranges are `restricted-view.test.ts`'s. */
const paths = fc.array(fc.constantFrom(...RUNS, ...TAGS, ...CHAINS), { minLength: 1, maxLength: 3 });
const searches = fc.array(fc.tuple(fc.constantFrom(...TYPE_NAMES), paths), { minLength: 3, maxLength: 3 });

/** The first dataset of each data ID along a path, by what the rule says of each name. @throws Error where a name is denied */
function expected(world: World, { allows }: CollectionRule, type: TypeName, path: readonly string[]): Set<string> {
  const denied = [...new Set(path)].filter((name) => !allows(name));
  if (denied.length > 0) throw new Error('MISSING_COLLECTION');
  const leaves = new Set<string>();
  const visit = (name: string): void => {
    const children = world.chains.get(name);
    if (children) children.filter(allows).forEach(visit);
    else leaves.add(name);
  };
  path.forEach(visit);
  const readable = new Map(world.datasets.filter(({ run }) => allows(run)).map((d) => [d.uuid, d]));
  if (![...readable.values()].some((d) => d.type === type)) throw new Error('MISSING_DATASET_TYPE');
  const first = new Map<string, string>();
  for (const leaf of leaves) {
    const tagged = world.tags
      .filter(({ collection }) => collection === leaf)
      .flatMap(({ uuid }) => readable.get(uuid) ?? []);
    const members: readonly Dataset[] = TAGS.includes(leaf)
      ? tagged
      : [...readable.values()].filter(({ run }) => run === leaf);
    for (const { uuid, values } of members.filter((d) => d.type === type)) {
      const key = JSON.stringify(values);
      if (!first.has(key)) first.set(key, uuid);
    }
  }
  return new Set(first.values());
}

/** UUIDs page by page, and their count. */
async function asked(repository: Repository, type: TypeName, path: readonly string[]) {
  const dimensions = universe.conform(TYPES[type].dimensions);
  const datasetType = {
    name: type,
    dimensions,
    storageClass: 'StructuredDataDict',
    isCalibration: TYPES[type].isCalibration,
  };
  const { query, spec } = buildQuery(universe, {
    result: { type: 'dataset_ref', datasetType, collections: path, findFirst: true },
    orderBy: dimensions.required,
    limit: PAGE,
  });
  const pages: (readonly string[])[] = [];
  let after: Position | undefined;
  do {
    const page: string[] = [];
    let last: Position | undefined;
    for await (const { rows, positionAt } of repository.query(query, spec, ctx(), {
      positions: true,
      ...(after && { after }),
    })) {
      page.push(...rows.map((row) => (row as { uuid: string }).uuid));
      last = positionAt!(rows.length - 1);
    }
    pages.push(page);
    after = last;
  } while (after && pages.at(-1)!.length === PAGE);
  return { pages, count: await repository.count(query, spec, ctx()) };
}

async function codeOf(answer: Promise<unknown>): Promise<string> {
  return answer.then(
    () => 'an answer',
    (error: unknown) => (error instanceof SatelliteError ? error.code : String(error)),
  );
}

describe.each([
  ['SQLite', sqlitePlaces, 100],
  ['PostgreSQL', postgresPlaces, 5],
] as const)('On %s', (kind, makePlaces, rulesTried) => {
  let places: Places;
  let whole: WriteableDirectRepository;
  let world: World;
  let cases = 0;
  beforeAll(async () => {
    places = await makePlaces();
    whole = await places.empty();
    world = fc.sample(worlds(DATASETS), { numRuns: 1 })[0]!;
    // validity ranges play no part
    world = {
      ...world,
      chains: new Map(
        [...world.chains].map(([name, children]) => [name, children.filter((child) => !CALIBS.includes(child))]),
      ),
    };
    await build(whole, world, RECORDS, ctx());
  });
  afterAll(async () => {
    await whole.close();
    await places[Symbol.asyncDispose]();
  });

  test(
    'a dataset is given where its RUN is allowed and nowhere else, pages are full, counts are theirs',
    { timeout: 3_000_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(rules, searches, async (rule, questions) => {
          const repository = whole.readableAs(rule);
          const uuids = world.datasets.map(({ uuid }) => uuid);
          const given = await repository.datasets(uuids, ctx());
          for (const { uuid, run } of world.datasets) expect([uuid, given.has(uuid)]).toEqual([uuid, rule.allows(run)]);
          cases += uuids.length;

          for (const [type, path] of questions) {
            let should: Set<string>;
            try {
              should = expected(world, rule, type, path);
            } catch (error) {
              expect(await codeOf(asked(repository, type, path))).toBe((error as Error).message);
              cases += 1;
              continue;
            }
            const { pages, count } = await asked(repository, type, path);
            expect(new Set(pages.flat())).toEqual(should);
            expect(count).toBe(should.size);
            expect(pages.slice(0, -1).every((page) => page.length === PAGE)).toBe(true);
            cases += world.datasets.filter((d) => d.type === type).length;
          }
        }),
        { numRuns: runs(rulesTried), endOnFailure: true },
      );
      if (isFull && kind === 'SQLite') expect(cases).toBeGreaterThan(100_000);
    },
  );
});
