/**
 * A gateway is killed after a change is done and before its answer is kept: whoever calls again with the same idempotency key
 * is answered as if nothing had happened, and the change is done once.
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Gateway } from '../../stack/gateway.ts';
import { FaultyWorld, type JobId } from './faulty-world.ts';

const NAME = 'lost-answers';
const mine = { satellite: 'mine' };
const RUN = 'u/alice/notes';
const CALIBRATIONS = 'u/alice/calibs';
let world: FaultyWorld;
let root: string;

beforeAll(async () => {
  world = await FaultyWorld.open();
  await using gateway = await world.start({ name: NAME });
  root = await world.create(gateway, 'mine', { instruments: ['HSC'] });
  const type = { dimensions: ['detector'], storageClass: 'StructuredDataDict', isCalibration: true };
  await world.call(gateway, 'registerDatasetType', { ...mine, name: 'note', ...type }, 'datasetType {name}');
  const collection = { ...mine, name: CALIBRATIONS, type: 'CALIBRATION' };
  await world.call(gateway, 'createCollection', collection, 'collection {name}');
  const files = await Promise.all([1, 2].map((detector) => there(detector)));
  expect(await world.run(gateway, 'ingestDatasets', { ...mine, datasetType: 'note', run: RUN, files })).toMatchObject({
    state: 'COMPLETED',
  });
});
afterAll(() => world[Symbol.asyncDispose]());

/** A file in the satellite's root, as an input of `ingestDatasets`. */
async function there(detector: number) {
  await mkdir(join(root, 'notes'), { recursive: true });
  await writeFile(join(root, 'notes', `${detector}.yaml`), `detector: ${detector}`);
  return { dataId: { instrument: 'HSC', detector }, path: `notes/${detector}.yaml` };
}

/** Calls where the answer is lost, then again. @returns the gateway that answered, and what */
async function twice(mutation: string, input: object, fields: string) {
  const lost = await world.start({ name: NAME, failpoint: 'call:before-answer' });
  const keyed = { ...mine, ...input, idempotencyKey: `${mutation} ${JSON.stringify(input).length}` };
  await expect(world.call(lost, mutation, keyed, fields)).rejects.toThrow(TypeError);
  await lost.process.whenEnded;
  const gateway = await world.start({ name: NAME });
  return {
    gateway,
    answer: await world.call(gateway, mutation, keyed, fields),
    [Symbol.asyncDispose]: () => gateway.stop(),
  };
}

async function notes(gateway: Gateway, run: string): Promise<readonly { uuid: string; dataId: unknown }[]> {
  const query = `query ($run: String!) {
    datasets(datasetTypes: ["note"], collections: [$run], repositories: ["mine"]) {nodes {uuid dataId}}
  }`;
  return (await world.ask(gateway, query, { run })).data.datasets.nodes;
}

test('datasets are certified once, and do not conflict with themselves', async () => {
  const search = { datasetTypes: ['note'], collections: [RUN] };
  const span = { begin: '2020-01-01T00:00:00', end: '2021-01-01T00:00:00' };
  const input = { collection: CALIBRATIONS, search, timespan: span };
  await using again = await twice('certifyDatasets', input, 'collection {name} datasets');
  expect(again.answer).toEqual({ collection: { name: CALIBRATIONS }, datasets: 2 });
  expect(await world.verified(again.gateway, 'mine')).toMatchObject({ sound: true });
  // Another call is refused, as stock Butler refuses it, and so is a repeat that is in another dataset's way.
  await expect(world.call(again.gateway, 'certifyDatasets', { ...mine, ...input }, 'datasets')).rejects.toMatchObject({
    code: 'CONFLICT',
  });
});

test('files are ingested once, as the same datasets', async () => {
  const run = 'u/alice/ingested';
  const files = [await there(3), await there(4)];
  await using again = await twice('ingestDatasets', { datasetType: 'note', run, files }, 'job {id}');
  expect(await world.ended(again.gateway, again.answer.job as JobId)).toMatchObject({
    state: 'COMPLETED',
    result: { datasets: 2 },
  });
  expect(await notes(again.gateway, run)).toMatchObject([{ dataId: { detector: 3 } }, { dataId: { detector: 4 } }]);
});

test('an upload is opened once, and its bytes are set aside once', async () => {
  await using gateway = await world.start({ name: NAME });
  const bytes = 'detector: 5';
  await world.create(gateway, 'small', { instruments: ['HSC'], quotaBytes: bytes.length });
  const type = { dimensions: ['detector'], storageClass: 'StructuredDataDict', name: 'note' };
  await world.call(gateway, 'registerDatasetType', { satellite: 'small', ...type }, 'datasetType {name}');
  await gateway.stop();
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const upload = { fileName: '5.yaml', size: bytes.length, sha256 };
  const files = [{ dataId: { instrument: 'HSC', detector: 5 }, upload }];
  const input = { satellite: 'small', datasetType: 'note', run: RUN, files };
  await using again = await twice('ingestDatasets', input, 'upload {id files {url}}');
  const { id, files: places } = again.answer.upload as { id: string; files: { url: string }[] };
  expect((await fetch(places[0]!.url, { method: 'PUT', body: bytes })).ok).toBe(true);
  expect(await world.run(again.gateway, 'ingestDatasets', { satellite: 'small', commit: id })).toMatchObject({
    state: 'COMPLETED',
  });
});

test('a collection that is gone by the same call is no error', async () => {
  await using gateway = await world.start({ name: NAME });
  await world.call(gateway, 'createCollection', { ...mine, name: 'u/alice/old' }, 'collection {name}');
  await gateway.stop();
  await using again = await twice('removeCollection', { collection: 'u/alice/old' }, 'plan {datasets} job {id}');
  expect(again.answer).toEqual({ plan: { datasets: 0 }, job: null });
});
