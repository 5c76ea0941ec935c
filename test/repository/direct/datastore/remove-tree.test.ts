import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OpenDirectory } from '../../../../src/repository/direct/datastore/directory-walk.ts';
import { removeTree } from '../../../../src/repository/direct/datastore/remove-tree.ts';
import { temporaryDirectory } from '../../../fixtures/repositories.ts';

let place: Awaited<ReturnType<typeof temporaryDirectory>>;
let directory: OpenDirectory;
beforeEach(async () => {
  place = await temporaryDirectory();
  directory = await OpenDirectory.enter({ path: place.path, exact: false }, []);
});
afterEach(async () => {
  await directory[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

async function filled(path: string, files: number): Promise<void> {
  await mkdir(path, { recursive: true });
  for (let i = 0; i < files; i++) await writeFile(join(path, `${i}.fits`), 'bytes');
}

test('removes all that is in a directory, and not what links in it lead to', async () => {
  await filled(join(place.path, 'tree', 'a', 'b'), 150);
  await filled(join(place.path, 'tree', 'c'), 3);
  await filled(join(place.path, 'bob'), 3);
  await symlink(join(place.path, 'bob'), join(place.path, 'tree', 'a', 'link'));
  await removeTree(directory, 'tree');
  await symlink(join(place.path, 'bob'), join(place.path, 'link'));
  await removeTree(directory, 'link');
  await removeTree(directory, 'none');
  expect(await readdir(place.path)).toEqual(['bob']);
  expect(await readdir(join(place.path, 'bob'))).toHaveLength(3);
});

test('removes directories in one another, however deep they are', async () => {
  const depth = 300;
  const script = `mkdir tree; cd tree; for i in $(seq ${depth}); do mkdir d f$i; cd -P d; done`;
  expect(await once(spawn('sh', ['-c', script], { cwd: place.path, stdio: 'ignore' }), 'exit')).toEqual([0, null]);
  await removeTree(directory, 'tree');
  expect(await readdir(place.path)).toEqual([]);
});

test('follows no link that somebody goes on putting in the place of a directory', async () => {
  const bob = join(place.path, 'bob');
  await filled(bob, 20);
  // Now it is a directory, now a link, 20 000 times, as fast as that can be.
  const swap = `
    const { mkdirSync, renameSync, symlinkSync, unlinkSync } = require('node:fs');
    const attempt = (change) => { try { change(); } catch {} };
    process.stdout.write('ready');
    for (let i = 0; i < 20000; i++) {
      const d = 'tree/' + (i % 5);
      attempt(() => mkdirSync(d + '/in/it', { recursive: true }));
      attempt(() => renameSync(d, 'aside'));
      attempt(() => symlinkSync('../bob', d));
      attempt(() => unlinkSync(d));
      attempt(() => renameSync('aside', d));
    }`;
  const swapping = spawn(process.execPath, ['-e', swap], { cwd: place.path, stdio: ['ignore', 'pipe', 'ignore'] });
  await once(swapping.stdout, 'data');
  while (swapping.exitCode === null) await removeTree(directory, 'tree').catch(() => undefined);
  expect(swapping.exitCode).toBe(0);
  expect(await readdir(bob)).toHaveLength(20);
  await removeTree(directory, 'tree');
  expect(await readdir(place.path)).not.toContain('tree');
});
