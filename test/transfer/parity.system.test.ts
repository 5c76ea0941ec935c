/** The same selection moved by stock `Butler.transfer_from` and by the gateway, from the real official server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startOfficial, type Official } from '../../stack/official.ts';
import { runPython } from '../../stack/run-python.ts';
import { RemoteRepository } from '../../src/repository/remote/remote-repository.ts';
import { dumpRegistry } from './registry-dump.ts';
import { PUBLIC_URL, TransferWorld } from './transfer-world.ts';

const TYPES = [
  'calexp_metrics',
  'source_catalog',
  'visit_table',
  'object_table',
  'metrics_composite',
  'defects',
  'run_config',
  'bias',
  'flat',
];
/** `defaults` holds everything: RUNs, a CALIBRATION and nested chains; `HSC/tags/best` is not in it. */
/** The server takes any. */
const TOKEN = { BUTLER_RUBIN_ACCESS_TOKEN: 'any' };
const COLLECTIONS = ['defaults', 'HSC/tags/best'];
const EVERYTHING = { search: { datasetTypes: TYPES, collections: COLLECTIONS, findFirst: false } };

/** What stock Butler leaves out, and in what order it is all numbered. */
const COLLECTION_TABLES = /^(collection_chain|calibs of )/;

let directory: string;
let official: Official;
let source: RemoteRepository;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parity-'));
  official = await startOfficial(join(directory, 'official'));
  source = new RemoteRepository({ name: 'dp1', url: official.url, token: { fixed: undefined } });
}, 300_000);
afterAll(async () => {
  await source.close();
  await official.stop();
  await rm(directory, { recursive: true });
});

async function stockTransfer(mode: 'copy' | 'unsafe_direct'): Promise<string> {
  const root = join(directory, mode);
  const selection = JSON.stringify(TYPES.map((name) => [name, COLLECTIONS, '']));
  await runPython('test/oracle/stock_transfer.py', ['transfer', official.url, root, mode, selection], TOKEN);
  return root;
}

/** What stock Butler gets for each UUID: a hash, or null. */
async function read(root: string): Promise<Record<string, string | null>> {
  return JSON.parse(await runPython('test/oracle/stock_transfer.py', ['get', root])) as Record<string, string | null>;
}

/** Without what stock Butler does not transfer, and without paths. */
function comparable(root: string): Record<string, readonly unknown[]> {
  const { collection, ...tables } = dumpRegistry(root);
  const runs = collection!
    .map((row) => JSON.parse(row) as Record<string, unknown>)
    .filter((row) => row['type'] === '1');
  const rest = Object.entries(tables).filter(([table]) => !COLLECTION_TABLES.test(table));
  const ofRuns = rest.map(([table, rows]) => {
    const names = new Set(runs.map((run) => run['name']));
    const parsed = rows.map((row) => JSON.parse(row) as Record<string, unknown>);
    return [
      table,
      parsed.filter((row) => !('collection_id' in row) || names.has(row['collection_id'])).map(withoutPath),
    ];
  });
  return { collection: runs.map(({ collection_id: _, ...run }) => run), ...Object.fromEntries(ofRuns) } as Record<
    string,
    readonly unknown[]
  >;
}

function withoutPath(row: Record<string, unknown>): unknown {
  return 'path' in row ? { ...row, path: 'path' } : row;
}

describe('A transfer writes what stock Butler writes', () => {
  test('by reference, as unsafe_direct does', async () => {
    await using world = await TransferWorld.over([source]);
    const [root] = await Promise.all([
      stockTransfer('unsafe_direct'),
      world.transfer(EVERYTHING, { collections: false }),
    ]);
    expect(comparable(world.root)).toEqual(comparable(root));
    const paths = dumpRegistry(world.root)['file_datastore_records']!.map(
      (row) => (JSON.parse(row) as { path: string }).path,
    );
    expect(paths.every((path) => path.startsWith(`${PUBLIC_URL}/files/dp1/`))).toBe(true);
  }, 300_000);

  test('with its bytes, as copy does', async () => {
    await using world = await TransferWorld.over([source]);
    const [root] = await Promise.all([
      stockTransfer('copy'),
      world.transfer(EVERYTHING, { mode: 'COPY', collections: false }),
    ]);
    expect(comparable(world.root)).toEqual(comparable(root));
    expect(dumpRegistry(world.root)['file_datastore_records']).toEqual(dumpRegistry(root)['file_datastore_records']);
    const [ours, theirs] = await Promise.all([read(world.root), read(root)]);
    expect(Object.keys(ours).length).toBeGreaterThan(100);
    expect(ours).toEqual(theirs);
  }, 300_000);
});

describe('A transfer brings collections, which stock Butler leaves out', () => {
  test('chains unflattened, tags and validity ranges', async () => {
    await using world = await TransferWorld.over([source]);
    await world.transfer(EVERYTHING);
    const there = dumpRegistry(official.root);
    const here = dumpRegistry(world.root);
    const chains = there['collection_chain']!.filter((row) => /"parent":"(HSC\/|Cam1\/)?defaults"/.test(row));
    expect(chains.length).toBeGreaterThan(5);
    expect(here['collection_chain']).toEqual(chains);
    for (const table of Object.keys(there).filter((name) => name.startsWith('calibs of '))) {
      expect(here[table]?.map(withoutId)).toEqual(there[table]!.map(withoutId));
    }
    const tags = (dump: typeof here) =>
      Object.entries(dump).flatMap(([name, rows]) =>
        name.startsWith('tags of ') ? rows.filter((row) => row.includes('"collection_id":"HSC/tags/best"')) : [],
      );
    expect(tags(here)).toHaveLength(20);
    expect(tags(here)).toEqual(tags(there));
  }, 120_000);

  test('and does nothing when it is done again', async () => {
    await using world = await TransferWorld.over([source]);
    expect((await world.transfer(EVERYTHING)).new).toBeGreaterThan(0);
    const before = dumpRegistry(world.root);
    expect(await world.plan(EVERYTHING)).toMatchObject({ new: 0, conflicts: [] });
    expect((await world.transfer(EVERYTHING)).new).toBe(0);
    expect(dumpRegistry(world.root)).toEqual(before);
  }, 120_000);
});

function withoutId(row: string): unknown {
  const { id: _, ...rest } = JSON.parse(row) as Record<string, unknown>;
  return rest;
}
