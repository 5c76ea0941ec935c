/** The disk of a satellite, its database or its files, gets full in a transfer, and has space again later. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DATASETS, FaultyWorld, SELECTION } from './faulty-world.ts';

const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;
/** What the disk has left when the transfer begins: less than the registry needs for it. */
const LEFT_BYTES = 64 << 10;
/** Files of 8 kB each, in directories below `HSC`, and a disk that takes about half of them. */
const CATALOGS = { datasetTypes: ['source_catalog'], collections: ['defaults'], findFirst: false };
const HALF_OF_CATALOGS = '256k';

function mount(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

describe.skipIf(!canMount)('On a small disk (as root, with mounts)', () => {
  let world: FaultyWorld;
  let disk: string;

  beforeAll(async () => {
    world = await FaultyWorld.open();
    disk = join(world.directory, 'disk');
    mkdirSync(disk);
    mount('-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk);
  });
  afterAll(async () => {
    await world.logs();
    spawnSync('umount', [disk]);
    await world[Symbol.asyncDispose]();
  });

  test('a transfer fails with nothing of it to be seen, and goes on when there is space', async () => {
    const gateway = await world.start({ name: 'gateway', satellites: { root: disk } });
    const root = await world.create(gateway, 'mine');
    const filler = join(disk, 'filler');
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(filler, Buffer.alloc(bavail * bsize - LEFT_BYTES));
    const input = { from: 'dp1', to: 'mine', search: SELECTION, mode: 'COPY' };
    const failed = await world.run(gateway, 'transferDatasets', input);
    expect(failed).toMatchObject({ state: 'FAILED', error: { code: 'QUOTA_EXCEEDED' } });
    expect((await world.judge([root]))[0]).toMatchObject({ datasets: 0, copied: 0 });
    await rm(filler);
    await world.call(gateway, 'retryJob', { job: failed.id });
    expect(await world.ended(gateway, failed)).toMatchObject({ state: 'COMPLETED' });
    const [found] = await world.judge([root]);
    expect(found).toMatchObject({ datasets: DATASETS, copied: DATASETS });
    expect(found!.digests).toEqual(await world.officialDigests(Object.keys(found!.digests)));
    expect(await world.verified(gateway, 'mine')).toMatchObject({ sound: true, findings: [] });
  });

  test('a copy whose files find no place fails with none of them recorded or half there, and goes on when there is space', async () => {
    const gateway = await world.start({ name: 'roomy' });
    const root = await world.create(gateway, 'mine');
    const files = join(root, 'HSC');
    mkdirSync(files);
    mount('-t', 'tmpfs', '-o', `size=${HALF_OF_CATALOGS}`, 'tmpfs', files);
    try {
      const input = { from: 'dp1', to: 'mine', search: CATALOGS, mode: 'COPY' };
      const { plan } = await world.call(
        gateway,
        'transferDatasets',
        { ...input, dryRun: true },
        'plan {datasets bytes}',
      );
      const failed = await world.run(gateway, 'transferDatasets', input);
      expect(failed).toMatchObject({ state: 'FAILED', error: { code: 'QUOTA_EXCEEDED' } });
      expect((await world.judge([root]))[0]).toMatchObject({ datasets: 0, copied: 0 });
      const left = readdirSync(files, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      expect(left.length).toBeGreaterThan(0);
      expect(left.length).toBeLessThan(plan.datasets as number);
      expect(left.filter(({ name }) => !name.endsWith('.parq'))).toEqual([]);
      const whole = (plan.bytes as number) / (plan.datasets as number);
      for (const { parentPath, name } of left) expect(statSync(join(parentPath, name)).size).toBeGreaterThan(whole - 8);
      mount('-o', 'remount,size=16m', files);
      await world.call(gateway, 'retryJob', { job: failed.id });
      expect(await world.ended(gateway, failed)).toMatchObject({ state: 'COMPLETED' });
      const [found] = await world.judge([root]);
      expect(found).toMatchObject({ datasets: plan.datasets, copied: plan.datasets });
      expect(found!.digests).toEqual(await world.officialDigests(Object.keys(found!.digests)));
      expect(await world.verified(gateway, 'mine')).toMatchObject({ sound: true, findings: [] });
    } finally {
      spawnSync('umount', ['--lazy', files]);
    }
  });
});
