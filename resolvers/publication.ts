import { SatelliteError } from '../src/butler/errors.ts';
import type { PublicationChange, SeenPublication } from '../src/publish/service.ts';
import { datasetSelection } from './chosen-datasets.ts';
import type { GraphQLContext } from './context.ts';
import { mutation, type MutationContext, type PublicationOutcome } from './mutation.ts';
import { datasetPage } from './publication-manifest.ts';
import type {
  ApprovePublicationInput,
  CommentPublicationInput,
  PublicationReadersInput,
  Resolvers,
  SubmitPublicationInput,
} from './schema-types.ts';
import { publicationsOf, servicesOf } from './services.ts';
import { utcTime } from './sky-and-time.ts';

type Decision = 'claim' | 'requestChanges' | 'reject' | 'withdraw';
type DecisionInput = {
  readonly publication: string;
  readonly comment?: string | null;
  readonly idempotencyKey?: string | null;
};

const payload = {
  publication: existing,
  job: async (changed: PublicationOutcome, _args: unknown, context: GraphQLContext) => {
    if (changed.job === null) return null;
    const { record } = await existing(changed, {}, context);
    return record.job === changed.job ? serviceOf(context).job(record) : null;
  },
};

export const publication: Resolvers = {
  Query: {
    publication: (_root, { id, version }, context) =>
      context.services?.publications?.find(id, version ?? undefined, context.principal) ?? null,
    publications: async (_root, { states, repository, owner, toReview, first, after }, context) => {
      const filter = {
        states: states ?? undefined,
        repository: repository ?? undefined,
        owner: owner ?? undefined,
        toReview: toReview ?? false,
        first: first ?? 100,
        after: after ?? undefined,
      };
      const list = context.services?.publications?.list(filter, context.principal);
      const { found, next } = (await list) ?? { found: [], next: null };
      return {
        nodes: found,
        pageInfo: {
          hasNextPage: next !== null,
          hasPreviousPage: filter.after !== undefined,
          startCursor: null,
          endCursor: next,
        },
      };
    },
  },
  Mutation: {
    submitPublication: mutation('submitPublication', async (input: SubmitPublicationInput, context) => {
      const request = {
        publication: input.publication ?? undefined,
        satellite: input.satellite,
        repository: input.repository ?? undefined,
        collections: input.collections,
        search: input.search ? datasetSelection(input.search) : null,
        title: input.title,
        description: input.description ?? null,
        licence: input.licence ?? null,
        readers: readersOf(input.readers),
      };
      return outcome(await serviceOf(context).submit(request, context.principal));
    }),
    withdrawPublication: decision('withdrawPublication', 'withdraw'),
    claimPublication: decision('claimPublication', 'claim'),
    requestPublicationChanges: decision('requestPublicationChanges', 'requestChanges'),
    rejectPublication: decision('rejectPublication', 'reject'),
    commentPublication: mutation('commentPublication', async (input: CommentPublicationInput, context) => {
      const { publication: id, comment = null, replyTo } = input;
      const request = { publication: id, comment, replyTo: replyTo ?? undefined };
      return outcome(await serviceOf(context).comment(request, context.principal));
    }),
    approvePublication: mutation('approvePublication', async (input: ApprovePublicationInput, context) => {
      const { publication: id, digest, comment = null, confirmRestart } = input;
      const request = { publication: id, digest, comment, confirmRestart: confirmRestart ?? false };
      return outcome(await serviceOf(context).approve(request, context.principal));
    }),
  },
  SubmitPublicationPayload: payload,
  WithdrawPublicationPayload: payload,
  ClaimPublicationPayload: payload,
  CommentPublicationPayload: payload,
  RequestPublicationChangesPayload: payload,
  ApprovePublicationPayload: payload,
  RejectPublicationPayload: payload,
  Subscription: {
    publicationUpdates: {
      subscribe: async function* (_root, { id }, context) {
        for await (const seen of serviceOf(context).watch(id, context.principal, context.query.signal)) {
          yield { publicationUpdates: seen };
        }
      },
    },
  },
  Publication: {
    id: ({ record }) => record.publication,
    version: ({ record }) => record.version,
    state: ({ record }) => record.state,
    reason: ({ record }) => record.reason,
    digest: ({ record }) => record.digest,
    owner: ({ record }) => record.owner,
    group: ({ record }) => record.group,
    repository: ({ record }) => record.repository,
    satellite: ({ record, role }) => (role === 'READER' ? null : record.source.repository),
    title: ({ record }) => record.title,
    description: ({ record }) => record.description,
    licence: ({ record }) => record.licence,
    readers: ({ record, role }) =>
      role === 'READER' ? { allUsers: record.readers.allUsers, groups: [], users: [] } : record.readers,
    checks: ({ record, role }) => (role === 'READER' ? [] : record.checks),
    comments: ({ record, role }, _args, context) => (role === 'READER' ? [] : serviceOf(context).comments(record)),
    manifest: async (seen, _args, context) => {
      const manifest = await serviceOf(context).manifest(seen, context.principal);
      return manifest && { ...(await manifest.header()), manifest };
    },
    diff: ({ record, role }, _args, context) => (role === 'READER' ? null : serviceOf(context).diff(record)),
    versions: ({ record }, _args, context) => serviceOf(context).versions(record.publication, context.principal),
    claimedBy: ({ record, role }) => (role === 'READER' ? null : record.claimedBy),
    claimedUntil: ({ record, role }) => (role === 'READER' ? null : timeOrNull(record.claimedUntil)),
    approvedBy: ({ record, role }) => (role === 'READER' ? null : record.approvedBy),
    generation: ({ record }) => record.generation,
    job: ({ record, role }, _args, context) => (role === 'READER' ? null : serviceOf(context).job(record)),
    submittedAt: ({ record }) => timeOrNull(record.submittedAt),
    changedAt: ({ record }) => utcTime(record.changedAt),
  },
  PublicationComment: { at: ({ at }) => utcTime(at) },
  PublicationManifest: {
    datasetCount: ({ datasets }) => datasets,
    datasetTypes: async ({ manifest }) => (await manifest.datasetTypes()).map((type) => ({ ...type })),
    collections: async ({ manifest }) =>
      (await manifest.collections()).map((info) => ({ ...info, doc: info.doc === '' ? null : info.doc })),
    datasets: (manifest, { first, after }) => datasetPage(manifest, first ?? 100, after ?? undefined),
    officialRepositories: ({ lineage }) => lineage.officialRepositories,
  },
  ManifestDataset: { files: ({ files }) => files.map((file) => ({ ...file })) },
};

