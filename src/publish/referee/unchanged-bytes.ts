/** Bytes that are those of a manifest, or do not come to their end. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { SatelliteError } from '../../butler/errors.ts';
import type { ManifestFile } from '../manifest.ts';

/**
 * Passes bytes on, the last of them when all have been hashed: whoever gets the size that was promised, has what was submitted.
 * The stream fails where they are others; of small files that is said before it begins.
 * @throws SatelliteError CONFLICT
 */
export async function unchangedBytes(bytes: Readable, file: Pick<ManifestFile, 'size' | 'sha256'>): Promise<Readable> {
  const checked = checkedBytes(bytes, file);
  const first = await checked.next();
  const all = async function* () {
    if (first.done !== true) yield first.value;
    yield* checked;
  };
  return Readable.from(all(), { objectMode: false });
}

async function* checkedBytes(
  bytes: AsyncIterable<Uint8Array>,
  { size, sha256 }: Pick<ManifestFile, 'size' | 'sha256'>,
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256');
  let held: Uint8Array | undefined;
  let count = 0;
  for await (const chunk of bytes) {
    hash.update(chunk);
    count += chunk.length;
    if (count > size) throw changed();
    if (held) yield held;
    held = chunk;
  }
  if (count !== size || hash.digest('hex') !== sha256) throw changed();
  if (held) yield held;
}

function changed(): SatelliteError {
  return new SatelliteError('CONFLICT', 'The file is not any more what was submitted.');
}
