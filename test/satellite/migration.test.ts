/** A satellite follows its official repository to another universe; upstream's tool is stood in for, Python is real. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { Universe } from '../../src/butler/universe.ts';
import { createRepository } from '../../src/repository/direct/create.ts';
import type { Failpoint } from '../../src/repository/failpoints.ts';
import { pythonProgram } from '../../stack/checkout.ts';
import { oneIn } from '../sample.ts';
import type { Change } from './change-process.ts';
import { alice, openWorld, request, signal, type World, type WorldOptions } from './satellite-world.ts';

// Each migration starts stock Python several times.
vi.setConfig({ testTimeout: 600_000 });

const run = promisify(execFile);
const CHANGE = fileURLToPath(new URL('change-process.ts', import.meta.url));
const STAND_IN = fileURLToPath(new URL('migrate-stand-in', import.meta.url));
const ctx = { caller: alice, signal };
const mine = { satellite: 'mine', dryRun: false };
const migrate = { ...mine, undo: false };
const undo = { ...mine, undo: true };

/** Empty official repositories, by the version of their universe. */
let officials: string;
let directory: string;
let world: World | undefined;

beforeAll(async () => {
  officials = await mkdtemp(join(tmpdir(), 'migration-officials-'));
  const file = await readFile(new URL('../data/universes.json.gz', import.meta.url));
  const shipped = JSON.parse(gunzipSync(file).toString()) as { stored: unknown }[];
  for (const version of [6, 7, 8]) {
    const universe = Universe.fromJson(shipped[version]!.stored);
    const directory = join(officials, String(version));
    await createRepository({ name: 'dp1', directory, universe, database: { dialect: 'sqlite' }, signal });
  }
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'migration-'));
  await chmod(directory, 0o755);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await world?.close();
  world = undefined;
  await rm(directory, { recursive: true });
});
afterAll(async () => {
  await rm(officials, { recursive: true });
});

const options = (version: number, changes: Partial<WorldOptions> = {}): WorldOptions => ({
  directory,
  official: join(officials, String(version)),
  python: { executable: pythonProgram('python'), path: [STAND_IN] },
  ...changes,
});

/** A gateway whose official repository has that universe, instead of the one before. */
async function gateway(version: number, changes: Partial<WorldOptions> = {}): Promise<World> {
  await world?.close();
  return (world = await openWorld(options(version, changes)));
}

/** A satellite with a run in it. @returns its root */
async function made(version: number, changes: Partial<WorldOptions> = {}): Promise<string> {
  const { satellites } = await gateway(version, changes);
  const { satellite } = await satellites.create(request('mine'), alice);
  await write('u/alice/run');
  return satellites.uri(satellite!);
}

async function write(name: string): Promise<void> {
  const { repository } = await world!.satellites.forWriting('mine', alice);
  await repository.registerCollection({ name, type: 'RUN' }, ctx);
}

async function universe(): Promise<number> {
  const { repository } = await world!.satellites.forWriting('mine', alice);
  return (await repository.universe(ctx)).version;
}

const PYTHON = `
import sys
from lsst.daf.butler import Butler
with Butler.from_config(sys.argv[1], writeable=True) as butler:
    butler.collections.register("u/alice/python")
    print(butler.dimensions.version, *sorted(butler.collections.query("*")), "can_see_sky" in butler.dimensions["exposure"].schema.names)
`;

const stockPython = async (root: string) => (await run(pythonProgram('python'), ['-c', PYTHON, root])).stdout.trim();

/** What was done, by a job that has ended. */
async function done(request: typeof migrate) {
  const { job } = await world!.migration.migrate(request, alice);
  return world!.ended(job);
}

/** Does it in a process of its own, over the official repository of universe 8, which is killed there. */
async function killedAt(failpoint: Failpoint, change: Change): Promise<void> {
  await world!.close();
  world = undefined;
  const child = spawn(process.execPath, [CHANGE, JSON.stringify(options(8)), change], {
    env: { ...process.env, SATELLITE_FAILPOINT: failpoint },
    stdio: 'inherit',
  });
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
}

/** The job that goes on after a restart. */
async function goneOn() {
  const [job] = await world!.jobs.list('alice', { first: 1 });
  return world!.ended(job!);
}

test('a satellite gets the universe of its official repository, and stock Python opens it', async () => {
  const root = await made(6);
  await gateway(8);
  const planned = await world!.migration.migrate({ ...migrate, dryRun: true }, alice);
  expect(planned).toMatchObject({ job: null, plan: { from: 6, to: 8 } });
  expect(planned.plan!.steps.join('\n')).toMatch(/universe 7 \(revision 352c30854bb0\)[^]*universe 8 \(revision/);

  expect(await done(migrate)).toMatchObject({ state: 'COMPLETED', result: { from: 6, to: 8 } });
  expect(await universe()).toBe(8);
  expect(await world!.satellites.find('mine', alice)).toMatchObject({ state: 'READY' });
  expect(await world!.migration.migrate(migrate, alice)).toMatchObject({ job: null, plan: { steps: [] } });
  expect(await stockPython(root)).toBe('8 u/alice/python u/alice/run True');
  const job = (await world!.jobs.list('alice', { first: 1 }))[0]!;
  const log = (await world!.jobs.log(job.id, 'alice')).map(({ message }) => message).join('\n');
  expect(log).toContain('Migrating … to 8');
  expect(log).not.toContain(directory);
  await write('u/alice/later');
  await expect(done(undo).then(({ error }) => error)).resolves.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('written to since') as string,
  });
  expect(await universe()).toBe(8);
});

