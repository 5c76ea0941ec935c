/** One member of a zip, taken out while it is read; of the zip itself only its directory and the member are read. */
import { addAbortSignal, Readable } from 'node:stream';
import { fromRandomAccessReaderPromise, RandomAccessReader, type Entry, type ZipFile } from 'yauzl';
import { SatelliteError } from '../../../butler/errors.ts';
import type { ByteRange, FileSource } from '../../rows.ts';

/** A zip as far as it is needed: reads bytes `start` to `end`, both included. */
export interface ZipBytes {
  readonly size: number;
  readonly read: (range: ByteRange, signal: AbortSignal) => Promise<Readable>;
}

/** Stock Butler makes zips of a run's outputs; the directory of one with more members would take minutes to look through. */
const MAX_MEMBERS = 1_000_000;
const STORED = 0;

/**
 * Looks a member up.  It is streamed with bounded memory, and ends with an error where it is larger or smaller than the
 * zip's directory says: a small zip cannot become an endless answer.
 * @param expectedSize bytes that were recorded of the member; null where none were
 * @returns null where there is no such member
 * @throws SatelliteError NOT_FOUND where the zip cannot be read (damaged, hostile names, encrypted) or holds another size
 */
export async function zipMember(
  zip: ZipBytes,
  member: string,
  expectedSize: number | null,
  signal: AbortSignal,
): Promise<(FileSource & { kind: 'stream' }) | null> {
  const { file, entry } = await understood(zip, member, signal);
  if (!entry) return null;
  if (!entry.canDecodeFileData()) throw unreadable('it is encrypted or compressed in a way that is not supported');
  const size = entry.uncompressedSize;
  if (expectedSize !== null && size !== expectedSize) throw unreadable('the member has another size than was recorded');
  return {
    kind: 'stream',
    size,
    open: async (range, aborted) => {
      const bytes = range ? await part(file, entry, range) : await file.openReadStreamPromise(entry);
      return addAbortSignal(aborted, bytes);
    },
  };
}

/** The last member of the name, which is what Python's zipfile takes. */
async function understood(
  zip: ZipBytes,
  member: string,
  signal: AbortSignal,
): Promise<{ file: ZipFile; entry?: Entry }> {
  const reader = new RangeReader(zip, signal);
  try {
    const file = await fromRandomAccessReaderPromise(reader, zip.size, { autoClose: false, strictFileNames: true });
    if (file.entryCount > MAX_MEMBERS) throw unreadable('it has too many members');
    let entry: Entry | undefined;
    for await (const found of file.eachEntry()) {
      signal.throwIfAborted();
      if (found.fileName === member) entry = found;
    }
    return entry ? { file, entry } : { file };
  } catch (error) {
    signal.throwIfAborted();
    // What the store refused or could not give is its own error; the rest is yauzl's opinion of the zip.
    if (error instanceof SatelliteError) throw error;
    throw unreadable('it is damaged, or has members with names that lead out of it', error);
  }
}

async function part(file: ZipFile, entry: Entry, { start, end }: ByteRange): Promise<Readable> {
  const past = Math.min(end + 1, entry.uncompressedSize);
  if (entry.compressionMethod === STORED) return file.openReadStreamPromise(entry, { start, end: past });
  return Readable.from(between(await file.openReadStreamPromise(entry), start, past), { objectMode: false });
}

/** Bytes from `start` to before `past` of a stream that can only be read from its beginning. */
async function* between(bytes: AsyncIterable<Buffer>, start: number, past: number): AsyncGenerator<Buffer> {
  let at = 0;
  for await (const chunk of bytes) {
    const wanted = chunk.subarray(Math.max(start - at, 0), Math.max(past - at, 0));
    at += chunk.length;
    if (wanted.length > 0) yield wanted;
    if (at >= past) return;
  }
}

class RangeReader extends RandomAccessReader {
  readonly #zip: ZipBytes;
  readonly #signal: AbortSignal;

  constructor(zip: ZipBytes, signal: AbortSignal) {
    super();
    this.#zip = zip;
    this.#signal = signal;
  }

  /** @param end not included */
  override _readStreamForRange(start: number, end: number): Readable {
    const bytes = async function* (zip: ZipBytes, signal: AbortSignal) {
      yield* await zip.read({ start, end: end - 1 }, signal);
    };
    return Readable.from(bytes(this.#zip, this.#signal), { objectMode: false });
  }
}

function unreadable(why: string, cause?: unknown): SatelliteError {
  return new SatelliteError('NOT_FOUND', `The dataset's file is inside a zip that cannot be read: ${why}.`, { cause });
}
