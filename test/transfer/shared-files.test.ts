import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWriteableRepository } from '../../src/repository/direct/open-writeable.ts';
import { copySqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';
import { contextOf, TransferWorld } from './transfer-world.ts';

const CONTENT = 'bytes';
const NAMES = ['shared1', 'shared2'];

/** A repository in which two datasets are one file. @param size as it is recorded; null: it is not */
async function sourceIn(directory: string, size: number | null) {
  await copySqliteRepository('official', directory);
  await mkdir(join(directory, 'raws'));
  await writeFile(join(directory, 'raws/shared.yaml'), CONTENT);
  const source = await openWriteableRepository({ name: 'dp1', path: directory });
  const type = { dimensions: [], storageClass: 'StructuredDataDict', isCalibration: false };
  await source.registerDatasetTypes(
    NAMES.map((name) => ({ ...type, name })),
    contextOf(),
  );
  await source.registerCollection({ name: 'raws', type: 'RUN' }, contextOf());
  const types = await source.datasetTypes(contextOf());
  const file = { path: 'raws/shared.yaml', formatter: 'f.f', storageClass: type.storageClass, component: null };
  await source.importDatasets(
    NAMES.map((name, i) => ({
      uuid: `019ab000-0000-7000-8000-00000000000${i}`,
      datasetType: types.get(name)!,
      run: 'raws',
      values: [],
      files: [{ ...file, checksum: null, size }],
    })),
    contextOf(),
  );
  return source;
}

const raws = { search: { datasetTypes: NAMES, collections: ['raws'], findFirst: false } };

test.each(['COPY', 'REFERENCE'] as const)('a file of two datasets counts once in a transfer: %s', async (mode) => {
  await using directory = await temporaryDirectory();
  const source = await sourceIn(directory.path, CONTENT.length);
  await using world = await TransferWorld.over([source]);
  expect(await world.plan(raws, { mode })).toMatchObject({ bytes: CONTENT.length, newBytes: CONTENT.length });
  expect(await world.transfer(raws, { mode })).toEqual({ datasets: 2, new: 2, bytes: CONTENT.length });
  if (mode === 'COPY') {
    expect(world.reserved).toEqual([CONTENT.length]);
    expect(world.progress.at(-1)).toMatchObject({ done: CONTENT.length, total: CONTENT.length });
  }
  await source.close();
});

test('a file whose size nobody has recorded is measured before it is copied, for the quota', async () => {
  await using directory = await temporaryDirectory();
  const source = await sourceIn(directory.path, null);
  await using world = await TransferWorld.over([source]);
  await world.transfer(raws, { mode: 'COPY' });
  expect(world.reserved).toEqual([CONTENT.length]);
  await source.close();
});
