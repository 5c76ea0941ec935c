/** The corpus through the search functions: one repository, and one together with its twin, which must change nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataId } from '../../src/butler/data-id.ts';
import { SatelliteError } from '../../src/butler/errors.ts';
import type { Json, JsonObject } from '../../src/butler/json.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { searchCollections } from '../../src/repository/search/collections.ts';
import { searchDataIds } from '../../src/repository/search/data-ids.ts';
import { searchDatasets } from '../../src/repository/search/datasets.ts';
import { searchDimensionRecords } from '../../src/repository/search/dimension-records.ts';
import type { SearchPage } from '../../src/repository/search/search.ts';
import { sqliteRepository, type ConformanceRepository } from '../fixtures/repositories.ts';
import { asUser, startOfficialServer, type OfficialServer } from '../repository/remote/official-server.ts';
import { oneIn } from '../sample.ts';
import { canonicalDataId, canonicalDataset, canonicalRecord } from './canonical.ts';
import { readCases, REPOSITORIES, type Case } from './corpus.ts';
import { EXCEPTIONS } from './exceptions.ts';
import { canonical, satisfies, type Answer } from './verdict.ts';

const ctx = asUser('tester');

const KINDS = [
  'query_datasets',
  'query_all_datasets',
  'query_data_ids',
  'query_dimension_records',
  'collections_query',
] as const;

/** Pages that are small enough for most answers to take several. */
const PAGE = 7;

const hasForm = ({ id, args, kind }: Case) =>
  !EXCEPTIONS.has(id) &&
  args['defaults'] === undefined &&
  (args['limit'] === undefined || args['limit'] === null || (args['limit'] as number) >= 1) &&
  (args['where'] === undefined || typeof args['where'] === 'string') &&
  (!kind.endsWith('datasets') || args['collections'] !== null) &&
  // One search serves both calls of stock Butler: it takes globs, and names the error for a component as the second does.
  !(kind === 'query_datasets' && /[.*?]/.test(args['dataset_type'] as string));

const cases = readCases().filter(hasForm).map(withoutRepeats);

/** A connection never repeats a row. */
function withoutRepeats(testCase: Case): Case {
  const rows = testCase.expected['rows'] as readonly Json[] | undefined;
  if (!rows || testCase.compare !== 'multiset') return testCase;
  const once = [...new Map(rows.map((row) => [canonical(row), row])).values()];
  return { ...testCase, expected: { ...(testCase.expected as JsonObject), rows: once } };
}

/** Who is searched for a repository of the corpus; a server has only the official one, and is slower. */
const COMPANIES = {
  alone: (name: ConformanceRepository) => [openAs(name, name)],
  'with its twin': (name: ConformanceRepository) => [openAs(name, name), openAs(name, `${name}-twin`)],
  'behind a server with its twin': (name: ConformanceRepository, server: OfficialServer | undefined) =>
    name === 'official' ? [Promise.resolve(server!.open()), openAs(name, `${name}-twin`)] : [],
};

function openAs(repository: ConformanceRepository, name: string): Promise<Repository> {
  return openDirectRepository({ name, path: sqliteRepository(repository) });
}

describe.each(Object.entries(COMPANIES))('A repository %s, searched page by page', (company, membersOf) => {
  const isServed = company.includes('server');
  const open = new Map<string, readonly Repository[]>();
  let server: OfficialServer | undefined;

  beforeAll(async () => {
    server = isServed ? await startOfficialServer() : undefined;
    for (const name of REPOSITORIES) open.set(name, await Promise.all(membersOf(name, server)));
  });

  afterAll(async () => {
    for (const repository of [...open.values()].flat()) await repository.close();
    await server?.[Symbol.asyncDispose]();
  });

  it.each(KINDS)(
    'answers as stock Butler does: %s',
    async (kind) => {
      const asked = cases.filter((c) => c.kind === kind && open.get(c.repo)!.length > 0);
      const wrong: unknown[] = [];
      for (const testCase of company === 'alone' ? asked : oneIn(isServed ? 12 : 4, asked)) {
        const answer = await answerOf(testCase, open.get(testCase.repo)!);
        if (!satisfies(testCase, answer)) wrong.push({ id: testCase.id, args: testCase.args, answer });
      }
      expect(wrong).toEqual([]);
    },
    300_000,
  );
});

async function answerOf(testCase: Case, members: readonly Repository[]): Promise<Answer> {
  try {
    return await answer(testCase, members);
  } catch (error) {
    if (error instanceof SatelliteError) return { error: { error_type: error.code } };
    throw error;
  }
}

async function answer({ kind, args }: Case, members: readonly Repository[]): Promise<Answer> {
  const limit = (args['limit'] as number | null | undefined) ?? Infinity;
  const terms = {
    ...(args['where'] !== undefined && { where: args['where'] as string }),
    ...(args['bind'] !== undefined && { bind: args['bind'] as JsonObject }),
    dataId: { ...(args['data_id'] as JsonObject), ...(args['kwargs'] as JsonObject) } as DataId,
    orderBy: strings(args['order_by']),
  };
  switch (kind) {
    case 'query_datasets':
    case 'query_all_datasets': {
      const datasetTypes = strings(kind === 'query_datasets' ? args['dataset_type'] : (args['name'] ?? '*'));
      const collections = strings(args['collections']);
      const findFirst = (args['find_first'] ?? true) as boolean;
      const request = { ...terms, datasetTypes, collections, findFirst };
      const rows = await walk(limit, (paging) => searchDatasets(members, { ...request, ...paging }, ctx));
      return { rows: rows.map(canonicalDataset) };
    }
    case 'query_data_ids': {
      const request = { ...terms, dimensions: strings(args['dimensions']) };
      const rows = await walk(limit, (paging) => searchDataIds(members, { ...request, ...paging }, ctx));
      return { rows: rows.map(canonicalDataId) };
    }
    case 'query_dimension_records': {
      const request = { ...terms, element: args['element'] as string };
      const rows = await walk(limit, (paging) => searchDimensionRecords(members, { ...request, ...paging }, ctx));
      return { rows: rows.map(canonicalRecord) };
    }
    default: {
      const request = {
        search: strings(args['expression']),
        ...(args['collection_types'] !== undefined && { types: args['collection_types'] as never }),
        ...(args['flatten_chains'] !== undefined && { flattenChains: args['flatten_chains'] as boolean }),
        ...(args['include_chains'] !== undefined && { includeChains: args['include_chains'] as boolean }),
      };
      const rows = await walk(limit, (paging) => searchCollections(members, { ...request, ...paging }, ctx));
      return { value: rows.map(({ name }) => name) };
    }
  }
}

async function walk<Row>(
  limit: number,
  search: (paging: { first: number; after?: string }) => Promise<SearchPage<Row>>,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let after: string | undefined; ;) {
    const first = Math.min(PAGE, limit - rows.length);
    const page = await search({ first, ...(after !== undefined && { after }) });
    rows.push(...page.rows);
    if (!page.hasNextPage && limit === Infinity) expect(await page.totalCount()).toBe(rows.length);
    if (!page.hasNextPage || rows.length >= limit) return rows;
    after = page.cursorAt(page.rows.length - 1);
  }
}

function strings(value: Json | undefined): readonly string[] {
  return typeof value === 'string' ? [value] : ((value ?? []) as readonly string[]);
}
