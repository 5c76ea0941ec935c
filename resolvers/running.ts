import { SatelliteError } from '../src/butler/errors.ts';
import type { Json } from '../src/jobs/job.ts';
import type { RunRecord } from '../src/run/run.ts';
import type { RunChange } from '../src/run/service.ts';
import type { GraphQLContext } from './context.ts';
import { jobOf, mutation, type RunOutcome } from './mutation.ts';
import type {
  BuildRunInput,
  CancelRunInput,
  CreateRunInput,
  ExecuteRunInput,
  PipelineInput,
  RemoveRunInput,
  Resolvers,
  RetryRunInput,
  TransferRunInput,
} from './schema-types.ts';
import { toDataId } from './search-terms.ts';
import { servicesOf } from './services.ts';

export const running: Resolvers = {
  Mutation: {
    createRun: mutation('createRun', async (input: CreateRunInput, context) => {
      const { services, principal, repositories, query } = context;
      for (const dataId of input.dataIds ?? []) toDataId(dataId);
      const request = {
        satellite: input.satellite,
        pipeline: input.pipeline ? pipelineOf(input.pipeline) : null,
        graph: input.graph ?? null,
        configuration: input.configuration ?? [],
        inputs: input.inputs,
        repositories: input.repositories ?? null,
        output: input.output,
        dataIds: (input.dataIds as readonly Json[] | null | undefined) ?? null,
        extend: input.extend ?? false,
        where: input.where ?? null,
        bind: (input.bind as Json | undefined) ?? null,
        skipExistingIn: input.skipExistingIn ?? [],
        constrainBy: input.constrainBy ?? null,
        executor: input.executor ?? 'LOCAL',
      };
      return { run: (await services.runs.create(request, principal, repositories, query)).id, job: null, plan: null };
    }),
    buildRun: mutation('buildRun', ({ run: id }: BuildRunInput, { services, principal }) =>
      outcome(services.runs.build(id, principal)),
    ),
    executeRun: mutation('executeRun', ({ run: id }: ExecuteRunInput, { services, principal }) =>
      outcome(services.runs.execute(id, principal)),
    ),
    transferRun: mutation('transferRun', ({ run: id, inputs }: TransferRunInput, { services, principal }) =>
      outcome(services.runs.transfer(id, inputs ?? 'REFERENCE', principal)),
    ),
    cancelRun: mutation('cancelRun', ({ run: id }: CancelRunInput, { services, principal }) =>
      outcome(services.runs.cancel(id, principal)),
    ),
    retryRun: mutation('retryRun', ({ run: id }: RetryRunInput, { services, principal }) =>
      outcome(services.runs.retry(id, principal)),
    ),
    removeRun: mutation('removeRun', async (input: RemoveRunInput, { services, principal, query }) => {
      const { run: record, job, plan } = await services.runs.remove(input.run, input.dryRun ?? false, principal, query);
      return { run: record.id, job: job?.id ?? null, plan };
    }),
  },
  CreateRunPayload: { run: runOf },
  BuildRunPayload: { run: runOf, job: jobOf },
  ExecuteRunPayload: { run: runOf, job: jobOf },
  TransferRunPayload: { run: runOf, job: jobOf },
  CancelRunPayload: { run: runOf, job: jobOf },
  RetryRunPayload: { run: runOf, job: jobOf },
  RemoveRunPayload: {
    run: ({ run: id }, _args, context) => servicesOf(context).runs.find(id, context.principal),
    job: jobOf,
  },
};

/** @throws SatelliteError BAD_USER_INPUT where not exactly one of both is given */
function pipelineOf({ path, yaml }: PipelineInput): { readonly path: string } | { readonly yaml: string } {
  if (path && !yaml) return { path };
  if (yaml && !path) return { yaml };
  throw new SatelliteError('BAD_USER_INPUT', 'Give either "path" or "yaml" of the pipeline.');
}

async function outcome(change: Promise<RunChange>): Promise<RunOutcome> {
  const { run: record, job } = await change;
  return { run: record.id, job: job?.id ?? null, plan: null };
}

/** As it is after the change. */
async function runOf({ run: id }: RunOutcome, _args: unknown, context: GraphQLContext): Promise<RunRecord> {
  const found = await servicesOf(context).runs.find(id, context.principal);
  if (found) return found;
  throw new SatelliteError('NOT_FOUND', 'The run was changed by this call, and is gone since.');
}
