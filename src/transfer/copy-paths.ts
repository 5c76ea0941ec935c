/** Where copies of files go below a satellite's root. */
import { SatelliteError } from '../butler/errors.ts';
import { isUri, newArtifactPath } from '../repository/direct/datastore/artifact-path.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { FileRecord } from '../repository/rows.ts';
import type { OpenSatellite } from '../satellite/satellite.ts';
import type { SelectedDataset } from './page.ts';
import { inParallel } from './parallel.ts';
import { templatePaths } from './template-paths.ts';

/** Paths that are looked at at once. */
const PATHS_AT_ONCE = 8;

/** One file that is to be copied, for all datasets that it holds. */
export interface FileCopy {
  readonly uuid: string;
  readonly component: string | null;
  readonly path: string;
  /** It is there already, with other datasets that it holds too. */
  readonly shared: boolean;
}

/**
 * Chooses a path for every file of the datasets, as stock Butler does: the source's own, or that of the default templates
 * where the source has it elsewhere; one of the dataset's own where something else is there.
 * What is chosen was free, so that a file that is found there later is this copy's.
 * @returns in the order of the datasets' files
 */
export async function chooseCopyPaths(
  source: Repository,
  { repository, artifacts }: Pick<OpenSatellite, 'repository' | 'artifacts'>,
  datasets: readonly SelectedDataset[],
  ctx: QueryContext,
): Promise<readonly FileCopy[]> {
  const elsewhere = datasets.filter(({ files }) => files.some(isElsewhere));
  const templated = await templatePaths(repository, elsewhere, ctx);
  const paths = datasets.flatMap(({ files }) => files.filter((file) => !isElsewhere(file)).map(({ path }) => path));
  const claimed = new Set(paths.map(safePath));
  const pathFor = (dataset: SelectedDataset, file: FileRecord) => {
    if (!isElsewhere(file)) return safePath(file.path) ?? ownPath(dataset, file);
    const path = safePath(templated(dataset, file));
    // Different data IDs may have the same path, as characters are replaced in it, and what is in the source may be there.
    if (path === undefined || claimed.has(path)) return ownPath(dataset, file);
    claimed.add(path);
    return path;
  };
  const wanted = datasets.flatMap((dataset) =>
    dataset.files.map((file) => ({ dataset, file, path: pathFor(dataset, file) })),
  );
  const recorded = await repository.recordedAt([...new Set(wanted.map(({ path }) => path))], ctx);
  const holders = await filesOf(source, [...new Set([...recorded.values()].flat())], ctx);
  const unrecorded = new Set(wanted.map(({ path }) => path).filter((path) => !recorded.get(path)?.length));
  const free = new Set<string>();
  await inParallel(unrecorded, PATHS_AT_ONCE, ctx.signal, async (path, signal) => {
    if (!(await artifacts.stat(path, signal))) free.add(path);
  });
  const copies: FileCopy[] = [];
  for (const { dataset, file, path } of wanted) {
    const { uuid } = dataset;
    const { component } = file;
    const others = recorded.get(path) ?? [];
    // A file of several datasets (a raw of several detectors) is one file there too.
    const shared = others.length > 0 && others.every((other) => holders.get(other)?.some((f) => f.path === file.path));
    copies.push({ uuid, component, path: shared || free.has(path) ? path : ownPath(dataset, file), shared });
  }
  return copies;
}

async function filesOf(source: Repository, uuids: readonly string[], ctx: QueryContext) {
  return uuids.length === 0 ? new Map<string, readonly FileRecord[]>() : source.files(uuids, ctx);
}

/** Whether the source has it by an absolute address, and not inside a zip. */
function isElsewhere({ path }: FileRecord): boolean {
  return (isUri(path) || path.startsWith('/')) && !path.includes('#');
}

/** The path; undefined where it is absolute, inside a zip, or not fit for a store of ours. */
function safePath(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return newArtifactPath(path);
  } catch (error) {
    if (error instanceof SatelliteError && error.code === 'BAD_USER_INPUT') return undefined;
    throw error;
  }
}

/** A path that no other dataset can have. */
function ownPath({ uuid, datasetType }: SelectedDataset, { fileName, component }: FileRecord): string {
  const name = fileName
    .replace(/[^\w.+-]/g, '_')
    .slice(-150)
    .replace(/^\.+/, '');
  return ['transferred', datasetType.name, uuid, ...(component === null ? [] : [component]), name || 'file'].join('/');
}
