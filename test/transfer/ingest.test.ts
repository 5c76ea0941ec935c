import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SatelliteError } from '../../src/butler/errors.ts';
import type { Job, Task } from '../../src/jobs/job.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import { queryOf } from '../../src/repository/search/records-of-data-ids.ts';
import { jobRights } from '../../src/satellite/job-rights.ts';
import { openState } from '../../src/state/open.ts';
import type { State } from '../../src/state/state.ts';
import { prepareTables } from '../../src/state/tables.ts';
import { checkFiles, type CheckedFile } from '../../src/transfer/ingest-check.ts';
import {
  ingestKind,
  readFiles,
  writeFiles,
  type IngestInput,
  type IngestResult,
} from '../../src/transfer/ingest-kind.ts';
import type { IngestedFile } from '../../src/transfer/service.ts';
import { UPLOAD_TABLES, Uploads } from '../../src/transfer/uploads.ts';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { contextOf, TransferWorld } from './transfer-world.ts';

const TYPE = 'note';
const RUN = 'u/alice/notes';
const JSON_FORMATTER = 'lsst.daf.butler.formatters.json.JsonFormatter';
let world: TransferWorld;
let state: State;
let directory: string;
let uploads: Uploads;
const released: string[] = [];
const reserved: (readonly [job: string | null, bytes: number])[] = [];
/** Bytes that there is room for. */
let room = Infinity;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ingest-'));
  const source = await openDirectRepository({ name: 'official', path: sqliteRepository('official') });
  world = await TransferWorld.over([source]);
  const { repository } = world.satellite;
  const universe = await source.universe();
  for (const element of ['instrument', 'detector']) {
    const spec = {
      type: 'dimension_record',
      element,
      orderBy: [],
      limit: null,
      allowDuplicateOverlaps: false,
    } as const;
    for await (const page of source.query(queryOf(universe.conform([element])), spec, contextOf())) {
      await repository.insertDimensionRecords(page.rows, 'SKIP', contextOf());
    }
  }
  await source.close();
  const definition = { dimensions: ['detector'], storageClass: 'StructuredDataDict', isCalibration: false };
  await repository.registerDatasetTypes([{ name: TYPE, ...definition }], contextOf());
  state = await openState(`sqlite:${join(directory, 'state.sqlite3')}`, contextOf().signal);
  await prepareTables(state.database, UPLOAD_TABLES, contextOf().signal);
  uploads = new Uploads(state, satellites(), alice, () => 'http://gateway');
});
afterAll(async () => {
  await state.close();
  await world[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

/** What is known of her. */
const alice = { of: async (username: string) => ({ username, groups: [] }) };

function satellites() {
  return {
    forWriting: () => Promise.resolve(world.satellite),
    reserve: async (_name: string, job: string | null, bytes: number) => {
      reserved.push([job, bytes]);
      if (bytes > room) throw new SatelliteError('QUOTA_EXCEEDED', 'There is no room.');
    },
    release: (_name: string, job: string) => Promise.resolve(void released.push(job)),
  };
}

function file(detector: number, more: Partial<IngestedFile>): IngestedFile {
  return { dataId: { instrument: 'HSC', detector }, formatter: undefined, ...more };
}

async function put(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(world.root, path)), { recursive: true });
  await writeFile(join(world.root, path), content);
}

async function check(files: readonly IngestedFile[]) {
  return checkFiles(world.satellite.repository, TYPE, files, contextOf());
}

async function ingest(files: readonly IngestedFile[]): Promise<IngestResult> {
  const checked = await check(files);
  const written = writeFiles(checked.files);
  return run({ satellite: 'alice~mine', satelliteId: null, datasetType: TYPE, run: RUN, files: written, upload: null });
}

async function run(input: IngestInput): Promise<IngestResult> {
  const kind = ingestKind({ satellites: satellites(), rights: jobRights(alice) }, (upload) =>
    uploads.registered(upload),
  );
  const task: Task = {
    jobId: 'job',
    owner: 'alice',
    attempt: 1,
    signal: contextOf().signal,
    step: (_name, work) => work(),
    progress: () => Promise.resolve(),
    log: () => Promise.resolve(),
  };
  const result = await kind.run(input, task);
  await kind.ended?.(input, { id: 'job', state: 'COMPLETED' } as Job);
  return result;
}

describe('Files in the root become datasets', () => {
  test('with the given UUID and the formatter of their storage class', async () => {
    await put('notes/a.yaml', 'a: 1');
    const uuid = '01890000-0000-7000-8000-000000000001';
    expect(await ingest([file(1, { uuid, path: 'notes/a.yaml' })])).toEqual({ datasets: 1, bytes: 4 });
    const recorded = (await world.satellite.repository.files([uuid], contextOf())).get(uuid);
    expect(recorded).toMatchObject([
      { path: 'notes/a.yaml', size: 4, formatter: 'lsst.daf.butler.formatters.yaml.YamlFormatter' },
    ]);
    await expect(ingest([file(1, { uuid, path: 'notes/a.yaml' })])).resolves.toMatchObject({ datasets: 1 });
  });

  test('once: not for another dataset, nor in place of one', async () => {
    await put('notes/b.yaml', 'b: 1');
    await put('notes/c.yaml', 'c: 1');
    await ingest([file(2, { path: 'notes/b.yaml' })]);
    await expect(ingest([file(3, { path: 'notes/b.yaml' })])).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(ingest([file(2, { path: 'notes/c.yaml' })])).rejects.toMatchObject({ code: 'CONFLICT' });
    const uuid = '01890000-0000-7000-8000-000000000001';
    await expect(ingest([file(1, { uuid, path: 'notes/c.yaml' })])).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(ingest([file(4, { path: 'notes/none.yaml' })])).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('as far as the quota goes, in which each counts once', async () => {
    await put('notes/room.yaml', 'a: 1');
    const files = [file(6, { uuid: '01890000-0000-7000-8000-000000000006', path: 'notes/room.yaml' })];
    room = 3;
    await expect(ingest(files)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    room = 4;
    await ingest(files);
    expect(released).toContain('job');
    room = 0;
    await ingest(files);
    const asked = [4, 4, 0].map((bytes) => ['job', bytes]);
    expect(reserved.slice(-3)).toEqual(asked);
    room = Infinity;
  });

  test.each([
    '../outside.yaml',
    'notes/../../outside.yaml',
    '/etc/passwd',
    'file:///etc/passwd',
    'https://elsewhere.example.org/a',
    's3://bucket/key',
    'notes/%2e%2e/a',
    '~root/notes/a',
    './~root/notes/a',
    '$HOME/notes/a',
    'notes/${HOME}/a',
    './file:/etc/passwd',
    './https://elsewhere.example.org/a',
    'notes/a#b',
    'gen3.sqlite3',
  ])('but not from %s', async (path) => {
    await expect(check([file(3, { path })])).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('but not through links out of the root', async () => {
    await writeFile(join(directory, 'secret'), 'secret');
    await put('notes/d.yaml', '');
    await symlink(join(directory, 'secret'), join(world.root, 'notes/link.yaml'));
    await expect(ingest([file(3, { path: 'notes/link.yaml' })])).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('Data IDs of an ingest are checked', () => {
  test.each([
    [{ instrument: 'HSC' }, 'DIMENSION_NAME'],
    [{ instrument: 'HSC', detector: 1, visit: 3 }, 'DIMENSION_NAME'],
    [{ instrument: 'HSC', detector: 'one' }, 'DIMENSION_VALUE'],
    [{ instrument: 'HSC', detector: 99 }, 'DATA_ID_VALUE'],
    [{ instrument: 'NoCam', detector: 1 }, 'DATA_ID_VALUE'],
  ])('%j', async (dataId, code) => {
    await expect(check([{ dataId, formatter: JSON_FORMATTER, path: 'x.json' }])).rejects.toMatchObject({ code });
  });

  test('two files of one call are two datasets', async () => {
    const twice = [file(1, { path: 'x.json' }), file(1, { path: 'y.json' })];
    await expect(check(twice)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('Uploads', () => {
  const content = 'uploaded: yes';
  const sha256 = createHash('sha256').update(content).digest('hex');
  const upload = { fileName: '../note of mine.yaml', size: content.length, sha256 };

  async function open(detector: number) {
    const { datasetType, files } = await check([file(detector, { upload })]);
    const opened = await uploads.open('alice', world.satellite, datasetType, RUN, files);
    const [, id, index] = /^http:\/\/gateway\/uploads\/([^/]+)\/(\d+)$/.exec(opened.files[0]!.url)!;
    return { id: id!, index: Number(index), opened };
  }

  const receive = (id: string, index: number, bytes: string) =>
    uploads.receive(id, index, Readable.from([Buffer.from(bytes)]), contextOf().signal);

  test('are put, committed, and become datasets', async () => {
    const { id, index, opened } = await open(3);
    expect(opened.id).toBe(id);
    await expect(run(await uploads.committed(id, 'alice'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await receive(id, index, content);
    expect(await run(await uploads.committed(id, 'alice'))).toEqual({ datasets: 1, bytes: content.length });
    expect(released).toContain(id);
    // Nobody would look after bytes that came once the dataset may have been removed.
    await expect(receive(id, index, content)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('under the UUID of a dataset that is there leave its file as it is', async () => {
    const first = await open(5);
    await receive(first.id, first.index, content);
    const there = await uploads.committed(first.id, 'alice');
    await run(there);
    const [{ uuid, path }] = readFiles(there.files) as [CheckedFile];
    const other = { fileName: upload.fileName, size: 5, sha256: createHash('sha256').update('other').digest('hex') };
    const { datasetType, files } = await check([file(5, { uuid, upload: other })]);
    const { id } = await uploads.open('alice', world.satellite, datasetType, RUN, files);
    await receive(id, 0, 'other');
    await expect(run(await uploads.committed(id, 'alice'))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(`cannot be dataset ${uuid}, which has another file already`) as string,
    });
    const bytes = await world.satellite.artifacts.read(path, null, contextOf().signal);
    expect(await text(bytes)).toBe(content);
  });

  test('of other bytes than promised are refused', async () => {
    const { id, index } = await open(4);
    await expect(receive(id, index, content.toUpperCase())).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(receive(id, index, `${content} and more`)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(/^The bytes of '..\/note of mine.yaml' .* more than 13 bytes came/) as string,
    });
    await expect(run(await uploads.committed(id, 'alice'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('are their owner’s, at their own address', async () => {
    const { id } = await open(4);
    await expect(uploads.committed(id, 'bob')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(receive(id, 7, content)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(receive('guessed', 0, content)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
