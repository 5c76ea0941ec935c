/** The zip that a quantum graph file is: members are stored, not compressed, so that blocks within them can be reached. */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { fromFdPromise, type Entry, type ZipFile } from 'yauzl';
import { SatelliteError } from '../../butler/errors.ts';
import { shown, unreadable } from './unreadable.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Stock graphs have ten or so. */
const MAX_MEMBERS = 64;
const STORED = 0;
/** Bytes that are read at once where a member is read from its beginning to its end. */
const CHUNK = 2 ** 20;

interface Member {
  /** Where its bytes begin in the file. */
  readonly start: number;
  readonly size: number;
  readonly crc32: number;
}

/** A graph's file that is open; nothing of it is in memory but the directory of its members. */
export class GraphArchive {
  readonly #file: FileHandle;
  readonly #members: ReadonlyMap<string, Member>;

  private constructor(file: FileHandle, members: ReadonlyMap<string, Member>) {
    this.#file = file;
    this.#members = members;
  }

  /**
   * @throws SatelliteError NOT_FOUND where there is no such file; BAD_USER_INPUT where it is not the zip of a graph: an a link, an
   *   older format, a pickle, damaged, with members that share a name or bytes, or whose names lead out of it
   */
  static async open(path: string): Promise<GraphArchive> {
    // Whoever owns its directory may have put a link there, and we may read more than they; or a pipe, which would hold us up.
    const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ELOOP') throw unreadable('it is a link to another file', cause);
      throw new SatelliteError('NOT_FOUND', 'There is no such quantum graph file, or it cannot be opened.', { cause });
    });
    try {
      await checkFormat(file);
      return new GraphArchive(file, await membersOf(file));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  has(name: string): boolean {
    return this.#members.has(name);
  }

  /** Bytes of a member. */
  sizeOf(name: string): number {
    return this.#member(name).size;
  }

  /** All of a member, checked against its checksum. @param limit bytes that it may have */
  async read(name: string, limit: number): Promise<Buffer> {
    const { size, crc32: expected } = this.#member(name);
    if (size > limit) throw unreadable(`${name} has ${size} bytes, and ${limit} is the limit`);
    const bytes = await this.readAt(name, 0, size);
    if (crc32(bytes) !== expected) throw damaged(name);
    return bytes;
  }

  /** `length` bytes of a member from `offset` on. @throws SatelliteError BAD_USER_INPUT where it does not have them */
  async readAt(name: string, offset: number, length: number): Promise<Buffer> {
    const { start, size } = this.#member(name);
    if (offset + length > size) throw unreadable(`it has an address that points out of ${name}`);
    const bytes = Buffer.allocUnsafe(length);
    for (let done = 0; done < length;) {
      const { bytesRead } = await this.#file.read(bytes, done, length - done, start + offset + done);
      if (bytesRead === 0) throw unreadable(`${name} breaks off`);
      done += bytesRead;
    }
    return bytes;
  }

  /** A member from its beginning to its end, in pieces; after the last one its checksum is checked. */
  async *stream(name: string): AsyncGenerator<Buffer> {
    const { size, crc32: expected } = this.#member(name);
    let sum = 0;
    for (let offset = 0; offset < size; offset += CHUNK) {
      const chunk = await this.readAt(name, offset, Math.min(CHUNK, size - offset));
      sum = crc32(chunk, sum);
      yield chunk;
    }
    if (sum !== expected) throw damaged(name);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #member(name: string): Member {
    const member = this.#members.get(name);
    if (!member) throw unreadable(`it has no member ${name}`);
    return member;
  }
}

/** Says what a file is instead, by its first bytes: none of it is ever unpickled. */
async function checkFormat(file: FileHandle): Promise<void> {
  if (!(await file.stat()).isFile()) throw unreadable('it is not a file');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(12), 0, 12, 0);
  const head = buffer.subarray(0, bytesRead);
  if (head.toString('latin1').startsWith('PK\x03\x04')) return;
  if (head.toString('latin1').startsWith('qgraph4')) {
    const version = bytesRead === 12 ? ` (version ${head.readUInt16BE(10)})` : '';
    throw unreadable(
      `it is of the old .qgraph format${version}, parts of which are Python code that would run when they are read; ` +
        'convert it where you made it, with "pipetask update-graph-run OLD.qgraph RUN NEW.qg", or build it again as .qg',
    );
  }
  if (head[0] === 0x80 && head[1]! <= 5) {
    throw unreadable('it is a Python pickle, which could run any code; build it again as .qg');
  }
  throw unreadable('it is not a .qg file, which is a zip');
}

async function membersOf(file: FileHandle): Promise<ReadonlyMap<string, Member>> {
  try {
    // Not closed by yauzl: that would close the file under its handle.
    const zip = await fromFdPromise(file.fd, { autoClose: false, strictFileNames: true });
    if (zip.entryCount > MAX_MEMBERS) {
      throw unreadable(`it has ${zip.entryCount} members, and ${MAX_MEMBERS} is the limit`);
    }
    const members = new Map<string, Member>();
    for await (const entry of zip.eachEntry()) {
      if (members.has(entry.fileName)) throw unreadable(`it has two members ${shown(entry.fileName)}`);
      members.set(entry.fileName, await memberOf(zip, entry));
    }
    checkApart(members, zip.fileSize);
    return members;
  } catch (error) {
    if (error instanceof SatelliteError) throw error;
    // yauzl's opinion of the zip
    const why = /relative path|absolute path|invalid characters/.test(String(error))
      ? 'a member of its zip has a name that leads out of it'
      : 'its zip is damaged';
    throw unreadable(why, error);
  }
}

async function memberOf(zip: ZipFile, entry: Entry): Promise<Member> {
  const name = shown(entry.fileName);
  if (entry.isEncrypted()) throw unreadable(`its member ${name} is encrypted`);
  if (entry.compressionMethod !== STORED) {
    throw unreadable(`its member ${name} is compressed by the zip, as a graph's are not: it was packed again`);
  }
  const header = await zip.readLocalFileHeaderPromise(entry);
  if (!header.fileName.equals(entry.fileNameRaw)) throw unreadable(`its zip gives the member ${name} two names`);
  return { start: header.fileDataStart, size: entry.uncompressedSize, crc32: entry.crc32 };
}

/** Members that share bytes would let a small file give many times its size. */
function checkApart(members: ReadonlyMap<string, Member>, fileSize: number): void {
  let end = 0;
  for (const [name, { start, size }] of [...members].sort(([, a], [, b]) => a.start - b.start)) {
    if (start < end || start + size > fileSize) throw unreadable(`its member ${shown(name)} lies outside its place`);
    end = start + size;
  }
}

function damaged(name: string): SatelliteError {
  return unreadable(`${name} is damaged: its checksum differs`);
}
