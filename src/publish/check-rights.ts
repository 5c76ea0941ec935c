/** Checks of who is to read a publication. */
import { MOST_GRANTS } from '../access/grant-store.ts';
import type { Memberships } from '../access/memberships.ts';
import type { OfferedRepository } from '../access/policy.ts';
import { USERNAME, type Identity } from '../access/principal.ts';
import { ownerOfName } from '../access/readable.ts';
import { listed } from './check-names.ts';
import type { ManifestCollection, ManifestLineage } from './manifest.ts';
import type { PublicationCheck, PublicationVersion, Readers } from './publication.ts';
import { ownedNames, subjectsOf } from './reader-grants.ts';
import type { PublishedSettings } from './settings.ts';

/**
 * Whom it lets read, named or not: members of the group that owns it, and of those whose names its collections have, read it
 * too, and whom earlier grants let in.
 */
export function allReaders(
  { readers, group }: Pick<PublicationVersion, 'readers' | 'group'>,
  collections: readonly Pick<ManifestCollection, 'name' | 'isOfficial'>[],
  granted: Readers,
): Readers {
  const owners = collections.flatMap(({ name, isOfficial }) => (isOfficial ? [] : (ownerOfName(name) ?? [])));
  const byName = owners.filter(({ kind }) => kind === 'group').map(({ name }) => name);
  const ofOwner = group === null ? [] : [group];
  return {
    allUsers: readers.allUsers || granted.allUsers,
    groups: [...new Set([...readers.groups, ...ofOwner, ...byName, ...granted.groups])],
    users: [...new Set([...readers.users, ...granted.users])],
  };
}

/**
 * Whether these readers are its submitter's to name, and can be kept apart from others.
 * @param everybody see `allReaders`
 */
export function checkReaders(
  { allUsers, groups, users }: Readers,
  everybody: Readers,
  who: Identity,
  group: string | null,
  { name, servedDirectly }: PublishedSettings,
): PublicationCheck {
  const code = 'READERS';
  const failed = (message: string) => ({ code, state: 'FAILED', message }) as const;
  if (servedDirectly && !allUsers) {
    return failed(`A server beside this gateway gives '${name}' to all its users: only all users can be its readers.`);
  }
  const foreign = groups.filter((one) => !who.groups.includes(one) && one !== group);
  if (foreign.length > 0) return failed(`${listed(foreign)}: you can name only groups that you are in yourself.`);
  const wrong = users.filter((user) => !USERNAME.test(user));
  if (wrong.length > 0) return failed(`${listed(wrong)}: these cannot be names of users.`);
  if (allUsers) return { code, state: 'PASSED', message: 'All users are to read it.' };
  const others = [
    ...everybody.groups.filter((one) => !groups.includes(one) && one !== group),
    ...everybody.users.filter((one) => !users.includes(one)),
  ];
  if (everybody.allUsers || others.length > 0) {
    const whom = everybody.allUsers ? 'all users' : listed(others);
    const message = `By the names of its collections, or grants that are there, ${whom} read it too.`;
    return { code, state: 'WARNING', message };
  }
  const named = [...groups.map((one) => `the group '${one}'`), ...users.map((user) => `'${user}'`)];
  const whom = named.length === 0 ? 'Its owner alone is' : `Beside its owner, ${named.join(', ')} are`;
  return { code, state: 'PASSED', message: `${whom} to read it.` };
}

/**
 * Whether all its readers can be let in, each into each collection.
 * @param used grants of the published repository, beside those of this publication
 * @returns null where they can
 */
export function checkGrantRoom(
  readers: Readers,
  collections: readonly ManifestCollection[],
  used: number,
  { name }: Pick<PublishedSettings, 'name'>,
): PublicationCheck | null {
  const wanted = ownedNames(collections).length * subjectsOf(readers, () => null).length;
  if (used + wanted <= MOST_GRANTS) return null;
  const message = `It needs ${wanted} grants, one for each reader of each collection, and '${name}' has ${used} of ${MOST_GRANTS} already: name fewer readers, or all users, publish fewer collections, or ask the operator.`;
  return { code: 'READERS', state: 'FAILED', message };
}

/**
 * Whether all who are to read it may read the official data that it was made from: what is derived has the rights of what it is
 * derived from.  Who submits it has to be one of them, as nobody else vouches for it.
 * @param official all of the configuration, and those that exist for who submits it
 * @param readers see `allReaders`
 */
export async function checkInputRights(
  { officialRepositories }: Pick<ManifestLineage, 'officialRepositories'>,
  {
    configured,
    visible,
  }: { readonly configured: readonly OfferedRepository[]; readonly visible: readonly OfferedRepository[] },
  readers: Readers,
  published: Pick<OfferedRepository, 'name' | 'readers'>,
  memberships: Pick<Memberships, 'of'>,
): Promise<PublicationCheck> {
  const code = 'INPUT_RIGHTS';
  const inputs = configured.filter(({ name }) => officialRepositories.includes(name));
  if (inputs.some(({ name }) => !visible.some((one) => one.name === name))) {
    const message =
      'There is data in it of an official repository that you may not read, or not any more: ask to be let in again, or publish from a satellite without it.';
    return { code, state: 'FAILED', message };
  }
  for (const { name, readers: may } of inputs) {
    if (!may || published.readers?.every((group) => may.includes(group))) continue;
    const message = (whom: string) =>
      `It is made from '${name}', which only ${listed(may)} may read: ${whom} cannot be its readers.`;
    if (readers.allUsers) return { code, state: 'FAILED', message: message('all users') };
    const groups = readers.groups.filter((group) => !may.includes(group));
    if (groups.length > 0) return { code, state: 'FAILED', message: message(listed(groups)) };
    for (const user of readers.users) {
      const known = await memberships.of(user);
      if (known?.groups.some((group) => may.includes(group))) continue;
      return { code, state: 'FAILED', message: message(`'${user}', as far as is known of their groups,`) };
    }
  }
  // Where the configuration names readers, that is the rule; nobody can ask a server about others than who asks.
  const own = inputs.filter(({ admits, readers: may }) => admits && !may).map(({ name }) => name);
  if (own.length > 0) {
    const message = `It is made from ${listed(own)}, whose own server decides who may read: make sure that ${readers.allUsers ? 'all users' : 'its readers'} may.`;
    return { code, state: 'WARNING', message };
  }
  return { code, state: 'PASSED', message: 'Its readers may read all that it was made from.' };
}
