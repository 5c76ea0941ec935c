import type { Job, Json } from '../src/jobs/job.ts';
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
/** A collection by its repository's and its own name. */
export type CollectionOutcome = { readonly repository: string; readonly name: string; readonly datasets: number };
/** A dataset type by its repository's and its own name. */
export type DatasetTypeOutcome = { readonly repository: string; readonly name: string };
export type RemovalOutcome = JobOutcome<{
  readonly datasets: number;
  readonly bytes: number;
  readonly chains: readonly string[];
}>;
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

/** What the work of a mutation is given beside its input. */
export type MutationContext = GraphQLContext & {
  readonly services: Services;
  readonly idempotencyKey: string | undefined;
};

/**
 * Resolver of a mutation: done once for an idempotency key.  A dry run changes nothing and is always done.
 * @param work gives what is remembered
 */
export function mutation<Input extends MutationInput, Outcome extends Json>(
  name: string,
  work: (input: Input, context: MutationContext) => Promise<Outcome>,
) {
  return async (_root: unknown, { input }: { readonly input: Input }, context: GraphQLContext): Promise<Outcome> => {
    const services = servicesOf(context);
    const key = (input.dryRun ? undefined : input.idempotencyKey) ?? undefined;
    const done = () => work(input, { ...context, services, idempotencyKey: key });
    if (key === undefined) return done();
    return services.calls.once({ owner: context.principal.username, mutation: name, key, input }, done);
  };
}

/** The field `job` of a payload: null too where the job is no longer kept. */
export function jobOf({ job }: JobOutcome, _args: unknown, context: GraphQLContext): Promise<Job | null> | null {
  return job === null ? null : servicesOf(context).jobs.find(job, context.principal.username);
}
