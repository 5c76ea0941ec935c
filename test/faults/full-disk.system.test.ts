/** The disk of a satellite, its database and its files, gets full in a transfer, and has space again later. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, statfsSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DATASETS, FaultyWorld, SELECTION } from './faulty-world.ts';

const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;
/** What the disk has left when the transfer begins: less than the registry needs for it. */
const LEFT_BYTES = 64 << 10;

describe.skipIf(!canMount)('On a small disk (as root, with mounts)', () => {
  let world: FaultyWorld;
  let disk: string;

  beforeAll(async () => {
    world = await FaultyWorld.open();
    disk = join(world.directory, 'disk');
    mkdirSync(disk);
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
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
  }, 120_000);
});
