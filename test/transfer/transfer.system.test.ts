/** What a transfer keeps, refuses and goes on with, against the real official server. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startOfficial, type Official } from '../../stack/official.ts';
import type { Json } from '../../src/jobs/job.ts';
import type { DimensionRecordRow } from '../../src/repository/rows.ts';
import { RemoteRepository } from '../../src/repository/remote/remote-repository.ts';
import { queryOf } from '../../src/repository/search/records-of-data-ids.ts';
import { dumpRegistry } from './registry-dump.ts';
import { contextOf, PUBLIC_URL, TransferWorld } from './transfer-world.ts';

const RUN = 'HSC/runs/DRP/w43';
const METRICS = { search: { datasetTypes: ['calexp_metrics'], collections: [RUN], findFirst: true } };
const VISITS = {
  search: { datasetTypes: ['visit_table'], collections: ['defaults'], findFirst: true, where: "instrument = 'HSC'" },
};
const COMPOSITE = { search: { datasetTypes: ['metrics_composite'], collections: ['defaults'], findFirst: true } };

let directory: string;
let official: Official;
let source: RemoteRepository;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'transfers-'));
  official = await startOfficial(join(directory, 'official'));
  source = new RemoteRepository({ name: 'dp1', url: official.url, token: { fixed: undefined } });
});
afterAll(async () => {
  await source.close();
  await official.stop();
  await rm(directory, { recursive: true });
});

interface FileRow {
  readonly dataset_id: string;
  readonly path: string;
  readonly component: string;
}

function filesIn(root: string): readonly FileRow[] {
  return (dumpRegistry(root)['file_datastore_records'] ?? []).map((row) => JSON.parse(row) as FileRow);
}

describe('A dry run', () => {
  test('tells what a transfer would do, and does nothing', async () => {
    await using world = await TransferWorld.over([source]);
    const before = dumpRegistry(world.root);
    const plan = await world.plan(METRICS);
    expect(dumpRegistry(world.root)).toEqual(before);
    const done = await world.transfer(METRICS);
    expect(plan).toEqual({ ...done, newBytes: done.bytes, conflicts: [] });
    expect(await world.plan(METRICS)).toEqual({ ...plan, newBytes: 0, new: 0 });
  });

  test('refuses what the search refuses', async () => {
    await using world = await TransferWorld.over([source]);
    const wrong = { search: { ...METRICS.search, collections: ['HSC/runs/DRP/w44'] } };
    await expect(world.plan(wrong)).rejects.toMatchObject({ code: 'MISSING_COLLECTION' });
    const unknown = { uuids: ['00000000-0000-4000-8000-000000000000'] };
    await expect(world.plan(unknown)).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' });
  });
});

describe('References', () => {
  test('have one address a component', async () => {
    await using world = await TransferWorld.over([source]);
    await world.transfer(COMPOSITE);
    const files = filesIn(world.root);
    expect(new Set(files.map(({ component }) => component))).toEqual(new Set(['summary', 'output', 'data']));
    for (const { path, component } of files) {
      expect(path).toMatch(new RegExp(`^${PUBLIC_URL}/files/dp1/[0-9a-f-]{36}/[^/]+\\?component=${component}$`));
    }
  });

  test('hold a capability where the satellite wants them', async () => {
    await using world = await TransferWorld.over([source], { satelliteId: 's1', version: 3 });
    await world.transfer(METRICS);
    expect(filesIn(world.root).every(({ path }) => path.startsWith(`${PUBLIC_URL}/files/dp1/~s1.3.mac/`))).toBe(true);
  });

  test('are passed on from satellite to satellite as they are, with the new one’s capability', async () => {
    await using first = await TransferWorld.over([source], { satelliteId: 's1', version: 1 });
    await first.transfer(METRICS);
    const { repository } = first.satellite;
    await using second = await TransferWorld.over([repository]);
    await second.transfer(METRICS);
    const stripped = filesIn(first.root).map((file) => ({ ...file, path: file.path.replace('/~s1.1.mac', '') }));
    expect(filesIn(second.root)).toEqual(stripped);
  });

  test('become files when they are copied later', async () => {
    await using world = await TransferWorld.over([source]);
    await world.transfer(METRICS);
    expect((await world.plan(METRICS, { mode: 'COPY' })).new).toBeGreaterThan(0);
    await world.transfer(METRICS, { mode: 'COPY' });
    const files = filesIn(world.root);
    for (const { path } of files) expect((await readFile(join(world.root, path))).length).toBeGreaterThan(0);
    expect(await world.plan(METRICS, { mode: 'COPY' })).toMatchObject({ new: 0 });
  });
});

describe('A transfer by UUIDs', () => {
  test('brings the validity ranges of calibrations', async () => {
    const defects = { datasetTypes: ['defects'], collections: ['HSC/calib/gen0'], findFirst: true };
    const uuids: string[] = [];
    {
      await using first = await TransferWorld.over([source]);
      await first.transfer({ search: defects });
      uuids.push(...new Set(filesIn(first.root).map((file) => file.dataset_id)));
    }
    await using world = await TransferWorld.over([source]);
    await world.transfer({ uuids: uuids.map(withDashes) });
    const calibs = Object.entries(dumpRegistry(world.root)).find(([table]) => table.startsWith('calibs of '));
    expect(calibs![1]).toHaveLength(uuids.length);
  });
});

describe('A conflict fails a transfer before any dataset came', () => {
  test('of dimension records, naming the record', async () => {
    await using world = await TransferWorld.over([source]);
    const { repository } = world.satellite;
    const [record] = await recordsOf('instrument', 'HSC');
    const element = (await repository.universe(contextOf())).element('instrument');
    const other = { ...record!, element, fields: { ...record!.fields, detector_max: 1 } };
    await repository.insertDimensionRecords([other], 'FAIL', contextOf());
    await expect(world.transfer(METRICS)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/instrument record of \{instrument=HSC\} differs.*detector_max/) as string,
    });
    expect((await world.plan(METRICS)).conflicts).toHaveLength(1);
    expect(dumpRegistry(world.root)['dataset']).toBeUndefined();
  });

  test('of an alternate key that another record has, which a dry run tells too', async () => {
    await using world = await TransferWorld.over([source]);
    const { repository } = world.satellite;
    const universe = await repository.universe(contextOf());
    const own = async (name: string, change: object) => {
      const [record] = await recordsOf(name, 'HSC');
      const other = { ...record!, element: universe.element(name), fields: { ...record!.fields, ...change } };
      await repository.insertDimensionRecords([other], 'FAIL', contextOf());
    };
    await own('instrument', {});
    expect((await world.plan(METRICS)).conflicts).toEqual([]);
    const names = (await recordsOf('detector', 'HSC')).map(({ fields }) => String(fields['full_name']));
    await own('detector', { id: 9999, full_name: names.at(-1) });
    const { conflicts } = await world.plan(METRICS);
    expect(conflicts.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(
        `detector record of \\{instrument=HSC, detector=\\d+\\} has the full_name '${names.at(-1)}', which belongs to ` +
          `\\{instrument=HSC, detector=9999\\} in 'alice~mine'`,
      ),
    ]);
    await expect(world.transfer(METRICS)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(dumpRegistry(world.root)['dataset']).toBeUndefined();
  });

  test('of dimension records that only come along, and writes no other record', async () => {
    await using world = await TransferWorld.over([source]);
    const { repository } = world.satellite;
    const universe = await repository.universe(contextOf());
    // Regions of detectors come along with visits; of one visit the satellite has another.
    const elements = ['instrument', 'physical_filter', 'day_obs', 'detector', 'visit', 'visit_detector_region'];
    const records = (await Promise.all(elements.map((element) => recordsOf(element, 'HSC')))).flat();
    const [region, other] = records.filter(({ element }) => element.name === 'visit_detector_region');
    const { visit } = region!.fields;
    const there = records.flatMap((of) => {
      const record = of === region ? { ...of, fields: { ...of.fields, region: other!.fields['region']! } } : of;
      const isThere = of === region || !('visit' in of.fields) || of.fields['visit'] === visit;
      const isOfVisit = of.element.name !== 'visit' || of.fields['id'] === visit;
      const isRegion = of.element.name === 'visit_detector_region' && of !== region;
      return isThere && isOfVisit && !isRegion ? { ...record, element: universe.element(of.element.name) } : [];
    });
    await repository.insertDimensionRecords(there, 'FAIL', contextOf());
    const before = dumpRegistry(world.root);
    await expect(world.transfer(VISITS)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/visit_detector_region record/) as string,
    });
    expect(dumpRegistry(world.root)).toEqual(before);
  });

  test('of chains with other children, and of collections of another type', async () => {
    await using world = await TransferWorld.over([source]);
    const { repository } = world.satellite;
    await repository.registerCollection({ name: 'mine', type: 'RUN' }, contextOf());
    await repository.registerCollection({ name: 'defaults', type: 'CHAINED' }, contextOf());
    await repository.setCollectionChain('defaults', ['mine'], 'REDEFINE', contextOf());
    await repository.registerCollection({ name: 'HSC/calib', type: 'TAGGED' }, contextOf());
    const plan = await world.plan(COMPOSITE);
    expect(plan.conflicts.map(({ reason }) => reason).sort()).toEqual([
      expect.stringMatching(/^Chain 'defaults' has other children/),
      expect.stringMatching(/^Collection 'HSC\/calib' is TAGGED in the satellite/),
    ]);
    await expect(world.transfer(COMPOSITE)).rejects.toMatchObject({ code: 'CONFLICT' });
    await world.transfer(COMPOSITE, { collections: false });
  });

  test('of datasets, naming both', async () => {
    await using world = await TransferWorld.over([source]);
    await world.transfer(METRICS);
    const { repository } = world.satellite;
    const [taken] = filesIn(world.root);
    const uuid = withDashes(taken!.dataset_id);
    const row = (await repository.datasets([uuid], contextOf())).get(uuid)!;
    await repository.removeDatasets([uuid], 'PURGE', contextOf());
    const other = '00000000-0000-4000-8000-00000000000a';
    await repository.importDatasets([{ ...row, uuid: other, files: [] }], contextOf());
    const { conflicts } = await world.plan(METRICS);
    expect(conflicts).toMatchObject([{ uuid, existing: other, run: RUN }]);
    const steps = new Map<string, Json>();
    const conflict = { message: expect.stringContaining(other) as string };
    await expect(world.transfer(METRICS, { steps })).rejects.toMatchObject(conflict);
    // Started again when that is out of the way, it is not told again.
    await repository.removeDatasets([other], 'PURGE', contextOf());
    expect(await world.transfer(METRICS, { steps })).toMatchObject({ new: 1 });
  });
});

describe('A transfer that was interrupted', () => {
  test('fails where something came in the way of a copy meanwhile, naming both', async () => {
    await using world = await TransferWorld.over([source]);
    const { repository } = world.satellite;
    await world.transfer(METRICS);
    const [taken] = filesIn(world.root);
    const uuid = withDashes(taken!.dataset_id);
    const row = (await repository.datasets([uuid], contextOf())).get(uuid)!;
    await repository.removeDatasets([uuid], 'PURGE', contextOf());
    const steps = new Map<string, Json>();
    const interrupted = interruptedAt('register', steps);
    await expect(world.transfer(METRICS, { mode: 'COPY', steps: interrupted })).rejects.toThrow('interrupted');
    const other = '00000000-0000-4000-8000-00000000000a';
    await repository.importDatasets([{ ...row, uuid: other, files: [] }], contextOf());
    const conflict = { code: 'CONFLICT', message: expect.stringContaining(other) as string };
    await expect(world.transfer(METRICS, { mode: 'COPY', steps })).rejects.toMatchObject(conflict);
  });

  test('goes on from any step and gives the same', async () => {
    await using whole = await TransferWorld.over([source]);
    const names = new Map<string, Json>();
    await whole.transfer(COMPOSITE, { mode: 'COPY', steps: names });
    const expected = dumpRegistry(whole.root);
    for (const last of names.keys()) {
      await using world = await TransferWorld.over([source]);
      const steps = new Map<string, Json>();
      const interrupted = interruptedAt(last, steps);
      await expect(world.transfer(COMPOSITE, { mode: 'COPY', steps: interrupted })).rejects.toThrow('interrupted');
      await world.transfer(COMPOSITE, { mode: 'COPY', steps });
      expect(dumpRegistry(world.root)).toEqual(expected);
    }
  });

  test('ends with what its source says where its token has ended, and the job is held for it', async () => {
    await using world = await TransferWorld.over([source]);
    const refusing = createServer((_request, response) => response.writeHead(401).end()).listen(0, '127.0.0.1');
    await once(refusing, 'listening');
    const url = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}/api/butler/repo/dp1`;
    world.offer(new RemoteRepository({ name: 'dp1', url, token: 'forward' }));
    await expect(world.transfer(METRICS)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    refusing.close();
  });
});

/** Steps of an attempt that ends after the work of one of them and before it is remembered. */
function interruptedAt(last: string, steps: Map<string, Json>): Map<string, Json> {
  return new Proxy(steps, {
    get: (target, key) =>
      key === 'set'
        ? (name: string, value: Json) => {
            if (name === last) throw new Error('interrupted');
            return target.set(name, value);
          }
        : (Reflect.get(target, key) as (...given: unknown[]) => unknown).bind(target),
  });
}

async function recordsOf(element: string, instrument: string): Promise<readonly DimensionRecordRow[]> {
  const universe = await source.universe(contextOf());
  const query = queryOf(universe.groupOf(element));
  const spec = { type: 'dimension_record', element, orderBy: [], limit: null, allowDuplicateOverlaps: false } as const;
  const pages = await Array.fromAsync(source.query(query, spec, contextOf()));
  const isOf = ({ fields }: DimensionRecordRow) => (fields['instrument'] ?? fields['name']) === instrument;
  return pages.flatMap(({ rows }) => rows.filter(isOf));
}

function withDashes(id: string): string {
  return id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
