/**
 * A pack: a zip with all that is to be published, for a satellite that the gateway cannot reach.  It has `manifest.jsonl`, a
 * header and then one item of the manifest a line, in the order of `SECTIONS`, and beside it `files/{SHA-256}`, stored as they
 * are, once for each content.  Nothing else is in it.
 */
import { z } from 'zod';

export const PACK_MANIFEST = 'manifest.jsonl';
export const PACK_FORMAT = 'satellite-pack';
export const PACK_VERSION = 1;

const names = z.array(z.string()).readonly();

/** The first line of the manifest. */
export const packHeader = z.strictObject({
  format: z.literal(PACK_FORMAT),
  version: z.literal(PACK_VERSION),
  universe: z.strictObject({ namespace: z.string(), version: z.int() }),
  /** Those that were asked for: the others are there because these need them. */
  collections: names,
  /** Official datasets in the collections, which stay where they are. */
  officialDatasets: z.int().nonnegative(),
  /** Official chains that stand as what is in them. */
  flattened: names,
});
export type PackHeader = z.infer<typeof packHeader>;

/** What is not a pack, or not such a one as can be taken: says what to do. */
export class PackError extends Error {
  override name = 'PackError';
}

/** Name of the member that has the bytes with this SHA-256. */
export function memberOf(sha256: string): string {
  return `files/${sha256}`;
}
