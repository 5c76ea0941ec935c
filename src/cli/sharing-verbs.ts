/** Verbs about who may read a satellite. */
import type { Command } from 'commander';
import { CommandError, EXIT } from './exit.ts';
import { change, changingVerb, connect, show, verb, type ChangeOptions, type ConnectionOptions } from './verb.ts';

interface ShareOptions extends ChangeOptions {
  readonly with?: string;
  readonly group?: string;
  readonly allUsers?: boolean;
  readonly write?: boolean;
  readonly until?: string;
  readonly note?: string;
}

interface Grant {
  readonly id: string;
  readonly collection: string | null;
  readonly user: string | null;
  readonly group: string | null;
  readonly right: string;
  readonly expiresAt: string | null;
  readonly note: string | null;
}

const GRANT_FIELDS = 'id satellite collection user group allUsers right grantedBy grantedAt expiresAt note';

export function sharingVerbs(): Command[] {
  return [share(), unshare(), access()];
}

function share(): Command {
  return changingVerb('share', 'Let others read a satellite of yours, or some of its collections.')
    .argument('<satellite>', 'its name')
    .argument('[collection]', 'a collection, or what names begin with: "u/alice/"; all of it by default')
    .option('--with <user>', 'a user')
    .option('--group <name>', 'a group that you are a member of')
    .option('--all-users', 'all users of the gateway')
    .option('--write', 'let them change what is in it, too')
    .option('--until <time>', 'when that ends, such as 2027-01-31T12:00:00Z')
    .option('--note <text>', 'what it is for')
    .action((satellite: string, collection: string | undefined, options: ShareOptions) => {
      const { with: user, group, allUsers, write, until, note } = options;
      const right = write ? 'WRITE' : undefined;
      const input = { satellite, collection, user, group, allUsers, right, expiresAt: until, note };
      return change(
        {
          mutation: 'grantAccess',
          input,
          fields: `grant {${GRANT_FIELDS}} accessRevision`,
          hasJob: false,
          say: ({ grant }) => {
            const { id, ...granted } = grant as Grant;
            return `${whatIsShared(satellite, granted)}. 'satellite unshare ${id}' ends it.`;
          },
        },
        options,
      );
    });
}

function unshare(): Command {
  return changingVerb('unshare', 'End a grant.')
    .argument('<grant>', 'its identifier, as `satellite access` shows it')
    .action((grant: string, options: ChangeOptions) => {
      const fields = `grant {${GRANT_FIELDS}} accessRevision`;
      const say = () => 'It is shared no more.';
      return change({ mutation: 'revokeAccess', input: { grant }, fields, hasJob: false, say }, options);
    });
}

function access(): Command {
  return verb('access', 'Show with whom a satellite is shared, or whether somebody may read it, and why.')
    .argument(
      '<satellite>',
      'its name, or owner~name; or that of a published repository, where it is about what is yours',
    )
    .argument('[collection]', 'whether this can be read')
    .option('--user <name>', 'by this user; by you by default')
    .action(
      (satellite: string, collection: string | undefined, options: ConnectionOptions & { readonly user?: string }) =>
        collection === undefined && options.user === undefined
          ? grants(satellite, options)
          : effective(satellite, collection, options),
    );
}

async function grants(name: string, options: ConnectionOptions): Promise<void> {
  const { repository } = await connect(options).ask<{ readonly repository: { readonly kind: string } | null }>(
    'query ($name: String!) {repository(name: $name) {kind}}',
    { name },
  );
  return repository?.kind === 'PUBLISHED' ? grantsOfPublished(name, options) : grantsOfSatellite(name, options);
}

function grantsOfPublished(name: string, options: ConnectionOptions): Promise<void> {
  interface Access {
    readonly isOwner: boolean;
    readonly grants: readonly Grant[];
  }
  return show<{ collections: { readonly nodes: readonly { readonly access: Access }[] } }>(
    `query ($names: [String!]!) {
       collections(search: ["u/*", "g/*"], repositories: $names, first: 10000) {nodes {access {isOwner grants {${GRANT_FIELDS}}}}}
     }`,
    { names: [name] },
    options,
    ({ collections: { nodes } }) => {
      const own = nodes.filter(({ access }) => access.isOwner).flatMap(({ access }) => access.grants);
      return grantLines(name, [...new Map(own.map((grant) => [grant.id, grant])).values()]);
    },
  );
}

function grantsOfSatellite(name: string, options: ConnectionOptions): Promise<void> {
  return show<{ satellite: { readonly grants: readonly Grant[] | null } | null }>(
    `query ($name: String!) {satellite(name: $name) {grants(first: 10000) {${GRANT_FIELDS}}}}`,
    { name },
    options,
    ({ satellite }) => {
      if (!satellite?.grants) {
        throw new CommandError(`There is no satellite '${name}' of yours.`, EXIT.failed, 'NOT_FOUND');
      }
      return grantLines(name, satellite.grants);
    },
  );
}

function grantLines(name: string, found: readonly Grant[]): readonly string[] {
  if (found.length === 0) return [`'${name}' is shared with nobody.`];
  return found.map((grant) => `${grant.id}  ${whatIsShared(name, grant)}`);
}

function effective(
  satellite: string,
  collection: string | undefined,
  options: ConnectionOptions & { readonly user?: string },
): Promise<void> {
  return show<{ effectiveAccess: { readonly allowed: boolean; readonly reasons: readonly string[] } }>(
    `query ($satellite: String!, $collection: String, $user: String) {
       effectiveAccess(satellite: $satellite, collection: $collection, user: $user) {allowed reasons}
     }`,
    { satellite, collection, user: options.user },
    options,
    ({ effectiveAccess: { allowed, reasons } }) => [allowed ? 'Yes.' : 'No.', ...reasons],
  );
}

function whatIsShared(satellite: string, grant: Omit<Grant, 'id'>): string {
  const { collection, user, group, right, expiresAt, note } = grant;
  const what = collection === null ? `'${satellite}'` : `'${collection}' of '${satellite}'`;
  const whom = user ?? (group === null ? 'all users' : `group ${group}`);
  const how = right === 'WRITE' ? ', for writing too' : '';
  return `${what} is shared with ${whom}${how}${expiresAt ? ` until ${expiresAt}` : ''}${note ? ` (${note})` : ''}`;
}
