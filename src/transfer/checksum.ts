/** Checksums as datastores record them: hexadecimal, without the name of the algorithm. */
import { createHash } from 'node:crypto';
import { SatelliteError } from '../butler/errors.ts';

/** Algorithms of Python's hashlib by the length of what they give; stock Butler's default is BLAKE2b. */
const ALGORITHMS: Readonly<Record<number, readonly string[]>> = {
  128: ['blake2b512', 'sha512'],
  64: ['sha256', 'blake2s256'],
  40: ['sha1'],
  32: ['md5'],
};

/**
 * The same bytes, which fail before their end where they are not those of the checksum.
 * @param checksum null, or of an algorithm that is not known here: they are not checked
 * @throws SatelliteError UPSTREAM_UNAVAILABLE
 */
export async function* withChecksum(
  bytes: AsyncIterable<Uint8Array>,
  checksum: string | null,
): AsyncGenerator<Uint8Array> {
  const hashes = (ALGORITHMS[checksum?.length ?? 0] ?? []).map((name) => createHash(name));
  for await (const chunk of bytes) {
    for (const hash of hashes) hash.update(chunk);
    yield chunk;
  }
  const expected = checksum?.toLowerCase();
  if (hashes.length === 0 || hashes.some((hash) => hash.digest('hex') === expected)) return;
  throw new SatelliteError(
    'UPSTREAM_UNAVAILABLE',
    'The bytes that came are not those of the checksum that their repository recorded; nothing was kept.',
  );
}
