/** What a run has made so far: the outputs of its graph whose files are in the satellite. */
import { SatelliteError } from '../../butler/errors.ts';
import { runDirectory } from '../../butler/file-template.ts';
import type { ArtifactStore } from '../../repository/direct/datastore/artifact-store.ts';
import type { DimensionRecordRow } from '../../repository/rows.ts';
import type { ImportedDataset } from '../../repository/writeable-repository.ts';
import { defaultFormatter } from '../../transfer/default-formatters.ts';
import type { PredictedGraph } from '../graph/predicted-graph.ts';
import type { GraphDataset } from '../graph/quantum.ts';
import { outputPaths } from './output-paths.ts';

/** Outputs of every quantum by which it is seen to have ended, well or not. */
const MARK_OF_SUCCESS = '_metadata';
const MARKS_OF_END = [MARK_OF_SUCCESS, '_log'];

interface StoredFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** What a run has made. */
export interface MadeOutputs {
  /** Each with its file; memory grows with their number. */
  readonly datasets: readonly ImportedDataset[];
  /** Of their files. */
  readonly bytes: number;
  /** Number of the graph's outputs for which there is no file. */
  readonly missing: number;
  /** Whether all quanta have succeeded. */
  readonly isComplete: boolean;
}

/**
 * Looks for the files of all outputs of a graph.  Quanta that have not ended, or were killed, count as having made nothing: a
 * file of theirs may be half of one, as stock Butler writes files in place.
 * @param records those of the graph
 * @param artifacts the satellite's
 */
export async function madeOutputs(
  graph: PredictedGraph,
  records: readonly DimensionRecordRow[],
  artifacts: Pick<ArtifactStore, 'list'>,
  signal: AbortSignal,
): Promise<MadeOutputs> {
  const stored = await filesBelow(artifacts, runDirectory(graph.header.outputRun), signal);
  const pathOf = outputPaths(records);
  const datasets: ImportedDataset[] = [];
  const known = new Set<string>();
  let bytes = 0;
  let missing = 0;
  let isComplete = true;
  const add = (output: GraphDataset, file: StoredFile | undefined): void => {
    if (known.has(output.uuid)) return;
    if (!file) {
      missing += 1;
      return;
    }
    known.add(output.uuid);
    bytes += file.size;
    datasets.push(toImported(output, file));
  };
  for (const { outputs } of await graph.initQuanta()) {
    for (const output of [...outputs.values()].flat()) add(output, stored.get(pathOf(output)));
  }
  for await (const { outputs } of graph.quanta()) {
    signal.throwIfAborted();
    const found = [...outputs].flatMap(([name, of]) =>
      of.map((output) => ({ name, output, file: stored.get(pathOf(output)) })),
    );
    const made = new Set(found.flatMap(({ name, file }) => (file ? [name] : [])));
    const hasEnded = MARKS_OF_END.some((name) => made.has(name));
    isComplete &&= made.has(MARK_OF_SUCCESS);
    for (const { output, file } of found) add(output, hasEnded ? file : undefined);
  }
  return { datasets, bytes, missing, isComplete };
}

/**
 * Files by their path without its ending: names by the templates have no dot before it.  What is empty is left out: a file
 * that was begun.
 */
async function filesBelow(
  artifacts: Pick<ArtifactStore, 'list'>,
  directory: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, StoredFile>> {
  const files = new Map<string, StoredFile>();
  for await (const { path, size } of artifacts.list(directory, signal)) {
    const name = path.lastIndexOf('/') + 1;
    const dot = path.indexOf('.', name);
    const stem = dot < 0 ? path : path.slice(0, dot);
    const other = files.get(stem);
    // What else somebody put beside it has a longer ending, as `.bak` after the first one.
    if (size > 0 && !(other && isBefore(other.path, path))) files.set(stem, { path, size });
  }
  return files;
}

function isBefore(a: string, b: string): boolean {
  return a.length === b.length ? a < b : a.length < b.length;
}

function toImported({ uuid, datasetType, run, values }: GraphDataset, { path, size }: StoredFile): ImportedDataset {
  const { name, storageClass, dimensions } = datasetType;
  const formatter = defaultFormatter(storageClass);
  if (formatter === undefined) {
    throw new SatelliteError(
      'CONFLICT',
      `Datasets of the type '${name}' cannot be brought home: which formatter reads the storage class '${storageClass}' is ` +
        'not known here. Bring that run home with `butler transfer-from-graph`.',
    );
  }
  const file = { path, formatter, storageClass, component: null, checksum: null, size };
  return { uuid, datasetType, run, values: values.slice(0, dimensions.required.length), files: [file] };
}