function serviceOf(context: GraphQLContext) {
  return publicationsOf(servicesOf(context));
}

function decision(name: string, what: Decision) {
  return mutation(name, async ({ publication: id, comment = null }: DecisionInput, context: MutationContext) =>
    outcome(await serviceOf(context)[what]({ publication: id, comment }, context.principal)),
  );
}

function outcome({ publication: { record }, job }: PublicationChange): PublicationOutcome {
  return { publication: record.publication, version: record.version, job: job?.id ?? null, plan: null };
}

async function existing(
  { publication: id, version }: PublicationOutcome,
  _args: unknown,
  context: GraphQLContext,
): Promise<SeenPublication> {
  const found = await serviceOf(context).find(id, version, context.principal);
  if (found) return found;
  throw new SatelliteError('NOT_FOUND', 'The publication was changed by this call, and is not yours to see any more.');
}

/** Undefined where nothing is said of them; all users where nobody is named. */
function readersOf(readers: PublicationReadersInput | null | undefined) {
  if (!readers) return undefined;
  const { allUsers, groups, users } = readers;
  return { allUsers: allUsers ?? (!groups && !users), groups: groups ?? [], users: users ?? [] };
}

function timeOrNull(at: number | null): string | null {
  return at === null ? null : utcTime(at);
}
