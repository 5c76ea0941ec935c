import { mkdir, rename, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readLocalFile } from '../../src/repository/local-file.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';

const signal = AbortSignal.timeout(20 * 60_000);
const SIZE = 200_000;
let place: Awaited<ReturnType<typeof temporaryDirectory>>;
let path: string;
beforeEach(async () => {
  place = await temporaryDirectory();
  path = join(place.path, 'run', 'x.fits');
  await mkdir(join(place.path, 'run'));
  await writeFile(path, 'x'.repeat(SIZE - 1) + 'y');
});
afterEach(() => place[Symbol.asyncDispose]());

const read = async (range: { start: number; end: number } | null = null) =>
  text(await readLocalFile({ path, size: SIZE }, range, signal));

test('gives all of a file, or a part', async () => {
  expect(await read()).toHaveLength(SIZE);
  expect(await read({ start: SIZE - 2, end: SIZE + 5 })).toBe('xy');
  expect(await text(await readLocalFile({ path, size: 0 }, null, signal))).toBe('');
});

test.each(['file', 'directory'])('follows no link that took the place of its %s', async (what) => {
  await writeFile(join(place.path, 'secret'), 'secret');
  await mkdir(join(place.path, 'outside'));
  await writeFile(join(place.path, 'outside', 'x.fits'), 'secret');
  const replaced = what === 'file' ? path : join(place.path, 'run');
  await rename(replaced, `${replaced}.old`);
  await symlink(join(place.path, what === 'file' ? 'secret' : 'outside'), replaced);
  await expect(read()).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('fails where the file has become shorter, rather than end early', async () => {
  const stream = await readLocalFile({ path, size: SIZE }, null, signal);
  await truncate(path, 10);
  await expect(text(stream)).rejects.toThrow('shorter');
});
