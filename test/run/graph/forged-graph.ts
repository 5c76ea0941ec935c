/** Graph files that nobody's stack would write. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import zlib from 'node:zlib';
import { fromBufferPromise } from 'yauzl';
import yazl from 'yazl';

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

export async function written(directory: string, bytes: Buffer): Promise<string> {
  const path = join(directory, 'forged.qg');
  await writeFile(path, bytes);
  return path;
}
