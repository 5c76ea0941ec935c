import type { PredictedGraph } from './predicted-graph.ts';
import type { GraphDataset, PredictedQuantum } from './quantum.ts';

/**
 * The datasets that a graph reads and none of its quanta makes: what must be there before it runs.
 * @returns by UUID; memory grows with the number of the graph's datasets
 */
export async function overallInputs(graph: PredictedGraph): Promise<ReadonlyMap<string, GraphDataset>> {
  const inputs = new Map<string, GraphDataset>();
  const made = new Set<string>();
  const add = (quantum: PredictedQuantum) => {
    for (const { uuid } of [...quantum.outputs.values()].flat()) {
      made.add(uuid);
      inputs.delete(uuid);
    }
    for (const dataset of [...quantum.inputs.values()].flat()) {
      if (!made.has(dataset.uuid)) inputs.set(dataset.uuid, dataset);
    }
  };
  (await graph.initQuanta()).forEach(add);
  for await (const quantum of graph.quanta()) add(quantum);
  return inputs;
}
