import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildQuery } from '../../../../src/butler/query/build.ts';
import { openDirectRepository } from '../../../../src/repository/direct/open.ts';
import type { QueryContext, Repository, RestrictableRepository } from '../../../../src/repository/repository.ts';
import { openMembers } from '../../../../src/repository/federated/members.ts';
import { explained } from '../../../../src/run/plan/planned-query.ts';
import { sqliteRepository, temporaryDirectory } from '../../../fixtures/repositories.ts';
import { splitRepository } from '../../../fixtures/split.ts';
import { EMPTY_ANSWERS, explainDataIds, explainDatasets, explainRecords } from './empty-answers.ts';

const ctx: QueryContext = { caller: { username: 'alice' }, signal: new AbortController().signal };
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let whole: RestrictableRepository;
let divided: readonly Repository[];

beforeAll(async () => {
  directory = await temporaryDirectory();
  const paths = await splitRepository('official', directory.path, 1);
  whole = await openDirectRepository({ name: 'dp1', path: sqliteRepository('official') });
  divided = await Promise.all(paths.map((path, i) => openDirectRepository({ name: ['work', 'dp1'][i]!, path })));
});
afterAll(async () => {
  for (const repository of [whole, ...divided]) await repository.close();
  await directory[Symbol.asyncDispose]();
});

const WORLDS = [
  ['one repository', () => [whole]],
  ['two repositories', () => divided],
] as const;

describe.each(WORLDS)('An empty answer of %s says why', (_, members) => {
  test.each(EMPTY_ANSWERS.map((given) => [given.because, given] as const))('%s', async (_because, given) => {
    const explanation = await given.explain(members(), ctx);
    expect(explanation.isEmpty).toBe(true);
    expect(explanation.reason).toMatch(given.reason);
    expect(explanation.suggestions.join(' ')).toMatch(given.suggestion);
    // Beside the rows, which are none, it says the same.
    const beside = await given.explain(members(), ctx, true);
    expect([beside.isEmpty, beside.reason]).toEqual([true, explanation.reason]);
  });

  test('a dataset type that a pipeline has and no repository', async () => {
    const opened = await openMembers(members(), ctx);
    const datasetType = { ...opened[0]!.datasetTypes.get('bias')!, name: 'nobodys' };
    const { query } = buildQuery(opened[0]!.universe, {
      result: { type: 'data_coordinate', dimensions: ['instrument', 'detector'] },
      joins: [{ datasetType, collections: ['LSSTCam/defaults'] }],
    });
    const { isEmpty, reason } = await explained(opened, query, ctx);
    expect([isEmpty, reason]).toEqual([true, expect.stringContaining("'nobodys'")]);
  });
});

describe('A search that finds something', () => {
  test('says which repository gives what, and gives no reason', async () => {
    const asked = explainDatasets({ datasetTypes: ['src'], collections: ['everything'] });
    const { steps, ...rest } = await asked(divided, ctx);
    expect(rest).toMatchObject({ isEmpty: false, reason: null, suggestions: [], joinedHere: false });
    expect(steps).toMatchObject([
      { repository: 'work', kind: 'DATASETS', name: 'src', foundRows: null },
      { repository: 'dp1', kind: 'DATASETS', name: 'src', foundRows: null },
    ]);
    expect(steps.every(({ collections }) => collections.length > 0)).toBe(true);
    expect(steps.reduce((sum, { estimatedRows }) => sum + estimatedRows!, 0)).toBe(rest.estimatedRows);
  });

  test('says in which order two repositories are joined, the smaller search first, and how much each gave', async () => {
    const asked = explainDataIds({
      dimensions: ['visit', 'detector'],
      datasets: [
        { datasetType: 'src', collections: ['HSC/defaults'] },
        { datasetType: 'visitSummary', collections: ['HSC/defaults'] },
      ],
      where: "instrument = 'HSC'",
    });
    const { steps, joinedHere, isEmpty } = await asked(divided, ctx);
    expect({ joinedHere, isEmpty }).toEqual({ joinedHere: true, isEmpty: false });
    const totals = Map.groupBy(steps, ({ name }) => name);
    const estimates = [...totals.values()].map((of) => of.reduce((sum, { estimatedRows }) => sum + estimatedRows!, 0));
    expect(estimates).toEqual(estimates.toSorted((a, b) => a - b));
    expect(steps[0]!.why).toMatch(/fewest rows/);
    for (const { estimatedRows, foundRows } of steps) expect(foundRows).toBeLessThanOrEqual(estimatedRows!);
    expect(steps.some(({ foundRows }) => foundRows! > 0)).toBe(true);
  });

  test('says that the repository which has all answers alone', async () => {
    const asked = explainDataIds({
      dimensions: ['visit', 'tract'],
      where: "instrument = 'HSC' AND skymap = 'hsc_rings_v1'",
    });
    const { steps, joinedHere } = await asked([divided[0]!, whole], ctx);
    expect(joinedHere).toBe(false);
    expect(new Set(steps.map(({ repository, why }) => `${repository} ${why}`)).size).toBe(1);
    expect(steps[0]!.why).toMatch(/answers alone/);
  });

  test('estimates pairs of what nothing connects by multiplying', async () => {
    const asked = (dimensions: readonly string[]) =>
      explainDataIds({ dimensions, where: "instrument = 'HSC'" })([whole], ctx);
    const [visits, detectors, pairs] = await Promise.all([
      asked(['visit']),
      asked(['detector']),
      asked(['visit', 'detector']),
    ]);
    expect(pairs.estimatedRows).toBe(visits.estimatedRows! * detectors.estimatedRows!);
    expect(pairs.isEmpty).toBe(false);
  });

  test('of records of every element is known not to be empty', async () => {
    for (const element of ['instrument', 'visit_detector_region', 'band', 'patch']) {
      expect((await explainRecords({ element })(divided, ctx)).isEmpty, element).toBe(false);
    }
  });
});

describe('What the caller may not see', () => {
  const HIDDEN = 'HSC/runs/RC2/w_2026_40/DM-52000';

  test('is in no reason, no suggestion and no step', async () => {
    const open = whole.readableAs({ key: 'all', allows: () => true });
    const closed = whole.readableAs({ key: 'not all', allows: (name) => name !== HIDDEN });
    const textOf = async (repository: Repository, collection: string) => {
      const asked = explainDatasets({ datasetTypes: ['src'], collections: [collection] });
      return JSON.stringify(await asked([repository], ctx));
    };
    for (const collection of ['HSC/raw/all', 'HSC/runs/RC2/latest']) {
      expect(await textOf(open, collection)).toContain(HIDDEN);
      expect(await textOf(closed, collection)).not.toContain(HIDDEN);
    }
    await expect(textOf(closed, HIDDEN)).rejects.toMatchObject({ code: 'MISSING_COLLECTION' });
  });
});
