/** Published repositories whose stock server can be reached without the gateway. */
import { SatelliteError } from '../butler/errors.ts';
import type { PublicationRecords } from './records.ts';
import type { PublishedSettings } from './settings.ts';

/**
 * Whoever reaches a stock server reads all that it serves: there must be nothing in it that only some may read.
 * @throws SatelliteError CONFLICT naming the repository and a publication
 */
export async function refuseOpenServers(
  records: Pick<PublicationRecords, 'visibleIn'>,
  settings: readonly PublishedSettings[],
): Promise<void> {
  for (const { name } of settings.filter(({ servedDirectly }) => servedDirectly)) {
    const restricted = (await records.visibleIn(name)).find(({ readers }) => !readers.allUsers);
    if (!restricted) continue;
    throw new SatelliteError(
      'CONFLICT',
      `Repository '${name}' is said to be served without the gateway (publishing.servedDirectly), to all users of its ` +
        `server, but publication ${restricted.publication} is only for some: take the key out, or withdraw it first.`,
    );
  }
}
