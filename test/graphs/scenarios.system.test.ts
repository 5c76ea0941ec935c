/**
 * Quantum graphs that unmodified `pipetask qgraph` builds through the RemoteButler face, over an official repository behind
 * the stock server and a satellite, are those that stock Python builds from one repository that has all of both.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { cachedBuild } from '../../stack/cached-build.ts';
import { pythonProgram } from '../../stack/checkout.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';
import { isFull } from '../sample.ts';
import { makeRepository, Pipetask, startGraphWorld, type BuiltGraph, type GraphWorld } from './graph-world.ts';

const PIPELINE = join(import.meta.dirname, 'pipeline.yaml');
const ALL = ['-p', PIPELINE];
const COADDITION = ['-p', `${PIPELINE}#coaddition`];
const WITH_TEMPLATE = ['-p', `${PIPELINE}#coadd`, '-c', 'coadd:useTemplate=True'];
const ON_SKY_MAP = ['-d', "skymap = 'mini_sky'"];

// Of a busy machine: alone it takes seconds.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let world: GraphWorld;
let pipetask: Pipetask;

beforeAll(async () => {
  directory = await temporaryDirectory();
  const built = await cachedBuild('graphs', ['test/graphs/make_repository.py'], (building) =>
    makeRepository(join(building, 'repository'), { visits: 4, detectors: 9, tracts: 2, patches: 3 }, ['--warps']),
  );
  world = await startGraphWorld(join(built, 'repository'), join(directory.path, 'world'));
  pipetask = new Pipetask(world);
  await pipetask.do({ own: true });
});
afterAll(async () => {
  await pipetask[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

/** A scenario of the sample runs in `npm test` too. */
const inSample = test;
const inFull = test.runIf(isFull);

const identical = { differences: [] };
const everything = { quanta: { calibrate: 36, makeWarp: 25, coadd: 23 } };

let count = 0;
function build(...args: (string | readonly string[])[]): Promise<BuiltGraph> {
  count += 1;
  return pipetask.graph(`graph${count}`, [...args.flat(), '-o', `u/alice/out${count}`]);
}

describe('the graph is the one of stock Python on a repository that has all, where', () => {
  inSample('all inputs are official, and the satellite has some of their dimension records', async () => {
    const built = await build(ALL, '-i', 'Mini/defaults', ON_SKY_MAP);
    expect(built).toMatchObject({ ...identical, ...everything });
  });

  inFull('warps and templates are the satellite’s alone', async () => {
    const built = await build(WITH_TEMPLATE, '-i', 'u/alice/warps,u/alice/templates', ON_SKY_MAP);
    expect(built).toMatchObject({ ...identical, inputs: { 'mini_template of u/alice/templates': expect.any(Number) } });
  });

  inFull(
    'calibrated images are the satellite’s, and where they overlap patches only official records tell',
    async () => {
      const built = await build(COADDITION, '-i', 'u/alice/calexps', ON_SKY_MAP);
      expect(built).toMatchObject({ ...identical, inputs: { 'mini_calexp of u/alice/calexps': 9 } });
    },
  );

  inSample('some personal raw images stand for official ones', async () => {
    const built = await build(ALL, '-i', 'u/alice/raws,Mini/defaults', ON_SKY_MAP);
    const inputs = { 'mini_raw of u/alice/raws': 3, 'mini_raw of Mini/raw/all': 33 };
    expect(built).toMatchObject({ ...identical, ...everything, inputs });
  });

  inFull('warps are official and templates personal', async () => {
    const built = await build(WITH_TEMPLATE, '-i', 'Mini/warps,u/alice/templates', ON_SKY_MAP);
    const inputs = { 'mini_template of u/alice/templates': expect.any(Number) };
    expect(built).toMatchObject({ ...identical, inputs });
  });

  inSample('a personal calibration holds for two detectors, in a satellite that knows none of the visits', async () => {
    const built = await build(ALL, '-i', 'u/alice/calib,Mini/defaults', ON_SKY_MAP);
    const inputs = { 'mini_bias of u/alice/bias': 2, 'mini_bias of Mini/calib/run1': 9 };
    expect(built).toMatchObject({ ...identical, ...everything, inputs });
  });

  inSample('official visits are put on a sky map of one’s own', async () => {
    const built = await build(ALL, '-i', 'Mini/defaults', '-d', "skymap = 'own_sky'");
    expect(built).toMatchObject({ ...identical, inputs: { 'mini_raw of Mini/raw/all': expect.any(Number) } });
  });

  inFull('a table of data IDs says what is wanted', async () => {
    const table = join(directory.path, 'wanted.csv');
    await writeFile(table, 'instrument,visit,detector\nMiniCam,1000,3\nMiniCam,1002,5\n');
    const built = await build(ALL, '-i', 'u/alice/raws,Mini/defaults', ON_SKY_MAP, '--data-id-table', table);
    expect(built).toMatchObject({ ...identical, quanta: { calibrate: 2 } });
  });

  inFull('a table of more than 100 000 data IDs says what is wanted, of which there are few', async () => {
    const table = join(directory.path, 'many.csv');
    const rows = Array.from({ length: 120_000 }, (_, i) => `MiniCam,${1001 + Math.floor(i / 9)},${i % 9}\n`);
    await writeFile(table, `instrument,visit,detector\n${rows.join('')}`);
    const built = await build(ALL, '-i', 'u/alice/raws,Mini/defaults', ON_SKY_MAP, '--data-id-table', table);
    expect(built).toMatchObject({ ...identical, quanta: { calibrate: 27 } });
  });

  inFull('no input constrains the first query', async () => {
    const built = await build(ALL, '-i', 'Mini/defaults', ON_SKY_MAP, '--dataset-query-constraint', 'off');
    expect(built).toMatchObject({ ...identical, ...everything });
  });
});

