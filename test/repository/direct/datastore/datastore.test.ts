import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDirectRepository } from '../../../../src/repository/direct/open.ts';
import { selectedUuids } from '../../../../src/satellite/selection.ts';
import { copySqliteRepository, temporaryDirectory } from '../../../fixtures/repositories.ts';
import { zipOf } from './zip-file.ts';

const ctx = { caller: { username: 'alice' }, signal: AbortSignal.timeout(20 * 60_000) };
const UUID = '1165eaea-c9fc-5075-bb5b-496aa761531e';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let elsewhere: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeEach(async () => {
  directory = await temporaryDirectory();
  elsewhere = await temporaryDirectory();
  await copySqliteRepository('official', directory.path);
  await chmod(directory.path, 0o755);
  await chmod(join(directory.path, 'gen3.sqlite3'), 0o644);
  await mkdir(join(directory.path, 'run 1'));
  await writeFile(join(directory.path, 'run 1', 'bias_94.fits'), 'bytes');
  await writeFile(join(elsewhere.path, 'secret.fits'), 'secret');
});
afterEach(async () => {
  await directory[Symbol.asyncDispose]();
  await elsewhere[Symbol.asyncDispose]();
});

/** A repository whose dataset has these files: path, component and size of each. */
async function repositoryWith(
  files: readonly (readonly [path: string, component?: string, size?: number])[],
  fileRoots: readonly string[] = [],
) {
  const database = new Sqlite(join(directory.path, 'gen3.sqlite3'));
  database.exec(`CREATE TABLE file_datastore_records (dataset_id CHAR(32) NOT NULL, path TEXT NOT NULL,
    formatter TEXT NOT NULL, storage_class TEXT NOT NULL, component VARCHAR(32) NOT NULL, checksum TEXT,
    file_size BIGINT, PRIMARY KEY (dataset_id, component))`);
  const insert = database.prepare(
    `INSERT INTO file_datastore_records VALUES (?, ?, 'lsst.obs.base.Formatter', 'ExposureF', ?, NULL, ?)`,
  );
  for (const [path, component = '__NULL_STRING__', size = 5] of files) {
    insert.run(UUID.replaceAll('-', ''), path, component, BigInt(size));
  }
  database.close();
  return openDirectRepository({ name: 'own', path: directory.path, fileRoots });
}

test('a file is described as the repository recorded it', async () => {
  const repository = await repositoryWith([['run 1/bias_94.fits']]);
  expect((await repository.files([UUID.toUpperCase()], ctx)).get(UUID)).toEqual([
    {
      fileName: 'bias_94.fits',
      path: 'run 1/bias_94.fits',
      size: 5,
      checksum: null,
      formatter: 'lsst.obs.base.Formatter',
      storageClass: 'ExposureF',
      component: null,
    },
  ]);
  const path = join(directory.path, 'run 1', 'bias_94.fits');
  expect(await repository.fileSource(UUID, null, ctx)).toEqual({ kind: 'path', path, size: 5 });
  expect(await repository.fileSource(UUID, 'wcs', ctx)).toBeNull();
});

test('each component of a disassembled dataset has its own file; a size of -1 is none', async () => {
  const repository = await repositoryWith([
    ['run 1/bias_94.fits', 'image', -1],
    ['run 1/gone.fits', 'mask'],
  ]);
  expect((await repository.files([UUID], ctx)).get(UUID)).toMatchObject([
    { component: 'image', size: null },
    { component: 'mask', size: 5 },
  ]);
  expect(await repository.fileSource(UUID, 'image', ctx)).toMatchObject({ kind: 'path', size: 5 });
  expect(await repository.fileSource(UUID, 'mask', ctx)).toBeNull();
  expect(await repository.fileSource(UUID, null, ctx)).toBeNull();
});

test('a reference keeps its address as it was recorded', async () => {
  const url = 'https://data.example.org/files/dp1/a%20b.fits?component=image';
  const repository = await repositoryWith([[url]]);
  expect((await repository.files([UUID], ctx)).get(UUID)).toMatchObject([{ fileName: 'a b.fits' }]);
  expect(await repository.fileSource(UUID, null, ctx)).toEqual({ kind: 'reference', url, size: 5 });
});

test('usage counts datasets, and the bytes of a file of its own once, but not those it refers to', async () => {
  const repository = await repositoryWith([
    ['run 1/bias_94.fits', 'image', 1_000],
    ['run 1/bias_94.fits', 'mask', 1_000],
    ['run 1/more.fits', 'variance', 2 ** 52],
    ['run 1/unknown.fits', 'wcs', -1],
    ['https://data.example.org/files/dp1/a.fits', 'psf', 77],
  ]);
  const usage = await repository.usage(ctx);
  expect(usage).toMatchObject({ datasets: 175, bytes: 2 ** 52 + 1_000, referencedBytes: 77 });
  const parts = await usage.parts();
  expect(parts.reduce((sum, { datasets }) => sum + datasets, 0)).toBe(175);
  expect(parts.filter(({ bytes }) => bytes > 0)).toEqual([
    {
      run: 'LSSTCam/calib/DM-50000/run.1',
      datasetType: 'bias',
      datasets: 4,
      bytes: 2 ** 52 + 2_000,
      referencedBytes: 77,
    },
  ]);
});

