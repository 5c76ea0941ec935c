/** Verification, and satellites that one process at a time writes to, as on network file systems. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { permanentAddress } from '../../src/access/permanent-address.ts';
import { buildOfficial } from '../../stack/official.ts';
import { pythonProgram } from '../../stack/checkout.ts';
import { alice, openWorld, request, signal, visibleTo, type World } from './satellite-world.ts';

const run = promisify(execFile);
const ctx = { caller: alice, signal };
const mine = { satellite: 'mine' };
const NOBODY = { uid: 65534, gid: 65534 };
const asRoot = process.getuid!() === 0;

let official: string;
let directory: string;
const worlds: World[] = [];
beforeAll(async () => {
  official = join(await buildOfficial(), 'repository');
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'care-'));
  await chmod(directory, 0o755);
});
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
  await rm(directory, { recursive: true });
});

/** A gateway; several in one directory share state and satellites. */
async function gateway(): Promise<World> {
  const world = await openWorld({
    directory,
    official,
    settings: {
      singleWriter: 'always',
      ...(asRoot && { notebook: { root: undefined, owners: { alice: NOBODY }, groups: {} } }),
    },
  });
  worlds.push(world);
  return world;
}

const write = async ({ satellites }: World, name: string) =>
  (await satellites.forWriting('mine', alice)).repository.registerCollection({ name, type: 'TAGGED' }, ctx);

/** Registers a RUN as the satellite's owner, who cannot read the modules of root's Python: it has used them all before. */
const OWNERS_BUTLER = `
import os, sys, tempfile
from lsst.daf.butler import Butler

def register(root, name):
    with Butler.from_config(root, writeable=True) as butler:
        butler.collections.register(name)

with tempfile.TemporaryDirectory() as other:
    Butler.makeRepo(other)
    register(other, "run")
os.setgid(${String(NOBODY.gid)})
os.setuid(${String(NOBODY.uid)})
register(*sys.argv[1:])
`;

const ownersButler = (uri: string, name: string) => run(pythonProgram('python'), ['-c', OWNERS_BUTLER, uri, name]);

test('a new satellite is sound', async () => {
  const world = await gateway();
  await world.satellites.create(request('mine', { instruments: ['HSC'] }), alice);
  const plan = await world.care.verify({ ...mine, dryRun: true, repair: false }, alice);
  expect(plan).toMatchObject({ job: null, plan: { datasets: 0, references: 0 } });
  for (const job of await world.jobs.list('alice', { first: 10 })) await world.ended(job);
  const { job } = await world.care.verify({ ...mine, dryRun: false, repair: false }, alice);
  expect(await world.ended(job)).toMatchObject({ state: 'COMPLETED', result: { sound: true, findings: [] } });
});

test('references whose targets are gone, or not shared any more, are named', async () => {
  const world = await gateway();
  await world.satellites.create(request('mine'), alice);
  const { repository } = await world.satellites.forWriting('mine', alice);
  await repository.registerDatasetTypes(
    [{ name: 'note', dimensions: [], storageClass: 'StructuredDataDict', isCalibration: false }],
    ctx,
  );
  const types = await repository.datasetTypes(ctx);
  const names = ['gone', 'unshared'];
  for (const [i, name] of names.entries()) {
    const uuid = `00000000-0000-4000-8000-00000000000${String(i)}`;
    await repository.registerCollection({ name, type: 'RUN' }, ctx);
    const path = permanentAddress('https://gateway.example', {
      repository: name === 'gone' ? 'dp1' : 'bob~secret',
      uuid,
      component: null,
      fileName: 'note.yaml',
      capability: null,
    });
    const file = { path, formatter: 'f', storageClass: 'StructuredDataDict', component: null, checksum: null, size: 5 };
    await repository.importDatasets(
      [{ uuid, datasetType: types.get('note')!, run: name, values: [], files: [file] }],
      ctx,
    );
  }
  const { job } = await world.care.verify({ ...mine, dryRun: false, repair: false }, alice);
  const { result } = await world.ended(job);
  expect(result).toMatchObject({ sound: false, counts: { REFERENCE_DEAD: 2 } });
});

test('two gateways write in turns, and both see everything', async () => {
  const [a, b] = [await gateway(), await gateway()];
  await a.satellites.create(request('mine'), alice);
  for (let i = 0; i < 2; i += 1) {
    await Promise.all([write(a, `a${String(i)}`), write(b, `b${String(i)}`)]);
  }
  const { repository } = await a.satellites.forWriting('mine', alice);
  const names = (await repository.collections({ search: ['*'] }, ctx)).map(({ name }) => name);
  expect(names.toSorted()).toEqual(['a0', 'a1', 'b0', 'b1']);
});

