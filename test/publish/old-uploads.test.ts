/** What was uploaded to be published and is not needed any more. */
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { RepositoryUnavailableError } from '../../src/butler/errors.ts';
import { pathOfUpload, removeOldUploads, type UploadStores } from '../../src/publish/packs/old-uploads.ts';
import { PackRecords } from '../../src/publish/packs/pack-records.ts';
import { PUBLICATION_TABLES } from '../../src/publish/tables.ts';
import { TEMPORARY_PREFIX } from '../../src/repository/direct/datastore/artifact-path.ts';
import { FileArtifactStore } from '../../src/repository/direct/datastore/file-store.ts';
import { openState } from '../../src/state/open.ts';
import { prepareTables } from '../../src/state/tables.ts';

const HOUR = 3_600_000;

test('goes after a day, with what never came to its end, also where another store does not answer', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'uploads-'));
  const signal = AbortSignal.timeout(60_000);
  const state = await openState(`sqlite:${join(directory, 'state.sqlite3')}`, signal);
  try {
    await prepareTables(state.database, PUBLICATION_TABLES, signal);
    const records = new PackRecords(state.database);
    const now = Date.now();
    await mkdir(join(directory, 'files', 'uploads'), { recursive: true });
    const put = async (name: string, hours: number) => {
      const path = join(directory, 'files', name);
      await writeFile(path, 'zip');
      await utimes(path, new Date(), new Date(now - hours * HOUR));
    };
    const upload = async (id: string, repository: string, hours: number) => {
      const fresh = { id, repository, owner: 'alice', size: 3, sha256: '0'.repeat(64) };
      await records.add({ ...fresh, createdAt: now - hours * HOUR });
      if (repository === 'good') await put(pathOfUpload({ id }), hours);
    };
    await upload('elsewhere', 'bad', 30);
    await upload('old', 'good', 29);
    await upload('needed', 'good', 28);
    await upload('young', 'good', 1);
    await put(`uploads/${TEMPORARY_PREFIX}old`, 25);
    await put(`uploads/${TEMPORARY_PREFIX}young`, 1);
    const good = new FileArtifactStore('good', join(directory, 'files'));
    await upload('over', 'good', 1);
    await records.take({ id: 'over', takenBy: '' }, 'p 1');
    const stores: UploadStores = {
      repositories: ['bad', 'good'],
      artifacts: (name) =>
        name === 'good' ? Promise.resolve(good) : Promise.reject(new RepositoryUnavailableError('bad', 'It is away.')),
      needed: () => Promise.resolve(new Map([['needed', 'p']])),
      now: () => now,
      log: pino({ level: 'silent' }),
    };
    await removeOldUploads(records, stores);
    const left = await readdir(join(directory, 'files', 'uploads'));
    expect(left.sort()).toEqual([`${TEMPORARY_PREFIX}young`, 'needed.zip', 'over.zip', 'young.zip'].sort());
    expect((await records.list()).map(({ id }) => id)).toEqual(['elsewhere', 'needed', 'over', 'young']);
    await removeOldUploads(records, stores, 'bob');
    expect((await records.list()).map(({ id }) => id)).toContain('over');
    await removeOldUploads(records, stores, 'alice');
    expect((await records.list()).map(({ id }) => id)).toEqual(['elsewhere', 'needed', 'young']);
  } finally {
    await state.close();
    await rm(directory, { recursive: true });
  }
});
