/** Graph files that nobody's stack would write, and how they are refused. */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import zlib from 'node:zlib';
import { fromBufferPromise } from 'yauzl';
import yazl from 'yazl';
import { expect } from 'vitest';
import { SatelliteError } from '../../../src/butler/errors.ts';
import { PredictedGraph } from '../../../src/run/graph/predicted-graph.ts';

/** Members of a graph's zip, by name; those of `minipipe.qg` have no dictionary. */
export type Members = Map<string, Buffer>;

export async function membersOf(path: string): Promise<Members> {
  const members: Members = new Map();
  const zip = await fromBufferPromise(await readFile(path));
  for await (const entry of zip.eachEntry())
    members.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)));
  return members;
}

/** A zip of stored members. */
export async function zipOf(members: Iterable<readonly [string, Buffer]>, compress = false): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const [name, bytes] of members) zip.addBuffer(bytes, name, { compress });
  zip.end();
  return buffer(zip.outputStream as Readable);
}

/** Puts other bytes of the same length in the place of some, everywhere. */
export function replaced(bytes: Buffer, from: string | Uint8Array, to: string | Uint8Array): Buffer {
  const [before, after] = [Buffer.from(from as string), Buffer.from(to as string)];
  if (before.length !== after.length || !bytes.includes(before)) throw new Error('nothing to replace');
  const result = Buffer.from(bytes);
  for (let at = result.indexOf(before); at >= 0; at = result.indexOf(before, at + 1)) after.copy(result, at);
  return result;
}

/** A document with some of it changed. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any document
export function edited(member: Buffer, change: (document: any) => unknown): Buffer {
  const document: unknown = JSON.parse(zlib.zstdDecompressSync(member).toString());
  return zlib.zstdCompressSync(Buffer.from(JSON.stringify(change(document) ?? document)));
}

/** Blocks of a multi-block member of 8-byte integers. */
export function blocksOf(member: Buffer): Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = 0; at < member.length;) {
    const past = at + 8 + Number(member.readBigUInt64BE(at));
    blocks.push(member.subarray(at + 8, past));
    at = past;
  }
  return blocks;
}

export function joined(blocks: readonly Buffer[]): Buffer {
  return Buffer.concat(
    blocks.flatMap((block) => {
      const size = Buffer.alloc(8);
      size.writeBigUInt64BE(BigInt(block.length));
      return [size, block];
    }),
  );
}

/** The first quantum with some of it changed; addresses of the others are wrong then. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any document
export function withFirst(member: Buffer, change: (quantum: any) => unknown): Buffer {
  const [first, ...others] = blocksOf(member);
  return joined([edited(first!, change), ...others]);
}

/** A frame of zeros that does not say how many they are. */
export function bomb(size: number): Buffer {
  return zlib.zstdCompressSync(Buffer.alloc(size), { params: { [zlib.constants.ZSTD_c_contentSizeFlag]: 0 } });
}

/** A graph to make others of. */
export const GRAPH = 'test/data/graphs/minipipe.qg';
/** Less than by default, so that what goes beyond them is made quickly; the graph itself stays far below. */
const LIMITS = { partBytes: 400_000, blockBytes: 100_000, passBytes: 500_000, values: 20_000, depth: 24 };

/** The graph with other members. */
export async function withMembers(changes: Record<string, (member: Buffer) => Buffer>): Promise<Buffer> {
  const members = await membersOf(GRAPH);
  return zipOf([...members].map(([name, member]) => [name, changes[name]?.(member) ?? member] as const));
}

export async function written(bytes: Buffer): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'graphs-')), 'forged.qg');
  await writeFile(path, bytes);
  return path;
}

/** Reads all of a file, in every way. */
export async function readAll(path: string, limits = LIMITS): Promise<void> {
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

/** What is answered to whoever gives a file, which must not be accepted. */
export async function refusalOf(file: Buffer): Promise<string> {
  const error: unknown = await readAll(await written(file)).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(SatelliteError);
  expect((error as SatelliteError).code).toBe('BAD_USER_INPUT');
  return (error as SatelliteError).message;
}
