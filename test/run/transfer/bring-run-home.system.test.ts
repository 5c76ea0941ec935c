/** A run brought home by the gateway, beside what stock `butler transfer-from-graph` makes of the same graph and files. */
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openDirectRepository } from '../../../src/repository/direct/open.ts';
import { runPython } from '../../../stack/run-python.ts';
import { dumpRegistry } from '../../transfer/registry-dump.ts';
import { contextOf, PUBLIC_URL, TransferWorld } from '../../transfer/transfer-world.ts';
import { graphFiles, HomecomingWorld, RUN } from './homecoming-world.ts';

// Of a busy machine: alone it takes seconds.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const PROCESS = join(import.meta.dirname, 'homecoming-process.ts');

let home: HomecomingWorld;
beforeAll(async () => {
  home = await HomecomingWorld.start();
});
afterAll(() => home[Symbol.asyncDispose]());

type Dump = ReturnType<typeof dumpRegistry>;

/** A repository into which stock Python brought the run. */
async function stock(made: 'outputs' | 'failed'): Promise<Dump> {
  const root = join(await mkdtemp(join(home.directory, 'stock-')), 'repository');
  await graphFiles('empty', root);
  await home.addFiles(root, made);
  await graphFiles('transfer', join(home.built, 'official'), home.graph, root);
  return dumpRegistry(root);
}

/** Without the collections that stock tools leave out or flatten. */
function comparable({ collection_chain: _, ...tables }: Dump): Dump {
  const ofRun = (rows: readonly string[] = []) => rows.filter((row) => row.includes(`"${RUN}"`)).map(withoutNumber);
  const files = tables['file_datastore_records']!.map(withoutSize);
  return {
    ...tables,
    run: ofRun(tables['run']),
    collection: ofRun(tables['collection']),
    file_datastore_records: files,
  };
}

/** Stock Python records sizes as unknown. */
function withoutSize(row: string): string {
  return row.replace(/"file_size":"-?\d+"/, '');
}

/** The number that a collection has is of the order in which they came. */
function withoutNumber(row: string): string {
  return row.replace(/"collection_id":"\d+",?/, '');
}

/** The first rows that only one of them has: all of both would be pages. */
function differences(ours: Dump, theirs: Dump): readonly string[] {
  const rows = (dump: Dump) => Object.entries(dump).flatMap(([table, of]) => of.map((row) => `${table} ${row}`));
  const [here, there] = [new Set(rows(ours)), new Set(rows(theirs))];
  const only = (a: ReadonlySet<string>, b: ReadonlySet<string>) => [...a].filter((row) => !b.has(row)).slice(0, 5);
  return [...only(here, there).map((row) => `ours: ${row}`), ...only(there, here).map((row) => `theirs: ${row}`)];
}

const recordedBytes = (dump: Dump) =>
  dump['file_datastore_records']!.reduce((sum, row) => sum + Number(/"file_size":"(\d+)"/.exec(row)![1]), 0);
const pathsOf = (dump: Dump) =>
  dump['file_datastore_records']!.map((row) => (JSON.parse(row) as { readonly path: string }).path);
/** Files of the run whose path has a text in it. */
const filesIn = (root: string, text: string) =>
  readdirSync(join(root, RUN), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.includes('.') && file.includes(text))
    .map((file) => join(root, RUN, file))
    .filter((file) => statSync(file).isFile());
const chains = (dump: Dump) => dump['collection_chain']!.map((row) => JSON.parse(row) as Record<string, unknown>);