test('a migration is undone while nothing was written since', async () => {
  const settings = { singleWriter: 'always' } as const;
  await made(7, { settings });
  await expect(gateway(8, { settings }).then(({ migration }) => migration.migrate(undo, alice))).rejects.toMatchObject({
    code: 'CONFLICT',
  });
  expect(await done(migrate)).toMatchObject({ state: 'COMPLETED' });
  const planned = await world!.migration.migrate({ ...undo, dryRun: true }, alice);
  expect(planned).toMatchObject({ job: null, plan: { from: 8, to: 7 } });
  expect(await done(undo)).toMatchObject({ state: 'COMPLETED', result: { from: 8, to: 7 } });
  expect(await universe()).toBe(7);
  await expect(world!.migration.migrate(undo, alice)).rejects.toThrow(/no backup/);
  await write('u/alice/after');
});

test('nobody changes it meanwhile, and a job that is cancelled leaves nothing running and nothing changed', async () => {
  await made(7);
  await gateway(8);
  const pidFile = join(directory, 'pid');
  vi.stubEnv('DAF_BUTLER_STAND_IN', 'wait');
  vi.stubEnv('DAF_BUTLER_STAND_IN_PID', pidFile);
  const { job } = await world!.migration.migrate(migrate, alice);
  const pid = Number(
    await vi.waitFor(async () => (await readFile(pidFile, 'utf8')) || Promise.reject(new Error()), 60_000),
  );
  await expect(write('u/alice/meanwhile')).rejects.toThrow(/is being migrated/);
  await expect(world!.care.checkin(mine, alice)).rejects.toThrow(/is being migrated/);
  await expect(world!.care.checkout(mine, alice)).rejects.toThrow(/is being migrated/);
  await expect(world!.satellites.delete({ ...mine, purge: false }, alice)).rejects.toThrow(/is being migrated/);
  await world!.jobs.cancel(job!.id, 'alice');
  expect(await world!.ended(job)).toMatchObject({ state: 'CANCELLED' });
  expect(() => process.kill(pid, 0)).toThrow();
  await write('u/alice/after');
  expect(await universe()).toBe(7);
});

test.each([
  ['fail', /upgrade to universe 8\): cannot migrate …/],
  ['damage', /migrated copy is not sound/],
])('where the tool does %s, the job says so and the satellite is as it was', async (failure, message) => {
  await made(7);
  await gateway(8);
  vi.stubEnv('DAF_BUTLER_STAND_IN', failure);
  const { state, error } = await done(migrate);
  expect([state, error?.message]).toEqual(['FAILED', expect.stringMatching(message)]);
  expect(error?.message).not.toContain(directory);
  expect(await universe()).toBe(7);
  await write('u/alice/after');
});

test('what cannot be done is refused before anything is touched', async () => {
  await made(7);
  const nothing = { python: { executable: pythonProgram('python'), path: [] } };
  await expect(gateway(8, nothing).then(() => done(migrate))).rejects.toThrow(
    /install upstream's tool.*No such command/,
  );
  const none = { python: { executable: join(directory, 'no-python'), path: [] } };
  await expect(gateway(8, none).then(() => done(migrate))).rejects.toThrow(/cannot be started/);
  await expect(gateway(6).then(() => done(migrate))).rejects.toThrow(/newer than universe 6/);
  expect(await universe()).toBe(7);
});

test.each(
  oneIn(2, [
    ['migrate:before-tool', undefined],
    ['migrate:after-tool', undefined],
    ['migrate:before-exchange', 'migrate:before-undo'],
    ['migrate:after-exchange', 'migrate:after-undo'],
  ] as const),
)('a gateway that is killed (%s, %s) goes on after its restart', async (inMigration, inUndo) => {
  await made(7);
  await killedAt(inMigration, 'migrate');
  await gateway(8);
  expect(await goneOn()).toMatchObject({ state: 'COMPLETED', result: { from: 7, to: 8 } });
  expect(await universe()).toBe(8);
  if (inUndo === undefined) return;
  await killedAt(inUndo, 'undo');
  await gateway(8);
  expect(await goneOn()).toMatchObject({ state: 'COMPLETED', result: { from: 8, to: 7 } });
  expect(await universe()).toBe(7);
  await write('u/alice/after');
});
