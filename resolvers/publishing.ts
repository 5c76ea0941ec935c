import { SatelliteError } from '../src/butler/errors.ts';
import type { PublicationChange, SeenPublication } from '../src/publish/service.ts';
import { datasetSelection } from './chosen-datasets.ts';
import type { GraphQLContext } from './context.ts';
import { mutation, type MutationContext, type PublicationOutcome } from './mutation.ts';
import type {
  ApprovePublicationInput,
  CommentPublicationInput,
  PublicationReadersInput,
  Resolvers,
  SubmitPublicationInput,
  UploadPublicationInput,
} from './schema-types.ts';
import { publicationsOf, servicesOf } from './services.ts';
import { utcTime } from './sky-and-time.ts';

type Decision = 'claim' | 'requestChanges' | 'reject' | 'withdraw';
type DecisionInput = {
  readonly publication: string;
  readonly version?: number | null;
  readonly digest?: string | null;
  readonly comment?: string | null;
  readonly idempotencyKey?: string | null;
};

const payload = {
  publication: existing,
  job: async (changed: PublicationOutcome, _args: unknown, context: GraphQLContext) => {
    if (changed.job === null) return null;
    const { record } = await existing(changed, {}, context);
    return record.job === changed.job ? publicationsOf(servicesOf(context)).job(record) : null;
  },
};

export const publishing: Resolvers = {
  Mutation: {
    submitPublication: mutation('submitPublication', async (input: SubmitPublicationInput, context) => {
      const request = {
        publication: input.publication ?? undefined,
        satellite: input.satellite,
        upload: input.upload ?? undefined,
        repository: input.repository ?? undefined,
        collections: input.collections,
        search: input.search ? datasetSelection(input.search) : null,
        title: input.title,
        description: input.description ?? null,
        licence: input.licence ?? null,
        readers: readersOf(input.readers),
      };
      return outcome(await publicationsOf(servicesOf(context)).submit(request, context.principal));
    }),
    uploadPublication: mutation('uploadPublication', async (input: UploadPublicationInput, context) => {
      const { repository, size, sha256 } = input;
      const request = { repository: repository ?? undefined, size: Number(size), sha256 };
      const { expiresAt, ...place } = await publicationsOf(servicesOf(context)).upload(request, context.principal);
      return { upload: { ...place, expiresAt: utcTime(expiresAt) } };
    }),
    withdrawPublication: decision('withdrawPublication', 'withdraw'),
    claimPublication: decision('claimPublication', 'claim'),
    requestPublicationChanges: decision('requestPublicationChanges', 'requestChanges'),
    rejectPublication: decision('rejectPublication', 'reject'),
    commentPublication: mutation('commentPublication', async (input: CommentPublicationInput, context) => {
      const { publication: id, comment = null, replyTo } = input;
      const request = { publication: id, comment, replyTo: replyTo ?? undefined };
      return outcome(await publicationsOf(servicesOf(context)).comment(request, context.principal));
    }),
    approvePublication: mutation('approvePublication', async (input: ApprovePublicationInput, context) => {
      const { publication: id, digest, comment = null, confirmRestart } = input;
      const request = { publication: id, digest, comment, confirmRestart: confirmRestart ?? false };
      return outcome(await publicationsOf(servicesOf(context)).approve(request, context.principal));
    }),
  },
  SubmitPublicationPayload: payload,
  UploadPublicationPayload: { job: () => null },
  WithdrawPublicationPayload: payload,
  ClaimPublicationPayload: payload,
  CommentPublicationPayload: payload,
  RequestPublicationChangesPayload: payload,
  ApprovePublicationPayload: payload,
  RejectPublicationPayload: payload,
};

function decision(name: string, what: Decision) {
  return mutation(name, async (input: DecisionInput, context: MutationContext) => {
    const { publication: id, version, digest, comment = null } = input;
    const request = { publication: id, version: version ?? undefined, digest: digest ?? undefined, comment };
    return outcome(await publicationsOf(servicesOf(context))[what](request, context.principal));
  });
}

function outcome({ publication: { record }, job }: PublicationChange): PublicationOutcome {
  return { publication: record.publication, version: record.version, job: job?.id ?? null, plan: null };
}

async function existing(
  { publication: id, version }: PublicationOutcome,
  _args: unknown,
  context: GraphQLContext,
): Promise<SeenPublication> {
  const found = await publicationsOf(servicesOf(context)).find(id, version, context.principal);
  if (found) return found;
  throw new SatelliteError('NOT_FOUND', 'The publication was changed by this call, and is not yours to see any more.');
}

/** Undefined where nothing is said of them; all users where nobody is named. */
function readersOf(readers: PublicationReadersInput | null | undefined) {
  if (!readers) return undefined;
  const { allUsers, groups, users } = readers;
  return { allUsers: allUsers ?? (!groups && !users), groups: groups ?? [], users: users ?? [] };
}
