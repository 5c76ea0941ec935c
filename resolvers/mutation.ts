import { auditDetail } from '../src/access/audit-detail.ts';
import type { CallAttempt } from '../src/jobs/idempotent-calls.ts';
import type { Job, Json } from '../src/jobs/job.ts';
import type { RunRemoval } from '../src/run/removal.ts';
import type { GraphQLContext } from './context.ts';
import { servicesOf, type Services } from './services.ts';

/*
 * What is remembered of a mutation that was done: names, identifiers and plans, from which its payload is resolved.  The
 * same call again, with the same idempotency key, is answered from it, with the objects as they are then.
 */

/** Identifier of a job; null where all is done. */
export type JobOutcome<Plan extends Json = Json> = { readonly job: string | null; readonly plan: Plan };
/** Full name of a satellite; null where it is gone for good. */
export type SatelliteOutcome<Plan extends Json = Json> = JobOutcome<Plan> & { readonly satellite: string | null };
/** A grant by its identifier, and the revision from which on it counts. */
export type GrantOutcome = { readonly grant: string; readonly revision: number };
/** A collection by its repository's and its own name. */
export type CollectionOutcome = { readonly repository: string; readonly name: string; readonly datasets: number };
/** A dataset type by its repository's and its own name. */
export type DatasetTypeOutcome = { readonly repository: string; readonly name: string };
export type RemovalOutcome = JobOutcome<{
  readonly datasets: number;
  readonly bytes: number;
  readonly chains: readonly string[];
}>;
/** A version of a publication, and the job that goes on with it. */
export type PublicationOutcome = JobOutcome<null> & { readonly publication: string; readonly version: number };
/** A referee link by its identifier. */
export type RefereeLinkOutcome = { readonly link: string };
/** Where a zip is to be put. */
export type PublicationUploadOutcome = {
  readonly upload: Omit<UploadOutcome, 'dataId' | 'fileName'> & { readonly id: string };
};
/** A run by its identifier. */
export type RunRemovalOutcome = RunOutcome<RunRemoval>;
export type RunOutcome<Plan extends Json = null> = JobOutcome<Plan> & { readonly run: string };
export type IngestOutcome = JobOutcome<null> & {
  readonly upload: { readonly id: string; readonly files: readonly UploadOutcome[] } | null;
};
type UploadOutcome = {
  readonly dataId: Readonly<Record<string, Json>>;
  readonly fileName: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAt: string;
};

interface MutationInput {
  readonly idempotencyKey?: string | null | undefined;
  readonly dryRun?: boolean | null | undefined;
}

interface MutationOptions {
  /** The work itself writes it into the audit trail, together with what it changes. */
  readonly isAudited?: boolean;
}

/** What the work of a mutation is given beside its input. */
export type MutationContext = GraphQLContext & {
  readonly services: Services;
  readonly idempotencyKey: string | undefined;
  /** Of the call with that key. */
  readonly attempt: CallAttempt | undefined;
};

/**
 * Resolver of a mutation: done once for an idempotency key, and written into the audit trail.  A dry run changes nothing and
 * is always done.
 * @param work gives what is remembered
 */
export function mutation<Input extends MutationInput, Outcome extends Json>(
  name: string,
  work: (input: Input, context: MutationContext) => Promise<Outcome>,
  { isAudited = false }: MutationOptions = {},
) {
  return async (_root: unknown, { input }: { readonly input: Input }, context: GraphQLContext): Promise<Outcome> => {
    const services = servicesOf(context);
    const key = (input.dryRun ? undefined : input.idempotencyKey) ?? undefined;
    const done = (attempt?: CallAttempt) => {
      const now = () => work(input, { ...context, services, idempotencyKey: key, attempt });
      return isAudited || input.dryRun ? now() : audited(name, input, now, { ...context, services });
    };
    if (key === undefined) return done();
    return services.calls.once({ owner: context.principal.username, mutation: name, key, input }, done);
  };
}

/** Does the work, and writes what was changed into the audit trail: of the resource before it, and of the one after it. */
async function audited<Outcome extends Json>(
  action: string,
  input: object,
  work: () => Promise<Outcome>,
  { services: { sharing, jobs, runs }, principal }: Pick<MutationContext, 'services' | 'principal'>,
): Promise<Outcome> {
  const { satellite, to, job, name, run } = input as Readonly<Record<string, unknown>>;
  const subject = typeof job === 'string' ? (await jobs.find(job, principal.username))?.subject : undefined;
  const ran = typeof run === 'string' ? (await runs.find(run, principal))?.satellite : undefined;
  const called = satellite ?? to ?? ran ?? subject?.replace(/^satellite:/, '') ?? name;
  const find = async () => (typeof called === 'string' ? sharing.find(called, principal) : null);
  const before = await find();
  const outcome = await work();
  const entry = { actor: principal.username, action, detail: auditDetail(input, outcome) };
  await sharing.append(entry, [before, await find()]);
  return outcome;
}

/** The field `job` of a payload: null too where the job is no longer kept. */
export function jobOf({ job }: JobOutcome, _args: unknown, context: GraphQLContext): Promise<Job | null> | null {
  return job === null ? null : servicesOf(context).jobs.find(job, context.principal.username);
}
