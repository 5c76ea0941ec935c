/** The two repositories of the corpus, of universes 7 and 8, as one: what each gives alone, united. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDirectRepository } from '../../../src/repository/direct/open.ts';
import { dataIdKey, recordDataId } from '../../../src/repository/federated/identity.ts';
import type { QueryContext, Repository } from '../../../src/repository/repository.ts';
import type { DataIdRow, DatasetRow, DimensionRecordRow } from '../../../src/repository/rows.ts';
import { collectionsOfDatasets } from '../../../src/repository/search/collections-of-datasets.ts';
import { searchDataIds } from '../../../src/repository/search/data-ids.ts';
import { searchDatasets } from '../../../src/repository/search/datasets.ts';
import { searchDimensionRecords } from '../../../src/repository/search/dimension-records.ts';
import { recordsOfDataIds } from '../../../src/repository/search/records-of-data-ids.ts';
import type { DatasetSearchRequest, SearchPage } from '../../../src/repository/search/search.ts';
import { sqliteRepository } from '../../fixtures/repositories.ts';

const ctx: QueryContext = { caller: { username: 'alice' }, signal: new AbortController().signal };
const FIRST = 40;

let satellite: Repository;
let official: Repository;

beforeAll(async () => {
  satellite = await openDirectRepository({ name: 'satellite', path: sqliteRepository('satellite') });
  official = await openDirectRepository({ name: 'official', path: sqliteRepository('official') });
});

afterAll(async () => {
  await satellite.close();
  await official.close();
});

async function walk<Row>(search: (paging: { first: number; after?: string }) => Promise<SearchPage<Row>>) {
  const rows: Row[] = [];
  for (let after: string | undefined; ;) {
    const page = await search({ first: FIRST, ...(after !== undefined && { after }) });
    rows.push(...page.rows);
    if (!page.hasNextPage) {
      expect(await page.totalCount()).toBe(rows.length);
      return rows;
    }
    after = page.cursorAt(page.rows.length - 1);
  }
}

/** What each repository gives alone; of rows with the same key the first repository's. */
async function united<Row>(
  members: readonly Repository[],
  rowsOf: (members: readonly Repository[]) => Promise<readonly Row[]>,
  keyOf: (row: Row) => string,
): Promise<readonly Row[]> {
  const found = new Map<string, Row>();
  for (const member of members) {
    for (const row of await rowsOf([member])) if (!found.has(keyOf(row))) found.set(keyOf(row), row);
  }
  return [...found.values()];
}

/** Rows without their order, with the repository that each comes from. */
function written<Row extends { readonly repository: string }>(rows: readonly Row[], keyOf: (row: Row) => string) {
  return rows.map((row) => `${row.repository}: ${keyOf(row)}`).sort();
}

const recordKey = (row: DimensionRecordRow) => dataIdKey(recordDataId(row, row.element.required));
const dataIdOf = (row: DataIdRow) => dataIdKey(row.values.slice(0, row.dimensions.required.length));
const datasetKey = (row: DatasetRow) => row.uuid;

