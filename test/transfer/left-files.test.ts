import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Job, JobKind, Json, Task } from '../../src/jobs/job.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import { SatelliteError } from '../../src/butler/errors.ts';
import type { SatelliteRecord } from '../../src/satellite/satellite.ts';
import { openState } from '../../src/state/open.ts';
import type { State } from '../../src/state/state.ts';
import { prepareTables } from '../../src/state/tables.ts';
import { compressed } from '../../src/transfer/compressed.ts';
import { LEFT_FILES_TABLES, LeftFiles } from '../../src/transfer/left-files.ts';
import { UPLOAD_TABLES, Uploads } from '../../src/transfer/uploads.ts';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { contextOf, TransferWorld } from './transfer-world.ts';

const HOUR = 3_600_000;
const MINE = { to: 'alice~mine', satelliteId: 's1' };
const TYPE = { name: 'note', storageClass: 'StructuredDataDict', isCalibration: false };

let world: TransferWorld;
let directory: string;
let state: State;
let uploads: Uploads;
let left: LeftFiles;
let kind: JobKind;
/** Jobs whose reservation has ended. */
let released: string[];
/** Results of steps by job. */
let steps: Map<string, readonly Json[]>;
/** Satellites that are there or may come back; which of them has the name. */
let known: readonly string[];
let named: string | undefined;
/** What could not be begun, as the log tells it. */
let warnings: unknown[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'left-'));
  const source = await openDirectRepository({ name: 'official', path: sqliteRepository('official') });
  world = await TransferWorld.over([source]);
  await source.close();
  state = await openState(`sqlite:${join(directory, 'state.sqlite3')}`, contextOf().signal);
  for (const tables of [UPLOAD_TABLES, LEFT_FILES_TABLES]) {
    await prepareTables(state.database, tables, contextOf().signal);
  }
  released = [];
  steps = new Map();
  known = ['s1'];
  named = 's1';
  warnings = [];
  const log = { warn: (what: unknown) => void warnings.push(what) };
  const satellites = {
    forWriting: () => Promise.resolve({ ...world.satellite, id: named! }),
    forJob: () =>
      named === undefined
        ? Promise.reject(new SatelliteError('NOT_FOUND', 'it is gone'))
        : Promise.resolve({ ...world.satellite, id: named }),
    byId: (id: string) => Promise.resolve(known.includes(id) ? ({ id } as SatelliteRecord) : null),
    reserve: () => Promise.resolve(),
    release: (_name: string, job: string) => Promise.resolve(void released.push(job)),
  };
  const memberships = { of: async (username: string) => ({ username, groups: [] }) };
  uploads = new Uploads(state, satellites, memberships, () => 'http://gateway');
  const ended = { id: 'removal', state: 'COMPLETED' } as Job;
  // Does the work at once.
  const jobs = {
    define: (defined: unknown) => void (kind = defined as JobKind),
    enqueue: async (_kind: unknown, { input }: { readonly input: Json }) => {
      await kind.run(input, task('removal'));
      return ended;
    },
    retry: async () => ended,
    steps: async (id: string) => steps.get(id) ?? [],
    forgetSteps: async (id: string) => void steps.delete(id),
  };
  left = new LeftFiles({ state, jobs, satellites, uploads, log });
});
afterEach(async () => {
  await state.close();
  await world[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const task = (jobId: string) => ({ jobId, owner: 'alice', signal: contextOf().signal }) as Task;
const inHours = (hours: number) => left.sweep(Date.now() + hours * HOUR);

async function put(path: string): Promise<void> {
  await world.satellite.artifacts.write(path, Readable.from([Buffer.from('bytes')]), {}, contextOf().signal);
}

/** Registers a dataset with the file. */
async function register(path: string): Promise<void> {
  const { repository } = world.satellite;
  const dimensions = (await repository.universe(contextOf())).conform([]);
  await repository.registerDatasetTypes([{ ...TYPE, dimensions: [] }], contextOf());
  await repository.registerCollection({ name: 'run', type: 'RUN' }, contextOf());
  const file = { path, formatter: 'f', storageClass: TYPE.storageClass, component: null, checksum: null, size: 5 };
  const uuid = '0198d2a4-0000-7000-8000-00000000000a';
  const dataset = { uuid, datasetType: { ...TYPE, dimensions }, run: 'run', values: [], files: [file] };
  await repository.importDatasets([dataset], contextOf());
}

async function files(): Promise<readonly string[]> {
  const found = await Array.fromAsync(world.satellite.artifacts.list('', contextOf().signal));
  return found.map(({ path }) => path).sort();
}

describe('Copies whose job has ended without registering them', () => {
  /** A job that copied two files, registered one, and found a third to be there with other datasets. */
  async function copied(id: string, state: Job['state']): Promise<void> {
    for (const name of ['registered', 'left', 'shared']) await put(`dir/${name}`);
    await register('dir/registered');
    const copy = (path: string, shared: boolean) => ({ uuid: 'u', component: null, path, shared });
    const copies = {
      datasets: [],
      files: [copy('dir/registered', false), copy('dir/left', false), copy('dir/shared', true)],
    };
    steps.set(id, [await compressed(JSON.stringify(copies))]);
    await left.noteCopy({ id, owner: 'alice', state }, MINE);
  }
  const KEPT = ['dir/registered', 'dir/shared'];

  test('go at once where it was cancelled, with what was set aside for them', async () => {
    await copied('job', 'CANCELLED');
    expect(released).toEqual([]);
    await inHours(0);
    expect(await files()).toEqual(KEPT);
    expect(released).toEqual(['job']);
    // Where it copies to is chosen anew.
    expect(steps.size).toBe(0);
    await inHours(100);
    expect(released).toEqual(['job']);
  });

  test('are kept for a day where it failed, so that it can go on', async () => {
    await copied('job', 'FAILED');
    await inHours(23);
    expect(await files()).toContain('dir/left');
    await left.beginCopy(MINE, task('job'));
    await inHours(100);
    expect(await files()).toContain('dir/left');
    expect(released).toEqual([]);
    await left.noteCopy({ id: 'job', owner: 'alice', state: 'FAILED' }, MINE);
    await inHours(25);
    expect(await files()).toEqual(KEPT);
    expect(released).toEqual(['job']);
  });

  test('go too where a gateway of an older version queued their removal', async () => {
    await copied('job', 'CANCELLED');
    await kind.run({ satellite: MINE.to, of: 'copy', id: 'job' }, task('removal'));
    expect(await files()).toEqual(KEPT);
    expect(released).toEqual(['job']);
  });

  test('go before another job copies to the same satellite', async () => {
    await copied('job', 'FAILED');
    await left.beginCopy({ to: 'alice~other', satelliteId: 's3' }, task('another'));
    expect(await files()).toContain('dir/left');
    await left.beginCopy(MINE, task('another'));
    expect(await files()).toEqual(KEPT);
    expect(released).toEqual(['job']);
  });

  test('of a satellite that is gone keep nothing set aside', async () => {
    await copied('job', 'CANCELLED');
    [known, named] = [[], undefined];
    await inHours(0);
    expect(released).toEqual(['job']);
  });

  test('stay where another satellite has the name by now, and are waited for as long as theirs may come back', async () => {
    await copied('job', 'CANCELLED');
    [known, named] = [['s1', 's2'], 's2'];
    await left.beginCopy({ ...MINE, satelliteId: 's2' }, task('another'));
    await inHours(0);
    expect(warnings).toMatchObject([{ copy: 'job', err: { code: 'CONFLICT' } }]);
    expect(released).toEqual([]);
    known = ['s2'];
    await inHours(0);
    expect(await files()).toContain('dir/left');
    expect(released).toEqual(['job']);
  });
});

test('Files of one satellite that cannot be removed now keep no others waiting', async () => {
  await left.noteCopy({ id: 'waits', owner: 'alice', state: 'CANCELLED' }, MINE);
  await left.noteCopy({ id: 'goes', owner: 'alice', state: 'CANCELLED' }, { ...MINE, satelliteId: 's0' });
  named = 's2';
  await inHours(0);
  expect(warnings).toMatchObject([{ copy: 'waits' }]);
  expect(released).toEqual(['goes']);
});

test('Files of an upload that nobody committed go after a day, with what was set aside for them', async () => {
  const upload = { fileName: 'x', size: 5, sha256: createHash('sha256').update('bytes').digest('hex') };
  const datasetType = { ...TYPE, dimensions: (await world.satellite.repository.universe(contextOf())).conform([]) };
  const asked = ['ingested/left', 'ingested/registered'].map((path, i) => ({
    ...{ uuid: `0198d2a4-0000-7000-8000-00000000000${i}`, values: [], formatter: 'f', path, upload },
  }));
  const { id } = await uploads.open('alice', world.satellite, datasetType, 'run', asked);
  for (const i of [0, 1]) await uploads.receive(id, i, Readable.from([Buffer.from('bytes')]), contextOf().signal);
  await register('ingested/registered');
  await inHours(24);
  expect(await files()).toHaveLength(2);
  expect((await uploads.committed(id, 'alice')).upload).toBe(id);
  await inHours(26);
  expect(await files()).toEqual(['ingested/registered']);
  expect(released).toEqual([id]);
  await expect(uploads.committed(id, 'alice')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('An upload of which datasets were made is forgotten after a day, and nothing is left to remove', async () => {
  const datasetType = { ...TYPE, dimensions: (await world.satellite.repository.universe(contextOf())).conform([]) };
  const { id } = await uploads.open('alice', world.satellite, datasetType, 'run', []);
  await uploads.registered(id);
  await inHours(24);
  expect((await uploads.committed(id, 'alice')).upload).toBe(id);
  await inHours(26);
  await expect(uploads.committed(id, 'alice')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(released).toEqual([]);
});

test('An upload goes into no other satellite that got the name of its own', async () => {
  const upload = { fileName: 'x', size: 5, sha256: createHash('sha256').update('bytes').digest('hex') };
  const datasetType = { ...TYPE, dimensions: (await world.satellite.repository.universe(contextOf())).conform([]) };
  const file = { uuid: '0198d2a4-0000-7000-8000-000000000000', values: [], formatter: 'f', path: 'ingested/x', upload };
  const { id } = await uploads.open('alice', { ...world.satellite, id: 's1' }, datasetType, 'run', [file]);
  named = 's2';
  const receiving = uploads.receive(id, 0, Readable.from([Buffer.from('bytes')]), contextOf().signal);
  await expect(receiving).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await files()).toEqual([]);
  expect((await uploads.committed(id, 'alice')).satelliteId).toBe('s1');
});

/** Where a satellite has no room. */
function uploadsWithoutRoom(): Uploads {
  return new Uploads(
    state,
    { forWriting: () => Promise.resolve(world.satellite), reserve: () => Promise.reject(new Error('no room')) },
    { of: async (username) => ({ username, groups: [] }) },
    () => 'http://gateway',
  );
}

test('An upload that is asked for again, when there is no room any more, is still known: its files go as others do', async () => {
  const upload = { fileName: 'x', size: 5, sha256: createHash('sha256').update('bytes').digest('hex') };
  const datasetType = { ...TYPE, dimensions: (await world.satellite.repository.universe(contextOf())).conform([]) };
  const file = { uuid: '0198d2a4-0000-7000-8000-000000000000', values: [], formatter: 'f', path: 'ingested/x', upload };
  const asked = ['alice', world.satellite, datasetType, 'run', [file], Buffer.from('seed')] as const;
  const { id } = await uploads.open(...asked);
  await uploads.receive(id, 0, Readable.from([Buffer.from('bytes')]), contextOf().signal);
  await expect(uploadsWithoutRoom().open(...asked)).rejects.toThrow('no room');
  expect((await uploads.committed(id, 'alice')).upload).toBe(id);
  await inHours(26);
  expect(await files()).toEqual([]);
  expect(released).toEqual([id]);
});

test('An upload for which there is no room leaves nothing behind', async () => {
  const refused = uploadsWithoutRoom();
  const datasetType = { ...TYPE, dimensions: (await world.satellite.repository.universe(contextOf())).conform([]) };
  await expect(refused.open('alice', world.satellite, datasetType, 'run', [])).rejects.toThrow('no room');
  expect(await uploads.old(Date.now() + 100 * HOUR)).toEqual([]);
});
