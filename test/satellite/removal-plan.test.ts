import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobRights } from '../../src/satellite/job-rights.ts';
import { Removals } from '../../src/satellite/removal.ts';
import { buildOfficial } from '../../stack/official.ts';
import { alice, openWorld, request, signal, type World } from './satellite-world.ts';

const query = { caller: { username: 'alice' }, signal };
const at = { satellite: 'mine', principal: alice, query };
const uuid = (n: number) => `019ab000-0000-7000-8000-00000000000${n}`;
let directory: string;
let world: World;
let removals: Removals;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'removal-'));
  world = await openWorld({ directory, official: join(await buildOfficial(), 'repository') });
  const { satellites, jobs } = world;
  removals = new Removals(satellites, jobs, jobRights({ of: () => Promise.resolve(alice) }));
  const { satellite } = await satellites.create(request('mine'), alice);
  const { repository } = await satellites.forWriting('mine', alice);
  const root = satellites.uri(satellite!);
  await mkdir(join(root, 'dir'));
  await writeFile(join(root, 'dir/shared.yaml'), 'bytes');
  await writeFile(join(root, 'dir/both.zip'), 'zipped bytes');
  const type = { storageClass: 'StructuredDataDict', isCalibration: false };
  const names = ['shared1', 'shared2', 'member1', 'member2', 'elsewhere'];
  await repository.registerDatasetTypes(
    names.map((name) => ({ ...type, name, dimensions: [] })),
    query,
  );
  await repository.registerCollection({ name: 'run', type: 'RUN' }, query);
  const types = await repository.datasetTypes(query);
  const paths = [
    'dir/shared.yaml',
    'dir/shared.yaml',
    'dir/both.zip#zip-path=a',
    'dir/both.zip#zip-path=b',
    '/else/where',
  ];
  const file = { formatter: 'f.f', storageClass: type.storageClass, component: null, checksum: null, size: 5 };
  await repository.importDatasets(
    names.map((name, i) => ({
      uuid: uuid(i),
      datasetType: types.get(name)!,
      run: 'run',
      values: [],
      files: [{ ...file, path: paths[i]! }],
    })),
    query,
  );
});
afterAll(async () => {
  await world.close();
  await rm(directory, { recursive: true });
});

test.each([
  ['a file that another dataset needs', [0], 0],
  ['a file once that both of its datasets go with', [0, 1], 5],
  ['a member of a zip that stays', [2], 0],
  ['all members of a zip', [2, 3], 10],
  ['a file that is not the satellite’s own', [4], 0],
] as const)('The plan of a removal counts what goes: %s', async (_what, which, bytes) => {
  const plan = async (mode: 'UNSTORE' | 'PURGE') =>
    (await removals.removeDatasets({ uuids: which.map(uuid) }, mode, at, { dryRun: true })).plan;
  expect(await plan('PURGE')).toEqual({ datasets: which.length, bytes, chains: [] });
  expect(await plan('UNSTORE')).toEqual(await plan('PURGE'));
});

test('The plan of a collection’s removal is what the removal frees', async () => {
  const { plan } = await removals.removeCollection('run', false, at, { dryRun: true });
  expect(plan).toEqual({ datasets: 5, bytes: 15, chains: [] });
  const { repository } = await world.satellites.forWriting('mine', alice);
  expect(await repository.removeCollection('run', false, query)).toMatchObject({ bytes: plan.bytes });
});
