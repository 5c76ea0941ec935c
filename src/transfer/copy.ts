/** Copies the files of datasets into a satellite: streamed, checked, several at once, and not twice. */
import { failpoint } from '../repository/failpoints.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { FileRecord } from '../repository/rows.ts';
import type { ImportedDataset } from '../repository/writeable-repository.ts';
import type { OpenSatellite } from '../satellite/satellite.ts';
import { openBytes, type ByteSources } from './bytes.ts';
import { withChecksum } from './checksum.ts';
import type { FileCopy } from './copy-paths.ts';
import type { SelectedDataset } from './page.ts';
import { inParallel } from './parallel.ts';

/** Files under way at once. */
const FILES_AT_ONCE = 8;

/**
 * Copies what is not there yet. A file that is at its chosen path is complete, as files appear when all of them is there.
 * @param copies of `chooseCopyPaths`
 * @param copied told the bytes of each file
 * @returns the datasets with the records of their copies
 */
export async function copyFiles(
  source: Repository,
  satellite: Pick<OpenSatellite, 'artifacts'>,
  datasets: readonly SelectedDataset[],
  copies: readonly FileCopy[],
  sources: ByteSources,
  copied: (bytes: number) => Promise<void>,
  ctx: QueryContext,
): Promise<readonly ImportedDataset[]> {
  const chosen = new Map(copies.map((copy) => [keyOf(copy), copy]));
  const copyOf = ({ uuid }: SelectedDataset, { component }: FileRecord) => chosen.get(keyOf({ uuid, component }))!;
  const files = datasets.flatMap((dataset) => dataset.files.map((file) => ({ dataset, file })));
  const byPath = new Map(files.map((of) => [copyOf(of.dataset, of.file).path, of]));
  const sizes = new Map<string, number>();
  await inParallel(byPath, FILES_AT_ONCE, ctx.signal, async ([path, { dataset, file }], signal) => {
    const there = await satellite.artifacts.stat(path, signal);
    const bytes = there ?? (await copyFile(source, satellite, path, dataset, file, sources, { ...ctx, signal }));
    sizes.set(path, bytes.size);
    await copied(bytes.size);
  });
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
  source: Repository,
  { artifacts }: Pick<OpenSatellite, 'artifacts'>,
  path: string,
  { uuid }: SelectedDataset,
  { component, size, checksum }: FileRecord,
  sources: ByteSources,
  ctx: QueryContext,
) {
  const bytes = await openBytes(source, { uuid, component, size }, sources, ctx);
  const expected = size === null ? {} : { size };
  return artifacts.write(path, withFailpoint(withChecksum(bytes, checksum)), expected, ctx.signal);
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
