import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import zlib from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { GRAPH_LIMITS } from '../../../src/run/graph/limits.ts';
import { PredictedGraph } from '../../../src/run/graph/predicted-graph.ts';
import { ProvenanceGraph } from '../../../src/run/graph/provenance-graph.ts';
import {
  blocksOf,
  bomb,
  edited,
  GRAPH,
  joined,
  membersOf,
  readAll,
  refusalOf,
  replaced,
  withMembers,
  written,
  zipOf,
  type Members,
} from './forged-graph.ts';

const QUANTA = 'quantum_datasets.mb';
let members: Members;
let bytes: Buffer;

beforeAll(async () => {
  members = await membersOf(GRAPH);
  bytes = await readFile(GRAPH);
});

it('reads the graph that all of these are made of, within the same limits', async () => {
  await readAll(GRAPH);
  await readAll(await written(await zipOf(members)));
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
    const directory = await mkdtemp(join(tmpdir(), 'graphs-'));
    const path = join(directory, 'directory.qg');
    await mkdir(path);
    await expect(PredictedGraph.open(path)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(PredictedGraph.open(join(directory, 'none.qg'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('a link to a graph, which may be another’s, and a pipe, at which one would wait for ever', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'graphs-'));
    await symlink(resolve(GRAPH), join(directory, 'link.qg'));
    execFileSync('mkfifo', [join(directory, 'pipe.qg')]);
    await expect(PredictedGraph.open(join(directory, 'link.qg'))).rejects.toThrow('a link to another file');
    await expect(PredictedGraph.open(join(directory, 'pipe.qg'))).rejects.toThrow('it is not a file');
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
    const path = await written(await withMembers({ 'thin_graph.json.zst': () => bomb(300 * 2 ** 20) }));
    await expect(readAll(path, GRAPH_LIMITS)).rejects.toThrow(/more than 268435456 bytes/);
  });
});
