import type { DataId } from '../src/butler/data-id.ts';
import { directoryForUser } from '../src/run/directory.ts';
import { inputsOf, outputsOf } from '../src/run/graph-datasets.ts';
import { diagramOf, quantaOf, tasksOf } from '../src/run/graph-view.ts';
import type { RunRecord } from '../src/run/run.ts';
import type { GraphQLContext } from './context.ts';
import type { Resolvers } from './schema-types.ts';
import { pageTerms } from './search-terms.ts';
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
    graphInputs: (record, args, context) => datasetPage(record, args, context, inputsOf),
    graphOutputs: (record, args, context) => datasetPage(record, args, context, outputsOf),
    warnings: (record, _args, context) =>
      servicesOf(context).runs.warnings(record, context.repositories, context.query),
    plan: (record, _args, context) => servicesOf(context).runs.plan(record),
    failures: (record, _args, context) => servicesOf(context).runs.failures(record),
    log: (record, { quantum }, context) => (quantum ? servicesOf(context).runs.log(record, quantum) : null),
    createdAt: ({ createdAt }) => utcTime(createdAt),
  },
};

/** Of the datasets of a run's graph; empty where there is no graph (yet). */
async function datasetPage(
  record: RunRecord,
  args: Parameters<typeof pageTerms>[0],
  context: GraphQLContext,
  look: typeof inputsOf,
) {
  const wanted = pageTerms(args);
  const found = await servicesOf(context).runs.graph(record, (graph) => look(graph, wanted));
  const { rows, hasNextPage } = found ?? { rows: [], hasNextPage: false };
  const edges = rows.map(({ cursor, dataset }) => ({
    cursor,
    node: { ...dataset, dataId: jsonDataId(dataset.dataId) },
  }));
  return {
    nodes: edges.map(({ node }) => node),
    edges,
    pageInfo: {
      hasNextPage,
      hasPreviousPage: wanted.after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

function jsonDataId(dataId: DataId): Readonly<Record<string, unknown>> {
  return toJson(dataId);
}
