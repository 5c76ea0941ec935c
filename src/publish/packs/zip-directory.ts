/** The directory of a pack's zip: every member that it claims to have, and none that a pack may not have. */
import { Readable } from 'node:stream';
import { fromRandomAccessReaderPromise, RandomAccessReader, type Entry, type ZipFile } from 'yauzl';
import { SatelliteError } from '../../butler/errors.ts';
import type { ByteRange } from '../../repository/rows.ts';
import { PACK_MANIFEST, PackError } from './pack-format.ts';

/** The bytes of a zip, wherever they are. */
export interface ZipBytes {
  readonly size: number;
  readonly read: (range: ByteRange, signal: AbortSignal) => Promise<Readable>;
}

/** A member, as the directory tells of it. */
export interface PackMember {
  readonly name: string;
  /** Bytes of its content. */
  readonly size: number;
  /** Bytes that it takes in the zip. */
  readonly compressed: number;
  /** Where its own header begins. */
  readonly start: number;
}

export interface ZipDirectory {
  /** Where the members end and the directory begins. */
  readonly start: number;
  /** In the order of the directory; to be read once. @throws PackError */
  members(): AsyncIterable<PackMember>;
  /** The content of the manifest, once `members` has been read. @throws PackError */
  manifest(): Promise<Readable>;
}

/** Of the header in front of each member: its name and an extra field, whose lengths it ends with, follow, and then the content. */
export const MEMBER_HEADER_BYTES = 30;

const FILE = /^files\/[0-9a-f]{64}$/;
const STORED = 0;
const DEFLATED = 8;
const LINK = 0o120000;
const FILE_TYPE = 0o170000;
/** Lines of JSON do not become smaller than that: what does is made to fill memory or disks. */
const MOST_RATIO = 100;
const MOST_MANIFEST_BYTES = 8 * 2 ** 30;
const MOST_MEMBERS = 5_000_000;
const BLOCK = 2 ** 18;

/** @throws PackError where it is no zip, or a damaged one */
export async function openDirectory(zip: ZipBytes, signal: AbortSignal): Promise<ZipDirectory> {
  const reader = new BlockReader(zip, signal);
  const options = { autoClose: false, lazyEntries: true, strictFileNames: true };
  const file = await understood(() => fromRandomAccessReaderPromise(reader, zip.size, options), signal);
  const start = Number(file.readEntryCursor);
  if (file.entryCount > MOST_MEMBERS) throw new PackError(`The zip has more than ${MOST_MEMBERS} members.`);
  let found: Entry | undefined;
  return {
    start,
    members: () =>
      membersOf(file, start, signal, (entry) => {
        found = entry;
      }),
    manifest: () => {
      if (!found) throw new PackError(`The zip has no '${PACK_MANIFEST}': make it with \`satellite publish pack\`.`);
      const entry = found;
      return understood(() => file.openReadStreamPromise(entry), signal);
    },
  };
}

async function* membersOf(
  file: ZipFile,
  end: number,
  signal: AbortSignal,
  isManifest: (entry: Entry) => void,
): AsyncGenerator<PackMember> {
  const entries = file.eachEntry();
  let left = end;
  for (;;) {
    const next: IteratorResult<Entry, unknown> = await understood(() => entries.next(), signal);
    if (next.done === true) return;
    const entry = next.value;
    const member = checked(entry);
    left -= member.compressed;
    if (left < 0) throw new PackError('The members of the zip overlap: together they would be larger than it is.');
    if (member.name === PACK_MANIFEST) isManifest(entry);
    yield member;
  }
}

function checked(entry: Entry): PackMember {
  const { fileName: name, uncompressedSize: size, compressedSize: compressed, compressionMethod: method } = entry;
  const refuse = (why: string): never => {
    throw new PackError(`Member '${shown(name)}' of the zip ${why}: make the zip with \`satellite publish pack\`.`);
  };
  // Of who made it on Unix; other systems have no links.
  if (((entry.externalFileAttributes >>> 16) & FILE_TYPE) === LINK) refuse('is a symbolic link');
  if (entry.isEncrypted()) refuse('is encrypted');
  if (name !== PACK_MANIFEST && !FILE.test(name)) refuse('has no place in it');
  if (![size, compressed, entry.relativeOffsetOfLocalHeader].every(Number.isSafeInteger)) refuse('has an absurd size');
  const isManifest = name === PACK_MANIFEST;
  if (method !== STORED && !(isManifest && method === DEFLATED)) {
    refuse(
      isManifest ? 'is compressed in an unknown way' : 'is compressed, and files of a pack are stored as they are',
    );
  }
  if (isManifest && (size > MOST_MANIFEST_BYTES || size > compressed * MOST_RATIO)) {
    refuse(`would become ${size} bytes out of ${compressed}`);
  }
  return { name, size, compressed, start: entry.relativeOffsetOfLocalHeader };
}

/** What the store refuses or cannot give is its own error; the rest is what yauzl makes of the zip. */
async function understood<T>(look: () => Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await look();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SatelliteError || error instanceof PackError) throw error;
    const why = shown((error as Error).message);
    throw new PackError(`The zip is damaged, or has members that lead out of it (${why}).`, { cause: error });
  }
}

export function shown(text: string): string {
  return text.replace(/\p{C}/gu, '\u{fffd}').slice(0, 200);
}

/** Reads blocks: a directory is looked through some bytes at a time, and each would be a request to a store. */
class BlockReader extends RandomAccessReader {
  readonly #zip: ZipBytes;
  readonly #signal: AbortSignal;
  #block: { readonly start: number; readonly bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) };

  constructor(zip: ZipBytes, signal: AbortSignal) {
    super();
    this.#zip = zip;
    this.#signal = signal;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.#fill(buffer.subarray(offset, offset + length), position).then(
      () => callback(null),
      (error: unknown) => callback(error as Error),
    );
  }

  /** @param end not included */
  override _readStreamForRange(start: number, end: number): Readable {
    const bytes = async function* (zip: ZipBytes, signal: AbortSignal) {
      if (end > start) yield* await zip.read({ start, end: end - 1 }, signal);
    };
    return Readable.from(bytes(this.#zip, this.#signal), { objectMode: false });
  }

  async #fill(target: Buffer, position: number): Promise<void> {
    if (position < 0 || position + target.length > this.#zip.size) throw new Error('it ends too early');
    if (!this.#copy(target, position)) {
      const end = Math.min(position + Math.max(target.length, BLOCK), this.#zip.size);
      const chunks: Uint8Array[] = [];
      for await (const chunk of this._readStreamForRange(position, end)) chunks.push(chunk as Uint8Array);
      this.#block = { start: position, bytes: Buffer.concat(chunks) };
      if (!this.#copy(target, position)) throw new Error('it ends too early');
    }
  }

  #copy(target: Buffer, position: number): boolean {
    const at = position - this.#block.start;
    if (at < 0 || at + target.length > this.#block.bytes.length) return false;
    this.#block.bytes.copy(target, 0, at, at + target.length);
    return true;
  }
}
