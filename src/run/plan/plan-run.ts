/** Plans a run before its graph is built: who gives what, how much there will be, and what would leave nothing. */
import type { DataId } from '../../butler/data-id.ts';
import { InvalidQueryError, SatelliteError } from '../../butler/errors.ts';
import type { Query } from '../../butler/query/tree.ts';
import type { Explanation } from '../../repository/federated/explain/explanation.ts';
import { FederatedRepository } from '../../repository/federated/federated-repository.ts';
import { openMembers, type Member } from '../../repository/federated/members.ts';
import { resolveSearchPath, type SearchPath } from '../../repository/federated/search-path.ts';
import type { QueryContext, Repository } from '../../repository/repository.ts';
import type { PipelineGraph, PipelineTask } from '../graph/pipeline-graph.ts';
import type { RunExplanation, RunSpec } from '../run.ts';
import { defaultDataId } from './default-data-id.ts';
import { overallInputTypes, plannedInput } from './input-sources.ts';
import { explained, inUniverse, plannedQuery } from './planned-query.ts';
import { dataIdsDone, mostDataIds } from './quanta-estimate.ts';
import type { PlannedInput, PlannedTask, RunPlan } from './run-plan.ts';
import { subgraphsOf, type Subgraph } from './subgraphs.ts';

/** Rows of all that a query joins up to which all of it is asked to count the quanta. */
const MOST_JOINED_TO_COUNT = 50_000;

/** What of a run is planned. */
export type PlannedRun = Pick<
  RunSpec,
  'inputs' | 'where' | 'bind' | 'dataIds' | 'skipExistingIn' | 'extend' | 'outputRun' | 'constrainBy'
>;

interface Plan {
  readonly run: PlannedRun;
  readonly pipeline: PipelineGraph;
  readonly members: readonly Member[];
  /** All of them as one. */
  readonly repository: Repository;
  readonly path: SearchPath;
  readonly ctx: QueryContext;
}

interface PlannedSubgraph {
  readonly subgraph: Subgraph;
  readonly explanation: Explanation;
  readonly tasks: readonly PlannedTask[];
}

/**
 * @param pipeline expanded, with its configuration
 * @param repositories in search order
 * @throws SatelliteError for what is wrong with the repositories, never for what is wrong with the run: that is explained
 */
export async function planRun(
  run: PlannedRun,
  pipeline: PipelineGraph,
  repositories: readonly Repository[],
  ctx: QueryContext,
): Promise<RunPlan> {
  const members = await openMembers(repositories, ctx);
  const repository = repositories.length === 1 ? repositories[0]! : new FederatedRepository(repositories);
  try {
    const path = await resolveSearchPath(repositories, run.inputs, [], ctx);
    const plan = { run, pipeline, members, repository, path, ctx };
    const subgraphs: PlannedSubgraph[] = [];
    for (const subgraph of subgraphsOf(pipeline, run.constrainBy)) subgraphs.push(await planSubgraph(plan, subgraph));
    return await summary(plan, subgraphs);
  } catch (error) {
    if (!(error instanceof SatelliteError) || !USERS.has(error.code)) throw error;
    return refused(error, pipeline);
  }
}

/** Codes of what the run itself asks wrongly, with what to do about it. */
const USERS: ReadonlyMap<string, string> = new Map([
  ['MISSING_COLLECTION', "Name input collections that you may read: the field 'collections' lists them."],
  ['COLLECTION_TYPE', 'Name other input collections, or fewer repositories.'],
  ['INVALID_QUERY', 'Change the where-expression, its binds, or the data IDs of the run.'],
  ['DIMENSION_NAME', 'Change the where-expression, or the data IDs of the run.'],
  ['DIMENSION_VALUE', 'Change the where-expression, or the data IDs of the run.'],
  ['QUERY_TOO_COSTLY', 'Narrow the run with its where-expression.'],
]);

function refused({ code, message }: SatelliteError, pipeline: PipelineGraph): RunPlan {
  const tasks = [...pipeline.tasks.values()].map((task) => bare(task, null));
  const explain = { reason: message, suggestions: [USERS.get(code)!] };
  return { tasks, inputs: [], isEmpty: code === 'QUERY_TOO_COSTLY' ? null : true, explain, warnings: [] };
}

async function planSubgraph(plan: Plan, subgraph: Subgraph): Promise<PlannedSubgraph> {
  const { members, ctx } = plan;
  const query = await subgraphQuery(plan, subgraph);
  const explanation = await explained(members, query, ctx);
  const tasks: PlannedTask[] = [];
  for (const task of subgraph.tasks) {
    tasks.push(explanation.isEmpty === true ? bare(task, 0) : await planTask(plan, task, query, explanation));
  }
  return { subgraph, explanation, tasks };
}

/** Only where governor dimensions are left open, it is looked which ones there are. */
async function subgraphQuery(
  { run, pipeline, members, repository, path, ctx }: Plan,
  subgraph: Subgraph,
): Promise<Query> {
  const { universe } = members[0]!;
  const queryWith = (defaults: DataId) => plannedQuery(universe, subgraph, run.inputs, run, pipeline.dataId, defaults);
  try {
    return queryWith({});
  } catch (error) {
    if (!(error instanceof InvalidQueryError)) throw error;
    const types = [...overallInputTypes(pipeline).keys()];
    return queryWith(await defaultDataId(repository, universe, types, path, run.inputs, ctx));
  }
}

