/** What is granted on published collections because they were published. */
import type { GrantStore } from '../access/grant-store.ts';
import { repositoryResource, type Grant, type Subject } from '../access/grants.ts';
import type { Memberships } from '../access/memberships.ts';
import { ownerOfName } from '../access/readable.ts';
import type { ManifestCollection } from './manifest.ts';
import type { OtherReaders } from './other-readers.ts';
import type { PublicationVersion, Readers } from './publication.ts';

const ACTOR = 'satellite';

type CollectionGrant = Grant & { readonly collection: string };

export class ReaderGrants {
  readonly #store: GrantStore;
  readonly #memberships: Pick<Memberships, 'of'>;
  readonly #otherReaders: OtherReaders;

  constructor(store: GrantStore, memberships: Pick<Memberships, 'of'>, otherReaders: OtherReaders) {
    this.#store = store;
    this.#memberships = memberships;
    this.#otherReaders = otherReaders;
  }

  /**
   * Ends what a version before lets its readers do and this one does not: before it is there, as the names are the same.  What
   * owners granted stays, and what another publication gives.  `restore` gives it back.
   */
  async narrow(version: PublicationVersion, collections: readonly ManifestCollection[]): Promise<void> {
    for (const { id, collection } of await this.#narrowed(version, collections)) {
      await this.#store.suspend(id, suspensionOf(version), this.#entry('revokeAccess', version, collection));
    }
  }

  async #narrowed(
    version: PublicationVersion,
    collections: readonly ManifestCollection[],
  ): Promise<readonly CollectionGrant[]> {
    const subjects = await this.#subjects(version);
    const names = ownedNames(collections);
    const granted = await this.#granted(version);
    const others = await this.#others(version, granted);
    return granted.filter(
      (grant) =>
        grant.note === noteOf(version) &&
        !(names.includes(grant.collection) && subjects.some((one) => isSame(one, grant.subject))) &&
        !others.get(grant.collection)?.some((readers) => isAmong(readers, grant.subject)),
    );
  }

  /** Gives back what `narrow` has ended for this version, where no owner has revoked it meanwhile. */
  async restore(version: PublicationVersion): Promise<void> {
    await this.#store.giveBack(suspensionOf(version), ({ collection }) =>
      this.#entry('grantAccess', version, collection),
    );
  }

  /** Lets its readers read a version, and those no more whom a version before let alone. */
  async open(version: PublicationVersion, collections: readonly ManifestCollection[]): Promise<void> {
    for (const { id, collection } of await this.#narrowed(version, collections)) {
      await this.#store.revoke(id, this.#entry('revokeAccess', version, collection));
    }
    const resource = repositoryResource(version.repository);
    const [subjects, note] = [await this.#subjects(version), noteOf(version)];
    for (const collection of ownedNames(collections)) {
      for (const subject of subjects) {
        await this.#store.add(
          { resource, collection, subject, right: 'READ', grantedBy: version.owner, expiresAt: null, note },
          this.#entry('grantAccess', version, collection),
        );
      }
    }
  }

  /**
   * Ends all grants on the collections of a version that is there, whoever made them; on one that another publication has
   * too, only what this one alone gave.
   */
  async close(version: PublicationVersion, collections: readonly ManifestCollection[]): Promise<void> {
    const names = new Set(ownedNames(collections));
    const granted = (await this.#granted(version)).filter(({ collection }) => names.has(collection));
    const others = await this.#others(version, granted);
    for (const { id, collection, note, subject } of granted) {
      const also = others.get(collection) ?? [];
      const isOthers = note !== noteOf(version) || also.some((readers) => isAmong(readers, subject));
      if (also.length > 0 && isOthers) continue;
      await this.#store.revoke(id, this.#entry('revokeAccess', version, collection));
    }
  }

  async #granted({ repository }: PublicationVersion): Promise<readonly CollectionGrant[]> {
    const found = await this.#store.on(repositoryResource(repository));
    return found.flatMap((grant) => (grant.collection === null ? [] : { ...grant, collection: grant.collection }));
  }

  #others(version: PublicationVersion, granted: readonly CollectionGrant[]) {
    return this.#otherReaders(version, [...new Set(granted.map(({ collection }) => collection))]);
  }

  /** Groups with the ids that they have for who names them, so that a later group of the name is another. */
  async #subjects({ readers, submittedBy }: PublicationVersion): Promise<readonly Subject[]> {
    const who = readers.groups.length === 0 ? null : await this.#memberships.of(submittedBy);
    return subjectsOf(readers, (group) => who?.groupIds?.get(group) ?? null);
  }

  #entry(action: string, { publication, version, repository }: PublicationVersion, collection: string | null) {
    const detail = { publication, version, collection };
    return { actor: ACTOR, action, resource: repositoryResource(repository), resourceName: repository, detail };
  }
}

/** @param idOf of a group, as far as it is known */
export function subjectsOf(
  { allUsers, groups, users }: Readers,
  idOf: (group: string) => number | null,
): readonly Subject[] {
  // Whoever else is named is among all users.
  if (allUsers) return [{ kind: 'all_users' }];
  return [
    ...groups.map((name) => ({ kind: 'group', name, id: idOf(name) }) as const),
    ...users.map((name) => ({ kind: 'user', name }) as const),
  ];
}

/** Names that somebody owns: all others can be read by everybody. */
export function ownedNames(collections: readonly ManifestCollection[]): readonly string[] {
  return collections
    .filter(({ name, isOfficial }) => !isOfficial && ownerOfName(name) !== null)
    .map(({ name }) => name);
}

/** What a grant says that is there because of a publication. */
export function noteOf({ publication }: Pick<PublicationVersion, 'publication'>): string {
  return `publication ${publication}`;
}

/** What its readers' grants wait for while a version takes the place of the one before. */
function suspensionOf(version: PublicationVersion): string {
  return `${noteOf(version)} version ${version.version}`;
}

function isSame(a: Subject, b: Subject): boolean {
  return a.kind === b.kind && (a.kind === 'all_users' || a.name === (b as { readonly name: string }).name);
}

function isAmong(readers: Readers, subject: Subject): boolean {
  return subjectsOf(readers, () => null).some((one) => isSame(one, subject));
}
