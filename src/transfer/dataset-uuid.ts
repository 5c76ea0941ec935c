/** Identifiers of datasets, and of places for their files. */
import { createHmac, randomBytes } from 'node:crypto';

/** A UUID for a new dataset: version 7 (RFC 9562), as stock Butler makes them. */
export function newDatasetUuid(now = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  return written(bytes, 7);
}

/** Gives UUIDs one after the other, the same ones for the same secret seed: version 8, as nothing of them is the time. */
export function seededUuids(seed: Buffer): () => string {
  let made = 0;
  return () =>
    written(
      createHmac('sha256', seed)
        .update(String((made += 1)))
        .digest()
        .subarray(0, 16),
      8,
    );
}

function written(bytes: Buffer, version: number): string {
  bytes[6] = (bytes[6]! & 0x0f) | (version << 4);
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