test.skipIf(!asRoot)('stock Python writes while it is checked out, and only then', async () => {
  const world = await gateway();
  const { satellite } = await world.satellites.create(request('mine'), alice);
  const uri = world.satellites.uri(satellite!);
  await write(world, 'first');
  await expect(ownersButler(uri, 'u/alice/early')).rejects.toThrow(/readonly database|unable to open|read-only/i);

  expect((await world.care.checkout(mine, alice)).satellite).toMatchObject({ state: 'CHECKED_OUT' });
  await expect(write(world, 'refused')).rejects.toMatchObject({ code: 'CONFLICT' });
  await ownersButler(uri, 'u/alice/run');
  const held = await stat(join(uri, 'gen3.sqlite3'));

  expect((await world.care.checkin(mine, alice)).satellite).toMatchObject({ state: 'READY' });
  const taken = await stat(join(uri, 'gen3.sqlite3'));
  expect(taken.ino).not.toBe(held.ino);
  expect([taken.uid, taken.mode & 0o222]).toEqual([NOBODY.uid, 0]);
  await write(world, 'second');
  const { repository } = await world.satellites.forWriting('mine', alice);
  const names = (await repository.collections({ search: ['*'] }, ctx)).map(({ name }) => name);
  expect(names.toSorted()).toEqual(['first', 'second', 'u/alice/run']);
});

test('a new satellite has a database that only the gateway writes to', async () => {
  const world = await gateway();
  const { satellite } = await world.satellites.create(request('mine'), alice);
  expect((await stat(join(world.satellites.uri(satellite!), 'gen3.sqlite3'))).mode & 0o222).toBe(asRoot ? 0 : 0o200);
  await write(world, 'first');
});

test('is not checked in while a Butler is in a transaction, and keeps what that commits', async () => {
  const world = await gateway();
  const { satellite } = await world.satellites.create(request('mine'), alice);
  await world.care.checkout(mine, alice);
  const butler = new Sqlite(join(world.satellites.uri(satellite!), 'gen3.sqlite3'));
  try {
    butler.exec(`BEGIN IMMEDIATE; INSERT INTO collection (name, type) VALUES ('u/alice/note', 2)`);
    for (let i = 0; i < 2; i += 1) {
      await expect(world.care.checkin(mine, alice)).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining('A Butler is in a transaction') as string,
      });
    }
    butler.exec('COMMIT');
  } finally {
    butler.close();
  }
  expect((await world.care.checkin(mine, alice)).satellite).toMatchObject({ state: 'READY' });
  const { repository } = await world.satellites.forWriting('mine', alice);
  expect(await repository.collections({ search: ['*'] }, ctx)).toMatchObject([{ name: 'u/alice/note' }]);
});

test('a satellite is handed over when what the gateway is writing to it has ended', async () => {
  const world = await gateway();
  await world.satellites.create(request('mine'), alice);
  const names = Array.from({ length: 20 }, (_, i) => `n${String(i).padStart(2, '0')}`);
  const { repository } = await world.satellites.forWriting('mine', alice);
  const writing = names.map((name) => repository.registerCollection({ name, type: 'TAGGED' }, ctx));
  const [, ...written] = await Promise.allSettled([world.care.checkout(mine, alice), ...writing]);
  for (const one of written) {
    if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'CONFLICT' });
  }
  const kept = names.filter((_, i) => written[i]!.status === 'fulfilled');
  const { all } = await visibleTo(world, alice);
  const found = await all[0]!.repository.collections({ search: ['*'] }, ctx);
  expect(found.map(({ name }) => name).toSorted()).toEqual(kept);
});

test('is not checked out in the middle of a job, whoever’s that is', async () => {
  const world = await gateway();
  await world.satellites.create(request('mine'), alice);
  // No gateway here knows its kind: it stays QUEUED.
  const kind = { name: 'transferDatasets', run: async () => null };
  const subject = 'satellite:alice~mine';
  await world.jobs.enqueue(kind, { owner: 'bob', subject, input: null });
  await expect(world.care.checkout(mine, alice)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('a job of bob (transferDatasets) has not ended') as string,
  });
});

test('a gateway that writes without a pause does not keep another from writing', async () => {
  const [a, b] = [await gateway(), await gateway()];
  await a.satellites.create(request('mine'), alice);
  let [written, done] = [0, false];
  const busy = (async () => {
    for (; !done; written += 1) await write(a, `a${String(written)}`);
  })();
  await write(b, 'b');
  done = true;
  await busy;
  expect(written).toBeGreaterThan(0);
});

test('a satellite on a scratch area carries a warning', async () => {
  const world = await openWorld({ directory, official, settings: { scratch: [directory] } });
  worlds.push(world);
  const { satellite } = await world.satellites.create(request('mine'), alice);
  expect(world.satellites.warnings(satellite!)).toEqual([expect.stringContaining('emptied from time to time')]);
});
