/** What a run's plan says before its graph is built, beside the graphs that stock Python builds of the same. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parsePipelineGraph, type PipelineGraph } from '../../../src/run/graph/pipeline-graph.ts';
import { GRAPH_LIMITS } from '../../../src/run/graph/limits.ts';
import { planRun, type PlannedRun } from '../../../src/run/plan/plan-run.ts';
import { planText, type RunPlan } from '../../../src/run/plan/run-plan.ts';
import { contextOf, type TransferWorld } from '../../transfer/transfer-world.ts';
import { graphFiles, HomecomingWorld, RUN } from '../transfer/homecoming-world.ts';

// Of a busy machine: alone it takes seconds.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const PIPELINE = join(import.meta.dirname, '../../graphs/pipeline.yaml');
const SKY = "skymap = 'mini_sky'";
const CAMERA = `${SKY} AND instrument = 'MiniCam'`;

let home: HomecomingWorld;
let mine: TransferWorld;
let pipelines: Record<'whole' | 'withTemplate', PipelineGraph>;

async function expanded(...overrides: readonly string[]): Promise<PipelineGraph> {
  const text = await graphFiles('pipeline', join(home.built, 'official'), PIPELINE, ...overrides);
  return parsePipelineGraph({ bytes: Buffer.from(text), what: 'the pipeline' }, GRAPH_LIMITS);
}

beforeAll(async () => {
  home = await HomecomingWorld.start();
  mine = await home.satellite('outputs');
  await home.bring(mine, { inputs: 'NONE' });
  const [whole, withTemplate] = [await expanded(), await expanded('coadd:useTemplate=True')];
  pipelines = { whole, withTemplate };
});
afterAll(async () => {
  await mine[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

interface Asked extends Partial<PlannedRun> {
  readonly pipeline?: keyof typeof pipelines;
}

function plan({ pipeline = 'whole', ...asked }: Asked): Promise<RunPlan> {
  const plain: PlannedRun = {
    inputs: ['Mini/defaults'],
    where: SKY,
    bind: null,
    dataIds: null,
    skipExistingIn: [],
    extend: false,
    outputRun: 'u/alice/new/run',
    constrainBy: null,
  };
  const repositories = [mine.satellite.repository, home.official];
  return planRun({ ...plain, ...asked }, pipelines[pipeline], repositories, contextOf());
}

/** Of the same on the official repository, by stock Python: numbers of quanta by task, or what it ended with. */
async function stock(asked: readonly Asked[]): Promise<readonly (Readonly<Record<string, number>> | string)[]> {
  const cases = asked.map(({ inputs = ['Mini/defaults'], where = SKY, pipeline }) => [
    ...['-p', PIPELINE, '-i', inputs.join(), '-d', where],
    ...(pipeline === 'withTemplate' ? ['-c', 'coadd:useTemplate=True'] : []),
  ]);
  const answer = await graphFiles('counts', join(home.built, 'official'), JSON.stringify(cases));
  return JSON.parse(answer) as readonly (Readonly<Record<string, number>> | string)[];
}

test('has as many quanta as the graph of stock Python, for all that is asked', async () => {
  const asked = [
    {},
    { where: `${CAMERA} AND visit IN (1000, 1001)` },
    { where: `${CAMERA} AND detector < 3` },
    { where: `${SKY} AND tract = 0 AND band = 'r'` },
    { where: `${CAMERA} AND visit > 1000 AND patch = 4` },
    // All inputs are of one instrument, which need not be named.
    { where: `${SKY} AND visit = 1001` },
  ];
  const graphs = await stock(asked);
  for (const [i, of] of asked.entries()) {
    const { tasks, isEmpty, explain } = await plan(of);
    const quanta = Object.fromEntries(tasks.map((task) => [task.label, task.quanta]));
    expect({ of, quanta, isEmpty, explain }).toEqual({ of, quanta: graphs[i], isEmpty: false, explain: null });
  }
});

test('says which repository gives which input, and how many', async () => {
  const { inputs } = await plan({ where: `${CAMERA} AND visit = 1002` });
  expect(inputs).toEqual([
    {
      ...{ datasetType: 'mini_bias', kind: 'PREREQUISITE', tasks: ['calibrate'], constrains: false },
      sources: [{ repository: 'dp1', collections: ['Mini/calib'], datasets: 9 }],
    },
    {
      ...{ datasetType: 'mini_raw', kind: 'INPUT', tasks: ['calibrate'], constrains: true },
      sources: [{ repository: 'dp1', collections: ['Mini/raw/all'], datasets: 9 }],
    },
    {
      ...{ datasetType: 'mini_refcat', kind: 'PREREQUISITE', tasks: ['calibrate'], constrains: false },
      sources: [{ repository: 'dp1', collections: ['refcats/run1'], datasets: expect.any(Number) as number }],
    },
  ]);
});

