/** Why someone may read something, or may not, in words: what `readable.ts` decides, explained. */
import type { Grant, GrantedCollections } from './grants.ts';
import type { Identity } from './principal.ts';
import { mayRead, ownerOfName, owns, ownsName, readableBy, type Ownership } from './readable.ts';

/** What the policy says of someone, and why. */
export interface Explanation {
  readonly allowed: boolean;
  readonly reasons: readonly string[];
}

/**
 * @param collection null: anything in the repository
 * @param granted what valid grants on it let them read
 */
export function explain(
  who: Identity,
  repository: Ownership,
  granted: GrantedCollections,
  collection: string | null,
): Explanation {
  const allowed =
    collection === null
      ? readableBy(who, repository, granted) !== 'nothing'
      : mayRead(who, repository, granted, collection);
  const grants = collection === null ? granted.grants : granted.over(collection);
  const reasons = [...ownReasons(who, repository, collection), ...grants.map(grantInWords)];
  return { allowed, reasons: allowed ? reasons : [`Nothing lets ${who.username} read it.`] };
}

function ownReasons(who: Identity, repository: Ownership, collection: string | null): readonly string[] {
  const { username } = who;
  const { owner, group, kind, readers } = repository;
  if (owner === username) return [`${username} is its owner.`];
  if (owns(who, repository)) return [`${username} is a member of group '${group}', which owns it.`];
  if (owner !== undefined) return [];
  if (kind !== 'PUBLISHED') {
    const whom = readers
      ? `members of ${readers.map((name) => `'${name}'`).join(' or ')}`
      : 'all users of this gateway';
    return [`It is a repository for ${whom}, as far as its own server lets them.`];
  }
  if (collection === null || ownerOfName(collection) === null) {
    return ["What is published is for all users of this gateway, but for collections below 'u/' and 'g/'."];
  }
  if (!ownsName(who, collection)) return [];
  const { kind: of, name } = ownerOfName(collection)!;
  return [
    of === 'user'
      ? `Collections below 'u/${name}/' are ${name}'s.`
      : `Collections below 'g/${name}/' are for the members of group '${name}', and ${username} is one.`,
  ];
}

/** Such as `Grant 1234 of collections below 'u/alice/' to user bob, by alice on 2026-01-01, until 2026-02-01T00:00:00.000Z.` */
function grantInWords({ id, collection, subject, right, grantedBy, grantedAt, expiresAt }: Grant): string {
  const what =
    collection === null
      ? 'everything'
      : collection.endsWith('/')
        ? `collections below '${collection}'`
        : `collection '${collection}'`;
  const whom = subject.kind === 'all_users' ? 'all users' : `${subject.kind} ${subject.name}`;
  const until = expiresAt === null ? '' : `, until ${new Date(expiresAt).toISOString()}`;
  const how = right === 'WRITE' ? ', for writing too' : '';
  return `Grant ${id} of ${what} to ${whom}${how}, by ${grantedBy} on ${new Date(grantedAt).toISOString().slice(0, 10)}${until}.`;
}
