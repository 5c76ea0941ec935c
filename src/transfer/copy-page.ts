/** Brings the datasets of one page into a satellite with their bytes: files first, then the rows. */
import { SatelliteError } from '../butler/errors.ts';
import { failpoint } from '../repository/failpoints.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { ImportedDataset } from '../repository/writeable-repository.ts';
import type { OpenSatellite } from '../satellite/satellite.ts';
import { chooseCopyPaths, type FileCopy } from './copy-paths.ts';
import { copyFiles, FILES_AT_ONCE, type OfFile, type OpenFile } from './copy.ts';
import type { SelectedDataset } from './page.ts';
import { inParallel } from './parallel.ts';
import { referencesAmong } from './plan-page.ts';

export interface PlannedCopies {
  /** UUIDs of the datasets that are new, without their files, or there by reference only. */
  readonly datasets: readonly string[];
  /** Of all files of these. */
  readonly files: readonly FileCopy[];
}

/**
 * What of a page is to be copied, and where to. Types and runs are there.
 * @throws SatelliteError CONFLICT where something came in the way since the page was planned
 */
export async function planCopies(
  source: Repository,
  satellite: OpenSatellite,
  datasets: readonly SelectedDataset[],
  ctx: QueryContext,
): Promise<PlannedCopies> {
  const { newDatasets, newFiles, conflicts } = await satellite.repository.planImport(datasets, ctx);
  if (conflicts[0]) throw new SatelliteError('CONFLICT', conflicts[0].reason);
  const references = await referencesAmong(satellite.repository, datasets, ctx);
  const coming = new Set([...newDatasets, ...newFiles, ...references]);
  const chosen = datasets.filter(({ uuid }) => coming.has(uuid));
  return { datasets: [...coming], files: await chooseCopyPaths(source, satellite, chosen, ctx) };
}

/** Bytes of the files to be copied whose size the source has not recorded, as of raws that were ingested without validation. */
export async function unrecordedBytes(
  { files: copies }: PlannedCopies,
  datasets: readonly SelectedDataset[],
  sizeOf: OfFile<number>,
  ctx: QueryContext,
): Promise<number> {
  const copied = new Set(
    copies.filter(({ shared }) => !shared).map(({ uuid, component }) => `${uuid} ${component ?? ''}`),
  );
  const unrecorded = datasets.flatMap((dataset) => {
    const files = dataset.files.filter((f) => f.size === null && copied.has(`${dataset.uuid} ${f.component ?? ''}`));
    return files.map((file) => [file.path, { dataset, file }] as const);
  });
  let bytes = 0;
  await inParallel(new Map(unrecorded).values(), FILES_AT_ONCE, ctx.signal, async ({ dataset, file }, signal) => {
    const size = await sizeOf(dataset, file, { ...ctx, signal });
    bytes += size;
  });
  return bytes;
}

/** @param copied told the bytes of each file */
export async function copyPage(
  satellite: OpenSatellite,
  datasets: readonly SelectedDataset[],
  files: readonly FileCopy[],
  open: OpenFile,
  copied: (bytes: number) => Promise<void>,
  ctx: QueryContext,
): Promise<void> {
  const imports = await copyFiles(satellite, datasets, files, open, copied, ctx);
  failpoint('copy:before-rows');
  await satellite.repository.importDatasets(imports, ctx);
  await replaceReferences(satellite, datasets, imports, ctx);
}

/** Points the records of datasets that were there by reference to their copies. */
async function replaceReferences(
  { repository }: OpenSatellite,
  datasets: readonly SelectedDataset[],
  imports: readonly ImportedDataset[],
  ctx: QueryContext,
): Promise<void> {
  const references = await referencesAmong(repository, datasets, ctx);
  if (references.length === 0) return;
  const recorded = await repository.files(references, ctx);
  const moves = new Map<string, string>();
  for (const { uuid, files } of imports) {
    for (const { component, path } of files) {
      const before = recorded.get(uuid)?.find((file) => file.component === component);
      if (before) moves.set(`${uuid} ${before.path}`, path);
    }
  }
  await repository.moveReferences((path, uuid) => moves.get(`${uuid} ${path}`) ?? null, ctx, references);
}
