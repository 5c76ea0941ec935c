/** What is made of something published has the rights of what that was made from. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createRepository } from '../../src/repository/direct/create.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import { sqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';
import { CURATORS, openPublishing } from './publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

test('what came from a restricted publication is published for those who may read what that was made from, and other things are not affected', async () => {
  await using directory = await temporaryDirectory();
  const official = await openDirectRepository({ name: 'dp1', path: sqliteRepository('official') });
  const universe = await official.universe();
  await official.close();
  const open = { name: 'open', directory: join(directory.path, 'open'), universe };
  await createRepository({ ...open, database: { dialect: 'sqlite' }, signal: AbortSignal.timeout(60_000) });
  await using world = await openPublishing({
    commit: 'real',
    official: 'groups: [g_lensing]',
    repositories: `  - {name: open, kind: direct, path: ${JSON.stringify(open.directory)}}`,
    groups: { ...CURATORS, alice: ['g_users', 'g_lensing'] },
  });
  const made = async (name: string) => {
    await world.done('alice', 'createSatellite', { name, official: 'open' }, 'job {id}');
    const run = { satellite: name, name: `u/alice/${name}`, type: 'RUN' };
    await world.done('alice', 'createCollection', run, 'collection {name}');
  };
  const publish = async (satellite: string, readers: object) => {
    const wanted = { satellite, collections: [`u/alice/${satellite}`], title: 'x', readers };
    const { id: publication, digest, checks } = await world.did('alice', 'submitPublication', wanted);
    expect(checks.filter(({ state }) => state === 'FAILED')).toEqual([]);
    await world.did('curator', 'approvePublication', { publication, digest });
    await world.reached('alice', publication, 'PUBLISHED');
    return publication;
  };
  const rights = async (satellite: string) => {
    const wanted = { satellite, collections: [`u/alice/${satellite}`], title: 'x' };
    const { checks } = await world.did('alice', 'submitPublication', wanted);
    const { state, message } = checks.find(({ code }) => code === 'INPUT_RIGHTS')!;
    return `${state} ${message}`;
  };
  const bring = (to: string, what: object) =>
    world.done('alice', 'transferDatasets', { from: 'published', to, mode: 'COPY', ...what }, 'job {id}');
  const search = (collection: string) => ({
    search: { datasetTypes: ['note', 'own'], collections: [collection], findFirst: false },
  });

  const [uuid] = await world.filled('secret', 'u/alice/secret', 1);
  const restricted = await publish('secret', { groups: ['g_lensing'] });
  await made('free');
  const bytes = 'a: 1';
  const upload = { fileName: 'a.yaml', size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  const type = { satellite: 'free', name: 'own', dimensions: [], storageClass: 'StructuredDataDict' };
  await world.done('alice', 'registerDatasetType', type, 'datasetType {name}');
  const files = [{ dataId: {}, upload }];
  const asked = { satellite: 'free', datasetType: 'own', run: 'u/alice/free', files };
  const { upload: place } = await world.done('alice', 'ingestDatasets', asked, 'upload {id files {url}}');
  expect((await fetch(place.files[0].url as string, { method: 'PUT', body: bytes })).status).toBe(204);
  await world.done('alice', 'ingestDatasets', { satellite: 'free', commit: place.id as string });
  await publish('free', { allUsers: true });
  for (const name of ['searched', 'everything', 'chosen', 'apart']) await made(name);
  await bring('searched', search('u/alice/secret'));
  await bring('everything', search('*'));
  await bring('chosen', { uuids: [uuid] });
  await bring('apart', search('u/alice/free'));
  // Though nobody reads it any more.
  await world.done('alice', 'withdrawPublication', { publication: restricted, comment: 'An error in it.' });
  for (const name of ['searched', 'everything', 'chosen']) {
    expect(await rights(name), name).toMatch(/^FAILED It is made from 'dp1', which only 'g_lensing' may read/);
  }
  expect(await rights('apart')).toMatch(/^PASSED/);
});
