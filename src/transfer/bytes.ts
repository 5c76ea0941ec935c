/** The bytes of a source's file, wherever they are. */
import { createReadStream } from 'node:fs';
import { parsePermanentAddress } from '../access/permanent-address.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { Outbound } from '../repository/outbound.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';

/** Longest row of references that lead to references. */
const MOST_REFERENCES = 8;

export interface ByteSources {
  readonly outbound: Pick<Outbound, 'fetchArtifact'>;
  /** Addresses of this gateway, whose permanent addresses it resolves itself. */
  readonly publicUrls: readonly string[];
  /** A repository that the reader may read now, by its name in addresses. @throws SatelliteError NOT_FOUND */
  readonly readable: (name: string) => Promise<Repository>;
}

/** A file that is asked for. */
export interface WantedFile {
  readonly uuid: string;
  readonly component: string | null;
  readonly size: number | null;
}

/**
 * Opens a file for reading.  A broken connection is taken up again where it broke.
 * @throws SatelliteError NOT_FOUND where it has gone; what the repository and `Outbound` throw
 */
export async function openBytes(
  source: Repository,
  file: WantedFile,
  sources: ByteSources,
  ctx: QueryContext,
  followed = 0,
): Promise<AsyncIterable<Uint8Array>> {
  const { uuid, component, size } = file;
  const find = async () => {
    const found = await source.fileSource(uuid, component, ctx);
    if (found) return found;
    throw new SatelliteError('NOT_FOUND', `The file of dataset ${uuid} is not in '${source.name}' any more.`);
  };
  const found = await find();
  const request = { expectedSize: size, signal: ctx.signal };
  switch (found.kind) {
    case 'path':
      return createReadStream(found.path, { signal: ctx.signal });
    case 'stream':
      return found.open(null, ctx.signal);
    case 'url': {
      let tries = 0;
      // The first address is good now; a later try may need a fresh signature.
      const address = async (): Promise<string> => {
        tries += 1;
        const again = tries === 1 ? found : await find();
        return again.kind === 'url' ? again.url : found.url;
      };
      return (await sources.outbound.fetchArtifact(address, { ...request, trusted: true })).stream;
    }
    case 'reference': {
      const own = parsePermanentAddress(found.url, sources.publicUrls);
      if (!own) return (await sources.outbound.fetchArtifact(found.url, request)).stream;
      if (followed >= MOST_REFERENCES) {
        throw new SatelliteError('NOT_FOUND', `The file of dataset ${uuid} is a reference that leads in a circle.`);
      }
      const target = await sources.readable(own.repository);
      return openBytes(target, { ...own, size }, sources, ctx, followed + 1);
    }
  }
}
