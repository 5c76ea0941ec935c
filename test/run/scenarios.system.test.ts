/**
 * Whole runs over official data and alice's own together: what comes home is what
 * the stock tools bring.
 */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startPostgres, type Postgres } from '../../stack/postgres.ts';
import { runPython } from '../../stack/run-python.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';
import { isFull } from '../sample.ts';
import { GRAPHS, startServiceWorld, type RunAnswer, type ServiceWorld } from './service-world.ts';

// Of a busy machine: alone each takes seconds.
vi.setConfig({ testTimeout: 1_200_000, hookTimeout: 600_000 });

const SMALL = {
  name: 'scenarios',
  size: { visits: 2, detectors: 4, tracts: 1, patches: 2 },
  flags: ['--warps'],
};
const SCRIPT = 'test/run/own_scenarios.py';
const TASKS = { PYTHONPATH: GRAPHS, BUTLER_RUBIN_ACCESS_TOKEN: 'any' };

interface Scenario {
  readonly because: string;
  /** What alice has of her own. */
  readonly own: readonly string[];
  readonly inputs: readonly string[];
  readonly pipeline?: string;
  readonly configuration?: readonly string[];
  /** All that the output chain leads to beside the outputs: what was brought by reference, and what was there. */
  readonly read: Readonly<Record<string, number>>;
  /** Outputs whose content says that they were made from alice's. */
  readonly made: Readonly<Record<string, number>>;
}

interface Found {
  readonly chain: readonly string[];
  readonly inputs: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, readonly [uuid: string, sha256: string]>>;
  readonly own: Readonly<Record<string, number>>;
}

const OWN_RAWS: Scenario = {
  because: 'raw images of one’s own stand before official ones',
  own: ['raws'],
  inputs: ['u/alice/raws', 'Mini/defaults'],
  read: {
    'mini_raw of u/alice/raws': 4,
    'mini_raw of Mini/raw/all': 4,
    'mini_bias of Mini/calib/run1': 4,
    'mini_refcat of refcats/run1': 7,
  },
  made: { mini_calexp: 4, mini_warp: 4, mini_coadd: 4 },
};

const SCENARIOS: readonly Scenario[] = [
  {
    because: 'warps and templates are the satellite’s alone',
    own: ['warps', 'templates'],
    inputs: ['u/alice/warps', 'u/alice/templates'],
    pipeline: 'pipeline.yaml#coadd',
    configuration: ['coadd:useTemplate=True'],
    read: { 'mini_warp of u/alice/warps': 8, 'mini_template of u/alice/templates': 12 },
    made: { mini_coadd: 8 },
  },
  {
    because: 'calibrated images are the satellite’s, and where they overlap patches only official records tell',
    own: ['calexps'],
    inputs: ['u/alice/calexps'],
    pipeline: 'pipeline.yaml#coaddition',
    read: { 'mini_calexp of u/alice/calexps': 4 },
    made: { mini_warp: 4, mini_coadd: 4 },
  },
  OWN_RAWS,
  {
    because: 'warps are official and templates one’s own',
    own: ['templates'],
    inputs: ['Mini/warps', 'u/alice/templates'],
    pipeline: 'pipeline.yaml#coadd',
    configuration: ['coadd:useTemplate=True'],
    read: { 'mini_warp of Mini/warps': 8, 'mini_template of u/alice/templates': 12 },
    made: { mini_coadd: 8 },
  },
  {
    because: 'calibrations of one’s own hold for two detectors, in a satellite that knows none of the visits',
    own: ['calib'],
    inputs: ['u/alice/calib', 'Mini/defaults'],
    read: {
      'mini_raw of Mini/raw/all': 8,
      'mini_bias of u/alice/calib/run': 2,
      'mini_bias of Mini/calib/run1': 2,
      'mini_refcat of refcats/run1': 7,
    },
    made: { mini_calexp: 4, mini_warp: 8, mini_coadd: 8 },
  },
];
/** It meets all at once: own and official data, the spatial join, calibrations. */
const SAMPLE = SCENARIOS.length - 1;

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let world: ServiceWorld;
let postgres: Postgres | undefined;
const official = () => join(world.directory, 'repository');
beforeAll(async () => {
  directory = await temporaryDirectory();
  if (isFull) postgres = await startPostgres();
  const postgresql = await postgres?.createDatabase();
  world = await startServiceWorld(join(directory.path, 'world'), {
    official: SMALL,
    ...(postgresql && { postgresql }),
  });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await postgres?.stop();
  await directory[Symbol.asyncDispose]();
});

