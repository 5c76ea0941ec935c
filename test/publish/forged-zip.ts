/** Zips written byte by byte, which can lie about everything. */
import { crc32 } from 'node:zlib';
import { fromBufferPromise } from 'yauzl';

export interface ForgedMember {
  readonly name: string;
  /** As it stands in the zip. */
  readonly bytes: Buffer;
  /** In its own header. @default name */
  readonly localName?: string;
  /** 0: stored, 8: deflated. @default 0 */
  readonly method?: number;
  /** Bytes of its content, as the directory says. @default those of `bytes` */
  readonly size?: number;
  /** Where its header is, as the directory says. @default where it is */
  readonly start?: number;
  /** Of the file, as Unix has it. @default 0o100644 */
  readonly mode?: number;
  readonly flags?: number;
  /** Of the directory alone. */
  readonly extra?: Buffer;
  /** Stands in the directory alone. */
  readonly isMissing?: boolean;
}

export interface ForgedZip {
  /** Before the first member, and between the last and the directory. */
  readonly before?: Buffer;
  readonly between?: Buffer;
  /** A 64-bit end of the directory, with this many members and the directory there. */
  readonly zip64?: { readonly count: bigint; readonly start?: bigint };
}

export function forgedZip(members: readonly ForgedMember[], options: ForgedZip = {}): Buffer {
  const { before = Buffer.alloc(0), between = Buffer.alloc(0), zip64 } = options;
  const parts: Buffer[] = [before];
  const directory: Buffer[] = [];
  let at = before.length;
  for (const member of members) {
    const { name, bytes, localName = name, method = 0, size = bytes.length, mode = 0o100644, flags = 0 } = member;
    const { start = at, extra = Buffer.alloc(0), isMissing = false } = member;
    const crc = crc32(bytes);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(flags, 6);
    local.writeUInt16LE(method, 8);
    local.writeUInt32LE(crc, 14);
    local.writeUInt32LE(bytes.length, 18);
    local.writeUInt32LE(size >>> 0, 22);
    local.writeUInt16LE(Buffer.byteLength(localName), 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE((3 << 8) | 45, 4);
    entry.writeUInt16LE(20, 6);
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(crc, 16);
    entry.writeUInt32LE(bytes.length, 20);
    entry.writeUInt32LE(size >>> 0, 24);
    entry.writeUInt16LE(Buffer.byteLength(name), 28);
    entry.writeUInt16LE(extra.length, 30);
    entry.writeUInt32LE(((mode << 16) & 0xffffffff) >>> 0, 38);
    entry.writeUInt32LE(start >>> 0, 42);
    directory.push(entry, Buffer.from(name), extra);
    if (isMissing) continue;
    const written = [local, Buffer.from(localName), bytes];
    parts.push(...written);
    at += written.reduce((sum, part) => sum + part.length, 0);
  }
  parts.push(between);
  at += between.length;
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, listed, ...(zip64 ? [end64(zip64, at, at + listed.length)] : []), end]);
}

function end64({ count, start }: NonNullable<ForgedZip['zip64']>, directory: number, at: number): Buffer {
  const record = Buffer.alloc(56 + 20);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(count, 24);
  record.writeBigUInt64LE(count, 32);
  record.writeBigUInt64LE(start ?? BigInt(directory), 48);
  record.writeUInt32LE(0x07064b50, 56);
  record.writeBigUInt64LE(BigInt(at), 64);
  record.writeUInt32LE(1, 72);
  return record;
}

/** Members of a zip, taken out, by name. */
export async function membersOf(zip: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  const file = await fromBufferPromise(zip, { lazyEntries: true });
  const found = new Map<string, Buffer>();
  for await (const entry of file.eachEntry()) {
    const chunks: Buffer[] = [];
    for await (const chunk of await file.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
    found.set(entry.fileName, Buffer.concat(chunks));
  }
  return found;
}