test('counts what was made before, and is empty where that is all', async () => {
  const some = await plan({ skipExistingIn: [RUN], where: `${CAMERA} AND visit = 1002` });
  expect(some.tasks.find(({ label }) => label === 'calibrate')).toMatchObject({ quanta: 9, done: 9 });
  const { explain } = await plan({ skipExistingIn: [RUN] });
  expect(explain?.reason).toMatch(/there already/);
});

describe('a graph that would be empty is known to be, why, and what to change: for', () => {
  const empty: readonly (Asked & { readonly why: string; readonly reason: RegExp; readonly suggestion: RegExp })[] = [
    {
      ...{ why: 'a misspelt collection', inputs: ['Mini/default'] },
      ...{ reason: /Did you mean 'Mini\/defaults'/, suggestion: /collections/ },
    },
    {
      ...{ why: 'collections without a dataset type', inputs: ['Mini/calib', 'refcats/run1'] },
      ...{ reason: /No dataset of type 'mini_raw'/, suggestion: /'Mini\/raw\/all'/ },
    },
    {
      ...{ why: 'a second input that nobody has', pipeline: 'withTemplate' as const },
      ...{ reason: /No dataset of type 'mini_template'/, suggestion: /collections/ },
    },
    {
      ...{ why: 'an instrument that is not there', where: `${SKY} AND instrument = 'Minicam'` },
      ...{ reason: /No record of instrument/, suggestion: /'MiniCam'/ },
    },
    {
      ...{ why: 'a sky map that is not there', where: "skymap = 'my_sky'" },
      ...{ reason: /No record of skymap/, suggestion: /'mini_sky'/ },
    },
    {
      ...{ why: 'a visit that is not there', where: `${CAMERA} AND visit = 5` },
      ...{ reason: /No record of visit .* visit = 5/, suggestion: /dimensionRecords/ },
    },
    {
      ...{ why: 'two values of one dimension', where: `${CAMERA} AND visit = 1000 AND visit = 1001` },
      ...{ reason: /both/, suggestion: /IN/ },
    },
    {
      ...{
        why: 'a visit that does not overlap the tract',
        where: `${CAMERA} AND visit = 1003 AND tract = 0 AND patch = 0`,
      },
      ...{ reason: /overlap|nothing with/i, suggestion: /Loosen/ },
    },
  ];

  test.each(empty)('$why', async ({ why: _, reason, suggestion, ...asked }) => {
    const { isEmpty, explain, tasks } = await plan(asked);
    expect(explain?.reason).toMatch(reason);
    expect(explain?.suggestions.join(' ')).toMatch(suggestion);
    expect(isEmpty).toBe(true);
    expect(tasks.some(({ quanta }) => (quanta ?? 0) > 0)).toBe(false);
  });

  test('all of these, as stock Python finds', async () => {
    for (const ended of await stock(empty)) expect(ended).toEqual(expect.any(String));
  });

  test('data IDs that are not there', async () => {
    const { explain } = await plan({ dataIds: [{ instrument: 'MiniCam', visit: 77, detector: 0 }] });
    expect(explain?.reason).toMatch(/None of the data IDs/);
  });

  test('an expression that is none', async () => {
    const { explain, isEmpty } = await plan({ where: `${SKY} AND vist = 1001` });
    expect(explain?.reason).toMatch(/vist/);
    expect(isEmpty).toBe(true);
  });
});

test('warns of a prerequisite that no collection has', async () => {
  const { warnings, isEmpty } = await plan({ inputs: ['Mini/raw/all', 'refcats/run1'] });
  expect(isEmpty).toBe(false);
  expect(warnings.join()).toMatch(/'mini_bias'.*calibrate/);
});

test('reads as tables on a terminal', async () => {
  const text = planText(await plan({ where: `${CAMERA} AND visit = 1002` }));
  expect(text).toMatch(/^TASK +QUANTA +DIMENSIONS\ncalibrate +at most 9 +instrument, detector, visit\n/);
  expect(text).toMatch(/\nmini_raw +dp1 +9 +Mini\/raw\/all +for calibrate\n/);
});
