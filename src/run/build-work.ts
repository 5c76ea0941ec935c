/** Building a run's graph: by the user's stack, or from a graph that was made elsewhere; then the places of its inputs. */
import { requiredDataId } from '../butler/data-id.ts';
import { stringifyJson } from '../butler/json.ts';
import type { Json, Task } from '../jobs/job.ts';
import { failpoint } from '../repository/failpoints.ts';
import type { QueryContext } from '../repository/repository.ts';
import type { OpenSatellite } from '../satellite/satellite.ts';
import { attachRecords } from './attach.ts';
import { BoundedLog } from './build/bounded-log.ts';
import { buildGraph } from './build/build-graph.ts';
import { directoryOfRun, RUN_FILES, type RunDirectory } from './directory.ts';
import { enterPlace, openRunGraph } from './exact-places.ts';
import { overallInputs } from './graph/overall-inputs.ts';
import { writeGraph } from './graph/write-graph.ts';
import { inputFiles } from './input-files.ts';
import { RUN_DATASTORE, writeRunButler } from './run-butler.ts';
import type { RunRecord } from './run.ts';
import { inputStructure } from './transfer/input-structure.ts';
import type { NamedRepository } from './transfer/readable-repositories.ts';
import type { WorkPlace } from './worker/place.ts';
import type { PythonSettings } from '../satellite/migration-tool.ts';

/** A graph that was built, or would be empty. */
export type BuiltGraph = {
  readonly quanta: number;
  readonly datasets: number;
  /** Why there are no quanta, in stock's own words; empty where there are some. */
  readonly reasons: readonly string[];
};

export interface Stack {
  readonly python: PythonSettings;
  readonly place: WorkPlace;
  /** Address of the gateway, without a slash at the end. */
  readonly gateway: string;
  /** Of the run, good now. */
  readonly token: () => Promise<string>;
  /** Of all workers of the run together; null: all of the machine's. */
  readonly memoryBytes: number | null;
  /** That a graph, or a plan, may take to be built. */
  readonly buildSeconds: number;
}

/** Runs the user's stack, or takes the graph that was given: `graph.qg` in the run's directory, without places of inputs. */
export async function makeGraph(
  { spec, directory }: RunRecord,
  satellite: OpenSatellite,
  stack: Stack,
  task: Pick<Task, 'signal' | 'log'>,
): Promise<BuiltGraph> {
  const { pipeline } = spec;
  if (pipeline === null) return adoptGraph(`${satellite.directory.root}/${spec.graph!}`, directory, spec.outputRun);
  const log = new BoundedLog((line) => task.log(line));
  const request = { ...stack, spec: { ...spec, pipeline }, directory };
  const built = await buildGraph(request, task.signal, (line) => log.add(line)).finally(() => log.end());
  return { quanta: built.quanta, datasets: built.datasets, reasons: built.empty?.reasons ?? [] };
}

/** What others made gets the run's own RUN, and new UUIDs with it. */
export async function adoptGraph(given: string, directory: string, outputRun: string): Promise<BuiltGraph> {
  const graph = await openRunGraph(given);
  try {
    await using place = await enterPlace(directory);
    await writeGraph(graph, place.at(RUN_FILES.graph), { outputRun });
    return { quanta: graph.header.quanta, datasets: graph.header.datasets, reasons: [] };
  } finally {
    await graph.close();
  }
}

/** What is asked of the satellite and the repositories of a run. */
export interface Placing {
  readonly satellite: OpenSatellite;
  /** In search order, as the run's user may read them now. */
  readonly repositories: readonly NamedRepository[];
  readonly publicUrl: string;
  /** Whether the satellite's root is seen where the graph is executed. */
  readonly seesRoot: boolean;
}

/**
 * Says in the graph where the files of its inputs are, and writes what people and later stages read beside it.
 * @returns the number of inputs, and all collections that they may be from
 * @throws SatelliteError as `attachRecords` and `openRunGraph`
 */
export async function placeInputs(
  run: RunRecord,
  { satellite, repositories, publicUrl, seesRoot }: Placing,
  ctx: QueryContext,
): Promise<{ readonly inputs: number; readonly collections: readonly string[] }> {
  const directory = directoryOfRun(satellite.directory, run);
  const file = `${directory.path}/${RUN_FILES.graph}`;
  await (await openRunGraph(file, run.spec.outputRun)).close();
  await using place = await enterPlace(directory.path);
  const graph = place.at(RUN_FILES.graph);
  failpoint('run:before-inputs');
  const { inputs } = await attachRecords({
    graph,
    into: graph,
    datastore: RUN_DATASTORE,
    files: (uuids) => inputFiles(repositories, seesRoot ? satellite.fullName : null, publicUrl, uuids, ctx),
  });
  await writeRunButler(directory, satellite.artifacts.root, ctx.signal);
  const runs = await describeInputs(directory, file, ctx.signal);
  const structure = await inputStructure(repositories, run.spec.inputs, ctx);
  const collections = structure.map(({ name, type, doc, children }) => ({ name, type, doc, children }));
  await directory.write(RUN_FILES.collections, `${JSON.stringify(collections, undefined, 2)}\n`, ctx.signal);
  // A graph that was made elsewhere tells of no collections.
  return { inputs, collections: [...runs, ...collections.map(({ name }) => name)] };
}

/** @returns their RUNs */
async function describeInputs(
  directory: RunDirectory,
  path: string,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const graph = await openRunGraph(path);
  try {
    const inputs = [...(await overallInputs(graph)).values()];
    const lines = inputs.map(({ uuid, datasetType, run, values }) => {
      const dataId = requiredDataId(datasetType.dimensions, values) as Json;
      return stringifyJson({ uuid, datasetType: datasetType.name, run, dataId });
    });
    await directory.write(RUN_FILES.inputs, lines.map((line) => `${line}\n`).join(''), signal);
    return new Set(inputs.map(({ run }) => run));
  } finally {
    await graph.close();
  }
}
