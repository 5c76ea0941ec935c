import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import zlib from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { SatelliteError } from '../../../src/butler/errors.ts';
import { GRAPH_LIMITS } from '../../../src/run/graph/limits.ts';
import { filesNamedBy } from '../../../src/run/graph/named-files.ts';
import { PredictedGraph } from '../../../src/run/graph/predicted-graph.ts';
import { ProvenanceGraph } from '../../../src/run/graph/provenance-graph.ts';
import fc, { runs } from '../../sample.ts';
import {
  blocksOf,
  bomb,
  edited,
  joined,
  membersOf,
  replaced,
  withFirst,
  written,
  zipOf,
  type Members,
} from './forged-graph.ts';

const GRAPH = 'test/data/graphs/minipipe.qg';
/** Less than by default, so that what goes beyond them is made quickly; the graph itself stays far below. */
const LIMITS = { partBytes: 400_000, blockBytes: 100_000, passBytes: 500_000, values: 20_000, depth: 24 };
let directory: string;
let members: Members;
let bytes: Buffer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'graphs-'));
  members = await membersOf(GRAPH);
  bytes = await readFile(GRAPH);
});

/** Reads all of a file, in every way. */
async function readAll(path: string, limits = LIMITS): Promise<void> {
  const graph = await PredictedGraph.open(path, limits);
  try {
    const { quanta } = await graph.thin();
    await graph.initQuanta();
    for await (const record of graph.dimensionRecords('here')) void record;
    for await (const quantum of graph.quanta()) void quantum;
    for (const { uuid } of [...quanta.values()].flat()) await graph.quantum(uuid);
  } finally {
    await graph.close();
  }
}

async function refusalOf(file: Buffer): Promise<string> {
  const error: unknown = await readAll(await written(directory, file)).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(SatelliteError);
  expect((error as SatelliteError).code).toBe('BAD_USER_INPUT');
  return (error as SatelliteError).message;
}

/** The graph with other members. */
function withMembers(changes: Record<string, (member: Buffer) => Buffer>): Promise<Buffer> {
  return zipOf([...members].map(([name, member]) => [name, changes[name]?.(member) ?? member] as const));
}

const QUANTA = 'quantum_datasets.mb';
const ADDRESSES = 'quanta.addr';

it('reads the graph that all of these are made of, within the same limits', async () => {
  await readAll(GRAPH);
  await readAll(await written(directory, await zipOf(members)));
});

