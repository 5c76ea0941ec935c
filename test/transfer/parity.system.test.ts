/** The same selection moved by stock `Butler.transfer_from` and by the gateway, from the real official server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startOfficial, type Official } from '../../stack/official.ts';
import { startPostgres, type Postgres } from '../../stack/postgres.ts';
import { runPython } from '../../stack/run-python.ts';
import { RemoteRepository } from '../../src/repository/remote/remote-repository.ts';
import { createRepository } from '../../src/repository/direct/create.ts';
import { isFull } from '../sample.ts';
import { dumpPostgresRegistry, dumpRegistry, type Dump } from './registry-dump.ts';
import { PUBLIC_URL, TransferWorld, type Place } from './transfer-world.ts';

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
let postgres: Postgres | undefined;
let database: string | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parity-'));
  official = await startOfficial(join(directory, 'official'));
  source = new RemoteRepository({ name: 'dp1', url: official.url, token: { fixed: undefined } });
});
afterAll(async () => {
  await source.close();
  await official.stop();
  await postgres?.stop();
  await rm(directory, { recursive: true });
});

/** Where both of two repositories that are compared are. */
interface Kind {
  /** @param name of one of them */
  place(name: string): Promise<Place>;
  dump(root: string, name: string): Promise<Dump>;
  /** What stock Butler needs to reach it. */
  environment(): Readonly<Record<string, string>>;
}

const IN_FILES: Kind = {
  place: async () => ({ database: { dialect: 'sqlite' } }),
  dump: async (root) => dumpRegistry(root),
  environment: () => ({}),
};

const IN_SERVERS: Kind = {
  place: async (name) => {
    postgres ??= await startPostgres();
    database ??= await postgres.createDatabase();
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    await client.query(`CREATE SCHEMA ${name}`);
    await client.end();
    const { endpoint, environment } = official.s3;
    const credentials = {
      accessKeyId: environment['AWS_ACCESS_KEY_ID']!,
      secretAccessKey: environment['AWS_SECRET_ACCESS_KEY']!,
    };
    return {
      database: { dialect: 'postgresql', url: database, publicUrl: database, namespace: name },
      objects: { root: `s3://official/${name}`, access: { endpoint, credentials } },
    };
  },
  dump: async (_root, name) => dumpPostgresRegistry(database!, name),
  environment: () => official.s3.environment,
};

/** Into a new repository, which stock Butler makes where it can without a configuration. */
async function stockTransfer(mode: 'copy' | 'unsafe_direct', kind: Kind, name: string): Promise<string> {
  const root = join(directory, kind === IN_FILES ? 'files' : 'servers', name);
  if (kind !== IN_FILES) {
    const { database: place, objects } = await kind.place(name);
    const signal = AbortSignal.timeout(600_000);
    const universe = await source.universe({ caller: { username: 'alice' }, signal });
    const datastoreRoot = objects!.root;
    await createRepository({ name, directory: root, universe, database: place, datastoreRoot, signal });
  }
  const selection = JSON.stringify(TYPES.map((type) => [type, COLLECTIONS, '']));
  const environment = { ...TOKEN, ...kind.environment() };
  await runPython('test/oracle/stock_transfer.py', ['transfer', official.url, root, mode, selection], environment);
  return root;
}

/** What stock Butler gets for each UUID: a hash, or null. */
async function read(root: string, { environment }: Kind): Promise<Record<string, string | null>> {
  const found = await runPython('test/oracle/stock_transfer.py', ['get', root], environment());
  return JSON.parse(found) as Record<string, string | null>;
}

/** Without what stock Butler does not transfer, and without paths. */
function comparable({ collection, ...tables }: Dump): Record<string, readonly unknown[]> {
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

/** A datastore's name is that of its root. */
function withoutPath(row: Record<string, unknown>): unknown {
  return {
    ...row,
    ...('path' in row && { path: 'path' }),
    ...('datastore_name' in row && { datastore_name: 'its root' }),
  };
}

describe.each([
  ['in SQLite and files', IN_FILES],
  ['in PostgreSQL and S3', IN_SERVERS],
])('A transfer writes what stock Butler writes, %s', (_name, kind) => {
  // Files are alike everywhere where none are written.
  test.skipIf(kind === IN_SERVERS && !isFull)('by reference, as unsafe_direct does', async () => {
    await using world = await TransferWorld.over([source], null, await kind.place('ours_referring'));
    const [root] = await Promise.all([
      stockTransfer('unsafe_direct', kind, 'stock_referring'),
      world.transfer(EVERYTHING, { collections: false }),
    ]);
    const ours = await kind.dump(world.root, 'ours_referring');
    expect(comparable(ours)).toEqual(comparable(await kind.dump(root, 'stock_referring')));
    const paths = ours['file_datastore_records']!.map((row) => (JSON.parse(row) as { path: string }).path);
    expect(paths.every((path) => path.startsWith(`${PUBLIC_URL}/files/dp1/`))).toBe(true);
  });

  test('with its bytes, as copy does', async () => {
    await using world = await TransferWorld.over([source], null, await kind.place('ours_copying'));
    const [root] = await Promise.all([
      stockTransfer('copy', kind, 'stock_copying'),
      world.transfer(EVERYTHING, { mode: 'COPY', collections: false }),
    ]);
    const [ours, theirs] = [await kind.dump(world.root, 'ours_copying'), await kind.dump(root, 'stock_copying')];
    expect(comparable(ours)).toEqual(comparable(theirs));
    expect(ours['file_datastore_records']).toEqual(theirs['file_datastore_records']);
    const [oursRead, theirsRead] = await Promise.all([read(world.root, kind), read(root, kind)]);
    expect(Object.keys(oursRead).length).toBeGreaterThan(100);
    expect(oursRead).toEqual(theirsRead);
  });
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
  });

  test('and does nothing when it is done again', async () => {
    await using world = await TransferWorld.over([source]);
    expect((await world.transfer(EVERYTHING)).new).toBeGreaterThan(0);
    const before = dumpRegistry(world.root);
    expect(await world.plan(EVERYTHING)).toMatchObject({ new: 0, conflicts: [] });
    expect((await world.transfer(EVERYTHING)).new).toBe(0);
    expect(dumpRegistry(world.root)).toEqual(before);
  });
});

function withoutId(row: string): unknown {
  const { id: _, ...rest } = JSON.parse(row) as Record<string, unknown>;
  return rest;
}
