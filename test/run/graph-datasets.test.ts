/** What a run's graph reads and makes as a whole, and whether what it reads has changed. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { VisibleRepositories } from '../../src/access/policy.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { changedCollections } from '../../src/run/changed-collections.ts';
import type { RunDirectory } from '../../src/run/directory.ts';
import { inputsOf, outputsOf } from '../../src/run/graph-datasets.ts';
import { PredictedGraph } from '../../src/run/graph/predicted-graph.ts';
import type { RunRecord } from '../../src/run/run.ts';
import { sqliteRepository } from '../fixtures/repositories.ts';

let graph: PredictedGraph;
beforeAll(async () => {
  graph = await PredictedGraph.open('test/data/graphs/dictionary.qg');
});
afterAll(() => graph.close());

test.each([
  ['inputs', inputsOf],
  ['outputs', outputsOf],
])('all %s are given once by pages of any size, and nothing else', async (_what, look) => {
  const all = await look(graph, { first: 100_000 });
  expect(all.hasNextPage).toBe(false);
  const uuids = all.rows.map(({ dataset }) => dataset.uuid);
  expect(uuids.length).toBeGreaterThan(10);
  expect(new Set(uuids).size).toBe(uuids.length);
  const paged: string[] = [];
  const size = Math.ceil(uuids.length / 7);
  for (let after: string | undefined; ;) {
    const { rows, hasNextPage } = await look(graph, { first: size, after });
    paged.push(...rows.map(({ dataset }) => dataset.uuid));
    if (!hasNextPage) break;
    after = rows.at(-1)!.cursor;
  }
  expect(paged).toEqual(uuids);
});

test('nothing is both read and made', async () => {
  const made = new Set((await outputsOf(graph, { first: 100_000 })).rows.map(({ dataset }) => dataset.uuid));
  const read = await inputsOf(graph, { first: 100_000 });
  expect(read.rows.filter(({ dataset }) => made.has(dataset.uuid))).toEqual([]);
});

test('a cursor of another graph is refused', async () => {
  await expect(outputsOf(graph, { first: 1, after: 'none.0' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

test('a chain that has other children than when the graph was built, and a collection that is gone, are told', async () => {
  const repository = await openDirectRepository({ name: 'dp1', path: sqliteRepository('official') });
  try {
    const ctx = { caller: { username: 'alice' }, signal: AbortSignal.timeout(60_000) };
    const chains = await repository.collections({ search: ['*'], includeChains: true }, ctx);
    const { name, children } = chains.find((found) => found.type === 'CHAINED' && (found.children?.length ?? 0) > 0)!;
    const warnings = (noted: readonly object[]) =>
      changedCollections(
        { spec: { repositories: ['dp1'], inputs: [name] } } as unknown as RunRecord,
        { read: async () => JSON.stringify(noted) } as unknown as RunDirectory,
        { find: () => ({ repository: repository as Repository }) } as unknown as VisibleRepositories,
        ctx,
      );
    expect(await warnings([{ name, type: 'CHAINED', children }])).toEqual([]);
    expect(await warnings([{ name, type: 'CHAINED', children: ['another'] }])).toEqual([
      expect.stringContaining(`'${name}' has other children`),
    ]);
    expect(await warnings([{ name: 'gone', type: 'RUN' }])).toEqual([expect.stringContaining("'gone' is not there")]);
  } finally {
    await repository.close();
  }
});
