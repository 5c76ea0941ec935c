/** A repository of stock Butler's with its files in S3, read and written by us, and read and pruned by stock Butler again. */
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { buildQuery } from '../../../../src/butler/query/build.ts';
import { createS3Client } from '../../../../src/repository/direct/datastore/s3-client.ts';
import { S3ArtifactStore } from '../../../../src/repository/direct/datastore/s3-store.ts';
import { openWriteableRepository } from '../../../../src/repository/direct/open-writeable.ts';
import type { DatasetRow } from '../../../../src/repository/rows.ts';
import type { WriteableDirectRepository } from '../../../../src/repository/direct/writeable-direct-repository.ts';
import { runPython } from '../../../../stack/run-python.ts';
import { startS3, type S3 } from '../../../../stack/s3.ts';
import { temporaryDirectory } from '../../../fixtures/repositories.ts';
import { chunks, sha256, signal } from './store-contract.ts';

const ctx = { caller: { username: 'alice' }, signal };
const DATASTORE = 's3://files/satellites/alice';
const RUN = 'u/alice/run 1';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let s3: S3;
let root: string;
let repository: WriteableDirectRepository;
/** By detector. */
let datasets: ReadonlyMap<number, DatasetRow>;

const stock = (command: string, ...rest: string[]) =>
  runPython('test/oracle/s3_repository.py', [command, root, ...rest], s3.environment);
const objects = async () => {
  const files = new S3ArtifactStore('files', DATASTORE);
  return (await Array.fromAsync(files.list('', signal))).map(({ path }) => path).sort();
};

beforeAll(async () => {
  directory = await temporaryDirectory();
  root = join(directory.path, 'repository');
  s3 = await startS3(join(directory.path, 's3'), ['files']);
  // As an operator would set it for a repository that is configured with nothing but its path.
  for (const [name, value] of Object.entries(s3.environment)) vi.stubEnv(name, value);
  await stock('make', DATASTORE);
  repository = await openWriteableRepository({ name: 'own', path: root });
  datasets = await notes();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await repository.close();
  await s3.stop();
  await directory[Symbol.asyncDispose]();
});

async function notes(): Promise<ReadonlyMap<number, DatasetRow>> {
  const universe = await repository.universe();
  const datasetType = (await repository.datasetTypes(ctx)).get('note')!;
  const { query, spec } = buildQuery(universe, {
    result: { type: 'dataset_ref', datasetType, collections: [RUN], findFirst: false },
  });
  const found = new Map<number, DatasetRow>();
  if (spec.type !== 'dataset_ref') throw new TypeError('not datasets');
  for await (const { rows } of repository.query(query, spec, ctx)) {
    for (const row of rows) found.set(row.values[1] as number, row);
  }
  return found;
}

test('files are had from freshly signed addresses, members of a zip as streams', async () => {
  const contents: string[] = [];
  for (const detector of [0, 1, 2, 3]) {
    const source = await repository.fileSource(datasets.get(detector)!.uuid, null, ctx);
    expect(source).toMatchObject({ kind: detector < 2 ? 'url' : 'stream' });
    if (source?.kind === 'url') contents.push(await (await fetch(source.url)).text());
    if (source?.kind === 'stream') {
      const content = await text(await source.open(null, signal));
      expect(content).toHaveLength(source.size);
      expect(await text(await source.open({ start: 2, end: 9 }, signal))).toBe(content.slice(2, 10));
      contents.push(content);
    }
  }
  expect(contents.map((content) => /detector: (\d)/.exec(content)?.[1])).toEqual(['0', '1', '2', '3']);
  expect(await repository.usage(ctx)).toMatchObject({ datasets: 4, referencedBytes: 0 });
});

test('what we write there, stock Butler reads', async () => {
  const bytes = Buffer.from('detector: 4\n');
  const path = `${RUN}/note/note_4.yaml`;
  const store = new S3ArtifactStore('own', DATASTORE);
  const { size } = await store.write(path, chunks(bytes), { sha256: sha256(bytes) }, signal);
  const { datasetType } = datasets.get(0)!;
  const file = {
    path,
    size,
    formatter: 'lsst.daf.butler.formatters.yaml.YamlFormatter',
    storageClass: 'StructuredDataDict',
    component: null,
    checksum: null,
  };
  const uuid = 'a3b5f6c8-0000-4000-8000-000000000004';
  await repository.importDatasets([{ uuid, datasetType, run: RUN, values: ['Cam', 4], files: [file] }], ctx);
  expect(JSON.parse(await stock('get'))).toMatchObject({ 0: { detector: 0 }, 3: { detector: 3 }, 4: { detector: 4 } });
});

test('what we remove is gone, and a zip when its last member is', async () => {
  const before = await objects();
  const remove = (detector: number, mode: 'UNSTORE' | 'PURGE') =>
    repository.removeDatasets([datasets.get(detector)!.uuid], mode, ctx);
  await remove(0, 'PURGE');
  await remove(1, 'UNSTORE');
  await remove(2, 'PURGE');
  expect(await objects()).toHaveLength(before.length - 2);
  expect(JSON.parse(await stock('get'))).toMatchObject({ 1: null, 3: { detector: 3 }, 4: { detector: 4 } });
  await remove(3, 'PURGE');
  expect(await objects()).toEqual([`${RUN}/note/note_4.yaml`]);
});

test('what we wrote, stock Butler prunes with its files', async () => {
  await stock('prune');
  expect(await objects()).toEqual([]);
  expect(await notes()).toEqual(new Map());
});

test('a server of the environment may be one of several, chosen by a profile', async () => {
  const { host } = new URL(s3.endpoint);
  const { AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: secret } = s3.environment;
  vi.stubEnv('LSST_RESOURCES_S3_PROFILE_far', `http://${key!}:${encodeURIComponent(secret!)}@${host}`);
  vi.stubEnv('S3_ENDPOINT_URL', 'http://127.0.0.1:1');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wrong');
  const far = new S3ArtifactStore('far', 's3://far@files/profile');
  await far.write('run/x', chunks(Buffer.from('x')), {}, signal);
  expect(await far.stat('run/x', signal)).toEqual({ path: 'run/x', size: 1 });
  expect(await createS3Client({}).config.region()).toBe('us-east-1');
});
