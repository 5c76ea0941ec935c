/** Brings the datasets of one page into a satellite by reference, while the source still looks for the files of the later ones. */
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { FileRecord } from '../repository/rows.ts';
import type { OpenSatellite } from '../satellite/satellite.ts';
import { inBatches } from '../butler/in-batches.ts';
import { bytesOfFiles, type SelectedDataset } from './page.ts';
import { referencesTo, targetsOf, type ReferenceSettings, type Target } from './references.ts';

/**
 * Datasets of one request for files: with more, the stock server has so many objects at once that collecting its garbage takes
 * a fifth of its time; with fewer, each request does.
 */
const DATASETS_PER_REQUEST = 250;

/** Some datasets, and their files as the source records them, by UUID. */
export interface BatchWithFiles {
  readonly datasets: readonly SelectedDataset[];
  readonly files: Promise<ReadonlyMap<string, readonly FileRecord[]>>;
}

/** What the source shall do first. */
export interface FilesAfter {
  /** Before the first request. */
  readonly first?: Promise<unknown> | undefined;
  /** After it, before the others. */
  readonly others?: Promise<unknown>;
}

/**
 * Asks for the files of datasets in batches, the next when the source begins to answer, while those that came are written.  In
 * the order of UUIDs, which are the keys of most of the tables and indexes: rows of a batch are beside each other there then,
 * which takes databases half as long.  The last are smaller batches: at the end, nothing is looked for any more while they are written.
 * @param size of a batch
 */
export function filesAhead(
  source: Repository,
  datasets: readonly SelectedDataset[],
  size: number,
  { first = Promise.resolve(), others = Promise.resolve() }: FilesAfter,
  ctx: QueryContext,
): readonly BatchWithFiles[] {
  let isFree = first;
  const inOrder = datasets.toSorted((a, b) => (a.uuid < b.uuid ? -1 : 1));
  const batches = [...inBatches(inOrder, size)];
  const last = batches.pop() ?? [];
  return [...batches, ...inBatches(last, DATASETS_PER_REQUEST)].map((batch) => {
    const parts = [...inBatches(batch, DATASETS_PER_REQUEST)].map((part) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const uuids = part.map(({ uuid }) => uuid);
      const files = isFree.then(() => source.files(uuids, ctx, resolve));
      files.then(() => resolve(), reject);
      isFree = promise.then(() => others);
      // Who waits for the files is told, or for those of a batch before.
      isFree.catch(() => undefined);
      return files;
    });
    const files = Promise.all(parts).then((found) => new Map(found.flatMap((part) => [...part])));
    files.catch(() => undefined);
    return { datasets: batch, files };
  });
}

/** What was brought. */
export type Referred = {
  /** Of all files, each once, as far as sizes are recorded. */
  readonly bytes: number;
  /** UUIDs of datasets for which the source has no file. */
  readonly withoutFiles: readonly string[];
};

/** Of datasets of a repository of the gateway, those that may be read. */
export type Readable = (
  repository: string,
  uuids: readonly string[],
  ctx: QueryContext,
) => Promise<ReadonlySet<string>>;

/**
 * Registers datasets with references to their files, one transaction a batch.
 * @param source name of the source in addresses
 * @param readable which targets of references may be passed on; undefined: all
 * @throws SatelliteError as `importDatasets`
 */
export async function referPage(
  satellite: OpenSatellite,
  batches: readonly BatchWithFiles[],
  source: string,
  settings: ReferenceSettings,
  readable: Readable | undefined,
  ctx: QueryContext,
): Promise<Referred> {
  const withoutFiles: string[] = [];
  let written: Promise<unknown> = Promise.resolve();
  try {
    for (const { datasets, files: coming } of batches) {
      const files = await coming;
      const isPassedOn = readable
        ? await among(targetsOf([...files.values()].flat(), settings), readable, ctx)
        : () => true;
      const imports = datasets.map(({ uuid, datasetType, run, values }) => {
        const recorded = files.get(uuid) ?? [];
        if (recorded.length === 0) withoutFiles.push(uuid);
        const references = referencesTo({ uuid, files: recorded }, source, satellite, settings, isPassedOn);
        return { uuid, datasetType, run, values, files: references };
      });
      // While one batch is written, the next is made ready.
      await written;
      written = satellite.repository.importDatasets(imports, ctx);
      written.catch(() => undefined);
    }
  } finally {
    await written;
  }
  const found = await Promise.all(batches.map(({ files }) => files));
  return { bytes: bytesOfFiles(found.flatMap((files) => [...files.values()].flat())), withoutFiles };
}

async function among(
  targets: readonly Target[],
  readable: Readable,
  ctx: QueryContext,
): Promise<(target: Target) => boolean> {
  const known = new Map<string, ReadonlySet<string>>();
  for (const [repository, of] of Map.groupBy(targets, (target) => target.repository)) {
    known.set(repository, await readable(repository, [...new Set(of.map(({ uuid }) => uuid))], ctx));
  }
  return ({ repository, uuid }) => known.get(repository)!.has(uuid);
}
