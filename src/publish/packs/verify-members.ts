/** Reads a pack from its beginning to its directory, once: every byte belongs to a member, and every file is what it is named. */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { isPlainConfig, MOST_CONFIG_BYTES } from '../config-file.ts';
import { memberOf, PACK_MANIFEST, PackError } from './pack-format.ts';
import { MEMBER_HEADER_BYTES, type PackMember, type ZipBytes } from './zip-directory.ts';

export interface LaidOutMember extends PackMember {
  /** Whether reading its dataset runs what is in it. */
  readonly isConfig: boolean;
}

const SIGNATURE = 0x04034b50;
/** What may stand after a member: nothing, or its sizes again, with and without a signature, in 32 or 64 bits. */
const DESCRIPTORS: ReadonlySet<number> = new Set([0, 12, 16, 20, 24]);

/**
 * @param members page by page, in the order in which they lie in the zip
 * @param end where its directory begins
 * @param progress told how many bytes were read so far
 * @returns members that are configurations with more Python in them than values, the first ones of them
 * @throws PackError
 */
export async function verifyMembers(
  zip: ZipBytes,
  members: AsyncIterable<readonly LaidOutMember[]>,
  end: number,
  progress: (bytes: number) => Promise<void>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const running: string[] = [];
  let at = 0;
  let before: LaidOutMember | undefined;
  let bytes: Bytes | undefined;
  const verify = async (member: LaidOutMember, past: number) => {
    if (member.start !== at) throw misplaced(member);
    bytes ??= new Bytes(await zip.read({ start: 0, end: end - 1 }, signal));
    if (!(await verifyMember(bytes, member, past))) running.push(member.name);
    at = past;
  };
  try {
    for await (const page of members) {
      for (const member of page) {
        if (before) await verify(before, member.start);
        before = member;
      }
      await progress(at);
    }
    if (before) await verify(before, end);
    return running;
  } finally {
    bytes?.close();
  }
}

/** @returns whether it is harmless */
async function verifyMember(bytes: Bytes, member: LaidOutMember, past: number): Promise<boolean> {
  const { name, size, compressed, start, isConfig } = member;
  const room = past - start;
  if (room < MEMBER_HEADER_BYTES + name.length + compressed) throw misplaced(member);
  const header = await bytes.take(MEMBER_HEADER_BYTES);
  const nameBytes = header.readUInt16LE(26);
  const extra = header.readUInt16LE(28);
  const left = room - MEMBER_HEADER_BYTES - nameBytes - extra - compressed;
  if (header.readUInt32LE(0) !== SIGNATURE || !DESCRIPTORS.has(left)) throw misplaced(member);
  if ((await bytes.take(nameBytes)).toString() !== name) throw misplaced(member);
  await bytes.skip(extra);
  const hash = createHash('sha256');
  const kept: Uint8Array[] = [];
  await bytes.each(compressed, (chunk) => {
    hash.update(chunk);
    if (isConfig && size <= MOST_CONFIG_BYTES) kept.push(chunk);
  });
  await bytes.skip(left);
  if (name !== PACK_MANIFEST && memberOf(hash.digest('hex')) !== name) {
    throw new PackError(
      `The bytes of '${name}' in the zip have another checksum than its name: make and upload it anew.`,
    );
  }
  return !isConfig || (size <= MOST_CONFIG_BYTES && isPlainConfig(Buffer.concat(kept).toString()));
}

function misplaced({ name }: PackMember): PackError {
  return new PackError(
    `Member '${name}' of the zip is not where its directory says, or something lies between the members: make it anew.`,
  );
}

/** Takes a stream apart. */
class Bytes {
  readonly #stream: Readable;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(stream: Readable) {
    this.#stream = stream;
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  }

  async each(count: number, use: (chunk: Uint8Array) => void): Promise<void> {
    for (let left = count; left > 0;) {
      if (this.#rest.length === 0) {
        const next: IteratorResult<Uint8Array, unknown> = await this.#chunks.next();
        if (next.done === true) throw new PackError('The zip ends too early: upload it anew.');
        this.#rest = next.value;
      }
      const taken = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(taken.length);
      left -= taken.length;
      use(taken);
    }
  }

  async take(count: number): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    await this.each(count, (chunk) => chunks.push(chunk));
    return Buffer.concat(chunks);
  }

  skip(count: number): Promise<void> {
    return this.each(count, () => undefined);
  }

  /** An iterator that was never asked would leave the stream open. */
  close(): void {
    this.#stream.destroy();
  }
}
