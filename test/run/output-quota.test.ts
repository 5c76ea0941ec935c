/** What runs write, and has not been brought home, counts against the quota of their satellite. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endOutputQuota, OutputQuota } from '../../src/run/output-quota.ts';
import type { RunRecord } from '../../src/run/run.ts';
import { sqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';
import { alice, openWorld, request, signal, type World } from '../satellite/satellite-world.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let world: World;
beforeAll(async () => {
  directory = await temporaryDirectory();
  world = await openWorld({ directory: directory.path, official: sqliteRepository('official') });
  await world.satellites.create(request('mine', { quotaBytes: 1000 }), alice);
});
afterAll(async () => {
  await world.close();
  await directory[Symbol.asyncDispose]();
});

const run = { id: 'r1', owner: 'alice', satellite: 'alice~mine', spec: { outputRun: 'u/alice/out/1' } } as RunRecord;

async function quotaAndFiles() {
  const satellite = await world.satellites.forWriting('mine', alice);
  const write = async (name: string, bytes: number) => {
    const path = join(satellite.artifacts.root, 'u/alice/out/1', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, Buffer.alloc(bytes, 1));
  };
  return { satellite, quota: new OutputQuota(run, satellite, world.satellites), write };
}
const trouble = (error: unknown) => {
  throw error;
};

test('a run whose outputs do not fit into the quota ends with QUOTA_EXCEEDED, and has all of it again when there is room', async () => {
  const { quota, write } = await quotaAndFiles();
  const work = () => write('a', 600).then(() => write('b', 600));
  await expect(quota.during(work, signal, trouble)).rejects.toMatchObject({
    code: 'QUOTA_EXCEEDED',
    message: expect.stringContaining('1200 are needed') as string,
  });
  await rm(join((await quotaAndFiles()).satellite.artifacts.root, 'u/alice/out/1/b'));
  expect(await quota.during(async () => 'done', signal, trouble)).toBe('done');
});

test('what it has written is not given to others before it is registered or removed', async () => {
  const { quota } = await quotaAndFiles();
  await quota.count(signal);
  const other = () => world.satellites.reserve('alice~mine', 'a transfer', 500);
  await expect(other()).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
  await endOutputQuota(run, world.satellites);
  await other();
  await world.satellites.release('alice~mine', 'a transfer');
});

test('work that goes on is ended when there is no room any more', async () => {
  const { quota, write } = await quotaAndFiles();
  await write('c', 2000);
  const work = (ended: AbortSignal) =>
    new Promise<never>((_, reject) => ended.addEventListener('abort', () => reject(ended.reason as Error)));
  await expect(quota.during(work, signal, trouble)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
});