test('usage tells what TAGGED and CALIBRATION collections hold, each dataset once however often it is valid', async () => {
  const repository = await repositoryWith([
    ['run 1/bias_94.fits', 'image', 1_000],
    ['https://data.example.org/files/dp1/a.fits', 'psf', 77],
  ]);
  const memberships = await (await repository.usage(ctx)).memberships();
  const members = async (collection: string, datasetType: string) => {
    const selection = { datasetTypes: [datasetType], collections: [collection], findFirst: false };
    return new Set(await selectedUuids(repository, { search: selection }, ctx)).size;
  };
  const kinds = { CALIBRATION: new Set<string>(), TAGGED: new Set<string>() };
  for (const { collection, type, datasetType, datasets } of memberships) {
    expect(datasets).toBe(await members(collection, datasetType));
    kinds[type].add(collection);
  }
  expect(kinds).toEqual({
    CALIBRATION: new Set(['LSSTCam/calib/DM-40000', 'LSSTCam/calib/DM-50000']),
    TAGGED: new Set(['HSC/good-seeing']),
  });
  const withBytes = memberships.filter(({ bytes, referencedBytes }) => bytes + referencedBytes > 0);
  expect(withBytes.map(({ datasetType, bytes, referencedBytes }) => [datasetType, bytes, referencedBytes])).toEqual(
    withBytes.map(() => ['bias', 1_000, 77]),
  );
  expect(withBytes.length).toBeGreaterThan(0);
});

test('a file outside the datastore is not given out, however it is named', async () => {
  const secret = join(elsewhere.path, 'secret.fits');
  await symlink(secret, join(directory.path, 'link.fits'));
  const repository = await repositoryWith([
    [secret, 'absolute'],
    [`file://${secret}`, 'uri'],
    [`../${elsewhere.path.split('/').pop()}/secret.fits`, 'up'],
    [`%2e%2e/${elsewhere.path.split('/').pop()}/secret.fits`, 'escaped'],
    ['gen3.sqlite3', 'database'],
    [`zips/../../${elsewhere.path.split('/').pop()}/secret.zip#zip-path=member`, 'zip'],
    ['link.fits', 'link'],
  ]);
  for (const component of ['absolute', 'uri', 'up', 'escaped', 'database', 'zip', 'link']) {
    const giving = repository.fileSource(UUID, component, ctx);
    await expect(giving).rejects.toThrow(/outside its datastore/);
    await expect(giving).rejects.toMatchObject({ code: 'NOT_FOUND' });
  }
  const allowed = await openDirectRepository({ name: 'own', path: directory.path, fileRoots: [elsewhere.path] });
  expect(await allowed.fileSource(UUID, 'uri', ctx)).toEqual({ kind: 'path', path: secret, size: 6 });
});

test.each(['link', 'link above it', 'pipe'])(
  'of a zip in whose place its owner puts a %s while it is read, nothing is given',
  async (what) => {
    const zips = join(directory.path, 'zips');
    const zip = join(zips, 'outputs.zip');
    await mkdir(zips);
    const bytes = zipOf([['member.fits', Buffer.from('bytes')]]);
    await writeFile(zip, bytes);
    // Every part of it is where it is in the zip.
    await writeFile(join(elsewhere.path, 'outputs.zip'), zipOf([['member.fits', Buffer.from('other')]]));
    const repository = await repositoryWith([['zips/outputs.zip#zip-path=member.fits']]);
    const source = await repository.fileSource(UUID, null, ctx);
    if (source?.kind !== 'stream') throw new Error('a member is a stream');
    const read = async () => text(await source.open(null, ctx.signal));
    expect(await read()).toBe('bytes');

    await rename(zips, join(directory.path, 'old'));
    if (what === 'link above it') await symlink(elsewhere.path, zips);
    else await mkdir(zips);
    if (what === 'link') await symlink(join(elsewhere.path, 'outputs.zip'), zip);
    if (what === 'pipe') execFileSync('mkfifo', [zip]);
    await expect(read()).rejects.toThrow();
  },
);

test('a name that stock Butler would decode is decoded', async () => {
  const repository = await repositoryWith([['run%201/bias_94.fits']]);
  expect(await repository.fileSource(UUID, null, ctx)).toMatchObject({ kind: 'path', size: 5 });
});

test('what the gateway cannot read is said so', async () => {
  const repository = await repositoryWith([
    ['s3://bucket/key.fits', 's3'],
    ['https://data.example.org/4a46.zip#zip-path=member_1.fits', 'zip'],
    ['file://elsewhere/a.fits', 'host'],
  ]);
  await expect(repository.fileSource(UUID, 's3', ctx)).rejects.toThrow(/'s3' store/);
  await expect(repository.fileSource(UUID, 'zip', ctx)).rejects.toThrow(/inside a zip at another server/);
  await expect(repository.fileSource(UUID, 'host', ctx)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect((await repository.files([UUID], ctx)).get(UUID)).toMatchObject([
    { fileName: 'a.fits' },
    { fileName: 'key.fits' },
    { fileName: 'member_1.fits' },
  ]);
});
