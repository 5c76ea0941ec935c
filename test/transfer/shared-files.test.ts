import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWriteableRepository } from '../../src/repository/direct/open-writeable.ts';
import { copySqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';
import { contextOf, TransferWorld } from './transfer-world.ts';

const CONTENT = 'bytes';
const NAMES = ['shared1', 'shared2'];

test.each(['COPY', 'REFERENCE'] as const)('a file of two datasets counts once in a transfer: %s', async (mode) => {
  await using directory = await temporaryDirectory();
  await copySqliteRepository('official', directory.path);
  await mkdir(join(directory.path, 'raws'));
  await writeFile(join(directory.path, 'raws/shared.yaml'), CONTENT);
  const source = await openWriteableRepository({ name: 'dp1', path: directory.path });
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
      files: [{ ...file, checksum: null, size: CONTENT.length }],
    })),
    contextOf(),
  );
  await using world = await TransferWorld.over([source]);
  const raws = { search: { datasetTypes: NAMES, collections: ['raws'], findFirst: false } };
  expect(await world.plan(raws, { mode })).toMatchObject({ bytes: CONTENT.length, newBytes: CONTENT.length });
  expect(await world.transfer(raws, { mode })).toEqual({ datasets: 2, new: 2, bytes: CONTENT.length });
  if (mode === 'COPY') {
    expect(world.reserved).toEqual([CONTENT.length]);
    expect(world.progress.at(-1)).toMatchObject({ done: CONTENT.length, total: CONTENT.length });
  }
  await source.close();
});
