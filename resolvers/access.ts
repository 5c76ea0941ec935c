import type { AuditLine } from '../src/access/audit.ts';
import { repositoryResource, type Grant } from '../src/access/grants.ts';
import { nameInAddresses } from '../src/access/policy.ts';
import { mayGrant, ownerOfName } from '../src/access/readable.ts';
import { explain } from '../src/access/reasons.ts';
import { SatelliteError } from '../src/butler/errors.ts';
import { checkUser } from '../src/satellite/grant-request.ts';
import type { SeenPublication } from '../src/publish/service.ts';
import { fullName } from '../src/satellite/satellite.ts';
import type { GrantAccess, NamedGrant, NamedGrantChange } from '../src/satellite/sharing.ts';
import { Connection } from './connection.ts';
import type { GraphQLContext } from './context.ts';
import { mutation, type GrantOutcome } from './mutation.ts';
import type { GrantAccessInput, Resolvers, RevokeAccessInput } from './schema-types.ts';
import { publicationsOf, servicesOf } from './services.ts';
import { parseUtcTime, utcTime } from './sky-and-time.ts';

/** Where a page ends. */
type Position = Pick<AuditLine, 'at' | 'id'>;

const MOST_GRANTS = 10_000;
const MOST_ENTRIES = 1_000;

const payload = {
  grant: grantOf,
  accessRevision: ({ revision }: GrantOutcome) => revision,
};

export const access: Resolvers = {
  Query: {
    effectiveAccess: (_root, { satellite, collection, user }, context) => {
      const { principal } = context;
      if (user) checkUser(user);
      const who = user ?? principal.username;
      return servicesOf(context).sharing.effectiveAccess(satellite, collection ?? null, who, principal);
    },
    auditTrail: async (_root, { satellite, first, after }, context) => {
      const most = checkFirst(first ?? 100, MOST_ENTRIES);
      const page = { first: most + 1, after: after ? readCursor(after, 'the audit trail') : null };
      const lines = await servicesOf(context).sharing.auditTrail(satellite ?? null, page, context.principal);
      const shown = lines.slice(0, most);
      const place = {
        rows: shown,
        hasNextPage: lines.length > most,
        cursorAt: (i: number) => writeCursor(shown[i]!),
        warnings: [],
        totalCount: () => Promise.reject(new Error('the audit trail is not counted')),
      };
      return new Connection(shown, place, Boolean(after));
    },
  },
  Mutation: {
    grantAccess: mutation(
      'grantAccess',
      async (input: GrantAccessInput, { services, principal }) =>
        outcome(await services.sharing.grant(wanted(input), principal)),
      { isAudited: true },
    ),
    revokeAccess: mutation(
      'revokeAccess',
      async ({ grant }: RevokeAccessInput, { services, principal }) =>
        outcome(await services.sharing.revoke(grant, principal)),
      { isAudited: true },
    ),
  },
  GrantAccessPayload: payload,
  RevokeAccessPayload: payload,
  Satellite: {
    grants: async (record, { first }, context) => {
      const most = checkFirst(first ?? 100, MOST_GRANTS);
      const grants = await servicesOf(context).sharing.grantsOn(fullName(record), context.principal);
      return grants?.slice(0, most) ?? null;
    },
  },
  Publication: {
    grants: async (seen, { first, after }, context) => {
      const most = checkFirst(first ?? 100, MOST_GRANTS);
      const position = after ? readCursor(after, 'grants') : null;
      const all = await grantsOfPublication(seen, context);
      if (!all) return null;
      const rest = position ? all.filter((grant) => comesAfter(grant, position)) : all;
      const nodes = rest.slice(0, most);
      const [start, end] = [nodes[0], nodes.at(-1)];
      return {
        nodes,
        pageInfo: {
          hasNextPage: rest.length > most,
          hasPreviousPage: position !== null,
          startCursor: start ? writeCursor({ at: start.grantedAt, id: start.id }) : null,
          endCursor: end ? writeCursor({ at: end.grantedAt, id: end.id }) : null,
        },
      };
    },
  },
  Collection: {
    access: async (
      { row: { repository: name, name: collection } },
      _args,
      { repositories, principal, loaders, services },
    ) => {
      if (!services) return null;
      const repository = repositories.get(name);
      const { owner, group = null, resource = repositoryResource(repository.name) } = repository;
      const granted = repositories.grantedOn(repository);
      const isOwner = mayGrant(principal, repository, collection);
      const ofName = owner === undefined && repository.kind === 'PUBLISHED' ? ownerOfName(collection) : null;
      const grants = isOwner ? (await loaders.grantsOn.load(resource)).over(collection) : granted.over(collection);
      return {
        owner: owner ?? (ofName?.kind === 'user' ? ofName.name : null),
        group: ofName?.kind === 'group' ? ofName.name : isOwner ? group : null,
        isOwner,
        reasons: explain(principal, repository, granted, collection).reasons,
        grants: grants.map((grant) => ({ ...grant, resourceName: nameInAddresses(repository) })),
      };
    },
  },
  Grant: {
    satellite: ({ resourceName }) => resourceName,
    user: ({ subject }) => (subject.kind === 'user' ? subject.name : null),
    group: ({ subject }) => (subject.kind === 'group' ? subject.name : null),
    allUsers: ({ subject }) => subject.kind === 'all_users',
    grantedAt: ({ grantedAt }) => utcTime(grantedAt),
    expiresAt: ({ expiresAt }) => (expiresAt === null ? null : utcTime(expiresAt)),
  },
  AuditEntry: {
    at: ({ at }) => utcTime(at),
    resource: ({ resourceName }) => resourceName,
  },
};

