/** Brings the datasets of one page into a satellite by reference, while the source still looks for the files of the later ones. */
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { FileRecord } from '../repository/rows.ts';
import type { OpenSatellite } from '../satellite/satellite.ts';
import { inBatches } from '../butler/in-batches.ts';
import type { SelectedDataset } from './page.ts';
import { referencesTo, targetsOf, type ReferenceSettings, type Target } from './references.ts';

/**
 * Requests for files that a transfer has running: the source goes on with the next while we are busy with what came.  More
 * would only get into each other's way there.
 */
const REQUESTS_AT_ONCE = 2;

/** Some datasets, and their files as the source records them, by UUID. */
export interface BatchWithFiles {
  readonly datasets: readonly SelectedDataset[];
  readonly files: Promise<ReadonlyMap<string, readonly FileRecord[]>>;
}

/**
 * Asks for the files of datasets in batches, in order.
 * @param size of a batch
 * @param after what the source shall do before the first batch, before the second, and so on
 */
export function filesAhead(
  source: Repository,
  datasets: readonly SelectedDataset[],
  size: number,
  after: readonly Promise<unknown>[],
  ctx: QueryContext,
): readonly BatchWithFiles[] {
  const batches: BatchWithFiles[] = [];
  for (const batch of inBatches(datasets, size)) {
    const before = batches.at(-REQUESTS_AT_ONCE)?.files ?? after[batches.length] ?? Promise.resolve();
    const uuids = batch.map(({ uuid }) => uuid);
    const files = before.then(() => source.files(uuids, ctx));
    // Who waits for the files is told, or for those of a batch before.
    files.catch(() => undefined);
    batches.push({ datasets: batch, files });
  }
  return batches;
}

/** What the batches of the next page come after. */
export function lastRequests(batches: readonly BatchWithFiles[]): readonly Promise<unknown>[] {
  return batches.slice(-REQUESTS_AT_ONCE).map(({ files }) => files);
}

/** What was brought. */
export type Referred = {
  /** Of all files, as far as sizes are recorded. */
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
  let bytes = 0;
  const withoutFiles: string[] = [];
  for (const { datasets, files: coming } of batches) {
    const files = await coming;
    const isPassedOn = readable
      ? await among(targetsOf([...files.values()].flat(), settings), readable, ctx)
      : () => true;
    const imports = datasets.map(({ uuid, datasetType, run, values }) => {
      const recorded = files.get(uuid) ?? [];
      if (recorded.length === 0) withoutFiles.push(uuid);
      for (const { size } of recorded) bytes += size ?? 0;
      const references = referencesTo({ uuid, files: recorded }, source, satellite, settings, isPassedOn);
      return { uuid, datasetType, run, values, files: references };
    });
    await satellite.repository.importDatasets(imports, ctx);
  }
  return { bytes, withoutFiles };
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
