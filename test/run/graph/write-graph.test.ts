import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/butler/json.ts';
import type { FileRecord } from '../../../src/repository/rows.ts';
import { overallInputs } from '../../../src/run/graph/overall-inputs.ts';
import type { PredictedQuantum } from '../../../src/run/graph/quantum.ts';
import type { GraphChanges, WrittenGraph } from '../../../src/run/graph/write-graph.ts';
import fc, { runs } from '../../sample.ts';
import { weRead } from './as-stock-reads.ts';
import { failedWithDependents, quantaOf, readGraph, writeChanged } from './changed-graph.ts';

const KEPT = 'test/data/graphs/minipipe.qg';
const DATASTORE = 'FileDatastore@<butlerRoot>';
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'graphs-'));
});

it('holds exactly the quanta that were kept, with the edges between them, whichever they are', async () => {
  const whole = await weRead(KEPT);
  const quanta = whole['quanta'] as unknown as readonly { uuid: string; task: string }[];
  await fc.assert(
    fc.asyncProperty(fc.subarray(quanta.map(({ uuid }) => uuid)), async (uuids) => {
      const kept = new Set(uuids);
      const { path } = await writeChanged(directory, KEPT, { quanta: kept });
      const part = await weRead(path);
      const ofTask = (task: string) => quanta.filter((quantum) => kept.has(quantum.uuid) && quantum.task === task);
      expect(part).toEqual({
        ...whole,
        header: {
          ...(whole['header'] as JsonObject),
          n_quanta: kept.size,
          n_datasets: new Set(JSON.stringify([part['init'], part['quanta']]).match(/\["[0-9a-f-]{36}","[a-z]/g)).size,
          n_task_quanta: Object.fromEntries(
            ['calibrate', 'makeWarp', 'coadd'].map((task) => [task, ofTask(task).length]),
          ),
        },
        quanta: quanta.filter(({ uuid }) => kept.has(uuid)),
        thin: Object.fromEntries(
          Object.entries(whole['thin'] as Record<string, readonly [string, unknown][]>).map(([task, of]) => [
            task,
            of.filter(([uuid]) => kept.has(uuid)),
          ]),
        ),
        edges: (whole['edges'] as readonly [string, string][]).filter(([from, to]) => kept.has(from) && kept.has(to)),
      });
    }),
    { numRuns: runs(20) },
  );
});

it('has new UUIDs of version 7 for quanta and what they make in another run', async () => {
  const { path, renamed } = await writeChanged(directory, KEPT, { outputRun: 'u/alice/again' });
  const [before, after] = [await quantaOf(KEPT), await quantaOf(path)];
  expect(new Set(renamed.values()).size).toBe(renamed.size);
  for (const uuid of renamed.values()) expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]/);
  const newName = (uuid: string) => renamed.get(uuid) ?? uuid;
  expect(after.map(({ uuid }) => uuid)).toEqual(before.map(({ uuid }) => newName(uuid)));
  const datasets = (quanta: readonly PredictedQuantum[], of: 'inputs' | 'outputs') =>
    quanta.flatMap((quantum) => [...quantum[of].values()].flat());
  expect(datasets(after, 'outputs').map(({ uuid, run }) => [uuid, run])).toEqual(
    datasets(before, 'outputs').map(({ uuid }) => [renamed.get(uuid), 'u/alice/again']),
  );
  const own = await readGraph(KEPT, async ({ header }) => header.outputRun);
  expect(datasets(after, 'inputs').map(({ uuid, run }) => [uuid, run])).toEqual(
    datasets(before, 'inputs').map(({ uuid, run }) => [newName(uuid), run === own ? 'u/alice/again' : run]),
  );
});

it('to be run again, keeps failed quanta and all that hangs on them, and reads the rest from the run before', async () => {
  const quanta = await failedWithDependents(KEPT, 'calibrate');
  const { path, renamed } = await writeChanged(directory, KEPT, { quanta, outputRun: 'u/alice/retry' });
  const tasks = (await quantaOf(path)).map(({ task }) => task);
  expect(tasks.filter((task) => task === 'calibrate')).toHaveLength(1);
  expect(tasks.length).toBe(quanta.size);
  const own = await readGraph(KEPT, async ({ header }) => header.outputRun);
  const inputs = [...(await readGraph(path, overallInputs)).values()];
  const ofRunBefore = inputs.filter(({ run }) => run === own);
  // A warp also reads what other quanta of "calibrate" made, which are not run again.
  expect(new Set(ofRunBefore.map(({ datasetType }) => datasetType.name))).toContain('mini_calexp');
  for (const { uuid } of ofRunBefore) expect(renamed.has(uuid)).toBe(false);
});

it('says of overall inputs where their files are, in place of what the graph said before', async () => {
  const files = new Map<string, readonly FileRecord[]>();
  for (const uuid of (await readGraph(KEPT, overallInputs)).keys()) {
    files.set(uuid, [
      {
        fileName: 'file.yaml',
        path: `https://butler.example/files/dp1/${uuid}/file.yaml`,
        size: null,
        checksum: null,
        formatter: 'lsst.daf.butler.formatters.yaml.YamlFormatter',
        storageClass: 'StructuredDataDict',
        component: null,
      },
    ]);
  }
  const { path } = await writeChanged(directory, KEPT, { inputs: { datastore: DATASTORE, files } });
  const attached = new Map<string, readonly FileRecord[]>();
  for (const quantum of await quantaOf(path)) {
    expect([...quantum.files.keys()].every((datastore) => datastore === DATASTORE)).toBe(true);
    for (const [uuid, of] of quantum.files.get(DATASTORE) ?? []) attached.set(uuid, of);
  }
  expect(attached).toEqual(files);
});

it('refuses a quantum that is not there and a run that cannot be, and leaves nothing behind', async () => {
  const before = await readdir(directory);
  const refused = (changes: GraphChanges): Promise<WrittenGraph> =>
    writeChanged(directory, KEPT, changes, 'refused.qg');
  await expect(refused({ quanta: new Set(['0']) })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  await expect(refused({ outputRun: '../elsewhere' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  expect(await readdir(directory)).toEqual(before);
});
