/** Whose a satellite's files are, and that the gateway is not led by them to files of others. */
import { chown, link, lstat, mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { SatelliteSettings } from '../../src/satellite/settings.ts';
import { buildOfficial } from '../../stack/official.ts';
import { alice, openWorld, principal, request, signal, visibleTo, type World } from './satellite-world.ts';

const ctx = { caller: { username: 'alice' }, signal };
/** Only root may give files away. */
const asRoot = test.skipIf(process.getuid!() !== 0);

let official: string;
let directory: string;
let world: World | undefined;

beforeAll(async () => {
  official = join(await buildOfficial(), 'repository');
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ownership-'));
});
afterEach(async () => {
  await world?.close();
  await rm(directory, { recursive: true });
});

const open = async (notebook: Partial<SatelliteSettings['notebook']>) =>
  (world = await openWorld({
    directory,
    official,
    settings: { notebook: { root: undefined, owners: {}, groups: {}, ...notebook } },
  }));
const ownerOf = async (path: string) => {
  const { uid, gid, mode } = await lstat(path);
  return [uid, gid, (mode & 0o7777).toString(8)];
};

test('the uri is what users see of the gateway’s paths', async () => {
  const { satellites } = await open({ root: '/shared/satellites' });
  const { satellite } = await satellites.create(request('mine'), alice);
  expect(satellites.uri(satellite!)).toBe(`/shared/satellites/alice/mine-${satellite!.id}`);
});

asRoot('files belong to the configured owner, and nobody else may look', async () => {
  const { satellites } = await open({ owners: { alice: { uid: 4321, gid: 4322 } } });
  const uri = satellites.uri((await satellites.create(request('mine'), alice)).satellite!);
  expect(await ownerOf(uri)).toEqual([4321, 4322, '700']);
  for (const file of ['butler.yaml', 'gen3.sqlite3'])
    expect(await ownerOf(join(uri, file))).toEqual([4321, 4322, '600']);
  expect(await ownerOf(join(uri, '..'))).toEqual([4321, 4322, '711']);
});

asRoot('without configuration they belong to whoever owns the user’s directory', async () => {
  const { satellites } = await open({});
  await mkdir(join(directory, 'satellites', 'alice'), { recursive: true });
  await chown(join(directory, 'satellites', 'alice'), 4323, 4324);
  const uri = satellites.uri((await satellites.create(request('mine'), alice)).satellite!);
  expect(await ownerOf(join(uri, 'gen3.sqlite3'))).toEqual([4323, 4324, '600']);
});

asRoot('those of a group’s satellite can be written by the group', async () => {
  const { satellites } = await open({ owners: { alice: { uid: 4321, gid: 4322 } }, groups: { g_lensing: 5000 } });
  const uri = satellites.uri((await satellites.create(request('ours', { group: 'g_lensing' }), alice)).satellite!);
  expect(await ownerOf(uri)).toEqual([4321, 5000, '2770']);
  expect(await ownerOf(join(uri, 'gen3.sqlite3'))).toEqual([4321, 5000, '660']);
});

asRoot('a group without a gid can own no satellite where files have owners', async () => {
  const { satellites } = await open({ owners: { alice: { uid: 4321, gid: 4322 } } });
  await expect(satellites.create(request('ours', { group: 'g_lensing' }), alice)).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
  });
});

test.each([
  ['a symbolic link', symlink],
  ['a hard link', link],
])('%s to another’s database in place of one’s own is not followed', async (_what, makeLink) => {
  const { satellites } = await open({});
  const bobs = (await satellites.create(request('secret'), principal('bob'))).satellite!;
  const mine = (await satellites.create(request('mine'), alice)).satellite!;
  const database = join(satellites.uri(mine), 'gen3.sqlite3');
  await rename(database, `${database}.own`);
  await makeLink(join(satellites.uri(bobs), 'gen3.sqlite3'), database);
  const { repository } = (await visibleTo(world!, alice)).get('mine');
  await expect(repository.collections({ search: ['*'] }, ctx)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
});

test.each([
  ['satellite', 'before'],
  ['satellite', 'while'],
  ['database', 'while'],
])('a link to another’s %s in place of one’s own is not followed, put there %s it is in use', async (what, when) => {
  const { satellites } = await open({});
  const bobs = satellites.uri((await satellites.create(request('secret'), principal('bob'))).satellite!);
  const mine = satellites.uri((await satellites.create(request('mine'), alice)).satellite!);
  const { repository, artifacts } = await satellites.forWriting('mine', alice);
  if (when === 'while') await repository.registerCollection({ name: 'mine', type: 'TAGGED' }, ctx);
  const before = await readdir(bobs, { recursive: true });
  const inSatellite = what === 'database' ? 'gen3.sqlite3' : '';
  await rename(join(mine, inSatellite), `${mine}.own`);
  await symlink(join(bobs, inSatellite), join(mine, inSatellite));
  const refused = { code: 'UPSTREAM_UNAVAILABLE' };
  await expect(repository.collections({ search: ['*'] }, ctx)).rejects.toMatchObject(refused);
  await expect(repository.registerCollection({ name: 'other', type: 'TAGGED' }, ctx)).rejects.toMatchObject(refused);
  if (what === 'satellite') {
    for (const work of [
      () => artifacts.stat('butler.yaml', signal),
      () => artifacts.write('u/f', of('x'), {}, signal),
    ]) {
      await expect(work()).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
  }
  expect(await readdir(bobs, { recursive: true })).toEqual(before);
});

test('a database with triggers is not written to: nobody could end one that runs for ever', async () => {
  const { satellites } = await open({});
  const mine = satellites.uri((await satellites.create(request('mine'), alice)).satellite!);
  const { repository } = await satellites.forWriting('mine', alice);
  const database = new Sqlite(join(mine, 'gen3.sqlite3'));
  database.exec(`CREATE TRIGGER mine AFTER INSERT ON collection BEGIN UPDATE collection SET doc = name; END`);
  database.close();
  await expect(repository.registerCollection({ name: 'mine', type: 'TAGGED' }, ctx)).rejects.toMatchObject({
    code: 'UPSTREAM_UNAVAILABLE',
    message: expect.stringContaining('triggers or views') as string,
  });
});

async function* of(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

test('a user’s name that begins with a dot makes no directory', async () => {
  const { satellites } = await open({});
  for (const username of ['..', '.deleted']) {
    await expect(satellites.create(request('mine'), principal(username))).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  }
});
