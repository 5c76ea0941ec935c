/** Published repositories whose stock server can be reached without the gateway. */
import type { GrantStore } from '../access/grant-store.ts';
import { covers, repositoryResource, type Grant } from '../access/grants.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { ManifestStore } from './manifest-store.ts';
import type { PublicationVersion } from './publication.ts';
import { ownedNames } from './reader-grants.ts';
import type { PublicationRecords } from './records.ts';
import type { PublishedSettings } from './settings.ts';

const LOOK_MILLISECONDS = 60_000;

/**
 * Whoever reaches a stock server reads all that it serves: there must be nothing in it that only some may read.
 * @throws SatelliteError CONFLICT naming the repository and a publication
 */
export async function refuseOpenServers(
  records: Pick<PublicationRecords, 'visibleIn'>,
  store: Pick<ManifestStore, 'read'>,
  grants: Pick<GrantStore, 'on'>,
  settings: readonly PublishedSettings[],
): Promise<void> {
  for (const { name } of settings.filter(({ servedDirectly }) => servedDirectly)) {
    const toAll = (await grants.on(repositoryResource(name))).filter(({ subject }) => subject.kind === 'all_users');
    for (const version of await records.visibleIn(name)) {
      if (version.readers.allUsers && !(await isClosed(version, store, toAll))) continue;
      throw new SatelliteError(
        'CONFLICT',
        `Repository '${name}' is said to be served without the gateway (publishing.servedDirectly), to all users of its ` +
          `server, but publication ${version.publication} is only for some: take the key out, or withdraw it first.`,
      );
    }
  }
}

/** Whether its owners have taken from all users since what was for them. */
async function isClosed(
  version: PublicationVersion,
  store: Pick<ManifestStore, 'read'>,
  toAll: readonly Pick<Grant, 'collection'>[],
): Promise<boolean> {
  // Before that they are not let in yet; with a reason, some of them could not be.
  if (version.state !== 'PUBLISHED' || version.reason !== null) return false;
  const collections = await store.read(version, AbortSignal.timeout(LOOK_MILLISECONDS)).collections();
  return ownedNames(collections).some((name) => !toAll.some(({ collection }) => covers(collection, name)));
}
