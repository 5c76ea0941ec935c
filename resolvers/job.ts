import { SatelliteError } from '../src/butler/errors.ts';
import { fullName } from '../src/satellite/satellite.ts';
import type { GraphQLContext } from './context.ts';
import { mutation } from './mutation.ts';
import type { CancelJobInput, Resolvers, RetryJobInput } from './schema-types.ts';
import { servicesOf } from './services.ts';
import { utcTime } from './sky-and-time.ts';

const MOST_JOBS = 1_000;

export const job: Resolvers = {
  Query: {
    job: (_root, { id }, { services, principal }) => services?.jobs.find(id, principal.username) ?? null,
    jobs: async (_root, { satellite, first }, context) => {
      const { jobs, satellites } = servicesOf(context);
      const most = first ?? 100;
      if (most < 1 || most > MOST_JOBS) {
        throw new SatelliteError('BAD_USER_INPUT', `"first" is ${most}, but must be 1 to ${MOST_JOBS}.`);
      }
      const { username } = context.principal;
      if (!satellite) return jobs.list(username, { first: most });
      const found = await satellites.find(satellite, context.principal);
      return found ? jobs.list(username, { first: most, subject: `satellite:${fullName(found)}` }) : [];
    },
  },
  Mutation: {
    cancelJob: mutation('cancelJob', async ({ job: id }: CancelJobInput, { services, principal }) => {
      return { job: (await services.jobs.cancel(id, principal.username)).id, plan: null };
    }),
    retryJob: mutation('retryJob', async ({ job: id }: RetryJobInput, { services, principal }) => {
      return { job: (await services.jobs.retry(id, principal.username, principal.token)).id, plan: null };
    }),
  },
  CancelJobPayload: { job: knownJob },
  RetryJobPayload: { job: knownJob },
  Subscription: {
    jobProgress: {
      subscribe: async function* (_root, { id }, context) {
        const { jobs } = servicesOf(context);
        for await (const state of jobs.watch(id, context.principal.username, context.query.signal)) {
          yield { jobProgress: state };
        }
      },
    },
  },
  Job: {
    result: ({ result }) => result as Readonly<Record<string, unknown>> | null,
    log: async ({ id, owner }, _args, context) => {
      const lines = await servicesOf(context).jobs.log(id, owner);
      return lines.map(({ at, message }) => ({ at: utcTime(at), message }));
    },
    createdAt: ({ createdAt }) => utcTime(createdAt),
    finishedAt: ({ finishedAt }) => (finishedAt === null ? null : utcTime(finishedAt)),
  },
};

async function knownJob({ job: id }: { readonly job: string | null }, _args: unknown, context: GraphQLContext) {
  const found = id === null ? null : await servicesOf(context).jobs.find(id, context.principal.username);
  if (found) return found;
  throw new SatelliteError('NOT_FOUND', 'The job is no longer kept.');
}
