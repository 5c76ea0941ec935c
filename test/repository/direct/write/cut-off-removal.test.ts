import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RepositoryUnavailableError } from '../../../../src/butler/errors.ts';
import { createRepository } from '../../../../src/repository/direct/create.ts';
import { FileArtifactStore } from '../../../../src/repository/direct/datastore/file-store.ts';
import { openDirectRepository } from '../../../../src/repository/direct/open.ts';
import { openWriteableRepository } from '../../../../src/repository/direct/open-writeable.ts';
import type { WriteableDirectRepository } from '../../../../src/repository/direct/writeable-direct-repository.ts';
import type { ImportedDataset } from '../../../../src/repository/writeable-repository.ts';
import { dumpSqlite } from '../../../fixtures/registry-dump.ts';
import { sqliteRepository, temporaryDirectory } from '../../../fixtures/repositories.ts';

const signal = AbortSignal.timeout(20 * 60_000);
const ctx = { caller: { username: 'alice' }, signal };
const UUID = '0198d2a4-0000-7000-8000-00000000000a';
const type = { name: 'notes', storageClass: 'StructuredDataDict', isCalibration: false };

describe('A removal that was cut off before the files went', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let root: string;
  let repository: WriteableDirectRepository;
  let dataset: (path: string) => ImportedDataset;
  /** The store is away. */
  const away = () =>
    vi
      .spyOn(FileArtifactStore.prototype, 'remove')
      .mockImplementation(() => Promise.reject(new RepositoryUnavailableError('mine', 'not now')));

  beforeEach(async () => {
    directory = await temporaryDirectory();
    root = join(directory.path, 'mine');
    const official = await openDirectRepository({ name: 'official', path: sqliteRepository('official') });
    const universe = await official.universe();
    await official.close();
    await createRepository({ name: 'mine', directory: root, universe, database: { dialect: 'sqlite' }, signal });
    repository = await openWriteableRepository({ name: 'mine', path: root });
    await repository.registerDatasetTypes([{ ...type, dimensions: [] }], ctx);
    await repository.registerCollection({ name: 'run', type: 'RUN' }, ctx);
    const file = { formatter: 'f', storageClass: type.storageClass, component: null, checksum: null, size: 5 };
    dataset = (path) => ({
      uuid: UUID,
      datasetType: { ...type, dimensions: universe.conform([]) },
      run: 'run',
      values: [],
      files: [{ ...file, path }],
    });
    await mkdir(join(root, 'dir'));
    await writeFile(join(root, 'dir', 'a.yaml'), 'bytes');
    await repository.importDatasets([dataset('dir/a.yaml')], ctx);
  });
  afterEach(async () => {
    await repository.close();
    await directory[Symbol.asyncDispose]();
  });

  const trashed = () => {
    const tables = Object.entries(dumpSqlite(join(root, 'gen3.sqlite3')));
    return tables.find(([name]) => name.startsWith('dataset_location_trash('))![1];
  };

  test.each(['PURGE', 'UNSTORE'] as const)('does not take what comes again after %s, whoever ends it', async (mode) => {
    using store = away();
    await expect(repository.removeDatasets([UUID], mode, ctx)).rejects.toThrow('not now');
    expect(trashed()).toHaveLength(1);
    const again = [dataset('https://example.org/a.yaml')];
    const plan = mode === 'PURGE' ? { newDatasets: [UUID] } : { newFiles: [UUID] };
    expect(await repository.planImport(again, ctx)).toMatchObject(plan);
    expect(await repository.importDatasets(again, ctx)).toMatchObject(plan);
    // Stock Python goes by this alone, and can remove a dataset only while it is not there.
    expect(trashed()).toEqual([]);
    store.mockRestore();
    await repository.emptyTrash(ctx);
    expect((await repository.files([UUID], ctx)).get(UUID)).toMatchObject([{ path: 'https://example.org/a.yaml' }]);
    expect(await repository.removeDatasets([UUID], 'PURGE', ctx)).toMatchObject({ datasets: 1 });
  });

  test('of a run is ended when it is asked for again, also after the rows of the run went', async () => {
    const store = away();
    await expect(repository.removeCollection('run', false, ctx)).rejects.toThrow('not now');
    // Without its files having gone, nobody is told that it has.
    await expect(repository.removeCollection('run', false, ctx)).rejects.toThrow('not now');
    store.mockRestore();
    await repository.removeCollection('run', false, ctx);
    expect(trashed()).toEqual([]);
    expect(await readdir(root)).not.toContain('dir');
  });

  test('is ended before the next writer’s first change, who writes also where that cannot be', async () => {
    const store = away();
    await expect(repository.removeDatasets([UUID], 'PURGE', ctx)).rejects.toThrow('not now');
    for (const left of [1, 0]) {
      await repository.close();
      repository = await openWriteableRepository({ name: 'mine', path: root });
      await repository.setCollectionDoc('run', `${left} left`, ctx);
      expect(trashed()).toHaveLength(left);
      store.mockRestore();
    }
    expect(await readdir(root)).not.toContain('dir');
  });
});
