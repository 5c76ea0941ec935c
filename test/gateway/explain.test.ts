/** `explain` as users ask for it: by GraphQL, and by a RemoteButler client of several repositories. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildQuery } from '../../src/butler/query/build.ts';
import { encodeQuery } from '../../src/butler/query/wire.ts';
import { stringifyJson } from '../../src/butler/json.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import { sqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';
import { splitRepository } from '../fixtures/split.ts';
import { runGateway, type RunningGateway } from './running-gateway.ts';
import { FilesRepository, offer, rawContent } from './small-repositories.ts';

const EXPLAIN = `explain {
  isEmpty reason suggestions messages joinedHere estimatedRows
  steps {repository {name} kind name collections estimatedRows foundRows why}
}`;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let gateway: RunningGateway;

beforeAll(async () => {
  directory = await temporaryDirectory();
  const paths = await splitRepository('official', directory.path, 1);
  const repositories = paths.map((path, i) => ({
    name: ['work', 'dp1'][i],
    kind: 'direct',
    path,
    ...(i === 0 && { owner: 'alice' }),
  }));
  gateway = await runGateway({ yaml: `repositories: ${JSON.stringify(repositories)}`, limits: { pairedRows: 100 } });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

describe('By GraphQL', () => {
  test('an empty search says why, beside its rows and alone', async () => {
    const query = (selection: string) =>
      `{datasets(datasetTypes: ["calexp"], collections: ["HSC/raw/all"]) {${selection} ${EXPLAIN}}}`;
    for (const selection of ['', 'nodes {uuid}', 'totalCount']) {
      const { data, errors } = await gateway.ask(query(selection));
      expect(errors).toBeUndefined();
      expect(data.datasets.explain).toMatchObject({
        isEmpty: true,
        reason: expect.stringContaining("No dataset of type 'calexp' is in the collection 'HSC/raw/all'") as string,
        messages: expect.arrayContaining(["No datasets of type 'calexp' in collection 'HSC/raw/all'."]) as string[],
        estimatedRows: 0,
        steps: [],
      });
    }
  });

  test.each([
    ['dimensionRecords(element: "visit", where: "instrument = \'HSC\'")', 'DIMENSION_RECORDS', 'visit'],
    ['dataIds(dimensions: ["detector"])', 'DIMENSION_RECORDS', 'detector'],
    ['datasets(datasetTypes: ["src"], collections: ["everything"])', 'DATASETS', 'src'],
  ])('%s says which repository gives what', async (field, kind, name) => {
    const { data } = await gateway.ask(`{found: ${field} {totalCount ${EXPLAIN}}}`);
    const { explain } = data.found as { explain: { isEmpty: boolean; reason: null; steps: unknown[] } };
    expect(explain).toMatchObject({ isEmpty: false, reason: null });
    expect(explain.steps).toMatchObject([
      { repository: { name: 'work' }, kind, name },
      { repository: { name: 'dp1' }, kind, name },
    ]);
  });

  test('what is too costly is refused, and explained when it is asked for no rows', async () => {
    const field = `dataIds(dimensions: ["visit", "detector"])`;
    const refused = await gateway.ask(`{${field} {nodes {dataId} ${EXPLAIN}}}`);
    expect(refused.data.dataIds).toBeNull();
    expect(refused.errors![0]).toMatchObject({
      extensions: { code: 'QUERY_TOO_COSTLY' },
      message: expect.stringMatching(/pairs each of \d+ records of (visit|detector)/) as string,
    });
    const { data, errors } = await gateway.ask(`{${field} {${EXPLAIN}}}`);
    expect(errors).toBeUndefined();
    expect(data.dataIds.explain.estimatedRows).toBeGreaterThan(100);
  });

  test('alone it reads no rows', async () => {
    const repository = new FilesRepository('dp1', rawContent(100, 'official'));
    await using small = await runGateway({ offered: [offer(repository)] });
    const { data } = await small.ask(`{datasets(datasetTypes: ["raw"], collections: ["all"]) {${EXPLAIN}}}`);
    expect(data.datasets.explain).toMatchObject({ isEmpty: false, estimatedRows: 100 });
    expect(repository.calls).not.toContain('query');
    expect(repository.calls).toContain('count');
  });
});

describe('By a RemoteButler client', () => {
  const explained = async (repository: string, where: string, collections: readonly string[], execute = true) => {
    const official = await openDirectRepository({ name: 'dp1', path: sqliteRepository('official') });
    const ctx = { caller: { username: 'alice' }, signal: new AbortController().signal };
    const datasetType = (await official.datasetTypes(ctx)).get('src')!;
    const { query } = buildQuery(await official.universe(), {
      where,
      result: { type: 'dataset_ref', datasetType, collections, findFirst: true },
    });
    await official.close();
    const answer = await gateway.fetch(`/api/butler/repo/${repository}/v1/query/explain`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: stringifyJson({ query: encodeQuery(query), execute }),
    });
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { messages: readonly string[] }).messages;
  };

  test('several repositories say stock Butler’s reasons first, then the plan, why nothing is found and what to change', async () => {
    const messages = await explained('work+dp1', "instrument = 'HSC' AND visit = 17 AND visit = 18", ['everything']);
    const at = (text: RegExp) => messages.findIndex((message) => text.test(message));
    const found = [
      /^work: 'where' expression requires both/,
      /^Step 1: work gives datasets 'src'/,
      /^Nothing was found: /,
      /^What to change: /,
    ];
    expect(found.map(at)).toEqual(found.map(at).toSorted((a, b) => a - b));
    expect(found.map(at)).not.toContain(-1);
  });

  test('several that have no such datasets say so in stock Butler’s words', async () => {
    const messages = await explained('work+dp1', '', ['HSC/raw/all']);
    expect(messages.slice(0, 2)).toEqual([
      "Search for dataset type 'src' in ['HSC/raw/all'] is doomed to fail.",
      "No datasets of type 'src' in collection 'HSC/raw/all'.",
    ]);
    expect(messages[2]).toMatch(/^Nothing was found: No dataset of type 'src'/);
  });

  test('one alone says stock Butler’s reasons only', async () => {
    expect(await explained('dp1', '', ['HSC/raw/all'])).toEqual([
      "Search for dataset type 'src' in ['HSC/raw/all'] is doomed to fail.",
      "No datasets of type 'src' in collection 'HSC/raw/all'.",
    ]);
  });

  test('without execution only what is known of the collections is said', async () => {
    const messages = await explained('work+dp1', "instrument = 'HSC' AND visit = 17", ['everything'], false);
    expect(messages).toHaveLength(2);
    expect(messages[0]).toMatch(/^Step 1: work gives datasets 'src' in [^,]*('.*')?\. /);
    expect(messages.join(' ')).not.toContain('about');
  });
});
