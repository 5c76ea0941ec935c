/** Brings the files of a version into the published repository, where nobody sees them yet, and reads them again there. */
import { Readable } from 'node:stream';
import { SatelliteError } from '../../butler/errors.ts';
import { failpoint } from '../../repository/failpoints.ts';
import type { QueryContext } from '../../repository/repository.ts';
import type { PublishedRepository } from '../../repository/published-repository.ts';
import { inBatches } from '../../butler/in-batches.ts';
import { inParallel } from '../../transfer/parallel.ts';
import type { CommitWork, PublishedVersion } from '../commit.ts';
import type { Manifest, ManifestDataset, ManifestFile } from '../manifest.ts';
import { Pace } from '../pace.ts';
import { publicationArea, stagedPath, stagedVersion, stagingArea, verifiedMark } from './staged-path.ts';

/** Paths that are looked up at once. */
const PATHS_AT_ONCE = 5000;

export interface StagingSetting {
  readonly version: PublishedVersion;
  readonly manifest: Manifest;
  readonly repository: PublishedRepository;
  readonly work: Pick<CommitWork, 'task' | 'ctx' | 'find' | 'read' | 'storeObjects'>;
}

interface StagedFile {
  readonly dataset: ManifestDataset;
  readonly file: ManifestFile;
  readonly path: string;
}

/**
 * Copies what is not there yet; files appear in a store when all of them is there.
 * @returns whether all of it was there, and was verified by an attempt before
 * @throws SatelliteError UPSTREAM_UNAVAILABLE where the bytes that come are not those of the manifest
 */
export async function stageFiles(setting: StagingSetting): Promise<boolean> {
  const { repository, version, manifest, work } = setting;
  const { artifacts } = repository;
  const { task, ctx } = work;
  const mark = verifiedMark(version);
  const there = new Set<string>();
  let [lastWritten, verified] = [0, Infinity];
  for await (const { path, modified } of artifacts.list(stagingArea(version), ctx.signal)) {
    there.add(path);
    if (path === mark) verified = modified.getTime();
    else lastWritten = Math.max(lastWritten, modified.getTime());
  }
  // What was written to since is hashed again.
  if (lastWritten > verified && there.delete(mark)) await artifacts.remove([mark], ctx.signal);
  const { bytes: total } = await manifest.header();
  const pace = new Pace();
  let done = 0;
  for await (const files of filesToStage(setting)) {
    const missing = files.filter(({ path }) => !there.has(path));
    if (missing.length > 0 && there.delete(mark)) await artifacts.remove([mark], ctx.signal);
    const objects = await work.storeObjects(
      missing.map(({ dataset }) => dataset),
      ctx,
    );
    done += sizeOf(files) - sizeOf(missing);
    await inParallel(missing, pace.most, ctx.signal, async (staged, signal) => {
      const { dataset, file, path } = staged;
      const object = objects.get(dataset.uuid)?.find(({ component }) => component === file.component);
      await pace.run(file.size, async () => {
        if (object && (await artifacts.copyWithin(object.url, path, signal))) return;
        await bring(setting, staged, { ...ctx, signal });
      });
      failpoint('publish:after-file');
      there.add(path);
      done += file.size;
      await task.progress({ done, total, unit: 'bytes' });
    });
  }
  return there.has(mark);
}

/** A file that its store does not copy by itself. */
async function bring({ repository, work }: StagingSetting, { dataset, file, path }: StagedFile, ctx: QueryContext) {
  const { artifacts } = repository;
  const source = await work.find(dataset, file, ctx);
  if (source.kind === 'url' && (await artifacts.copyWithin(source.url, path, ctx.signal))) return;
  await artifacts.write(path, withFailpoint(await work.read(source, ctx)), file, ctx.signal);
}

function sizeOf(files: readonly StagedFile[]): number {
  return files.reduce((sum, { file }) => sum + file.size, 0);
}

/** Reads what is staged, and leaves a mark that it is right. @throws SatelliteError UPSTREAM_UNAVAILABLE where it is not what the manifest has */
export async function verifyFiles(setting: StagingSetting): Promise<void> {
  const { repository, version, work } = setting;
  const { ctx } = work;
  const pace = new Pace();
  let count = 0;
  for await (const files of filesToStage(setting)) {
    count += files.length;
    await inParallel(files, pace.most, ctx.signal, async ({ file, path }, signal) => {
      const { size, sha256 } = await pace.run(file.size, () => repository.artifacts.measure(path, signal));
      if (size === file.size && sha256 === file.sha256) return;
      throw new SatelliteError(
        'UPSTREAM_UNAVAILABLE',
        `The bytes of '${file.fileName}' that came are not those that were submitted. Nothing of them was kept.`,
      );
    });
  }
  if (count === 0) return;
  await repository.artifacts.write(verifiedMark(version), Readable.from([Buffer.from('verified\n')]), {}, ctx.signal);
}

/** Removes what is staged for a version and is not visible. */
export function sweepStaged(
  repository: PublishedRepository,
  version: PublishedVersion,
  ctx: QueryContext,
): Promise<void> {
  return sweep(repository, stagingArea(version), () => true, ctx);
}

/** Removes files of a version and of those before it that are not visible: to be called when none of these can become so. */
export function sweepUntil(
  repository: PublishedRepository,
  { publication, version }: PublishedVersion,
  ctx: QueryContext,
): Promise<void> {
  const isOver = (path: string) => stagedVersion(publication, path) <= version;
  return sweep(repository, publicationArea(publication), isOver, ctx);
}

async function sweep(
  repository: PublishedRepository,
  area: string,
  isOver: (path: string) => boolean,
  ctx: QueryContext,
): Promise<void> {
  const { artifacts } = repository;
  const staged: string[] = [];
  for await (const { path } of artifacts.list(area, ctx.signal)) if (isOver(path)) staged.push(path);
  for (const paths of inBatches(staged, PATHS_AT_ONCE)) await repository.removeUnrecorded(paths, ctx);
  for await (const unfinished of artifacts.unfinished(new Date(), ctx.signal, area)) {
    if (isOver(unfinished.path)) await unfinished.remove();
  }
}

/** Files of a version that are not visible with the same bytes already, each path once a page. */
async function* filesToStage({
  version,
  manifest,
  repository,
  work: { ctx },
}: StagingSetting): AsyncGenerator<readonly StagedFile[]> {
  for await (const datasets of manifest.datasets()) {
    const uuids = datasets.map(({ uuid }) => uuid);
    const visible = await repository.storedFiles(uuids, ctx);
    const files = new Map<string, StagedFile>();
    for (const dataset of datasets) {
      for (const file of dataset.files) {
        const there = visible.get(dataset.uuid)?.find(({ component }) => component === file.component);
        if (there?.checksum === file.sha256 && there.size === file.size) continue;
        const path = stagedPath(version, file);
        files.set(path, { dataset, file, path });
      }
    }
    yield [...files.values()];
  }
}

async function* withFailpoint(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    yield chunk;
    failpoint('publish:in-file');
  }
}
