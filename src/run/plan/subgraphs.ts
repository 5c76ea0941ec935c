/** Parts of a pipeline that have nothing but overall inputs in common: the data IDs of each come of a query of its own. */
import type { PipelineDatasetType, PipelineGraph, PipelineTask } from '../graph/pipeline-graph.ts';

export interface Subgraph {
  readonly tasks: readonly PipelineTask[];
  /** What its tasks read and none of them makes, prerequisites left out. */
  readonly inputs: readonly PipelineDatasetType[];
  /** Those of its inputs without which there are no data IDs. */
  readonly constraints: readonly PipelineDatasetType[];
  /** Names of all dimensions of its tasks and datasets for which repositories have rows. */
  readonly dimensions: readonly string[];
}

/** @param constrainBy names of dataset types; null: all that the pipeline lets constrain it, as stock Python does */
export function subgraphsOf(pipeline: PipelineGraph, constrainBy: readonly string[] | null): readonly Subgraph[] {
  const { universe, datasetTypes } = pipeline;
  const made = new Map<string, PipelineTask[]>();
  for (const task of pipeline.tasks.values()) for (const name of typesOf(task.outputs)) made.set(name, [task]);
  return components(pipeline, made).map((tasks) => {
    const types = (names: Iterable<string>) => [...new Set(names)].map((name) => datasetTypes.get(name)!);
    const read = types(tasks.flatMap((task) => typesOf(task.inputs)));
    const inputs = read.filter(({ name }) => !made.has(name));
    const all = [...read, ...types(tasks.flatMap((task) => typesOf(task.outputs)))];
    const constraints = inputs.filter(
      ({ name, isQueryConstraint, dimensions }) =>
        dimensions.required.length > 0 && (constrainBy === null ? isQueryConstraint : constrainBy.includes(name)),
    );
    const joined = universe.empty.union(...[...tasks, ...all].map((of) => of.dimensions));
    const isQueried = (name: string) =>
      universe.element(name).skypix === undefined ||
      name === universe.commonSkypix ||
      constraints.some(({ dimensions }) => dimensions.has(name));
    return { tasks, inputs, constraints, dimensions: joined.names.filter(isQueried) };
  });
}

/** Tasks that read what others of them make, in the pipeline's order. */
function components(
  { tasks }: PipelineGraph,
  made: ReadonlyMap<string, readonly PipelineTask[]>,
): readonly (readonly PipelineTask[])[] {
  const groups = new Map([...tasks.values()].map((task) => [task, new Set([task])]));
  for (const task of tasks.values()) {
    for (const maker of typesOf(task.inputs).flatMap((name) => made.get(name) ?? [])) {
      const [a, b] = [groups.get(task)!, groups.get(maker)!];
      if (a === b) continue;
      for (const other of b) groups.set(other, a.add(other));
    }
  }
  return [...new Set(groups.values())].map((group) => [...tasks.values()].filter((task) => group.has(task)));
}

function typesOf(connections: PipelineTask['inputs']): readonly string[] {
  return [...connections.values()].map(({ datasetType }) => datasetType);
}
