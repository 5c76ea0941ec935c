/** What is granted on published collections because they were published. */
import type { GrantStore } from '../access/grant-store.ts';
import { repositoryResource, type Subject } from '../access/grants.ts';
import type { Memberships } from '../access/memberships.ts';
import { ownerOfName } from '../access/readable.ts';
import type { ManifestCollection } from './manifest.ts';
import type { PublicationVersion, Readers } from './publication.ts';

const ACTOR = 'satellite';

export class ReaderGrants {
  readonly #store: GrantStore;
  readonly #memberships: Pick<Memberships, 'of'>;

  constructor(store: GrantStore, memberships: Pick<Memberships, 'of'>) {
    this.#store = store;
    this.#memberships = memberships;
  }

  /** Lets its readers read a version, and those no more whom a version before let alone; what owners granted stays. */
  async open(version: PublicationVersion, collections: readonly ManifestCollection[]): Promise<void> {
    const resource = repositoryResource(version.repository);
    const subjects = await this.#subjects(version);
    const names = ownedNames(collections);
    const note = noteOf(version);
    for (const grant of await this.#store.on(resource)) {
      if (grant.note !== note) continue;
      const isKept = names.includes(grant.collection ?? '') && subjects.some((one) => isSame(one, grant.subject));
      if (!isKept) await this.#store.revoke(grant.id, this.#entry('revokeAccess', version, grant.collection));
    }
    for (const collection of names) {
      for (const subject of subjects) {
        await this.#store.add(
          { resource, collection, subject, right: 'READ', grantedBy: version.owner, expiresAt: null, note },
          this.#entry('grantAccess', version, collection),
        );
      }
    }
  }

  /** Ends all grants on its collections, whoever made them. */
  async close(version: PublicationVersion, collections: readonly ManifestCollection[]): Promise<void> {
    const names = new Set(ownedNames(collections));
    for (const grant of await this.#store.on(repositoryResource(version.repository))) {
      if (grant.collection === null || !names.has(grant.collection)) continue;
      await this.#store.revoke(grant.id, this.#entry('revokeAccess', version, grant.collection));
    }
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

function subjectsOf({ allUsers, groups, users }: Readers, idOf: (group: string) => number | null): readonly Subject[] {
  // Whoever else is named is among all users.
  if (allUsers) return [{ kind: 'all_users' }];
  return [
    ...groups.map((name) => ({ kind: 'group', name, id: idOf(name) }) as const),
    ...users.map((name) => ({ kind: 'user', name }) as const),
  ];
}

/** Names that somebody owns: all others can be read by everybody. */
function ownedNames(collections: readonly ManifestCollection[]): readonly string[] {
  return collections
    .filter(({ name, isOfficial }) => !isOfficial && ownerOfName(name) !== null)
    .map(({ name }) => name);
}

function noteOf({ publication }: PublicationVersion): string {
  return `publication ${publication}`;
}

function isSame(a: Subject, b: Subject): boolean {
  return a.kind === b.kind && (a.kind === 'all_users' || a.name === (b as { readonly name: string }).name);
}