describe('a run of which a detector failed, with its outputs in the satellite,', () => {
  let missing: Record<string, number>;
  beforeAll(async () => {
    const args = [...ALL, '-i', 'Mini/defaults', ...ON_SKY_MAP, '--output-run', 'u/alice/run'];
    expect(await pipetask.graph('run', args)).toMatchObject(identical);
    missing = (await pipetask.do({ execute: 'run', failing: 4 })) as Record<string, number>;
    expect(missing).toMatchObject({ calibrate: 4 });
  });

  inSample('is tried again for the missing quanta alone', async () => {
    const built = await build(ALL, '-i', 'Mini/defaults', ON_SKY_MAP, '--skip-existing-in', 'u/alice/run');
    expect(built).toMatchObject({ ...identical, quanta: missing });
  });

  inSample('is extended by the missing quanta alone', async () => {
    const extend = ['--output-run', 'u/alice/run', '--extend-run', '--clobber-outputs'];
    const built = await pipetask.graph('extended', [...ALL, '-i', 'Mini/defaults', ...ON_SKY_MAP, ...extend]);
    expect(built).toMatchObject({ ...identical, quanta: missing });
  });
});

inSample('a graph without quanta is refused as by stock Python, and its log says what was not found', async () => {
  const built = await build(ALL, '-i', 'u/alice/calib,refcats/run1', ON_SKY_MAP);
  expect(built.error).toMatch('QuantumGraph was empty');
  expect(built.error).toBe(built.stock);
  const reasons = built.log.split('QuantumGraph will be empty.')[1]!.split('To reproduce')[0];
  expect(reasons).toMatch('mini_raw');
});

inSample('what the official server is asked for a graph does not depend on its quanta', async () => {
  const requests = async (where: string) => {
    world.front.taken();
    const built = await build(ALL, '-i', 'Mini/defaults', '-d', `skymap = 'mini_sky' AND ${where}`);
    return { asked: world.front.taken().length, quanta: built.quanta!['calibrate'] };
  };
  const few = await requests('visit = 1001');
  const many = await requests('visit >= 1000');
  expect([few.quanta, many.quanta]).toEqual([9, 36]);
  // About 25 where the gateway remembers what it asked within the last minute, and 40 where it does not; never one a quantum.
  for (const { asked } of [few, many]) expect(asked).toBeLessThanOrEqual(50);
});

inFull(
  'the command itself builds a graph',
  async () => {
    const { face, merged, token } = world;
    const env = { ...process.env, PYTHONPATH: import.meta.dirname, BUTLER_RUBIN_ACCESS_TOKEN: token };
    const run = async (butler: string) => {
      const args = [
        'qgraph',
        '-b',
        butler,
        ...ALL,
        '-i',
        'u/alice/raws,Mini/defaults',
        '-o',
        'u/alice/o',
        ...ON_SKY_MAP,
      ];
      const { stdout, stderr } = await promisify(execFile)(pythonProgram('pipetask'), args, { env });
      return /Graph contains (\d+) quanta/i.exec(stdout + stderr)?.[1];
    };
    expect(await run(face)).toBe('84');
    expect(await run(merged)).toBe('84');
  },
  300_000,
);

// The last: it mends the client of that process.
describe('with the stock client’s find_dataset mended, the graph is the one of stock Python where', () => {
  beforeAll(async () => {
    await pipetask.do({ shim: true });
  });
  const TASKS = ['skyAround', 'calibrationAround', 'lookUp'];
  inFull.each(TASKS)('prerequisites are looked up for each quantum: %s', async (task) => {
    const args = ['-p', join(import.meta.dirname, `prerequisites.yaml#${task}`), '-d', "instrument = 'MiniCam'"];
    const built = await build(args, '-i', 'u/alice/calib,Mini/defaults');
    expect(built).toMatchObject(identical);
  });
});
