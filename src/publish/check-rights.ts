/** Checks of who is to read a publication. */
import type { Memberships } from '../access/memberships.ts';
import type { OfferedRepository } from '../access/policy.ts';
import { USERNAME, type Identity } from '../access/principal.ts';
import { listed } from './check-names.ts';
import type { PublicationCheck, Readers } from './publication.ts';
import type { PublishedSettings } from './settings.ts';

/** Whether these readers are its submitter's to name, and can be kept apart from others. */
export function checkReaders(
  { allUsers, groups, users }: Readers,
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
  const named = [...groups.map((one) => `the group '${one}'`), ...users.map((user) => `'${user}'`)];
  const whom = named.length === 0 ? 'Its owner alone is' : `Beside its owner, ${named.join(', ')} are`;
  return { code, state: 'PASSED', message: `${whom} to read it.` };
}

/**
 * Whether all who are to read it may read the official data that it was made from: what is derived has the rights of what it is
 * derived from.
 * @param inputs official repositories that were used
 */
export async function checkInputRights(
  inputs: readonly OfferedRepository[],
  readers: Readers,
  published: Pick<OfferedRepository, 'name' | 'readers'>,
  memberships: Pick<Memberships, 'of'>,
): Promise<PublicationCheck> {
  const code = 'INPUT_RIGHTS';
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
  const own = inputs.filter(({ admits }) => admits).map(({ name }) => name);
  if (own.length > 0) {
    const message = `It is made from ${listed(own)}, whose own server decides who may read: make sure that its readers may.`;
    return { code, state: readers.allUsers ? 'PASSED' : 'WARNING', message };
  }
  return { code, state: 'PASSED', message: 'Its readers may read all that it was made from.' };
}