describe('a file that is not a graph of today is refused, and the message says what it is', () => {
  const old = (version: number) => Buffer.from([...Buffer.from('qgraph4\xf6\xe8\xa9', 'latin1'), 0, version, 0, 0]);
  it.each<[string, Buffer, RegExp]>([
    ['an old graph', old(3), /old \.qgraph format \(version 3\)/],
    ['an old graph of pickles', old(1), /old \.qgraph format \(version 1\)/],
    ['a pickle', Buffer.from('\x80\x04\x95\x0c', 'latin1'), /Python pickle/],
    ['a pickle of Python 2', Buffer.from('(lp0\n.'), /not a \.qg file/],
    ['an empty file', Buffer.alloc(0), /not a \.qg file/],
    ['nothing but the beginning of a zip', Buffer.from('PK\x03\x04'), /zip is damaged/],
  ])('%s', async (_, file, message) => {
    expect(await refusalOf(file)).toMatch(message);
  });

  it('a graph of what was run, where one of what is to be run is needed, and the other way round', async () => {
    const provenance = 'test/data/graphs/provenance.qg';
    await expect(PredictedGraph.open(provenance)).rejects.toThrow(
      /'provenance' graph, and a 'predicted' one is needed/,
    );
    await expect(ProvenanceGraph.open(GRAPH)).rejects.toThrow(/'predicted' graph, and a 'provenance' one is needed/);
  });

  it.each([0, 2])('version %i of the format', async (version) => {
    const file = await withMembers({ 'header.json.zst': (header) => edited(header, (of) => ({ ...of, version })) });
    expect(await refusalOf(file)).toMatch(`version ${version} of the format, and only version 1`);
  });

  it('a directory, or no file at all', async () => {
    const path = join(directory, 'directory.qg');
    await mkdir(path);
    await expect(PredictedGraph.open(path)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(PredictedGraph.open(join(directory, 'none.qg'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a zip that tries to deceive is refused', () => {
  it.each<[string, () => Buffer | Promise<Buffer>, RegExp]>([
    ['broken off', () => bytes.subarray(0, bytes.length / 2), /zip is damaged/],
    [
      'a name that leads out of it',
      async () => replaced(await zipOf([...members, ['xx/evil', bytes]]), 'xx/evil', '../evil'),
      /leads out of it/,
    ],
    [
      'an absolute name',
      async () => replaced(await zipOf([...members, ['xevil', bytes]]), 'xevil', '/evil'),
      /leads out of it/,
    ],
    [
      'two members of one name',
      () => zipOf([...members, ['header.json.zst', members.get('header.json.zst')!]]),
      /two members 'header.json.zst'/,
    ],
    ['compressed members', () => zipOf(members, true), /packed again/],
    [
      'many members',
      () => zipOf([...members, ...Array.from({ length: 100 }, (_, i) => [`${i}`, bytes] as const)]),
      /64 is the limit/,
    ],
    [
      'a damaged part',
      () =>
        replaced(
          bytes,
          members.get('thin_graph.json.zst')!,
          members.get('thin_graph.json.zst')!.map((byte, i) => (i === 100 ? byte ^ 1 : byte)),
        ),
      /thin_graph.json.zst is damaged: its checksum/,
    ],
    ['a missing part', () => zipOf([...members].filter(([name]) => !name.startsWith('init'))), /no member init_quanta/],
    ['no header', () => zipOf([['a', bytes]]), /no member header/],
  ])('%s', async (_, file, message) => {
    expect(await refusalOf(await file())).toMatch(message);
  });

  it('a checksum of all quanta that differs, though each can be read', async () => {
    const central = bytes.lastIndexOf(QUANTA) - 46;
    const file = Buffer.from(bytes);
    file.writeUInt32LE(1, central + 16);
    expect(await refusalOf(file)).toMatch(/quantum_datasets.mb is damaged: its checksum/);
  });

  it('members that share bytes', async () => {
    const name = 'thin_graph.json.zst';
    // a member that holds another one, to which the directory points
    const inner = await zipOf([[name, members.get(name)!]]);
    const held = inner.subarray(0, 30 + name.length + members.get(name)!.length);
    const file = await zipOf([...members, ['x', held]]);
    file.writeUInt32LE(file.lastIndexOf(held), file.lastIndexOf(name) - 46 + 42);
    expect(await refusalOf(file)).toMatch(/lies outside its place/);
  });
});

describe('what would be too much when it is decompressed is not decompressed', () => {
  it.each<[string, Record<string, (member: Buffer) => Buffer>, RegExp]>([
    [
      'a part that says so',
      { 'thin_graph.json.zst': () => zlib.zstdCompressSync(Buffer.alloc(50_000_000)) },
      /would have 50000000 bytes .* 400000 is the limit/,
    ],
    ['a part that does not say so', { 'thin_graph.json.zst': () => bomb(50_000_000) }, /more than 400000 bytes/],
    ['the header', { 'header.json.zst': () => bomb(50_000_000) }, /more than 400000 bytes/],
    [
      'one quantum',
      { [QUANTA]: (member) => joined([bomb(1_000_000), ...blocksOf(member).slice(1)]) },
      /block at 0 .* more than 100000 bytes/,
    ],
    [
      'all quanta together',
      {
        [QUANTA]: (member) =>
          joined([
            ...blocksOf(member).slice(1),
            ...Array.from({ length: 20 }, () =>
              zlib.zstdCompressSync(
                Buffer.from(zlib.zstdDecompressSync(blocksOf(member)[0]!).toString() + ' '.repeat(90_000)),
              ),
            ),
          ]),
      },
      /is the limit/,
    ],
    [
      'a frame that needs a gigabyte of memory',
      { 'thin_graph.json.zst': () => Buffer.from('28b52ffd00a0010000', 'hex') },
      /cannot be decompressed/,
    ],
    [
      'one frame after another',
      { 'thin_graph.json.zst': (member) => Buffer.concat([member, bomb(50_000_000)]) },
      /bytes after its end/,
    ],
    [
      'a frame that breaks off',
      { 'thin_graph.json.zst': (member) => member.subarray(0, -10) },
      /cannot be decompressed/,
    ],
  ])('%s', async (_, changes, message) => {
    expect(await refusalOf(await withMembers(changes))).toMatch(message);
  });

  it('a dictionary of megabytes', async () => {
    const file = await zipOf([...members, ['compression_dict', Buffer.alloc(2_000_000)]]);
    expect(await refusalOf(file)).toMatch(/compression_dict has 2000000 bytes/);
  });

  it('holds by default, too', async () => {
    const path = await written(directory, await withMembers({ 'thin_graph.json.zst': () => bomb(300 * 2 ** 20) }));
    await expect(readAll(path, GRAPH_LIMITS)).rejects.toThrow(/more than 268435456 bytes/);
  });
});

describe('documents are looked through before they are read', () => {
  const thin = (text: string | Buffer) => ({
    'thin_graph.json.zst': () => zlib.zstdCompressSync(Buffer.from(text as string)),
  });
  it.each<[string, string | Buffer, RegExp]>([
    ['absurd depth', '['.repeat(100_000), /nested more than 24 levels/],
    ['depth behind text that looks like its end', `["\\"]]]",${'{"a":'.repeat(1000)}`, /nested more than 24 levels/],
    ['too many values', `[${'0,'.repeat(30_000)}0]`, /20000 is the limit/],
    ['too many empty lists', `[${'[],'.repeat(15_000)}0]`, /20000 is the limit/],
    ['no JSON', '{"quanta":', /thin_graph is not JSON/],
    ['no text', Buffer.from([0x22, 0xff, 0xfe, 0x22]), /thin_graph is not JSON/],
    ['another form', '{"quanta":{"coadd":[{"quantum_id":"x"}]}}', /at quanta.coadd.0.quantum_id/],
    ['names that are not data', '{"quanta":{"__proto__":[]},"edges":{}}', /not of the form/],
  ])('%s', async (_, text, message) => {
    expect(await refusalOf(await withMembers(thin(text)))).toMatch(message);
  });
});

describe('addresses and blocks that do not fit are refused', () => {
  /** Row `i`: a UUID, an index, an offset and a size. */
  const row = (table: Buffer, i: number) => table.subarray(17 + 40 * i, 17 + 40 * (i + 1));
  const changed = (table: Buffer, change: (copy: Buffer) => void) => {
    const copy = Buffer.from(table);
    change(copy);
    return copy;
  };
  it.each<[string, string, (member: Buffer) => Buffer, RegExp]>([
    [
      'an address outside',
      ADDRESSES,
      (table) => changed(table, (of) => row(of, 3).writeBigUInt64BE(1n << 40n, 24)),
      /points out of quantum_datasets.mb/,
    ],
    [
      'an address beyond all numbers',
      ADDRESSES,
      (table) => changed(table, (of) => row(of, 3).writeBigUInt64BE(1n << 63n, 24)),
      /cannot be/,
    ],
    [
      'a size beyond the limit',
      ADDRESSES,
      (table) => changed(table, (of) => row(of, 3).writeBigUInt64BE(1_000_000n, 32)),
      /100000 is the limit/,
    ],
    [
      'no size',
      ADDRESSES,
      (table) => changed(table, (of) => row(of, 3).writeBigUInt64BE(0n, 32)),
      /between the blocks/,
    ],
    [
      'an address within a block',
      ADDRESSES,
      (table) => changed(table, (of) => row(of, 3).writeBigUInt64BE(row(of, 3).readBigUInt64BE(24) + 1n, 24)),
      /between the blocks|points out/,
    ],
    [
      'the address of another quantum',
      ADDRESSES,
      (table) => changed(table, (of) => row(table, 4).copy(row(of, 3), 24, 24)),
      /is that of another/,
    ],
    [
      'more rows than it has',
      ADDRESSES,
      (table) => changed(table, (of) => of.writeBigUInt64BE(1000n, 1)),
      /not the size of the 1000 rows/,
    ],
    ['no rows', ADDRESSES, () => Buffer.from([8, ...Buffer.alloc(15), 1]), /addresses of 0 quanta, and should have 21/],
    ['other integers', ADDRESSES, (table) => changed(table, (of) => (of[0] = 4)), /integers of 4 bytes/],
    [
      'more addresses in a row',
      ADDRESSES,
      (table) => changed(table, (of) => of.writeBigUInt64BE(4n, 9)),
      /4 addresses in a row/,
    ],
    ['blocks that break off', QUANTA, (blocks) => blocks.subarray(0, -5), /breaks off in the middle of a block/],
    ['a missing block', QUANTA, (blocks) => joined(blocksOf(blocks).slice(1)), /has 20 quanta, and should have 21/],
    [
      'a block that says it is huge',
      QUANTA,
      (blocks) => changed(blocks, (of) => of.writeBigUInt64BE(1n << 40n, 0)),
      /1099511627776 bytes, and 100000 is the limit/,
    ],
  ])('%s', async (_, name, change, message) => {
    expect(await refusalOf(await withMembers({ [name]: change }))).toMatch(message);
  });
});

describe('a graph that contradicts itself is refused', () => {
  const header = (fields: object) => ({
    'header.json.zst': (member: Buffer) => edited(member, (of) => ({ ...of, ...fields })),
  });
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- any document
  const first = (change: (quantum: any) => unknown) => ({ [QUANTA]: (member: Buffer) => withFirst(member, change) });
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- any document
  const part = (name: string, change: (document: any) => unknown) => ({
    [`${name}.json.zst`]: (member: Buffer) => edited(member, change),
  });
  it.each<[string, Record<string, (member: Buffer) => Buffer>, RegExp]>([
    ['an output run that leads elsewhere', header({ output_run: '../../etc' }), /cannot be the name of a collection/],
    ['another number of quanta', header({ n_quanta: 22 }), /should have 22/],
    ['integers of no bytes', header({ int_size: 0 }), /header is not of the form/],
    [
      'an output in another run',
      first((quantum) => {
        quantum.outputs._log[0].run = 'u/bob/run';
      }),
      /writes to the run 'u\/bob\/run'/,
    ],
    [
      'an unknown task',
      first((quantum) => {
        quantum.task_label = 'evil';
      }),
      /task 'evil', which its pipeline has not/,
    ],
    [
      'an unknown connection',
      first((quantum) => {
        quantum.inputs.evil = [];
      }),
      /connection 'evil'/,
    ],
    [
      'a dataset of another type',
      first((quantum) => {
        quantum.outputs._log[0].dataset_type_name = 'mini_raw';
      }),
      /another type than 'calibrate_log'/,
    ],
    [
      'a data ID of too few values',
      first((quantum) => {
        quantum.data_coordinate.pop();
      }),
      /data ID of quantum .* is not one of/,
    ],
    [
      'a data ID of other values',
      first((quantum) => {
        quantum.data_coordinate[1] = 'text';
      }),
      /data ID of quantum .* is not one of/,
    ],
    [
      'records of an unknown class',
      first((quantum) => {
        quantum.datastore_records = { d: { dataset_ids: [], records: { 'os.system': {} } } };
      }),
      /unknown class 'os.system'/,
    ],
    [
      'quanta that wait for each other',
      part('thin_graph', (thin) => {
        thin.edges = thin.edges.flatMap(([a, b]: string[]) => [
          [a, b],
          [b, a],
        ]);
      }),
      /in a circle/,
    ],
    [
      'an order of quanta that it has not',
      part('thin_graph', (thin) => {
        thin.edges[0][0] = '00000000-0000-7000-8000-000000000000';
      }),
      /orders quanta that it has not/,
    ],
    [
      'one quantum twice',
      part('thin_graph', (thin) => {
        thin.quanta.coadd[0] = thin.quanta.coadd[1];
      }),
      /20 different quanta, and should have 21/,
    ],
    [
      'a dataset type that leads elsewhere',
      part('pipeline_graph', (of) => {
        of.dataset_types['../x'] = of.dataset_types.mini_raw;
      }),
      /cannot be the name of a dataset type/,
    ],
    [
      'an undefined dataset type',
      part('pipeline_graph', (of) => {
        delete of.dataset_types.mini_raw;
      }),
      /dataset type 'mini_raw', which is not defined/,
    ],
    [
      'a universe that is none',
      part('pipeline_graph', (of) => {
        of.dimensions = {};
      }),
      /universe cannot be read/,
    ],
    [
      'records of an unknown element',
      part('dimension_data', (of) => {
        of.evil = [];
      }),
      /records of 'evil'/,
    ],
    [
      'records of too few values',
      part('dimension_data', (of) => {
        of.visit[0].pop();
      }),
      /a record of visit has/,
    ],
    [
      'records of other values',
      part('dimension_data', (of) => {
        of.patch[0][3] = [1];
      }),
      /not of the form|not of the type/,
    ],
  ])('%s', async (_, changes, message) => {
    expect(await refusalOf(await withMembers(changes))).toMatch(message);
  });
});

it('never fails otherwise than by saying what is wrong, wherever bytes of a file are changed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      async (changes) => {
        const file = Buffer.from(bytes);
        for (const [at, value] of changes) file[at] = value;
        const error: unknown = await readAll(await written(directory, file)).catch((caught: unknown) => caught);
        if (error !== undefined) expect(error).toMatchObject({ name: 'SatelliteError', code: 'BAD_USER_INPUT' });
      },
    ),
    { numRuns: runs(60) },
  );
});

it('tells which files a graph names, and which of them are outside of the root', async () => {
  const outside = [
    '/etc/passwd',
    '../secret',
    'a/../../secret',
    'file:///etc/passwd',
    's3://bucket/key',
    '%2e%2e/secret',
    'butler.yaml',
  ];
  const inside = ['Mini/raw/file.yaml', 'https://example.org/x', 'run/outputs.zip#zip-path=a.yaml'];
  const record = { formatter: 'f', storage_class: 's', component: '__NULL_STRING__', checksum: null, file_size: 1 };
  const records = [...outside, ...inside].map((path) => ({ ...record, path }));
  const uuid = '01a227f6-9e2c-7052-bb1b-da0fadb9d432';
  const table = { [uuid.replaceAll('-', '')]: { file_datastore_records: records } };
  const of = { dataset_ids: [uuid], records: { 'lsst.daf.butler.datastore.stored_file_info.StoredFileInfo': table } };
  const file = await withMembers({
    [QUANTA]: (member) => withFirst(member, (quantum) => ({ ...quantum, datastore_records: { store: of } })),
  });
  const graph = await PredictedGraph.open(await written(directory, file));
  const named = await Array.fromAsync(filesNamedBy(graph));
  await graph.close();
  const ours = named.filter(({ datastore }) => datastore === 'store');
  expect(ours.filter(({ place }) => place === 'OUTSIDE').map(({ path }) => path)).toEqual(outside);
  expect(ours.slice(outside.length).map(({ dataset, path, place }) => [dataset, path, place])).toEqual([
    [uuid, inside[0], 'ROOT'],
    [uuid, inside[1], 'ADDRESS'],
    [uuid, inside[2], 'ROOT'],
  ]);
  expect(named.filter(({ datastore }) => datastore !== 'store').every(({ place }) => place === 'ROOT')).toBe(true);
});
