/** Datasets of a band, such as coadds, of which nothing else that is published has a physical filter. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test, vi } from 'vitest';
import { openPublishing } from './publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

test('are published with the record of their band, as stock Butler does not expand their data IDs without it', async () => {
  await using world = await openPublishing({ commit: 'real' });
  const [satellite, run, name] = ['coadds', 'u/alice/coadds', 'of_band'];
  await world.done('alice', 'createSatellite', { name: satellite, official: 'dp1', instruments: ['HSC'] });
  const type = { satellite, name, dimensions: ['band'], storageClass: 'StructuredDataDict' };
  await world.done('alice', 'registerDatasetType', type, 'datasetType {name}');
  const bytes = 'band: g';
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const files = [{ dataId: { band: 'g' }, upload: { fileName: 'g.yaml', size: bytes.length, sha256 } }];
  const asked = { satellite, datasetType: name, run, files };
  const { upload } = await world.done('alice', 'ingestDatasets', asked, 'upload {id files {url}}');
  expect((await fetch(upload.files[0].url as string, { method: 'PUT', body: bytes })).status).toBe(204);
  await world.done('alice', 'ingestDatasets', { satellite, commit: upload.id as string });

  const wanted = { satellite, collections: [run], title: 'Coadds' };
  const { id: publication, digest } = await world.did('alice', 'submitPublication', wanted);
  // What was frozen is what is there when it is compared.
  await world.did('curator', 'approvePublication', { publication, digest });
  await world.reached('alice', publication, 'PUBLISHED');
  const registry = new Database(join(world.published, 'gen3.sqlite3'), { readonly: true });
  const filters = registry.prepare('SELECT instrument, name, band FROM physical_filter').all();
  registry.close();
  // The first one of the satellite, and no other.
  expect(filters).toEqual([{ instrument: 'HSC', name: 'HSC-G', band: 'g' }]);
});
