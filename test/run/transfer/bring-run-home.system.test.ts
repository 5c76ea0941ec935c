/** A run brought home by the gateway, beside what stock `butler transfer-from-graph` makes of the same graph and files. */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { dumpRegistry } from '../../transfer/registry-dump.ts';
import { PUBLIC_URL } from '../../transfer/transfer-world.ts';
import { graphFiles, HomecomingWorld, RUN } from './homecoming-world.ts';

// Of a busy machine: alone it takes seconds.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

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
    const paths = dump['file_datastore_records']!.map((row) => (JSON.parse(row) as { path: string }).path);
    expect(paths.filter((path) => path.startsWith(`${PUBLIC_URL}/files/dp1/`))).toHaveLength(inputs);
    expect(dump['calibs of {detector,instrument}']).toHaveLength(9);
  });
});
