/** Which repositories give what a pipeline reads, by the summaries of the collections that it is to read. */
import type { Explanation } from '../../repository/federated/explain/explanation.ts';
import { buildQuery } from '../../butler/query/build.ts';
import { SatelliteError } from '../../butler/errors.ts';
import type { Member } from '../../repository/federated/members.ts';
import type { SearchPath } from '../../repository/federated/search-path.ts';
import type { QueryContext } from '../../repository/repository.ts';
import type { PipelineDatasetType, PipelineGraph, PipelineTask } from '../graph/pipeline-graph.ts';
import type { InputSource, PlannedInput } from './run-plan.ts';

/** What a pipeline reads and does not make, with the tasks that read it: by name. */
export function overallInputTypes(pipeline: PipelineGraph): ReadonlyMap<PipelineDatasetType, readonly string[]> {
  const made = new Set(
    [...pipeline.tasks.values()].flatMap((task) => [...namesOf(task.outputs), ...namesOf(task.initOutputs)]),
  );
  const readers = new Map<PipelineDatasetType, string[]>();
  for (const [name, type] of [...pipeline.datasetTypes].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (made.has(name)) continue;
    const tasks = [...pipeline.tasks.values()].filter(({ inputs, prerequisites, initInputs }) =>
      [inputs, prerequisites, initInputs].some((connections) => namesOf(connections).includes(name)),
    );
    if (tasks.length > 0)
      readers.set(
        type,
        tasks.map(({ label }) => label),
      );
  }
  return readers;
}

/** @param explanation of the query that the type constrains, whose counts heed what the run asks for; null for others */
export async function plannedInput(
  type: PipelineDatasetType,
  tasks: readonly string[],
  path: SearchPath,
  members: readonly Member[],
  explanation: Explanation | null,
  ctx: QueryContext,
): Promise<PlannedInput> {
  const { name } = type;
  const sources: InputSource[] = [];
  for (const member of members) {
    const collections = path.collectionsIn(member.repository, name);
    if (collections.length === 0 || !member.datasetTypes.has(name)) continue;
    const { name: repository } = member.repository;
    const step = explanation?.steps.find(
      (of) => of.kind === 'DATASETS' && of.name === name && of.repository === repository,
    );
    const datasets = step ? step.estimatedRows : await counted(member, name, collections, ctx);
    sources.push({ repository, collections, datasets });
  }
  const kind = type.isPrerequisite ? 'PREREQUISITE' : 'INPUT';
  return { datasetType: name, kind, tasks, constrains: explanation !== null, sources };
}

/** All datasets of the type in the collections; null where that would cost too much. */
async function counted(
  { repository, universe, datasetTypes }: Member,
  name: string,
  collections: readonly string[],
  ctx: QueryContext,
): Promise<number | null> {
  const result = { type: 'dataset_ref', datasetType: datasetTypes.get(name)!, collections, findFirst: false } as const;
  const { query, spec } = buildQuery(universe, { result });
  try {
    return await repository.count(query, spec, ctx, { exact: false });
  } catch (error) {
    if (error instanceof SatelliteError && error.code === 'QUERY_TOO_COSTLY') return null;
    throw error;
  }
}

function namesOf(connections: PipelineTask['inputs']): readonly string[] {
  return [...connections.values()].map(({ datasetType }) => datasetType);
}
