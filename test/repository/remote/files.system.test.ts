import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RemoteRepository } from '../../../src/repository/remote/remote-repository.ts';
import { startOfficial, type Official } from '../../../stack/official.ts';
import { asUser } from './official-server.ts';
import { datasetsSpec, overDatasets, rowsOf } from './queries.ts';

const unknown = '00000000-0000-0000-0000-000000000001';
const alice = asUser('alice');
let directory: string;
let official: Official;
let repository: RemoteRepository;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'satellite-remote-'));
  official = await startOfficial(directory);
  repository = new RemoteRepository({ name: 'dp1', url: official.url, token: { fixed: undefined } });
}, 600_000);
afterAll(async () => {
  await repository.close();
  await official.stop();
  await rm(directory, { recursive: true });
});

async function firstOf(name: string): Promise<string> {
  const type = (await repository.datasetTypes(alice)).get(name)!;
  const runs = await repository.collections({ search: ['*'], types: ['RUN'] }, alice);
  const query = overDatasets(
    type,
    runs.map((run) => run.name),
  );
  const [row] = await rowsOf(repository, query, datasetsSpec(type, { findFirst: false }), alice);
  return row!.uuid;
}

it('knows the files of datasets, and gives an address where their bytes are', async () => {
  const uuid = await firstOf('source_catalog');
  const files = await repository.files([uuid, unknown], alice);
  expect([...files.keys()]).toEqual([uuid]);
  const [file] = files.get(uuid)!;
  expect(file).toMatchObject({
    component: null,
    storageClass: 'ArrowAstropy',
    fileName: expect.stringMatching(/\.parq$/) as string,
  });
  const source = await repository.fileSource(uuid, null, alice);
  if (source?.kind !== 'url') throw new Error('there is no address');
  const bytes = await (await fetch(source.url)).arrayBuffer();
  expect(bytes.byteLength).toBe(file!.size);
});

it('has a file for each component of a disassembled dataset, and none for the whole', async () => {
  const uuid = await firstOf('metrics_composite');
  const files = (await repository.files([uuid], alice)).get(uuid)!;
  expect(files.map((file) => file.component).sort()).toEqual(['data', 'output', 'summary']);
  expect(await repository.fileSource(uuid, 'summary', alice)).toMatchObject({ kind: 'url' });
  expect(await repository.fileSource(uuid, null, alice)).toBeNull();
});

it('has no files of datasets that are in the registry only, or unknown', async () => {
  const uuid = await firstOf('skyMap');
  expect(await repository.files([uuid], alice)).toEqual(new Map());
  expect(await repository.fileSource(uuid, null, alice)).toBeNull();
  expect(await repository.fileSource(unknown, null, alice)).toBeNull();
  expect(await repository.fileSource('not a UUID', null, alice)).toBeNull();
});
