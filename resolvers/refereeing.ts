import { SatelliteError } from '../src/butler/errors.ts';
import type { RefereeLink } from '../src/publish/referee/link-records.ts';
import type { GraphQLContext } from './context.ts';
import { mutation, type RefereeLinkOutcome } from './mutation.ts';
import type { CreateRefereeLinkInput, Resolvers, RevokeRefereeLinkInput } from './schema-types.ts';
import { shownManifest } from './publication-manifest.ts';
import { publicationsOf, servicesOf } from './services.ts';
import { parseUtcTime, utcTime } from './sky-and-time.ts';

/** Of calls that are being answered: what is remembered of a call has no secret in it. */
const secrets = new WeakMap<RefereeLinkOutcome, string>();

const refereesOf = (context: GraphQLContext) => publicationsOf(servicesOf(context)).referees;

const payload = {
  link: async ({ link: id }: RefereeLinkOutcome, _args: unknown, context: GraphQLContext): Promise<RefereeLink> => {
    const link = await refereesOf(context).find(id, context.principal);
    if (link) return link;
    throw new SatelliteError('NOT_FOUND', 'The link was changed by this call, and is not yours to see any more.');
  },
  job: () => null,
};

export const refereeing: Resolvers = {
  Query: {
    refereedPublication: (_root, { secret }, context) => refereesOf(context).open(secret, context.principal),
  },
  Mutation: {
    createRefereeLink: mutation('createRefereeLink', async (input: CreateRefereeLinkInput, context) => {
      const { publication, version, expiresAt, note = null } = input;
      const request = {
        ...{ publication, version: version ?? undefined, note },
        expiresAt: expiresAt ? parseUtcTime('expiresAt', expiresAt) : undefined,
      };
      const { link, secret } = await refereesOf(context).create(request, context.principal);
      const outcome = { link: link.id };
      secrets.set(outcome, secret);
      return outcome;
    }),
    revokeRefereeLink: mutation('revokeRefereeLink', async ({ link }: RevokeRefereeLinkInput, context) => ({
      link: (await refereesOf(context).revoke(link, context.principal)).id,
    })),
  },
  Publication: { refereeLinks: (seen, _args, context) => refereesOf(context).list(seen) },
  RefereeLink: {
    createdAt: ({ createdAt }) => utcTime(createdAt),
    expiresAt: ({ expiresAt }) => utcTime(expiresAt),
    revokedAt: ({ revokedAt }) => (revokedAt === null ? null : utcTime(revokedAt)),
  },
  RefereedPublication: {
    manifest: ({ record, manifest }, _args, context) =>
      shownManifest(manifest, () => publicationsOf(servicesOf(context)).summaryOfHidden(record, manifest)),
    expiresAt: ({ expiresAt }) => utcTime(expiresAt),
  },
  CreateRefereeLinkPayload: { ...payload, secret: (outcome) => secrets.get(outcome) ?? null },
  RevokeRefereeLinkPayload: payload,
};
