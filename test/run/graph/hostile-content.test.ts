import { readFile } from 'node:fs/promises';
import zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { filesNamedBy } from '../../../src/run/graph/named-files.ts';
import { ProvenanceGraph } from '../../../src/run/graph/provenance-graph.ts';
import fc, { runs } from '../../sample.ts';
import { readGraph } from './changed-graph.ts';
import {
  blocksOf,
  edited,
  GRAPH,
  joined,
  membersOf,
  readAll,
  refusalOf,
  withFirst,
  withMembers,
  written,
  zipOf,
} from './forged-graph.ts';

const QUANTA = 'quantum_datasets.mb';
const ADDRESSES = 'quanta.addr';

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

/** Whatever is wrong, it is said. */
async function expectReadOrRefused(reading: Promise<unknown>): Promise<void> {
  const error: unknown = await reading.catch((caught: unknown) => caught);
  if (error instanceof Error) expect(error).toMatchObject({ name: 'SatelliteError', code: 'BAD_USER_INPUT' });
}

async function readProvenance(path: string): Promise<void> {
  const graph = await ProvenanceGraph.open(path);
  try {
    for await (const dataset of graph.datasets()) await graph.dataset(dataset.uuid);
    for await (const quantum of graph.quanta()) {
      await graph.quantum(quantum.uuid);
      await graph.logs(quantum.uuid);
    }
  } finally {
    await graph.close();
  }
}

describe('nothing fails otherwise than by saying what is wrong', () => {
  it('wherever bytes of a file are changed', async () => {
    for (const [path, read] of [
      [GRAPH, readAll],
      ['test/data/graphs/provenance.qg', readProvenance],
    ] as const) {
      const bytes = await readFile(path);
      const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
          const file = Buffer.from(bytes);
          for (const [at, value] of changes) file[at] = value;
          await expectReadOrRefused(read(await written(file)));
        }),
        { numRuns: runs(15) },
      );
    }
  });

  it('whatever value of a document is another one', async () => {
    for (const [path, read] of [
      [GRAPH, readAll],
      ['test/data/graphs/provenance.qg', readProvenance],
    ] as const) {
      const members = await membersOf(path);
      const names = [...members.keys()].filter(
        (name) => /\.(json\.zst|mb)$/.test(name) && !/packages|metadata/.test(name),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...names),
          fc.nat(),
          fc.jsonValue({ maxDepth: 2 }),
          async (name, at, value) => {
            const edit = (document: unknown) => withValue(document, at, value);
            const member = members.get(name)!;
            const forged = name.endsWith('.mb') ? withFirst(member, edit) : edited(member, edit);
            await expectReadOrRefused(read(await written(await zipOf(new Map(members).set(name, forged)))));
          },
        ),
        { numRuns: runs(30) },
      );
    }
  });
});

/** A document with one of its values, wherever it is, replaced. */
function withValue(document: unknown, at: number, value: unknown): unknown {
  const places: [Record<string, unknown>, string][] = [];
  JSON.stringify(document, function (this: Record<string, unknown>, key, found: unknown) {
    places.push([this, key]);
    return found;
  });
  const [parent, key] = places[at % places.length]!;
  if (key === '') return value;
  parent[key] = value;
  return document;
}

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
  const named = await readGraph(await written(file), (graph) => Array.fromAsync(filesNamedBy(graph)));
  const ours = named.filter(({ datastore }) => datastore === 'store');
  expect(ours.filter(({ place }) => place === 'OUTSIDE').map(({ path }) => path)).toEqual(outside);
  expect(ours.slice(outside.length).map(({ dataset, path, place }) => [dataset, path, place])).toEqual([
    [uuid, inside[0], 'ROOT'],
    [uuid, inside[1], 'ADDRESS'],
    [uuid, inside[2], 'ROOT'],
  ]);
  expect(named.filter(({ datastore }) => datastore !== 'store').every(({ place }) => place === 'ROOT')).toBe(true);
});
