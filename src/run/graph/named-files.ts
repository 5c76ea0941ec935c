/** Which files a graph would have its quanta read: who made the graph is not trusted to name only what they may see. */
import { artifactPath, decodedPath } from '../../repository/direct/datastore/artifact-path.ts';
import { splitZipPath } from '../../repository/recorded-path.ts';
import type { PredictedGraph } from './predicted-graph.ts';

export interface NamedFile {
  /** Name of the datastore, as the graph says it. */
  readonly datastore: string;
  /** UUID of the dataset whose file it is said to be. */
  readonly dataset: string;
  /** As recorded. */
  readonly path: string;
  /**
   * `ROOT`: in the root of the repository that the graph is run against. `ADDRESS`: at an http(s) address. `OUTSIDE`:
   * anywhere else, such as an absolute path, a path that leads out of the root, or another kind of URI.
   */
  readonly place: 'ROOT' | 'ADDRESS' | 'OUTSIDE';
}

/** Every file that a graph's records name, each once for a dataset; memory grows with their number. */
export async function* filesNamedBy(graph: PredictedGraph): AsyncGenerator<NamedFile> {
  const seen = new Set<string>();
  const initQuanta = await graph.initQuanta();
  for await (const { files } of chained(initQuanta, graph.quanta())) {
    for (const [datastore, datasets] of files) {
      for (const [dataset, records] of datasets) {
        for (const { path } of records) {
          const key = JSON.stringify([datastore, dataset, path]);
          if (seen.has(key)) continue;
          seen.add(key);
          yield { datastore, dataset, path, place: placeOf(path) };
        }
      }
    }
  }
}

async function* chained<T>(first: Iterable<T>, then: AsyncIterable<T>): AsyncGenerator<T> {
  yield* first;
  yield* then;
}

function placeOf(path: string): NamedFile['place'] {
  if (/^https?:\/\//i.test(path) && URL.canParse(path)) return 'ADDRESS';
  try {
    artifactPath(decodedPath(splitZipPath(path).file));
    return 'ROOT';
  } catch {
    return 'OUTSIDE';
  }
}
