import { copyFile, lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { enterPlace, makePlace, openRunGraph, writeWithin } from '../../src/run/exact-places.ts';
import { makeWriteable, startPython } from '../../src/run/worker/place.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';

const GRAPH = 'test/data/graphs/dictionary.qg';

let root: Awaited<ReturnType<typeof temporaryDirectory>>;
let mine: string;
let others: string;
beforeAll(async () => {
  root = await temporaryDirectory();
  [mine, others] = [join(root.path, 'mine'), join(root.path, 'others')];
  for (const directory of [mine, others]) await mkdir(directory);
  await copyFile(GRAPH, join(others, 'graph.qg'));
  await symlink(others, join(mine, 'link'));
});
afterAll(() => root[Symbol.asyncDispose]());

test('a directory that is missing is made with those that lead to it', async () => {
  await using made = await makePlace(join(mine, 'a/b/c'));
  await writeWithin(made, 'file', 'text');
  expect(await readFile(join(mine, 'a/b/c/file'), 'utf8')).toBe('text');
});

test('through a link nothing is entered, made, given away or read', async () => {
  await mkdir(join(others, 'logs'));
  const before = await readdir(others);
  const refused = { code: 'CONFLICT' };
  await expect(enterPlace(join(mine, 'link'))).rejects.toMatchObject(refused);
  await expect(makePlace(join(mine, 'link/x/y'))).rejects.toMatchObject(refused);
  await expect(makePlace(join(mine, 'link'))).rejects.toMatchObject(refused);
  const { uid } = await lstat(others);
  const sandbox = { kind: 'sandbox', user: 'alice', uid: 1_000_000_007 } as const;
  await expect(makeWriteable(sandbox, [join(mine, 'link')])).rejects.toMatchObject(refused);
  const python = { executable: '/bin/false', path: [] };
  for (const visible of [
    { readable: [join(mine, 'link')], writeable: [] },
    { readable: [], writeable: [join(mine, 'link/logs')] },
  ]) {
    const started = startPython(sandbox, python, [], { environment: {}, visible, socket: join(mine, 'socket') });
    await expect(started).rejects.toMatchObject(refused);
  }
  await expect(openRunGraph(join(mine, 'link/graph.qg'))).rejects.toMatchObject(refused);
  expect(await readdir(others)).toEqual(before);
  expect((await lstat(others)).uid).toBe(uid);
});

test('a file is written in the place of a link, not through it', async () => {
  await writeFile(join(others, 'theirs'), 'theirs');
  await symlink(join(others, 'theirs'), join(mine, 'pipeline.yaml'));
  await using directory = await enterPlace(mine);
  await writeWithin(directory, 'pipeline.yaml', 'mine');
  expect(await readFile(join(others, 'theirs'), 'utf8')).toBe('theirs');
  expect(await readFile(join(mine, 'pipeline.yaml'), 'utf8')).toBe('mine');
});

test('the graph of another run is not a run’s own', async () => {
  const graph = await openRunGraph(join(others, 'graph.qg'));
  const { outputRun } = graph.header;
  await graph.close();
  await (await openRunGraph(join(others, 'graph.qg'), outputRun)).close();
  await expect(openRunGraph(join(others, 'graph.qg'), 'u/alice/x')).rejects.toThrow('not the graph of this run');
});
