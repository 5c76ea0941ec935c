/**
 * The one policy (docs/access.md): what someone may read of a repository.  Both the check of a single
 * collection and the condition on a whole search come from `readableBy`.
 */
import type { CollectionRule } from '../repository/repository.ts';
import { digest, isInGroup, type GrantedCollections } from './grants.ts';
import type { Identity } from './principal.ts';

export type RepositoryKind = 'OFFICIAL' | 'SATELLITE' | 'PUBLISHED';

/** Whose a repository is. */
export interface Ownership {
  readonly kind: RepositoryKind;
  /** Undefined: nobody's; the observatory's. */
  readonly owner: string | undefined;
  /** Whose members have it as its owner does. */
  readonly group?: string | null;
  /** The id that the group had when the repository was made, where it was known. */
  readonly groupId?: number | null;
  /** Groups whose members alone it exists for, where it has no owner; absent: every authenticated user. */
  readonly readers?: readonly string[];
}

/** What is neither everything nor nothing are the collections of a rule. */
export type Readable = 'everything' | 'nothing' | CollectionRule;

/** Whether someone is an owner, or a member of the group that owns it: reads and writes all of it, and grants. */
export function owns(who: Identity, { owner, group = null, groupId = null }: Omit<Ownership, 'kind'>): boolean {
  return owner === who.username || (group !== null && isInGroup(who, { name: group, id: groupId }));
}

/** Whether it may be named to people who have not said who they are: in the index, in health, in metrics. */
export function isNamedToAll({ owner, readers }: Pick<Ownership, 'owner' | 'readers'>): boolean {
  return owner === undefined && readers === undefined;
}

/** Whether someone may grant a collection (null: all) of a repository to others. */
export function mayGrant(who: Identity, repository: Ownership, collection: string | null): boolean {
  if (repository.owner !== undefined) return owns(who, repository);
  return repository.kind === 'PUBLISHED' && collection !== null && ownsName(who, collection);
}

/**
 * What someone may read of a repository.  Satellites belong wholly to their owner or group, whatever names are in them.
 * Published repositories that are nobody's go by names.  Official ones are readable in whole; remote ones ask as the caller,
 * so that their own rule decides.  Where the configuration names groups of readers, a repository exists for nobody else.
 * @param granted what valid grants on it let them read
 */
export function readableBy(who: Identity, repository: Ownership, granted: GrantedCollections): Readable {
  if (repository.readers?.some((group) => who.groups.includes(group)) === false) return 'nothing';
  if (owns(who, repository) || granted.everything) return 'everything';
  if (repository.owner === undefined) {
    return repository.kind === 'PUBLISHED' ? publishedNames(who, granted) : 'everything';
  }
  return granted.grants.length === 0 ? 'nothing' : granted;
}

/** Whether someone may read a collection, and the datasets whose RUN it is. */
export function mayRead(
  who: Identity,
  repository: Ownership,
  granted: GrantedCollections,
  collection: string,
): boolean {
  const readable = readableBy(who, repository, granted);
  return typeof readable === 'string' ? readable === 'everything' : readable.allows(collection);
}

/** Whose a name is by the rules of DMTN-182: `u/NAME/…` a user's, `g/GROUP/…` a group's; null: everybody's. */
export function ownerOfName(collection: string): { readonly kind: 'user' | 'group'; readonly name: string } | null {
  const [, kind, name] = /^([ug])\/([^/]*)/.exec(collection) ?? [];
  return kind === undefined ? null : { kind: kind === 'u' ? 'user' : 'group', name: name! };
}

/** Whether a name is someone's own, or that of a group of theirs. */
export function ownsName({ username, groups }: Identity, collection: string): boolean {
  const owner = ownerOfName(collection);
  if (owner === null) return false;
  return owner.kind === 'user' ? owner.name === username : groups.includes(owner.name);
}

function publishedNames(who: Identity, granted: GrantedCollections): CollectionRule {
  let key: string | undefined;
  return {
    get key() {
      return (key ??= digest([who.username, ...[...who.groups].sort(), granted.key]));
    },
    allows: (collection) => ownerOfName(collection) === null || ownsName(who, collection) || granted.allows(collection),
  };
}