interface Made {
  readonly uri: string;
  readonly environment: Readonly<Record<string, string>>;
}

async function satellite(name: string, places: object = {}): Promise<Made> {
  const input = { name, official: 'dp1', instruments: ['MiniCam'], skymaps: ['mini_sky'], ...places };
  const { data, errors } = await world.ask(
    'mutation ($input: CreateSatelliteInput!) {createSatellite(input: $input) {satellite {uri environment} job {id}}}',
    { input },
  );
  expect(errors).toBeUndefined();
  const { satellite: made, job } = data.createSatellite;
  const ended = async () => (await world.ask('query ($id: ID!) {job(id: $id) {state}}', job as object)).data.job.state;
  await expect.poll(ended, { timeout: 300_000 }).toBe('COMPLETED');
  return made as Made;
}

async function stage(mutation: string, { id }: RunAnswer, state: string): Promise<RunAnswer> {
  await world.change(mutation, { run: id });
  const run = await world.atRest(id);
  expect(run).toMatchObject({ state, error: null });
  return run;
}

async function executed({ own, inputs, pipeline, configuration }: Scenario, name: string, at: Made) {
  const env = { ...TASKS, ...at.environment };
  await runPython(SCRIPT, ['put', at.uri, official(), ...own], env);
  const { run } = await world.change('createRun', {
    ...{ satellite: name, pipeline: { path: pipeline ?? 'pipeline.yaml' }, configuration, inputs },
    ...{ output: 'u/alice/out', where: "instrument = 'MiniCam' AND skymap = 'mini_sky'" },
  });
  await stage('buildRun', run, 'BUILT');
  return stage('executeRun', run, 'EXECUTED');
}

async function found(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Found> {
  return JSON.parse(await runPython(SCRIPT, ['read', ...args], { ...TASKS, ...environment })) as Found;
}

async function expectHome(
  run: RunAnswer,
  { read, made, inputs }: Scenario,
  { uri, environment }: Made,
): Promise<Found> {
  await stage('transferRun', run, 'COMPLETED');
  const home = await found([uri, run.outputRun, 'u/alice/out'], environment);
  expect(home.chain).toEqual([run.outputRun, ...inputs]);
  expect([home.inputs, home.own]).toEqual([read, made]);
  return home;
}

describe('A run comes home as by the stock tools where', () => {
  const cases = SCENARIOS.map((scenario, i) => ({ ...scenario, name: `scenario-${String(i)}` }));
  test.each(isFull ? cases : cases.slice(SAMPLE))('$because', async (scenario) => {
    const made = await satellite(scenario.name);
    const run = await executed(scenario, scenario.name, made);
    const stock = join(directory.path, `${scenario.name}-stock`);
    await cp(made.uri, stock, { recursive: true });
    await runPython(SCRIPT, ['bring', official(), join(run.directory, 'graph.qg'), stock], TASKS);
    const [ours, theirs] = [await expectHome(run, scenario, made), await found([stock, run.outputRun])];
    expect(ours).toMatchObject(theirs);
  });
});

test.runIf(isFull)('A run comes home to a satellite in PostgreSQL whose files are in an object storage', async () => {
  const made = await satellite('far', { database: 'POSTGRESQL', artifacts: 'S3' });
  await expectHome(await executed(OWN_RAWS, 'far', made), OWN_RAWS, made);
});
