/** Who reads what will be published because of grants that are there before it is. */
import type { GrantStore } from '../access/grant-store.ts';
import { covers, repositoryResource, type Subject } from '../access/grants.ts';
import type { ManifestCollection } from './manifest.ts';
import type { PublicationVersion, Readers } from './publication.ts';
import { noteOf } from './reader-grants.ts';

/** Subjects of valid grants on collections of a version, or on what begins their names; not of those that it gave itself. */
export type GrantedReaders = (
  version: Pick<PublicationVersion, 'publication' | 'repository'>,
  collections: readonly Pick<ManifestCollection, 'name' | 'isOfficial'>[],
) => Promise<Readers>;

export function grantedReadersIn(store: Pick<GrantStore, 'on'>): GrantedReaders {
  return async (version, collections) => {
    const names = collections.filter(({ isOfficial }) => !isOfficial).map(({ name }) => name);
    const grants = await store.on(repositoryResource(version.repository));
    // Those that it gave itself are ended before a new version is there, unless they are given anew.
    const counted = grants.filter(
      ({ note, collection }) => note !== noteOf(version) && names.some((name) => covers(collection, name)),
    );
    return readersOf(counted.map(({ subject }) => subject));
  };
}

/** How many grants there are beside those that a publication gave itself. */
export async function usedGrants(
  store: Pick<GrantStore, 'on'>,
  version: Pick<PublicationVersion, 'publication' | 'repository'>,
): Promise<number> {
  const grants = await store.on(repositoryResource(version.repository));
  return grants.filter(({ note }) => note !== noteOf(version)).length;
}

export function readersOf(subjects: readonly Subject[]): Readers {
  const named = (kind: 'group' | 'user') =>
    subjects.flatMap((subject) => (subject.kind === kind ? [subject.name] : []));
  return {
    allUsers: subjects.some(({ kind }) => kind === 'all_users'),
    groups: [...new Set(named('group'))],
    users: [...new Set(named('user'))],
  };
}
