/** Publishing that is killed, or that finds other bytes: all of it is there, or nothing, and what was begun is ended or swept. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DirectRepository } from '../../src/repository/direct/direct-repository.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import { FAILPOINTS, type Failpoint } from '../../src/repository/failpoints.ts';
import { buildSatellite } from '../../stack/satellite.ts';
import { dumpRegistry } from '../transfer/registry-dump.ts';
import { manifestOf, type WholeManifest } from './manifest-of.ts';
import { contextOf, PUBLICATION, PublishedWorld } from './published-world.ts';

const COLLECTIONS = ['u/alice/defaults', 'u/alice/calib/gen0'];
const PROGRAM = fileURLToPath(new URL('publish-process.ts', import.meta.url));
type Change = 'publish' | 'replace' | 'withdraw';

let root: string;
let source: DirectRepository;
let manifest: WholeManifest;
let empty: PublishedWorld;
let first: PublishedWorld;
/** What each change leaves. */
const expected = new Map<Change, unknown>();

beforeAll(async () => {
  root = await buildSatellite();
  source = await openDirectRepository({ name: 'alice~mine', path: root });
  manifest = await manifestOf(source, COLLECTIONS, contextOf());
  empty = await PublishedWorld.make();
  await empty.repositories.writeable('published');
  first = await copied(empty);
  await first.publish(manifest, source);
  for (const change of ['publish', 'replace', 'withdraw'] as const) {
    await using world = await copied(change === 'publish' ? empty : first);
    expect(await changeIn(world, change, '')).toBeNull();
    expected.set(change, stateOf(world));
    expect(await strayFiles(world)).toEqual([]);
  }
}, 900_000);
afterAll(async () => {
  await source.close();
  await empty[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
});

async function copied(world: PublishedWorld): Promise<PublishedWorld> {
  const directory = `${world.directory}-${Math.random().toString(36).slice(2)}`;
  await cp(world.directory, directory, { recursive: true });
  return PublishedWorld.in(directory);
}

/** @returns the signal that ended it, or null */
async function changeIn(world: PublishedWorld, change: Change, failpoint: string): Promise<string | null> {
  const child = spawn(process.execPath, [PROGRAM, world.directory, root, change], {
    env: { ...process.env, SATELLITE_FAILPOINT: failpoint },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (code !== null && code !== 0) throw new Error(`it ended with status ${code}`);
  return signal;
}

const stateOf = (world: PublishedWorld) => dumpRegistry(world.root);

/** Files that no record names. */
async function strayFiles(world: PublishedWorld): Promise<readonly string[]> {
  const records = (stateOf(world)['file_datastore_records'] ?? []).map(
    (row) => (JSON.parse(row) as { path: string }).path,
  );
  const entries = await readdir(join(world.root), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(world.root.length + 1));
  const repository = /^(butler\.yaml|gen3\.sqlite3(-journal)?)$/;
  return files.filter((path) => !repository.test(path) && !records.includes(path));
}

/** At which of them each change comes by. */
const MET: Readonly<Record<Extract<Failpoint, `${'publish' | 'withdraw'}:${string}`>, Change>> = {
  'publish:in-file': 'publish',
  'publish:after-file': 'publish',
  'publish:before-verifying': 'publish',
  'publish:before-committing': 'publish',
  'publish:before-datasets': 'replace',
  'publish:before-memberships': 'replace',
  'publish:before-generation': 'publish',
  'publish:after-generation': 'replace',
  'publish:before-sweeping': 'replace',
  'withdraw:before-generation': 'withdraw',
  'withdraw:after-generation': 'withdraw',
};

describe('Publishing whose process is killed', () => {
  test('is tried at each of its failpoints', () => {
    expect(Object.keys(MET).sort()).toEqual(FAILPOINTS.filter((name) => /^(publish|withdraw):/.test(name)).sort());
  });

  test.each(Object.entries(MET))(
    'at %s shows what was there or all that comes, and goes on',
    async (failpoint, change) => {
      const before = change === 'publish' ? empty : first;
      await using world = await copied(before);
      const nth = failpoint.endsWith('-file') ? ':5' : '';
      expect(await changeIn(world, change, failpoint + nth)).toBe('SIGKILL');
      // Opening it undoes what the killed writer left of a transaction.
      const moment = await copied(world);
      await (await moment.repositories.writeable('published')).recordedAt([], contextOf());
      const { dataset: seen } = stateOf(moment);
      expect([
        stateOf(before)['dataset'],
        (expected.get(change) as ReturnType<typeof stateOf>)['dataset'],
      ]).toContainEqual(seen);
      await moment[Symbol.asyncDispose]();
      expect(await changeIn(world, change, '')).toBeNull();
      expect(stateOf(world)).toEqual(expected.get(change));
      expect(await strayFiles(world)).toEqual([]);
    },
    180_000,
  );
});

describe('Publishing that fails', () => {
  test('leaves nothing, of bytes that are not those that were approved', async () => {
    await using world = await copied(empty);
    const other = manifest.content.datasets[5]!.uuid;
    const work = world.work(source);
    const publishing = world.publish(manifest, source, {
      find: async (dataset, file, ctx) => {
        if (dataset.uuid !== other) return work.find(dataset, file, ctx);
        return { kind: 'stream', size: file.size, open: async () => Readable.from(Buffer.alloc(file.size)) };
      },
    });
    await expect(publishing).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(stateOf(world)).toEqual(stateOf(empty));
    expect(await strayFiles(world)).toEqual([]);
  });

  test('leaves nothing, where it is cancelled or STALE before it is committed', async () => {
    await using world = await copied(empty);
    const publishing = world.publish(manifest, source, {
      enter: async (stage) => {
        if (stage === 'COMMITTING') throw Object.assign(new Error('stale'), { code: 'CONFLICT' });
      },
    });
    await expect(publishing).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(stateOf(world)).toEqual(stateOf(empty));
    expect(await strayFiles(world)).toEqual([]);
  });

  test('leaves nothing, where it was given up before its commit: the version before stays, until it is withdrawn', async () => {
    await using world = await copied(first);
    const at = (number: number) => ({ publication: PUBLICATION, version: number, repository: 'published' });
    const { signal } = contextOf();
    expect(await world.commit.keepOut(at(1), signal)).toEqual({ generation: 1, isVisible: true });
    const out = { generation: 2, isVisible: false };
    expect(await world.commit.keepOut(at(2), signal)).toEqual(out);
    expect(await world.commit.keepOut(at(2), signal)).toEqual(out);
    const less = await manifestOf(source, COLLECTIONS, contextOf(), { only: () => false });
    await expect(world.publish(less, source, { version: 2 })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(stateOf(world)['dataset']).toEqual(stateOf(first)['dataset']);
    expect(await world.commit.visibleSince(at(1))).toBe(1);
    expect(await world.withdraw(manifest)).toBe(3);
    expect(stateOf(world)['dataset']).toEqual(stateOf(empty)['dataset']);
    expect(await world.publish(manifest, source, { version: 3 })).toBe(4);
  });

  test('leaves nothing of bytes that were changed in the staging area', async () => {
    await using world = await copied(empty);
    const repository = await world.repositories.writeable('published');
    const publishing = world.publish(manifest, source, {
      enter: async (stage) => {
        if (stage !== 'VERIFYING') return;
        for await (const { path, size } of repository.artifacts.list('publications', contextOf().signal)) {
          await repository.artifacts.write(path, Readable.from(Buffer.alloc(size)), {}, contextOf().signal);
          break;
        }
      },
    });
    await expect(publishing).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(stateOf(world)).toEqual(stateOf(empty));
    expect(await strayFiles(world)).toEqual([]);
  });
});
