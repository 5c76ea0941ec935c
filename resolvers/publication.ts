import type { SeenPublication } from '../src/publish/service.ts';
import { datasetPage, shownManifest, skyOf } from './publication-manifest.ts';
import type { Resolvers } from './schema-types.ts';
import { publicationsOf, servicesOf } from './services.ts';
import { utcTime } from './sky-and-time.ts';

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
  Subscription: {
    publicationEvents: {
      subscribe: async function* (_root, _args, context) {
        const { principal, position, query } = context;
        const events = publicationsOf(servicesOf(context)).events(principal, position, query.signal);
        for await (const publicationEvents of events) yield { publicationEvents };
      },
    },
    publicationUpdates: {
      subscribe: async function* (_root, { id }, context) {
        for await (const seen of publicationsOf(servicesOf(context)).watch(
          id,
          context.principal,
          context.query.signal,
        )) {
          yield { publicationUpdates: seen };
        }
      },
    },
  },
  Publication: {
    id: ({ record }) => record.publication,
    version: ({ record }) => record.version,
    state: ({ record }) => record.state,
    revision: ({ record }) => record.revision,
    // What is said to its owner and reviewers can name others; of what is gone it says why.
    reason: ({ record, role }) => (role === 'READER' && record.state !== 'WITHDRAWN' ? null : record.reason),
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
    comments: ({ record, role }, _args, context) =>
      role === 'READER' ? [] : publicationsOf(servicesOf(context)).comments(record),
    manifest: async (seen, _args, context) => {
      const publications = publicationsOf(servicesOf(context));
      const manifest = await publications.manifest(seen, context.principal);
      return manifest && shownManifest(manifest, () => publications.summary(seen.record));
    },
    diff: ({ record, role }, _args, context) =>
      role === 'READER' ? null : publicationsOf(servicesOf(context)).diff(record),
    versions: ({ record }, _args, context) =>
      publicationsOf(servicesOf(context)).versions(record.publication, context.principal),
    claimedBy: (seen) => (isClaimed(seen) ? seen.record.claimedBy : null),
    claimedUntil: (seen) => (isClaimed(seen) ? timeOrNull(seen.record.claimedUntil) : null),
    approvedBy: ({ record, role }) => (role === 'READER' ? null : record.approvedBy),
    generation: ({ record }) => record.generation,
    job: ({ record, role }, _args, context) =>
      role === 'READER' ? null : publicationsOf(servicesOf(context)).job(record),
    actions: (seen, _args, context) => publicationsOf(servicesOf(context)).actions(seen, context.principal),
    withdrawableVersion: (seen, _args, context) =>
      publicationsOf(servicesOf(context)).withdrawable(seen, context.principal),
    submittedAt: ({ record }) => timeOrNull(record.submittedAt),
    changedAt: ({ record }) => utcTime(record.changedAt),
  },
  PublicationEvent: { at: ({ at }) => utcTime(at) },
  PublicationComment: { at: ({ at }) => utcTime(at) },
  PublicationManifest: {
    datasetCount: ({ datasets }) => datasets,
    datasetTypes: async ({ manifest }) => (await manifest.datasetTypes()).map((type) => ({ ...type })),
    sizes: async ({ summary }) => (await summary()).sizes,
    sky: async (manifest, { first }) => skyOf(manifest, first ?? 1000),
    collections: async ({ manifest }) =>
      (await manifest.collections()).map((info) => ({ ...info, doc: info.doc === '' ? null : info.doc })),
    datasets: (manifest, { first, after }) => datasetPage(manifest, first ?? 100, after ?? undefined),
    officialRepositories: ({ lineage }, _args, { repositories }) =>
      lineage.officialRepositories.filter((name) => repositories.find(name)),
  },
  ManifestDataset: { files: ({ files }) => files.map((file) => ({ ...file })) },
};

/** What lapsed, or became STALE or was given up meanwhile, keeps who had it: nobody works on it any more. */
function isClaimed({ record: { state, claimedUntil }, role }: SeenPublication): boolean {
  return role !== 'READER' && state === 'IN_REVIEW' && (claimedUntil ?? 0) > Date.now();
}

function timeOrNull(at: number | null): string | null {
  return at === null ? null : utcTime(at);
}
