/** A run's graph as its user looks at it: tasks, a picture, quanta with what they read and make. */
import { fullDataId, type DataId } from '../butler/data-id.ts';
import { SatelliteError } from '../butler/errors.ts';
import { RUN_FILES, type RunDirectory } from './directory.ts';
import { openRunGraph } from './exact-places.ts';
import { pipelineMermaid } from './graph/mermaid.ts';
import type { Connection } from './graph/pipeline-graph.ts';
import type { PredictedGraph } from './graph/predicted-graph.ts';
import type { GraphDataset, PredictedQuantum } from './graph/quantum.ts';

export interface RunTask {
  readonly label: string;
  /** Name of its Python class. */
  readonly className: string;
  readonly dimensions: readonly string[];
  readonly quanta: number;
  /** Names of dataset types, here and in what follows. */
  readonly inputs: readonly string[];
  readonly prerequisites: readonly string[];
  readonly outputs: readonly string[];
}

export interface RunDataset {
  readonly uuid: string;
  readonly datasetType: string;
  readonly run: string;
  readonly dataId: DataId;
}

export interface RunQuantum {
  readonly uuid: string;
  /** Label of its task. */
  readonly task: string;
  readonly dataId: DataId;
  readonly inputs: readonly RunDataset[];
  readonly outputs: readonly RunDataset[];
}

/** A page of quanta, in the order of the pipeline. */
export interface QuantaPage {
  readonly rows: readonly RunQuantum[];
  readonly hasNextPage: boolean;
}

/** Does something with a run's graph. @returns null where there is none (yet) */
export async function withGraph<T>(
  directory: RunDirectory,
  signal: AbortSignal,
  look: (graph: PredictedGraph) => Promise<T>,
): Promise<T | null> {
  if (!(await directory.exists(RUN_FILES.graph, signal))) return null;
  const graph = await openRunGraph(`${directory.path}/${RUN_FILES.graph}`);
  try {
    return await look(graph);
  } finally {
    await graph.close();
  }
}

/** In the order in which they can run. */
export function tasksOf({ pipeline, header }: PredictedGraph): readonly RunTask[] {
  return [...pipeline.tasks.values()].map((task) => ({
    label: task.label,
    className: task.className,
    dimensions: task.dimensions.required,
    quanta: header.taskQuanta.get(task.label) ?? 0,
    inputs: typesOf(task.inputs),
    prerequisites: typesOf(task.prerequisites),
    outputs: typesOf(task.outputs),
  }));
}

/** Text of Mermaid. */
export function diagramOf({ pipeline }: PredictedGraph): string {
  return pipelineMermaid(pipeline);
}

/**
 * @param task only those of it; null: all
 * @param after UUID of the quantum before the first one wanted
 * @throws SatelliteError BAD_USER_INPUT where that is not in the graph
 */
export async function quantaOf(
  graph: PredictedGraph,
  { task, first, after }: { readonly task: string | null; readonly first: number; readonly after: string | undefined },
): Promise<QuantaPage> {
  const { quanta } = await graph.thin();
  const all = [...quanta].flatMap(([label, of]) => (task === null || task === label ? of : []));
  const start = after === undefined ? 0 : all.findIndex(({ uuid }) => uuid === after) + 1;
  if (after !== undefined && start === 0) {
    throw new SatelliteError('BAD_USER_INPUT', '"after" is no quantum of the graph (any more): begin anew.');
  }
  const rows: RunQuantum[] = [];
  for (const { uuid } of all.slice(start, start + first)) {
    const quantum = await graph.quantum(uuid);
    if (quantum) rows.push(toRunQuantum(quantum));
  }
  return { rows, hasNextPage: all.length > start + first };
}

function toRunQuantum({ uuid, task, dimensions, values, inputs, outputs }: PredictedQuantum): RunQuantum {
  const dataId = fullDataId(dimensions, values);
  return { uuid, task, dataId, inputs: datasetsOf(inputs), outputs: datasetsOf(outputs) };
}

/** In the order of the task's connections. */
export function datasetsOf(connections: ReadonlyMap<string, readonly GraphDataset[]>): readonly RunDataset[] {
  return [...connections.values()].flat().map(toRunDataset);
}

export function toRunDataset({ uuid, datasetType, run, values }: GraphDataset): RunDataset {
  return { uuid, datasetType: datasetType.name, run, dataId: fullDataId(datasetType.dimensions, values) };
}

function typesOf(connections: ReadonlyMap<string, Connection>): readonly string[] {
  return [...new Set([...connections.values()].map(({ datasetType }) => datasetType))];
}