describe('A run that is brought home', () => {
  test.each(['outputs', 'failed'] as const)('has the rows that stock Python gives it (%s)', async (made) => {
    await using world = await home.satellite(made);
    const [brought, theirs] = await Promise.all([home.bring(world, { inputs: 'NONE' }), stock(made)]);
    const ours = dumpRegistry(world.root);
    expect(differences(comparable(ours), comparable(theirs))).toEqual([]);
    expect(brought).toMatchObject({ datasets: theirs['dataset']!.length, new: theirs['dataset']!.length, inputs: 0 });
    expect(recordedBytes(ours)).toBe(brought.bytes);
    expect(brought.missing > 0).toBe(made === 'failed');
  });

  test('has its inputs with it, by reference, and the collections that they were asked by', async () => {
    await using world = await home.satellite('outputs');
    const { inputs } = await home.bring(world);
    const dump = dumpRegistry(world.root);
    expect(chains(dump)).toEqual([
      { parent: 'Mini/defaults', position: '0', child: 'Mini/raw/all' },
      { parent: 'Mini/defaults', position: '1', child: 'Mini/calib' },
      { parent: 'Mini/defaults', position: '2', child: 'refcats/run1' },
      { parent: 'u/alice/out', position: '0', child: RUN },
      { parent: 'u/alice/out', position: '1', child: 'Mini/defaults' },
    ]);
    expect(pathsOf(dump).filter((path) => path.startsWith(`${PUBLIC_URL}/files/dp1/`))).toHaveLength(inputs);
    expect(dump['calibs of {detector,instrument}']).toHaveLength(9);
  });

  test('has them with their bytes, where that is asked', async () => {
    // The stock server signs nothing in a directory.
    const official = await openDirectRepository({ name: 'dp1', path: join(home.built, 'official') });
    await using world = await TransferWorld.over([official]);
    await home.addFiles(world.root, 'outputs');
    const { inputs } = await home.bring(world, { inputs: 'COPY' });
    await official.close();
    const dump = dumpRegistry(world.root);
    expect(pathsOf(dump).filter((path) => path.includes('://'))).toEqual([]);
    for (const path of pathsOf(dump)) expect(existsSync(join(world.root, path)), path).toBe(true);
    expect(inputs).toBe(59);
    const got = JSON.parse(await runPython('test/oracle/stock_transfer.py', ['get', world.root])) as object;
    expect(Object.keys(got)).toHaveLength(dump['dataset']!.length);
    expect(Object.values(got)).not.toContain(null);
  });

  test('stays as it is when it is brought again, and later runs stay before it', async () => {
    await using world = await home.satellite('outputs');
    await home.bring(world);
    const before = dumpRegistry(world.root);
    expect(await home.bring(world)).toMatchObject({ new: 0 });
    expect(differences(dumpRegistry(world.root), before)).toEqual([]);
    const later = 'u/alice/out/20260102T000000Z';
    const { repository } = world.satellite;
    await repository.registerCollection({ name: later, type: 'RUN' }, contextOf());
    await repository.setCollectionChain('u/alice/out', [later], 'PREPEND', contextOf());
    await home.bring(world);
    const children = chains(dumpRegistry(world.root)).filter(({ parent }) => parent === 'u/alice/out');
    expect(children.map(({ child }) => child)).toEqual([later, RUN, 'Mini/defaults']);
  });

  test('gets what it has made since', async () => {
    await using world = await home.satellite('failed');
    const first = await home.bring(world);
    await home.addFiles(world.root, 'outputs');
    const second = await home.bring(world);
    expect(second).toMatchObject({ datasets: first.datasets + first.missing, new: first.missing, missing: 0 });
    await using whole = await home.satellite('outputs');
    await home.bring(whole);
    expect(differences(dumpRegistry(world.root), dumpRegistry(whole.root))).toEqual([]);
  });

  test('leaves out what quanta have made that did not come to their end, and files that are empty', async () => {
    await using world = await home.satellite('outputs');
    const filesOf = (text: string) => filesIn(world.root, text);
    const [killed, begun] = ['_1000_S000_', 'mini_calexp_MiniCam_g_Mini-g_1000_S001_'];
    for (const file of filesOf(killed)) if (/_(metadata|log)_/.test(file)) rmSync(file);
    for (const file of filesOf(begun)) truncateSync(file);
    expect(await home.bring(world, { inputs: 'NONE' })).toMatchObject({ missing: 5 });
    const paths = pathsOf(dumpRegistry(world.root));
    expect(paths.filter((path) => path.includes(killed) || path.includes(begun))).toEqual([]);
    expect(filesOf(killed)).toHaveLength(2);
  });

  test('loses what was being written when a quantum was killed, once the quantum has ended', async () => {
    await using world = await home.satellite('outputs');
    const writing = (output: string) => {
      const [file] = filesIn(world.root, output);
      const { dir, name, ext } = parse(file!);
      const half = join(dir, `p8678ecke88w26jt${name}.tmp${ext}`);
      copyFileSync(file!, half);
      return { file: file!, half };
    };
    const made = writing('mini_calexp_MiniCam_g_Mini-g_1000_S001_');
    const missing = writing('mini_calexp_MiniCam_g_Mini-g_1000_S000_');
    const unended = writing('mini_src_MiniCam_g_Mini-g_1000_S002_');
    rmSync(missing.file);
    for (const file of filesIn(world.root, '_1000_S002_')) if (/_(metadata|log)_/.test(file)) rmSync(file);
    await home.bring(world, { inputs: 'NONE' });
    const halves = [made, missing, unended].map(({ half }) => existsSync(half));
    expect(halves).toEqual([false, false, true]);
    expect(existsSync(made.file)).toBe(true);
  });

  test('that was only built brings what it reads', async () => {
    await using world = await home.satellite();
    const { inputs, missing } = await home.bring(world);
    const dump = dumpRegistry(world.root);
    expect(missing).toBe(293);
    expect(dump['dataset']).toHaveLength(inputs);
    expect(dump['collection']!.filter((row) => row.includes('u/alice'))).toEqual([]);
    expect(chains(dump)).toHaveLength(3);
  });

  test('leaves chains of one’s own as they are', async () => {
    await using world = await home.satellite('outputs');
    const { repository } = world.satellite;
    await repository.registerCollection({ name: 'Mini/raw/all', type: 'RUN' }, contextOf());
    await repository.registerCollection(
      { name: 'Mini/defaults', type: 'CHAINED', children: ['Mini/raw/all'] },
      contextOf(),
    );
    await home.bring(world);
    const own = chains(dumpRegistry(world.root)).filter(({ parent }) => parent === 'Mini/defaults');
    expect(own.map(({ child }) => child)).toEqual(['Mini/raw/all']);
  });

  test('is not brought by the graph of another run', async () => {
    await using world = await home.satellite('outputs');
    const other = { outputRun: 'u/alice/out/20260102T000000Z' };
    await expect(home.bring(world, { run: other })).rejects.toThrow(/not the graph of this run/);
    expect(dumpRegistry(world.root)['collection']).toBeUndefined();
  });

  test.each(['transfer:after-datasets', 'run:before-outputs'])(
    'goes on where a process stopped that was killed at %s',
    async (failpoint) => {
      const world = await home.satellite('outputs');
      await world.close();
      const steps = join(world.directory, 'steps');
      const args = [PROCESS, world.directory, home.url, home.graph, steps];
      const start = (environment: object) =>
        promisify(execFile)(process.execPath, args, { env: { ...process.env, ...environment } });
      await expect(start({ SATELLITE_FAILPOINT: failpoint })).rejects.toMatchObject({ signal: 'SIGKILL' });
      expect(dumpRegistry(world.root)['dataset_type']!.join()).not.toMatch('mini_calexp');
      await start({});
      await using whole = await home.satellite('outputs');
      await home.bring(whole);
      expect(differences(dumpRegistry(world.root), dumpRegistry(whole.root))).toEqual([]);
      await rm(world.directory, { recursive: true });
    },
  );
});
