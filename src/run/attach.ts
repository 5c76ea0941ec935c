/** Says in a graph where the files of its overall inputs are. */
import { SatelliteError } from '../butler/errors.ts';
import type { FileRecord } from '../repository/rows.ts';
import { filesNamedBy } from './graph/named-files.ts';
import { overallInputs } from './graph/overall-inputs.ts';
import { PredictedGraph } from './graph/predicted-graph.ts';
import { shown } from './graph/unreadable.ts';
import { writeGraph } from './graph/write-graph.ts';

export interface AttachOptions {
  /** The graph; it stays as it is unless `into` is the same. */
  readonly graph: string;
  readonly into: string;
  /** Name of the datastore that runs read from, such as `FileDatastore@<butlerRoot>`. */
  readonly datastore: string;
  /**
   * Files of datasets, as the run is to find them: permanent addresses, or paths in the datastore's root.  One that it does
   * not give cannot be read by the run's owner now.
   */
  readonly files: (uuids: readonly string[]) => Promise<ReadonlyMap<string, readonly FileRecord[]>>;
}

/**
 * Attaches records of all overall inputs.  What the graph itself says of them is replaced: who made it decides what is read,
 * but not from where.
 * @throws SatelliteError BAD_USER_INPUT where the graph is not what it should be or names files outside of its satellite;
 *   CONFLICT where an input has no files that the owner may read
 */
export async function attachRecords(options: AttachOptions): Promise<{ readonly inputs: number }> {
  const graph = await PredictedGraph.open(options.graph);
  try {
    await refuseOutside(graph);
    const inputs = await overallInputs(graph);
    const files = await options.files([...inputs.keys()]);
    const missing = [...inputs.values()].filter(({ uuid }) => !files.get(uuid)?.length);
    if (missing.length > 0) {
      const { uuid, datasetType, run } = missing[0]!;
      throw new SatelliteError(
        'CONFLICT',
        `${missing.length} of the ${inputs.size} inputs have no file that you may read now, such as ${datasetType.name} ` +
          `${uuid} of ${run}: build the graph again, or ask whoever owns them.`,
      );
    }
    await writeGraph(graph, options.into, { inputs: { datastore: options.datastore, files } });
    return { inputs: inputs.size };
  } finally {
    await graph.close();
  }
}

/** A graph that names such files was made to have them read; that we would not read them is no reason to run it. */
async function refuseOutside(graph: PredictedGraph): Promise<void> {
  for await (const { dataset, path, place } of filesNamedBy(graph)) {
    if (place !== 'OUTSIDE') continue;
    throw new SatelliteError(
      'BAD_USER_INPUT',
      `The graph would read a file outside of its satellite, ${shown(path)}, for dataset ${dataset}: build it again here.`,
    );
  }
}
