/** What is said to do about a dataset whose file is gone, done. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { REPAIR } from '../../src/access/file-resolution.ts';
import { openWriteableRepository } from '../../src/repository/direct/open-writeable.ts';
import type { WriteableRepository } from '../../src/repository/writeable-repository.ts';
import { copySqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';
import { contextOf, PUBLIC_URL, TransferWorld } from './transfer-world.ts';

const UUID = '019ab000-0000-7000-8000-000000000001';
const NOTES = { search: { datasetTypes: ['note'], collections: ['notes'], findFirst: false } };

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let source: WriteableRepository;
beforeEach(async () => {
  directory = await temporaryDirectory();
  await copySqliteRepository('official', directory.path);
  await mkdir(join(directory.path, 'notes'));
  await writeFile(join(directory.path, 'notes/a.yaml'), 'a: 1');
  source = await openWriteableRepository({ name: 'dp1', path: directory.path });
  const type = { name: 'note', dimensions: [], storageClass: 'StructuredDataDict', isCalibration: false };
  await source.registerDatasetTypes([type], contextOf());
  await source.registerCollection({ name: 'notes', type: 'RUN' }, contextOf());
  const datasetType = (await source.datasetTypes(contextOf())).get('note')!;
  const { storageClass } = type;
  const file = { path: 'notes/a.yaml', formatter: 'f.f', storageClass, component: null, checksum: null, size: 4 };
  await source.importDatasets([{ uuid: UUID, datasetType, run: 'notes', values: [], files: [file] }], contextOf());
});
afterEach(async () => {
  await source.close();
  await directory[Symbol.asyncDispose]();
});

test('a copy that is gone is unstored, and then transferred again', async () => {
  await using world = await TransferWorld.over([source]);
  await world.transfer(NOTES, { mode: 'COPY' });
  const { repository } = world.satellite;
  await rm(join(world.root, 'notes/a.yaml'));
  expect(await findings(repository)).toEqual([
    `The file of dataset ${UUID} is gone: unstore it (removeDatasets) and then transfer it again (COPY), or remove the dataset.`,
  ]);
  await repository.removeDatasets([UUID], 'UNSTORE', contextOf());
  expect(await world.transfer(NOTES, { mode: 'COPY' })).toMatchObject({ new: 1 });
  expect(await findings(repository)).toEqual([]);
});

test('a reference that leads nowhere is unstored, and then transferred again from where the dataset is now', async () => {
  await using world = await TransferWorld.over([source]);
  await world.transfer(NOTES);
  const { repository } = world.satellite;
  const gone = `${PUBLIC_URL}/files/alice~gone/${UUID}/a.yaml`;
  await repository.moveReferences(() => gone, contextOf());
  expect(REPAIR).toContain('unstore it there (removeDatasets) and then transfer it again');
  await repository.removeDatasets([UUID], 'UNSTORE', contextOf());
  expect(await world.transfer(NOTES)).toMatchObject({ new: 1 });
  const [file] = (await repository.files([UUID], contextOf())).get(UUID)!;
  expect(file!.path).toBe(`${PUBLIC_URL}/files/dp1/${UUID}/a.yaml`);
});

async function findings(repository: WriteableRepository): Promise<string[]> {
  const found: string[] = [];
  for await (const { message } of repository.verify('files', false, contextOf())) found.push(message);
  return found;
}