function outcome({ grant, revision }: NamedGrantChange): GrantOutcome {
  return { grant: grant.id, revision };
}

async function grantOf({ grant }: GrantOutcome, _args: unknown, context: GraphQLContext) {
  const found = await servicesOf(context).sharing.findGrant(grant, context.principal);
  if (found) return found;
  throw new SatelliteError('NOT_FOUND', 'The grant was made by this call, and what it is of is gone since.');
}

/** The newest first; null for all but its owners. */
async function grantsOfPublication(
  seen: SeenPublication,
  context: GraphQLContext,
): Promise<readonly NamedGrant[] | null> {
  const { principal, repositories, loaders } = context;
  const repository = repositories.find(seen.record.repository);
  if (seen.role !== 'OWNER' || !repository) return null;
  const manifest = await publicationsOf(servicesOf(context)).manifest(seen, principal);
  const collections = (await manifest?.collections()) ?? [];
  const own = collections.filter(({ name, isOfficial }) => !isOfficial && mayGrant(principal, repository, name));
  const granted = await loaders.grantsOn.load(repository.resource ?? repositoryResource(repository.name));
  const found = new Map(own.flatMap(({ name }) => granted.over(name)).map((grant) => [grant.id, grant]));
  return [...found.values()]
    .sort((a, b) => (comesAfter(a, { at: b.grantedAt, id: b.id }) ? 1 : -1))
    .map((grant) => ({ ...grant, resourceName: nameInAddresses(repository) }));
}

/** Whether a grant comes after a position, the newest first. */
function comesAfter({ grantedAt, id }: NamedGrant | Grant, position: Position): boolean {
  return grantedAt < position.at || (grantedAt === position.at && id < position.id);
}

/** @throws SatelliteError BAD_USER_INPUT */
function wanted({ satellite, collection, right, expiresAt, note, ...whom }: GrantAccessInput): GrantAccess {
  return {
    satellite,
    collection: collection ?? null,
    subject: subjectOf(whom),
    right: right ?? 'READ',
    expiresAt: expiresAt ? parseUtcTime('expiresAt', expiresAt) : null,
    note: note ?? null,
  };
}

function subjectOf({
  user,
  group,
  allUsers,
}: Pick<GrantAccessInput, 'user' | 'group' | 'allUsers'>): GrantAccess['subject'] {
  const subjects: GrantAccess['subject'][] = [
    ...(typeof user === 'string' ? [{ kind: 'user', name: user } as const] : []),
    ...(typeof group === 'string' ? [{ kind: 'group', name: group } as const] : []),
    ...(allUsers ? [{ kind: 'all_users' } as const] : []),
  ];
  if (subjects.length === 1) return subjects[0]!;
  throw new SatelliteError('BAD_USER_INPUT', 'Give exactly one of "user", "group" and "allUsers".');
}

function checkFirst(first: number, most: number): number {
  if (first >= 1 && first <= most) return first;
  throw new SatelliteError('BAD_USER_INPUT', `"first" is ${first}, but must be 1 to ${most}.`);
}

function writeCursor({ at, id }: Position): string {
  return Buffer.from(`${at} ${id}`).toString('base64url');
}

/** @throws SatelliteError BAD_USER_INPUT */
function readCursor(cursor: string, of: 'the audit trail' | 'grants'): Position {
  const pattern = of === 'grants' ? /^(\d{1,15}) ([0-9a-f-]{36})$/ : /^(\d{1,15}) ([0-9a-f-]{49})$/;
  const found = pattern.exec(Buffer.from(cursor, 'base64url').toString());
  if (found) return { at: Number(found[1]), id: found[2]! };
  throw new SatelliteError('BAD_USER_INPUT', `"after" is no cursor of ${of}: take "endCursor" of the page before.`);
}
