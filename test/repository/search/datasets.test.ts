import { describe, expect, it } from 'vitest';
import type { QueryContext, Repository } from '../../../src/repository/repository.ts';
import { searchDatasets } from '../../../src/repository/search/datasets.ts';
import type { DatasetSearchRequest } from '../../../src/repository/search/search.ts';
import { streamDatasets } from '../../../src/repository/search/streams.ts';
import {
  DATASET_TYPES,
  expectedDatasets,
  inOrder,
  repositoriesOf,
  scenarios,
  type Expected,
  type Scenario,
} from '../federated/scenario.ts';
import fc, { runs } from '../../sample.ts';

const ctx: QueryContext = { caller: { username: 'alice' }, signal: new AbortController().signal };

/** What may be asked of a scenario. */
const questions = fc
  .record({
    datasetTypes: fc.subarray(
      DATASET_TYPES.map((type) => type.name),
      { minLength: 1 },
    ),
    findFirst: fc.boolean(),
    first: fc.integer({ min: 1, max: 6 }),
    order: fc.constantFrom<readonly string[]>([], ['run'], ['-run'], ['-instrument']),
  })
  .map(({ datasetTypes, ...rest }) => ({
    ...rest,
    // Validity ranges of several repositories are looked at in one place, which arrays cannot fill: the corpus, divided, has that.
    datasetTypes: rest.findFirst
      ? [...new Set(datasetTypes.map((name) => (name === 'bias' ? 'raw' : name)))]
      : datasetTypes,
  }))
  .map(({ order, ...rest }) => ({
    ...rest,
    orderBy: order.includes('-instrument') && rest.datasetTypes.includes('log') ? [] : order,
  }));

type Question = Pick<DatasetSearchRequest, 'datasetTypes' | 'findFirst' | 'first'> & { orderBy: readonly string[] };

function answerOf(scenario: Scenario, question: Question, isUp?: (member: number) => boolean): readonly Expected[] {
  const { datasetTypes, findFirst, orderBy } = question;
  return inOrder(
    datasetTypes.flatMap((name) => expectedDatasets(scenario, name, findFirst, isUp)),
    orderBy,
  );
}

/** Walks all pages and checks what holds of each. */
async function walk(repositories: readonly Repository[], request: DatasetSearchRequest) {
  const rows: string[] = [];
  const failed = new Set<string | undefined>();
  for (let after: string | undefined; ;) {
    const page = await searchDatasets(repositories, { ...request, ...(after !== undefined && { after }) }, ctx);
    rows.push(...page.rows.map((row) => `${row.uuid} of ${row.repository}`));
    page.failures.forEach((failure) => failed.add(failure.repository));
    if (!page.hasNextPage) return { rows, failed, total: await page.totalCount() };
    expect(page.rows).toHaveLength(request.first);
    after = page.cursorAt(page.rows.length - 1);
  }
}

const written = (answer: readonly Expected[]) => answer.map((d) => `${d.uuid} of ${d.repository}`);

describe('Datasets of several repositories', () => {
  it('are given page by page as one answer: each once, in order, the first along the path', async () => {
    await fc.assert(
      fc.asyncProperty(
        scenarios({ min: 1, max: 3 }),
        questions,
        fc.integer({ min: 1, max: 4 }),
        async (s, q, pageSize) => {
          const { rows, total } = await walk(repositoriesOf(s, { pageSize }), { ...q, collections: s.path });
          const expected = written(answerOf(s, q));
          expect(rows).toEqual(expected);
          expect(total).toBe(expected.length);
        },
      ),
      { numRuns: runs(500) },
    );
  });

  it('are streamed as the pages give them', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios({ min: 1, max: 3 }), questions, async (s, q) => {
        const rows: string[] = [];
        for await (const batch of streamDatasets(repositoriesOf(s), { ...q, collections: s.path }, ctx)) {
          rows.push(...batch.map((row) => `${row.uuid} of ${row.repository}`));
        }
        expect(rows).toEqual(written(answerOf(s, q)));
      }),
    );
  });

  it('lose no row where a repository orders text in its own way', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios({ min: 2, max: 3 }), questions, async (s, q) => {
        const repositories = repositoriesOf(s);
        const foreign = repositoriesOf(s, { isBackwards: true });
        const mixed = repositories.map((repository, i) => (i === 1 ? foreign[1]! : repository));
        const { rows } = await walk(mixed, { ...q, collections: s.path });
        expect(rows.toSorted()).toEqual(written(answerOf(s, q)).toSorted());
      }),
    );
  });

  it('are those of the others where one is down, which is named', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios({ min: 2, max: 3 }), questions, fc.nat({ max: 12 }), async (s, q, calls) => {
        const repositories = repositoriesOf(s, { pageSize: 50 });
        repositories[1]!.failsAfter = calls;
        const page = await searchDatasets(repositories, { ...q, first: 1000, collections: s.path }, ctx);
        const isDown = page.failures.length > 0;
        expect(page.rows.map((row) => `${row.uuid} of ${row.repository}`)).toEqual(
          written(answerOf(s, q, isDown ? (i) => i !== 1 : undefined)),
        );
        expect(page.failures.map((failure) => [failure.code, failure.repository])).toEqual(
          isDown ? [['UPSTREAM_UNAVAILABLE', 'm1']] : [],
        );
      }),
    );
  });
});
