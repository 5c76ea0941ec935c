/** How much one user can upload to be published. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { ManifestStore } from '../../src/publish/manifest-store.ts';
import { PackRecords } from '../../src/publish/packs/pack-records.ts';
import { Packs } from '../../src/publish/packs/packs.ts';
import { PUBLICATION_TABLES } from '../../src/publish/tables.ts';
import { FileArtifactStore } from '../../src/repository/direct/datastore/file-store.ts';
import { openState } from '../../src/state/open.ts';
import { prepareTables } from '../../src/state/tables.ts';

const GIB = 2 ** 30;

test('is no more when many places are asked for at once', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'room-'));
  const signal = AbortSignal.timeout(60_000);
  const state = await openState(`sqlite:${join(directory, 'state.sqlite3')}`, signal);
  try {
    const { database } = state;
    await prepareTables(database, PUBLICATION_TABLES, signal);
    const packs = new Packs({
      ...{ database, store: new ManifestStore(database), repositories: ['published'], log: pino({ level: 'silent' }) },
      artifacts: () => Promise.resolve(new FileArtifactStore('published', join(directory, 'files'))),
      needed: () => Promise.resolve(new Map()),
      maxBytes: () => GIB,
      publicUrl: () => 'http://gateway.example',
      now: Date.now,
    });
    const open = () => packs.open('alice', 'published', GIB, '0'.repeat(64));
    const asked = await Promise.allSettled(Array.from({ length: 5 }, open));
    const records = new PackRecords(database);
    expect(await records.bytes('alice', 'published')).toBeLessThanOrEqual(2 * GIB);
    const refused = asked.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThanOrEqual(3);
    for (const one of refused) expect(one).toMatchObject({ reason: { code: 'QUOTA_EXCEEDED' } });
    // Nothing of what was refused is in the way.
    while ((await records.list()).length < 2) await open();
    await expect(open()).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
  } finally {
    await state.close();
    await rm(directory, { recursive: true });
  }
});
