/** Zstandard frames, with the dictionary that larger graphs share between their parts. */
import zlib from 'node:zlib';
import { SatelliteError } from '../../butler/errors.ts';
import { unreadable } from './unreadable.ts';

/** As stock graphs are written. */
const LEVEL = 10;
/** A dictionary of stock graphs has 32 kB. */
export const MAX_DICTIONARY = 2 ** 20;

/** Compresses and decompresses whole frames. */
export class Compression {
  readonly #options: { readonly dictionary?: Buffer };

  /** @param dictionary empty where there is none. @throws SatelliteError CONFLICT where this Node.js is too old */
  constructor(dictionary: Buffer) {
    checkNode();
    this.#options = dictionary.length > 0 ? { dictionary } : {};
  }

  /**
   * One frame, which must be all of `bytes`.
   * @param limit bytes that it may give: no more are ever made of it
   * @throws SatelliteError BAD_USER_INPUT
   */
  decompress(bytes: Buffer, limit: number, what: string): Buffer {
    const declared = declaredSize(bytes);
    if (declared !== undefined && declared > limit) {
      throw unreadable(`${what} would have ${declared} bytes when it is decompressed, and ${limit} is the limit`);
    }
    let result: { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } };
    try {
      // With `info` it tells how many bytes the frame took; the types do not know of it.
      result = zlib.zstdDecompressSync(bytes, {
        ...this.#options,
        maxOutputLength: limit,
        info: true,
      }) as unknown as typeof result;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
        throw unreadable(`${what} has more than ${limit} bytes when it is decompressed, which is the limit`, error);
      }
      throw unreadable(`${what} is damaged: it cannot be decompressed`, error);
    }
    if (result.engine.bytesWritten !== bytes.length) throw unreadable(`${what} has bytes after its end`);
    return result.buffer;
  }

  compress(bytes: Buffer): Buffer {
    const params = { [zlib.constants.ZSTD_c_compressionLevel]: LEVEL };
    return zlib.zstdCompressSync(bytes, { ...this.#options, params, pledgedSrcSize: bytes.length });
  }
}

/** The size that a frame's header promises (RFC 8878, section 3.1.1.1); undefined where it promises none. */
function declaredSize(frame: Buffer): number | undefined {
  if (frame.length < 6 || frame.readUInt32LE(0) !== 0xfd2fb528) return undefined;
  const descriptor = frame[4]!;
  const isSingle = (descriptor & 0x20) !== 0;
  const bytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const at = 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  if (bytes === 0 || frame.length < at + bytes) return undefined;
  if (bytes === 8) return Number(frame.readBigUInt64LE(at));
  return frame.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
}

let isSupported: boolean | undefined;

/** Node.js has Zstandard since 22.15, and reads dictionaries since 22.19 and 24.6; before, it ignores them. */
function checkNode(): void {
  isSupported ??= supportsDictionaries();
  if (isSupported) return;
  throw new SatelliteError(
    'CONFLICT',
    `The gateway runs on Node.js ${process.versions.node}, which cannot read quantum graphs: its operator must take ` +
      'version 22.19 or newer, or 24.6 or newer.',
  );
}

function supportsDictionaries(): boolean {
  // The types are of a newer Node.js than may be running.
  if (!('zstdCompressSync' in zlib)) return false;
  const dictionary = Buffer.from('a dictionary that holds the very text which is compressed with it');
  return zlib.zstdCompressSync(dictionary, { dictionary }).length < zlib.zstdCompressSync(dictionary).length;
}
