import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { link, mkdir, readdir, readFile, realpath, rename, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FileArtifactStore } from '../../../../src/repository/direct/datastore/file-store.ts';
import { temporaryDirectory } from '../../../fixtures/repositories.ts';
import { chunks, describeArtifactStore, sha256, signal } from './store-contract.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let root: string;
let store: FileArtifactStore;

beforeEach(async () => {
  directory = await temporaryDirectory();
  root = join(directory.path, 'root');
  await mkdir(root);
  await writeFile(join(directory.path, 'outside'), 'outside');
  await writeFile(join(root, 'gen3.sqlite3'), 'database');
  store = new FileArtifactStore('own', root);
});
afterEach(() => directory[Symbol.asyncDispose]());

const outside = async () => [
  (await readdir(directory.path)).sort(),
  await readFile(join(directory.path, 'outside'), 'utf8'),
  await readFile(join(root, 'gen3.sqlite3'), 'utf8'),
];

describeArtifactStore(() => store, outside);

describe('a link in the root that leads out of it', () => {
  const write = (path: string) => store.write(path, chunks(randomBytes(10)), {}, signal);

  test('is not followed as a directory', async () => {
    await symlink(directory.path, join(root, 'run'));
    const before = await outside();
    for (const act of [
      () => write('run/outside'),
      () => write('run/new/file'),
      () => store.read('run/outside', null, signal),
      () => store.stat('run/outside', signal),
      () => store.source('run/outside', signal),
      () => store.remove(['run/outside'], signal),
    ]) {
      await expect(act()).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
    expect(await outside()).toEqual(before);
    expect(await Array.fromAsync(store.list('', signal))).toEqual([]);
  });

  test('is not followed as a file: it is replaced or removed itself', async () => {
    await mkdir(join(root, 'run'));
    await symlink(join(directory.path, 'outside'), join(root, 'run', 'file'));
    const before = await outside();
    await expect(store.read('run/file', null, signal)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await write('run/file');
    expect(await store.stat('run/file', signal)).toEqual({ path: 'run/file', size: 10 });
    await symlink(join(directory.path, 'outside'), join(root, 'run', 'other'));
    await store.remove(['run/other'], signal);
    expect(await readdir(join(root, 'run'))).toEqual(['file']);
    expect(await outside()).toEqual(before);
  });

  test('is not followed where it is put there while a file is written', async () => {
    async function* bytes() {
      yield randomBytes(10);
      await rename(join(root, 'run'), join(root, 'moved'));
      await symlink(directory.path, join(root, 'run'));
      yield randomBytes(10);
    }
    const before = await outside();
    await store.write('run/outside', bytes(), {}, signal);
    expect(await readdir(join(root, 'moved'))).toEqual(['outside']);
    expect(await outside()).toEqual(before);
  });

  test('is not followed by who comes while the directory that was there is still in use', async () => {
    async function* bytes() {
      yield randomBytes(10);
      expect(await store.stat('run/outside', signal)).toBeNull();
      await rename(join(root, 'run'), join(root, 'moved'));
      await symlink(directory.path, join(root, 'run'));
      await expect(write('run/outside')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
      await expect(store.stat('run/outside', signal)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
      yield randomBytes(10);
    }
    const before = await outside();
    await store.write('run/own', bytes(), {}, signal);
    expect(await readdir(join(root, 'moved'))).toEqual(['own']);
    expect(await outside()).toEqual(before);
  });

  test('is only that: another name of the same file is replaced, not written into', async () => {
    await mkdir(join(root, 'run'));
    await link(join(directory.path, 'outside'), join(root, 'run', 'file'));
    const before = await outside();
    await write('run/file');
    expect(await outside()).toEqual(before);
  });
});

test('a root that is a link is followed: that is the operator’s choice', async () => {
  await symlink(root, join(directory.path, 'link'));
  const linked = new FileArtifactStore('own', join(directory.path, 'link'));
  await linked.write('run/file', chunks(randomBytes(10)), {}, signal);
  expect(await linked.source('run/file', signal)).toEqual({
    kind: 'path',
    path: join(await realpath(root), 'run', 'file'),
    size: 10,
  });
});

test('a file appears under its name when all of it is there, and nothing else is left', async () => {
  const bytes = randomBytes(3000);
  async function* watched() {
    for await (const chunk of chunks(bytes)) {
      expect(await store.stat('run/file', signal)).toBeNull();
      expect(await Array.fromAsync(store.list('', signal))).toEqual([]);
      yield chunk;
    }
  }
  await store.write('run/file', watched(), { sha256: sha256(bytes) }, signal);
  expect(await readdir(join(root, 'run'))).toEqual(['file']);
});

test('what a killed writer left is found and removed, and what is being written is not', async () => {
  await mkdir(join(root, 'run'));
  const left = join(root, 'run', '.satellite-left');
  await writeFile(left, 'half');
  await utimes(left, 1000, 1000);
  const hourAgo = new Date(Date.now() - 3_600_000);
  async function* bytes() {
    const unfinished = await Array.fromAsync(store.unfinished(hourAgo, signal));
    expect(unfinished).toHaveLength(1);
    await unfinished[0]!.remove();
    yield randomBytes(1);
  }
  await store.write('run/file', bytes(), {}, signal);
  expect(await readdir(join(root, 'run'))).toEqual(['file']);
});

test('a directory that was removed and made again is found by who writes', async () => {
  const write = (name: string) => store.write(`run/${name}`, chunks(randomBytes(1)), {}, signal);
  async function* bytes() {
    await rename(join(root, 'run'), join(root, 'before'));
    await Promise.all(['b', 'c', 'd'].map(write));
    expect((await readdir(join(root, 'run'))).sort()).toEqual(['b', 'c', 'd']);
    yield randomBytes(1);
  }
  await store.write('run/a', bytes(), {}, signal);
  expect(await readdir(join(root, 'before'))).toEqual(['a']);
});

test('directories that become empty go, the root stays', async () => {
  await store.write('a/b/c/file', chunks(randomBytes(1)), {}, signal);
  await store.write('a/other', chunks(randomBytes(1)), {}, signal);
  await store.remove(['a/b/c/file'], signal);
  expect(await readdir(join(root, 'a'))).toEqual(['other']);
  await store.remove(['a/other'], signal);
  expect(await readdir(root)).toEqual(['gen3.sqlite3']);
});

test('files can be written while their directory is being emptied', async () => {
  const write = (name: string) => store.write(`run/deep/${name}`, chunks(randomBytes(1)), {}, signal);
  const rounds = Array.from({ length: 30 }, async (_, i) => {
    await write(String(i));
    await store.remove([`run/deep/${String(i)}`], signal);
  });
  await Promise.all(rounds);
  expect(await readdir(root)).toEqual(['gen3.sqlite3']);
});

test('something that is no file is none', async () => {
  await mkdir(join(root, 'run', 'directory'), { recursive: true });
  expect(spawnSync('mkfifo', [join(root, 'run', 'pipe')]).status).toBe(0);
  expect(await store.stat('run/directory', signal)).toBeNull();
  expect(await store.stat('run/pipe', signal)).toBeNull();
  await expect(store.write('run/directory', chunks(randomBytes(1)), {}, signal)).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
  });
});

test('files and directories get the modes that the configuration names', async () => {
  const shared = new FileArtifactStore('own', root, { fileMode: 0o664, directoryMode: 0o2775 });
  await shared.write('run/deep/file', chunks(randomBytes(1)), {}, signal);
  expect((await stat(join(root, 'run', 'deep', 'file'))).mode & 0o7777).toBe(0o664);
  expect((await stat(join(root, 'run'))).mode & 0o7777).toBe(0o2775);
  expect((await stat(join(root, 'run', 'deep'))).mode & 0o7777).toBe(0o2775);
});

test.skipIf(process.getuid?.() !== 0)('files and directories become the owner’s (as root)', async () => {
  const owned = new FileArtifactStore('own', root, { owner: { uid: 4242, gid: 4343 } });
  await owned.write('run/file', chunks(randomBytes(1)), {}, signal);
  for (const path of ['run', 'run/file']) {
    expect(await stat(join(root, path))).toMatchObject({ uid: 4242, gid: 4343 });
  }
});

const small = spawnSync('unshare', ['--mount', 'true']).status === 0;

test.skipIf(!small)('a full disk is told as such and holds nothing of the file (as root, with mounts)', async () => {
  // In a mount namespace of its own, so that nothing stays mounted whatever happens.
  const script = `
    const { FileArtifactStore } = await import(process.argv[1]);
    const { readdirSync } = await import('node:fs');
    const store = new FileArtifactStore('own', process.argv[2]);
    async function* bytes() { for (let i = 0; i < 64; i += 1) yield new Uint8Array(65536); }
    const error = await store.write('run/file', bytes(), {}, AbortSignal.timeout(20000)).catch((error) => error);
    console.log(JSON.stringify({ code: error.code, message: error.message, left: readdirSync(process.argv[2] + '/run') }));
  `;
  const module = join(import.meta.dirname, '../../../../src/repository/direct/datastore/file-store.ts');
  const { stdout, stderr } = spawnSync(
    'unshare',
    [
      '--mount',
      'sh',
      '-ec',
      'mount -t tmpfs -o size=1m tmpfs "$1"; exec "$2" --input-type=module -e "$3" "$4" "$1"',
      'sh',
      root,
      process.execPath,
      script,
      module,
    ],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    code: 'QUOTA_EXCEEDED',
    message: "There is no space left for 'run/file' in repository 'own'. Remove datasets, or ask for more.",
    left: [],
  });
});
