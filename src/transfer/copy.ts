/** Copies the files of datasets into a satellite: streamed, checked, several at once, and not twice. */
import { failpoint } from '../repository/failpoints.ts';
import type { QueryContext } from '../repository/repository.ts';
import type { FileRecord } from '../repository/rows.ts';
import type { ImportedDataset } from '../repository/writeable-repository.ts';
import type { OpenSatellite } from '../satellite/satellite.ts';
import { withChecksum } from './checksum.ts';
import type { FileCopy } from './copy-paths.ts';
import type { SelectedDataset } from './page.ts';
import { inParallel } from './parallel.ts';

/** Asks for something of a file of the source. */
export type OfFile<T> = (dataset: SelectedDataset, file: FileRecord, ctx: QueryContext) => Promise<T>;

/** Opens a file of the source; the stream fails rather than end early. */
export type OpenFile = OfFile<AsyncIterable<Uint8Array>>;

/** Files under way at once. */
export const FILES_AT_ONCE = 8;

/**
 * Copies what is not there yet. A file that is at its chosen path is complete, as files appear when all of them is there.
 * @param copies of `chooseCopyPaths`
 * @param copied told the bytes of each file
 * @returns the datasets with the records of their copies
 */
export async function copyFiles(
  satellite: Pick<OpenSatellite, 'artifacts'>,
  datasets: readonly SelectedDataset[],
  copies: readonly FileCopy[],
  open: OpenFile,
  copied: (bytes: number) => Promise<void>,
  ctx: QueryContext,
): Promise<readonly ImportedDataset[]> {
  const chosen = new Map(copies.map((copy) => [keyOf(copy), copy]));
  const copyOf = ({ uuid }: SelectedDataset, { component }: FileRecord) => chosen.get(keyOf({ uuid, component }))!;
  const files = datasets.flatMap((dataset) => dataset.files.map((file) => ({ dataset, file })));
  const byPath = new Map(files.map((of) => [copyOf(of.dataset, of.file).path, of]));
  const sizes = new Map<string, number>();
  const copyOne = async ([path, { dataset, file }]: [string, (typeof files)[number]], signal: AbortSignal) => {
    const there = await satellite.artifacts.stat(path, signal);
    const { size } = there ?? (await copyFile(satellite, path, dataset, file, open, { ...ctx, signal }));
    sizes.set(path, size);
    await copied(size);
  };
  await inParallel(byPath, FILES_AT_ONCE, ctx.signal, copyOne);
  return datasets.map((dataset) => ({
    ...dataset,
    files: dataset.files.map((file) => {
      const { formatter, storageClass, component, checksum } = file;
      const { path } = copyOf(dataset, file);
      return { path, formatter, storageClass, component, checksum, size: file.size ?? sizes.get(path)! };
    }),
  }));
}

async function copyFile(
  { artifacts }: Pick<OpenSatellite, 'artifacts'>,
  path: string,
  dataset: SelectedDataset,
  file: FileRecord,
  open: OpenFile,
  ctx: QueryContext,
) {
  const bytes = withFailpoint(withChecksum(await open(dataset, file, ctx), file.checksum));
  return artifacts.write(path, bytes, file.size === null ? {} : { size: file.size }, ctx.signal);
}

async function* withFailpoint(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    yield chunk;
    failpoint('copy:in-file');
  }
}

function keyOf({ uuid, component }: Pick<FileCopy, 'uuid' | 'component'>): string {
  return component === null ? uuid : `${uuid} ${component}`;
}
