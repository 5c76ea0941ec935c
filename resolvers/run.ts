import type { DataId } from '../src/butler/data-id.ts';
import { SatelliteError } from '../src/butler/errors.ts';
import type { Json } from '../src/jobs/job.ts';
import { directoryForUser } from '../src/run/directory.ts';
import type { RunChange } from '../src/run/service.ts';
import { diagramOf, quantaOf, tasksOf } from '../src/run/graph-view.ts';
import type { RunRecord } from '../src/run/run.ts';
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
import { pageTerms, toDataId } from './search-terms.ts';
import { toJson } from './scalars.ts';
import { servicesOf } from './services.ts';
import { utcTime } from './sky-and-time.ts';

export const run: Resolvers = {
  Query: {
    run: (_root, { id }, { services, principal }) => services?.runs.find(id, principal) ?? null,
    runs: async (_root, { satellite, ...args }, context) => {
      const { first, after } = pageTerms(args);
      const filter = { satellite: satellite ?? undefined, first, after };
      const { rows, hasNextPage } = await servicesOf(context).runs.list(filter, context.principal);
      return {
        nodes: rows,
        edges: rows.map((node) => ({ cursor: node.id, node })),
        pageInfo: {
          hasNextPage,
          hasPreviousPage: after !== undefined,
          startCursor: rows[0]?.id ?? null,
          endCursor: rows.at(-1)?.id ?? null,
        },
      };
    },
  },
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
  Subscription: {
    runProgress: {
      subscribe: async function* (_root, { id }, context) {
        for await (const record of servicesOf(context).runs.watch(id, context.principal, context.query.signal)) {
          yield { runProgress: record };
        }
      },
    },
  },
  Run: {
    satellite: ({ satellite }, _args, context) => servicesOf(context).satellites.find(satellite, context.principal),
    directory: async (record, _args, context) => {
      const { satellites } = servicesOf(context);
      const satellite = await satellites.find(record.satellite, context.principal);
      return satellite ? directoryForUser(record, satellites.uri(satellite)) : record.directory;
    },
    output: ({ spec }) => spec.output,
    outputRun: ({ spec }) => spec.outputRun,
    inputs: ({ spec }) => spec.inputs,
    repositories: ({ spec }) => spec.repositories,
    job: async ({ job }, _args, context) =>
      job === null ? null : servicesOf(context).jobs.find(job, context.principal.username),
    tasks: async (record, _args, context) => {
      const found = await servicesOf(context).runs.graph(record, (graph) => Promise.resolve(tasksOf(graph)));
      return found ?? [];
    },
    diagram: (record, _args, context) =>
      servicesOf(context).runs.graph(record, (graph) => Promise.resolve(diagramOf(graph))),
    graphQuanta: async (record, { task, ...args }, context) => {
      const { first, after } = pageTerms(args);
      const wanted = { task: task ?? null, first, after };
      const found = await servicesOf(context).runs.graph(record, (graph) => quantaOf(graph, wanted));
      const { rows, hasNextPage } = found ?? { rows: [], hasNextPage: false };
      const nodes = rows.map((quantum) => ({
        ...quantum,
        dataId: jsonDataId(quantum.dataId),
        inputs: quantum.inputs.map((dataset) => ({ ...dataset, dataId: jsonDataId(dataset.dataId) })),
        outputs: quantum.outputs.map((dataset) => ({ ...dataset, dataId: jsonDataId(dataset.dataId) })),
      }));
      return {
        nodes,
        edges: nodes.map((node) => ({ cursor: node.uuid, node })),
        pageInfo: {
          hasNextPage,
          hasPreviousPage: after !== undefined,
          startCursor: nodes[0]?.uuid ?? null,
          endCursor: nodes.at(-1)?.uuid ?? null,
        },
      };
    },
    plan: (record, _args, context) => servicesOf(context).runs.plan(record),
    failures: (record, _args, context) => servicesOf(context).runs.failures(record),
    log: (record, { quantum }, context) => (quantum ? servicesOf(context).runs.log(record, quantum) : null),
    createdAt: ({ createdAt }) => utcTime(createdAt),
  },
};

/** @throws SatelliteError BAD_USER_INPUT where not exactly one of both is given */
function pipelineOf({ path, yaml }: PipelineInput): { readonly path: string } | { readonly yaml: string } {
  if (path && !yaml) return { path };
  if (yaml && !path) return { yaml };
  throw new SatelliteError('BAD_USER_INPUT', 'Give either "path" or "yaml" of the pipeline.');
}

function jsonDataId(dataId: DataId): Readonly<Record<string, unknown>> {
  return toJson(dataId);
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
