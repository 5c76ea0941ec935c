/** `satellite publish pack` and `submit --pack`: a satellite that no gateway reaches, as a zip. */
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openPublishing, type PublishingWorld, type Shown } from '../publish/publishing-world.ts';
import { satelliteAs, satelliteCommand } from './satellite-command.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

const CHAIN = 'u/alice/run-chain';

let world: PublishingWorld;
let directory: string;
/** Of the repository. */
let root: string;
let zip: string;

beforeAll(async () => {
  world = await openPublishing({ commit: 'real' });
  directory = await mkdtemp(join(tmpdir(), 'publish-pack-'));
  zip = join(directory, 'pack.zip');
  await world.filled('work', 'u/alice/run', 2);
  const { data } = await world.ask('alice', '{satellite(name: "work") {uri}}');
  const uri = data.satellite.uri as string;
  root = uri.startsWith('file:') ? fileURLToPath(uri) : uri;
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const alice = (...args: readonly string[]) => satelliteAs(world.gateway, 'alice', ['g_lensing'], ['publish', ...args]);
const submit = (file: string, ...more: readonly string[]) =>
  alice('submit', 'laptop', CHAIN, '--pack', file, '--title', 'From afar', ...more);

test('a repository is packed without any gateway, and the zip submitted by its name', async () => {
  const packed = await satelliteCommand(['publish', 'pack', root, CHAIN, '--out', zip]);
  // The two files have the same bytes.
  expect(packed).toEqual({ code: 0, stderr: '', stdout: `${zip}: 2 datasets, 32 bytes of files.\n` });
  const again = await satelliteCommand(['publish', 'pack', join(root, 'butler.yaml'), CHAIN, '--out', zip, '--json']);
  const answer = { out: zip, datasets: 2, bytes: 32, registeredOnly: 0, officialDatasets: 0 };
  expect(JSON.parse(again.stdout)).toEqual(answer);
  expect(await readdir(directory)).toEqual(['pack.zip']);

  const text = await submit(zip);
  expect(text).toMatchObject({ code: 0, stderr: '' });
  expect(text.stdout).toMatch(
    /^Publication [0-9a-f-]{36}, version 1 \('From afar'\): submitted\.\n {2}digest [0-9a-f]{64}\n/,
  );
  expect(text.stdout).toMatch(/\n {2}WARNING INPUT_RIGHTS: .*It came as a zip/);
  const { publication } = JSON.parse((await submit(zip, '--json')).stdout) as { publication: Shown };
  expect(publication).toMatchObject({ version: 1, state: 'SUBMITTED', owner: 'alice' });
  expect(publication.checks.map(({ code }) => code)).toContain('PACK');
  expect(await world.look('curator', publication.id, 'satellite')).toEqual({ satellite: 'alice~laptop' });
});

test('what is no such zip stays a draft that says why, and a file that is not there is told of', async () => {
  const other = join(directory, 'other.zip');
  await writeFile(other, 'not a zip at all, but long enough to be looked at');
  const draft = await submit(other);
  expect(draft.code).toBe(0);
  expect(draft.stdout).toMatch(/: draft\.\n {2}FAILED {2}PACK: The zip is damaged/);
  const missing = await submit(join(directory, 'missing.zip'));
  expect(missing).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('missing.zip') as string });
});

test('nothing is left of a pack that cannot be made', async () => {
  const out = join(directory, 'none.zip');
  for (const [wrong, reason] of [
    [[root, 'u/alice/nothing'], /u\/alice\/nothing/],
    [[directory, CHAIN], /butler\.yaml/],
  ] as const) {
    const refused = await satelliteCommand(['publish', 'pack', ...wrong, '--out', out]);
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(reason) as string });
    expect(refused.stderr).not.toMatch(/^\s+at /m);
  }
  expect(await satelliteCommand(['publish', 'pack', root, CHAIN])).toMatchObject({ code: 2, stdout: '' });
  await expect(stat(out)).rejects.toThrow();
  expect((await readdir(directory)).filter((name) => name.endsWith('.part'))).toEqual([]);
});
