/** The job `ingestDatasets`: makes datasets of files that are in the satellite's own store. */
import { createHash } from 'node:crypto';
import { ButlerUserError, SatelliteError } from '../butler/errors.ts';
import { parseJson, stringifyJson } from '../butler/json.ts';
import type { JobKind } from '../jobs/job.ts';
import type { ArtifactStore } from '../repository/direct/datastore/artifact-store.ts';
import type { QueryContext } from '../repository/repository.ts';
import type { ImportedDataset } from '../repository/writeable-repository.ts';
import type { OpenSatellite } from '../satellite/satellite.ts';
import { inBatches } from '../butler/in-batches.ts';
import { writeableSatellite, type TransferSurroundings } from './attempt-setting.ts';
import type { CheckedFile } from './ingest-check.ts';
import { inParallel } from './parallel.ts';

export type IngestInput = {
  /** Full name. */
  readonly satellite: string;
  /** Its identifier: another one may get the name. */
  readonly satelliteId: string | null;
  readonly datasetType: string;
  readonly run: string;
  /** `CheckedFile`s as JSON text, which keeps long integers. */
  readonly files: string;
  /** The upload whose reservation ends with the job; null where there was none. */
  readonly upload: string | null;
};

export type IngestResult = { readonly datasets: number; readonly bytes: number };

const FILES_AT_ONCE = 8;
/** Datasets that one transaction registers. */
const DATASETS_AT_ONCE = 2000;

export function writeFiles(files: readonly CheckedFile[]): string {
  return stringifyJson(files);
}

export function readFiles(text: string): readonly CheckedFile[] {
  return parseJson(text) as unknown as readonly CheckedFile[];
}

/** @param registered is told of uploads all of whose files are datasets */
export function ingestKind(
  surroundings: Pick<TransferSurroundings, 'satellites' | 'rights'>,
  registered: (upload: string) => Promise<void>,
): JobKind<IngestInput, IngestResult> {
  const writeable = ({ satellite, satelliteId }: IngestInput, owner: string) =>
    writeableSatellite(surroundings, owner, satellite, satelliteId);
  return {
    name: 'ingestDatasets',
    check: async (input, owner) => void (await writeable(input, owner)),
    run: async (input, task) => {
      const satellite = await writeable(input, task.owner);
      const { repository, artifacts, fullName } = satellite;
      const ctx = { caller: { username: task.owner }, signal: task.signal };
      const files = readFiles(input.files);
      const sizes = await measure(artifacts, files, ctx.signal);
      const recorded = await datasetsOf(satellite, files, ctx);
      // Room for what is uploaded was made before; what lies there already counts from now on.
      const added = files.filter(({ path, upload }) => upload === null && !recorded.has(path));
      await surroundings.satellites.reserve(fullName, task.jobId, bytesOf(added, sizes));
      const datasets = await importsOf(satellite, input, files, sizes, ctx);
      await repository.registerCollection({ name: input.run, type: 'RUN' }, ctx);
      const { newDatasets, newFiles, conflicts } = await repository.planImport(datasets, ctx);
      if (conflicts[0]) throw new SatelliteError('CONFLICT', conflicts[0].reason);
      refuseOtherFiles(files, recorded, new Set([...newDatasets, ...newFiles]));
      let done = 0;
      for (const batch of inBatches(datasets, DATASETS_AT_ONCE)) {
        await repository.importDatasets(batch, ctx);
        done += batch.length;
        await task.progress({ done, total: datasets.length, unit: 'datasets' });
      }
      return { datasets: datasets.length, bytes: bytesOf(files, sizes) };
    },
    // What could not be committed can be committed again: its bytes stay set aside until the upload is forgotten.
    ended: async ({ satellite, upload }, { id, state }) => {
      await surroundings.satellites.release(satellite, id);
      if (upload === null || state !== 'COMPLETED') return;
      await registered(upload);
      await surroundings.satellites.release(satellite, upload);
    },
  };
}

/**
 * Sizes of the files, by path.
 * @throws SatelliteError NOT_FOUND naming a file that is not there; CONFLICT where an uploaded one is not what was promised
 */
async function measure(
  artifacts: ArtifactStore,
  files: readonly CheckedFile[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  await inParallel(files, FILES_AT_ONCE, signal, async ({ path, upload }, stop) => {
    const found = await artifacts.stat(path, stop);
    const name = upload?.fileName ?? path;
    if (!found) throw new SatelliteError('NOT_FOUND', `There is no file '${name}' yet: put it there, then ingest it.`);
    if (upload && (found.size !== upload.size || (await sha256(artifacts, path, stop)) !== upload.sha256)) {
      throw new SatelliteError('CONFLICT', `File '${name}' is not what was promised: its size or SHA-256 differs.`);
    }
    sizes.set(path, found.size);
  });
  return sizes;
}

function bytesOf(files: readonly CheckedFile[], sizes: ReadonlyMap<string, number>): number {
  return files.reduce((sum, { path }) => sum + sizes.get(path)!, 0);
}

async function sha256(artifacts: ArtifactStore, path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of await artifacts.read(path, null, signal)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** @returns by path, the datasets that a file is @throws SatelliteError CONFLICT where it is another one's */
async function datasetsOf(
  { repository }: OpenSatellite,
  files: readonly CheckedFile[],
  ctx: QueryContext,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const recorded = await repository.recordedAt(
    files.map(({ path }) => path),
    ctx,
  );
  for (const { path, uuid } of files) {
    const other = recorded.get(path)?.find((id) => id !== uuid);
    if (other === undefined) continue;
    throw new SatelliteError('CONFLICT', `File '${path}' cannot be dataset ${uuid}: it is dataset ${other} already.`);
  }
  return recorded;
}

/**
 * What is there already has been ingested before, from the same file.
 * @param coming UUIDs of those that are not there, or are without a file
 * @throws SatelliteError CONFLICT where a dataset has another file
 */
function refuseOtherFiles(
  files: readonly CheckedFile[],
  recorded: ReadonlyMap<string, readonly string[]>,
  coming: ReadonlySet<string>,
): void {
  for (const { uuid, path, upload } of files) {
    if (coming.has(uuid) || recorded.get(path)?.includes(uuid)) continue;
    throw new SatelliteError(
      'CONFLICT',
      `File '${upload?.fileName ?? path}' cannot be dataset ${uuid}, which has another file already: remove that dataset first, ` +
        'or leave out "uuid".',
    );
  }
}

async function importsOf(
  { repository }: OpenSatellite,
  { datasetType: name, run }: IngestInput,
  files: readonly CheckedFile[],
  sizes: ReadonlyMap<string, number>,
  ctx: QueryContext,
): Promise<readonly ImportedDataset[]> {
  const datasetType = (await repository.datasetTypes(ctx)).get(name);
  if (!datasetType)
    throw new ButlerUserError('MISSING_DATASET_TYPE', `Dataset type '${name}' does not exist any more.`);
  const { storageClass } = datasetType;
  return files.map(({ uuid, values, formatter, path, upload }) => {
    const checksum = upload?.sha256 ?? null;
    const file = { path, formatter, storageClass, component: null, checksum, size: sizes.get(path)! };
    return { uuid, datasetType, run, values, files: [file] };
  });
}
