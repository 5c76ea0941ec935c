import { join } from 'node:path';
import { PredictedGraph } from '../../../src/run/graph/predicted-graph.ts';
import type { PredictedQuantum } from '../../../src/run/graph/quantum.ts';
import { writeGraph, type GraphChanges } from '../../../src/run/graph/write-graph.ts';

/** Writes a graph that is made of the one at `path` into a directory. */
export async function writeChanged(directory: string, path: string, changes: GraphChanges, name = 'written.qg') {
  return readGraph(path, async (original) => {
    const written = join(directory, name);
    const { renamed } = await writeGraph(original, written, changes);
    return { path: written, renamed };
  });
}

export async function readGraph<T>(path: string, how: (graph: PredictedGraph) => Promise<T>): Promise<T> {
  const graph = await PredictedGraph.open(path);
  try {
    return await how(graph);
  } finally {
    await graph.close();
  }
}

export function quantaOf(path: string): Promise<readonly PredictedQuantum[]> {
  return readGraph(path, (graph) => Array.fromAsync(graph.quanta()));
}

/** The first quantum of a task and all that hang on what it makes, in any number of steps. */
export async function failedWithDependents(path: string, task: string): Promise<ReadonlySet<string>> {
  const thin = await readGraph(path, (graph) => graph.thin());
  const dependents = Map.groupBy(thin.edges, ([from]) => from);
  const selected = new Set([thin.quanta.get(task)![0]!.uuid]);
  // A set is walked through what is added to it meanwhile, too.
  for (const uuid of selected) for (const [, to] of dependents.get(uuid) ?? []) selected.add(to);
  return selected;
}