describe('Two real repositories of different universes', () => {
  it('give the records of every element that both know, each once', async () => {
    for (const { name } of (await satellite.universe(ctx)).elements.filter((e) => !e.skypix)) {
      const rowsOf = (members: readonly Repository[]) =>
        walk((paging) => searchDimensionRecords(members, { element: name, ...paging }, ctx));
      for (const members of [
        [satellite, official],
        [official, satellite],
      ]) {
        const expected = await united(members, rowsOf, recordKey);
        expect(written(await rowsOf(members), recordKey), name).toEqual(written(expected, recordKey));
      }
    }
  });

  it.each([
    [['detector']],
    [['band']],
    [['visit', 'detector']],
    [['visit', 'tract']],
    [['tract', 'patch']],
    [['htm7', 'visit']],
    [[]],
  ])('give the data IDs of %j, each once', async (dimensions) => {
    const rowsOf = (members: readonly Repository[]) =>
      walk((paging) => searchDataIds(members, { dimensions, ...paging }, ctx));
    for (const members of [
      [satellite, official],
      [official, satellite],
    ]) {
      const expected = await united(members, rowsOf, dataIdOf);
      expect(written(await rowsOf(members), dataIdOf)).toEqual(written(expected, dataIdOf));
    }
  });

  it.each([
    ['patch', 'band'],
    ['detector', 'subfilter'],
    ['instrument', 'skymap'],
  ])('give every combination of %s and %s, wherever each of them is', async (a, b) => {
    const valuesOf = async (dimensions: readonly string[]) =>
      (await walk((paging) => searchDataIds([satellite, official], { dimensions, ...paging }, ctx))).map(
        ({ dimensions: { required }, values }) => new Map(required.map((name, i) => [name, values[i]!])),
      );
    const alone = await Promise.all([[a], [b]].map(valuesOf));
    const { required } = (await satellite.universe(ctx)).conform([a, b]);
    const keyOf = (dataId: ReadonlyMap<string, unknown>) => required.map((name) => String(dataId.get(name))).join(' ');
    const combined = alone[0]!.flatMap((one) => alone[1]!.map((other) => keyOf(new Map([...one, ...other]))));
    expect((await valuesOf([a, b])).map(keyOf).sort()).toEqual(combined.sort());
  });

  it.each([undefined, 'run', '-ingest_date', 'collection', '-timespan.begin'])(
    'give all datasets of a type, each once, by %s',
    async (order) => {
      const terms = { datasetTypes: ['bias'], collections: ['*'], findFirst: false };
      const request = { ...terms, ...(order !== undefined && { orderBy: [order] }) };
      const rowsOf = (members: readonly Repository[]) =>
        walk((paging) => searchDatasets(members, { ...request, ...paging, first: 2 }, ctx));
      const members = [satellite, official];
      const expected = await united(members, rowsOf, datasetKey);
      const alone = await walk((paging) => searchDatasets([satellite], { ...terms, ...paging }, ctx));
      expect(written(await rowsOf([satellite]), datasetKey)).toEqual(written(alone, datasetKey));
      expect(written(await rowsOf(members), datasetKey)).toEqual(written(expected, datasetKey));
    },
  );

  it('give the first dataset along a path that leads through both', async () => {
    const runs = await Promise.all(
      [satellite, official].map((of) => of.collections({ search: ['*'], types: ['RUN', 'TAGGED'] }, ctx)),
    );
    const names = [...new Set(runs.flat().map(({ name }) => name))].filter((name) => !name.includes('['));
    const path = names.toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1));
    for (const datasetType of ['bias', 'flat', 'calexp', 'raw']) {
      const request: Omit<DatasetSearchRequest, 'collections' | 'first'> = {
        datasetTypes: [datasetType],
        findFirst: true,
      };
      const rowsOf = (collections: readonly string[]) =>
        walk((paging) => searchDatasets([satellite, official], { ...request, collections, ...paging }, ctx));
      const chosen = new Map<string, DatasetRow>();
      for (const collection of path) {
        for (const row of await rowsOf([collection])) {
          const id = dataIdKey(row.values.slice(0, row.datasetType.dimensions.required.length));
          if (!chosen.has(id)) chosen.set(id, row);
        }
      }
      expect(written(await rowsOf(path), datasetKey)).toEqual(written([...chosen.values()], datasetKey));
    }
  });

  it('tell which collections hold a dataset', async () => {
    const everywhere = { datasetTypes: ['bias', 'flat'], collections: ['*'], findFirst: false, first: 100 };
    const { rows } = await searchDatasets([satellite], everywhere, ctx);
    const collections = await collectionsOfDatasets(satellite, rows, ctx);
    for (const row of rows) {
      const names = collections.get(row.uuid)!.map(({ name }) => name);
      expect(names).toContain(row.run);
      const request = { ...everywhere, datasetTypes: [row.datasetType.name] };
      for (const { name } of await satellite.collections({ search: ['*'], includeChains: false }, ctx)) {
        if (name.includes('[')) continue;
        const { rows: held } = await searchDatasets([satellite], { ...request, collections: [name] }, ctx);
        expect(names.includes(name), name).toBe(held.some(({ uuid }) => uuid === row.uuid));
      }
    }
  });

  it('tell the records of a data ID, none that does not exist', async () => {
    const group = (await official.universe(ctx)).conform(['exposure', 'visit', 'detector']);
    const { rows } = await searchDataIds([official], { dimensions: ['exposure', 'visit', 'detector'], first: 5 }, ctx);
    const [known, unknown] = [rows[0]!.values, rows[0]!.values.with(1, 999_999)];
    const found = await recordsOfDataIds(official, group, [known, unknown], ctx);
    const elements = found.map((records) => new Set(records.map((record) => record.element.name)));
    expect(
      ['instrument', 'detector', 'exposure', 'visit', 'visit_definition'].filter((name) => !elements[0]!.has(name)),
    ).toEqual([]);
    expect(elements[1]!.has('detector')).toBe(false);
    expect(elements[1]!.has('instrument')).toBe(true);
  });
});

describe('A dataset that stock Butler gives several times', () => {
  const walked = (terms: Partial<DatasetSearchRequest> & Pick<DatasetSearchRequest, 'datasetTypes' | 'collections'>) =>
    walk((paging) => searchDatasets([satellite], { findFirst: false, ...terms, ...paging }, ctx));

  it.each([
    ['in a run and in a tagged collection', { datasetTypes: ['visitCat'], collections: ['chain/tagfirst'] }],
    [
      'without dimensions, by dimensions of the expression',
      { datasetTypes: ['packages'], collections: ['u/alice/run1'], where: "instrument = 'Cam1' AND detector > 0" },
    ],
    [
      'found first, without dimensions, by dimensions of the expression',
      {
        datasetTypes: ['packages'],
        collections: ['u/alice/run1'],
        where: "instrument = 'Cam1' AND detector > 0",
        findFirst: true,
      },
    ],
  ])('is given once: %s', async (_, terms) => {
    const rows = await walked(terms);
    expect(rows.length).toBeGreaterThan(0);
    expect(new Set(rows.map(({ uuid }) => uuid)).size).toBe(rows.length);
  });
});

it('A search that no collection can answer still says what is wrong with the query', async () => {
  const where = "skymap = 'SkyMap1' AND (tract.region OVERLAPS POINT(1, 2) OR tract = 0)";
  const request = { datasetTypes: ['coadd'], collections: ['empty/*'], findFirst: false, where, first: 10 };
  await expect(searchDatasets([satellite], request, ctx)).rejects.toMatchObject({ code: 'UNIMPLEMENTED_QUERY' });
});