async function planTask(
  { run, pipeline, members, repository, ctx }: Plan,
  task: PipelineTask,
  query: Query,
  { steps }: Explanation,
): Promise<PlannedTask> {
  const { universe } = members[0]!;
  const dimensions = universe.conform(task.dimensions.required);
  // Pixels of other systems are made by the builder, from regions.
  if (!query.tree.dimensions.isSupersetOf(dimensions)) return bare(task, null);
  const joined = steps.reduce((sum, { estimatedRows }) => sum + (estimatedRows ?? Infinity), 0);
  const quanta = await mostDataIds(repository, query, dimensions, joined <= MOST_JOINED_TO_COUNT, ctx);
  const skipped = [...run.skipExistingIn, ...(run.extend ? [run.outputRun] : [])];
  const metadata = pipeline.datasetTypes.get(task.outputs.get('_metadata')!.datasetType)!;
  const isKnown = members.some(({ datasetTypes }) => datasetTypes.has(metadata.name));
  const done =
    skipped.length > 0 && isKnown
      ? await dataIdsDone(repository, query, inUniverse(metadata, universe), skipped, ctx)
      : 0;
  return { ...bare(task, quanta), done };
}

function bare({ label, dimensions }: PipelineTask, quanta: number | null): PlannedTask {
  return { label, dimensions: dimensions.required, quanta, done: 0 };
}

async function summary(plan: Plan, subgraphs: readonly PlannedSubgraph[]): Promise<RunPlan> {
  const { pipeline, path, members, ctx } = plan;
  const inputs: PlannedInput[] = [];
  for (const [type, readers] of overallInputTypes(pipeline)) {
    const constrained = subgraphs.find(({ subgraph }) => subgraph.constraints.includes(type));
    inputs.push(await plannedInput(type, readers, path, members, constrained?.explanation ?? null, ctx));
  }
  const withoutInputs = tasksWithoutInputs(pipeline, inputs);
  const tasks = subgraphs
    .flatMap((planned) => planned.tasks)
    .map((task) => (withoutInputs.has(task.label) ? { ...task, quanta: 0 } : task));
  const inOrder = [...pipeline.tasks.keys()].map((label) => tasks.find((task) => task.label === label)!);
  const explain = await whyEmpty(plan, subgraphs, inOrder, inputs);
  const isUnsure = subgraphs.some(({ explanation }) => explanation.isEmpty === null);
  return {
    tasks: inOrder,
    inputs,
    isEmpty: explain ? true : isUnsure ? null : false,
    explain,
    warnings: [...path.warnings, ...warningsOf(subgraphs, inputs, explain !== null)],
  };
}

/** Labels of tasks that can have no quantum because an input of theirs, or of a task that makes one, is nowhere. */
function tasksWithoutInputs(pipeline: PipelineGraph, inputs: readonly PlannedInput[]): ReadonlySet<string> {
  const missing = new Set(
    inputs
      .filter(({ kind, sources }) => kind === 'INPUT' && sources.length === 0)
      .map(({ datasetType }) => datasetType),
  );
  const without = new Set<string>();
  for (const task of pipeline.tasks.values()) {
    if (![...task.inputs.values()].some(({ datasetType }) => missing.has(datasetType))) continue;
    without.add(task.label);
    for (const { datasetType } of task.outputs.values()) missing.add(datasetType);
  }
  return without;
}

/** Null where some task has quanta, or may have. */
async function whyEmpty(
  plan: Plan,
  subgraphs: readonly PlannedSubgraph[],
  tasks: readonly PlannedTask[],
  inputs: readonly PlannedInput[],
): Promise<RunExplanation | null> {
  if (tasks.some(({ quanta, done }) => quanta === null || quanta > done)) return null;
  const empty = subgraphs.find(({ explanation }) => explanation.isEmpty === true)?.explanation;
  if (empty)
    return { reason: empty.reason ?? 'Nothing fulfils what the run asks for.', suggestions: empty.suggestions };
  const missing = inputs.find(({ kind, sources }) => kind === 'INPUT' && sources.length === 0);
  if (missing) {
    const type = plan.pipeline.datasetTypes.get(missing.datasetType)!;
    const alone = { constraints: [type], dimensions: type.dimensions.names };
    const nowhere = { where: null, bind: null, dataIds: null };
    const query = plannedQuery(plan.members[0]!.universe, alone, plan.run.inputs, nowhere, {});
    const { reason, suggestions } = await explained(plan.members, query, plan.ctx);
    if (reason !== null) return { reason, suggestions };
  }
  return {
    reason: 'Everything that the run would make is there already, in the collections whose datasets are skipped.',
    suggestions: ['Leave out "skipExistingIn" or "extend" to make it again, or ask for other data IDs.'],
  };
}

function warningsOf(
  subgraphs: readonly PlannedSubgraph[],
  inputs: readonly PlannedInput[],
  isEmpty: boolean,
): readonly string[] {
  const partly = isEmpty ? [] : subgraphs.filter(({ explanation }) => explanation.isEmpty === true);
  return [
    ...partly.map(
      ({ tasks, explanation }) =>
        `There will be no quanta of ${listed(tasks)}: ${explanation.reason ?? 'nothing is found.'}`,
    ),
    ...inputs
      .filter(({ kind, sources }) => kind === 'PREREQUISITE' && sources.length === 0)
      .map(
        ({ datasetType, tasks }) =>
          `No dataset of the prerequisite '${datasetType}' is in the inputs: quanta of ${tasks.join(', ')} cannot be ` +
          `made unless they do without.`,
      ),
  ];
}

function listed(tasks: readonly PlannedTask[]): string {
  return tasks.map(({ label }) => label).join(', ');
}
