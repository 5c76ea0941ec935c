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

/** How stock Butler calls a file, beside what it becomes, while it writes it (`TemporaryForIngest.make_path`). */
const BEING_WRITTEN = /^(.*\/)[a-z0-9_]{16}([^/]+)\.tmp(?:\.[^/]*)?$/;

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
  /** Paths of what was being written when a quantum was killed that has ended since: nobody goes on with it. */
  readonly abandoned: readonly string[];
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
  const { stored, begun } = await filesBelow(artifacts, runDirectory(graph.header.outputRun), signal);
  const pathOf = outputPaths(records);
  const datasets: ImportedDataset[] = [];
  const known = new Set<string>();
  const abandoned: string[] = [];
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
  const abandon = (output: GraphDataset) => abandoned.push(...(begun.get(pathOf(output)) ?? []));
  for (const { outputs } of await graph.initQuanta()) {
    for (const output of [...outputs.values()].flat()) {
      const file = stored.get(pathOf(output));
      add(output, file);
      if (file) abandon(output);
    }
  }
  for await (const { outputs } of graph.quanta()) {
    signal.throwIfAborted();
    const found = [...outputs].flatMap(([name, of]) =>
      of.map((output) => ({ name, output, file: stored.get(pathOf(output)) })),
    );
    const made = new Set(found.flatMap(({ name, file }) => (file ? [name] : [])));
    const hasEnded = MARKS_OF_END.some((name) => made.has(name));
    isComplete &&= made.has(MARK_OF_SUCCESS);
    for (const { output, file } of found) {
      add(output, hasEnded ? file : undefined);
      if (hasEnded) abandon(output);
    }
  }
  return { datasets, bytes, missing, isComplete, abandoned };
}

/** By the path of the output that they are, or were to be, without its ending: names by the templates have no dot before it. */
interface FilesOfRun {
  /** What is empty is left out: a file that was begun. */
  readonly stored: ReadonlyMap<string, StoredFile>;
  /** Paths of what was being written. */
  readonly begun: ReadonlyMap<string, readonly string[]>;
}

async function filesBelow(
  artifacts: Pick<ArtifactStore, 'list'>,
  directory: string,
  signal: AbortSignal,
): Promise<FilesOfRun> {
  const stored = new Map<string, StoredFile>();
  const begun = new Map<string, string[]>();
  for await (const { path, size } of artifacts.list(directory, signal)) {
    const [, place, output] = BEING_WRITTEN.exec(path) ?? [];
    if (place !== undefined && output !== undefined) {
      begun.set(place + output, [...(begun.get(place + output) ?? []), path]);
      continue;
    }
    const name = path.lastIndexOf('/') + 1;
    const dot = path.indexOf('.', name);
    const stem = dot < 0 ? path : path.slice(0, dot);
    const other = stored.get(stem);
    // What else somebody put beside it has a longer ending, as `.bak` after the first one.
    if (size > 0 && !(other && isBefore(other.path, path))) stored.set(stem, { path, size });
  }
  return { stored, begun };
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
