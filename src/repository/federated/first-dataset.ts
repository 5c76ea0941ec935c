/** The first dataset of a data ID along a search path over several repositories. */
import { mustReadAsDatasetType, splitDatasetTypeName } from '../../butler/components.ts';
import { ButlerUserError, SatelliteError } from '../../butler/errors.ts';
import { rewriteDataId } from '../direct/data-id-rewriting.ts';
import { requiredValues } from '../direct/find-dataset.ts';
import type { FindDatasetRequest, QueryContext, Repository } from '../repository.ts';
import type { DatasetRow } from '../rows.ts';
import { resolveSearchPath, type SearchPath } from './search-path.ts';

/**
 * Asks every repository for its own first one, and compares their places in the path where they differ.  An error counts
 * from the place on where the repository that gives it may have the dataset: what is found before is the first all the same.
 * @param whole the repositories as one, whose records say what the data ID means: who has the dataset need not have them
 * @param failed names of repositories that cannot answer
 * @throws ButlerUserError DATASET_TYPE_EXPRESSION and MISSING_DATASET_TYPE; DIMENSION_NAME and DIMENSION_VALUE for a data ID that means none;
 * CALIBRATION_LOOKUP where several validity ranges of one collection fit; other errors by place
 */
export async function firstDataset(
  whole: Repository,
  repositories: readonly Repository[],
  given: FindDatasetRequest,
  failed: readonly string[],
  ctx: QueryContext,
): Promise<DatasetRow | null> {
  mustReadAsDatasetType(given.datasetType);
  const [parent] = splitDatasetTypeName(given.datasetType);
  const request = await inDimensions(whole, parent, given, ctx);
  const path = await resolveSearchPath(repositories, request.collections, failed, ctx);
  const holders = repositories
    .map((repository) => ({ repository, collections: path.collectionsIn(repository, parent) }))
    .filter(({ collections }) => collections.length > 0);
  if (holders.length === 0 && failed.length === 0) await mustBeKnown(repositories, parent, ctx);
  const outcomes = await Promise.all(holders.map((holder) => ownFirst(holder, request, ctx)));
  const counting = outcomes.filter(({ row, error }) => row || error);
  const found = new Set(counting.map(({ row }) => row?.uuid));
  if (found.size === 1 && counting[0]!.row) return counting[0]!.row;
  const ranked = await Promise.all(
    counting.map(async (outcome) => ({ ...outcome, rank: await rankOf(outcome, path, request, ctx) })),
  );
  const [first, ...others] = ranked.sort((a, b) => a.rank - b.rank);
  if (first?.error) throw first.error;
  // Datasets of one calibration collection are valid at different times, wherever they are.
  const isCalibration = first && path.types()[first.rank]?.[1] === 'CALIBRATION';
  const rivals = isCalibration
    ? others.filter(({ rank, row }) => rank === first.rank && row?.uuid !== first.row!.uuid)
    : [];
  for (const { error } of rivals) if (error) throw error;
  if (rivals.length > 0) {
    throw new ButlerUserError(
      'CALIBRATION_LOOKUP',
      `Several datasets of type '${parent}' in '${path.types()[first!.rank]![0]}' are valid at that time, for one data ID: ` +
        'narrow the timespan.',
    );
  }
  return first?.row ?? null;
}

/** The request with the values of the dimensions that the dataset type requires, where it is known. */
async function inDimensions(
  whole: Repository,
  name: string,
  request: FindDatasetRequest,
  ctx: QueryContext,
): Promise<FindDatasetRequest> {
  const datasetType = (await whole.datasetTypes(ctx)).get(name);
  if (!datasetType) return request;
  const { dimensions } = datasetType;
  const values = await rewriteDataId(whole, dimensions.universe, datasetType, request, ctx);
  return { ...request, dataId: requiredValues(dimensions, values, request.defaultDataId ?? {}) };
}

/** @throws ButlerUserError MISSING_DATASET_TYPE where none of the repositories has such a type */
async function mustBeKnown(repositories: readonly Repository[], name: string, ctx: QueryContext): Promise<void> {
  const types = await Promise.all(repositories.map((repository) => repository.datasetTypes(ctx)));
  if (types.some((of) => of.has(name))) return;
  throw new ButlerUserError('MISSING_DATASET_TYPE', `Dataset type '${name}' does not exist.`);
}

interface Holder {
  readonly repository: Repository;
  readonly collections: readonly string[];
}

interface Outcome extends Holder {
  readonly row: DatasetRow | null;
  readonly error: SatelliteError | null;
}

async function ownFirst(holder: Holder, request: FindDatasetRequest, ctx: QueryContext): Promise<Outcome> {
  try {
    const row = await holder.repository.findDataset({ ...request, collections: holder.collections }, ctx);
    return { ...holder, row, error: null };
  } catch (error) {
    if (!(error instanceof SatelliteError) || ctx.signal.aborted) throw error;
    return { ...holder, row: null, error };
  }
}

/**
 * Place of the collection that the dataset was found in, or that the user's error comes from: the shortest beginning of the path
 * that leads to it, halving.  A repository that cannot answer may have it in its first collection.
 */
async function rankOf(
  { repository, collections, error }: Outcome,
  path: SearchPath,
  request: FindDatasetRequest,
  ctx: QueryContext,
): Promise<number> {
  if (error && !(error instanceof ButlerUserError)) return path.rankOf(collections[0]!);
  let [none, enough] = [0, collections.length];
  while (enough - none > 1) {
    const middle = (none + enough) >> 1;
    const beginning = { repository, collections: collections.slice(0, middle) };
    const { row, error: cause } = await ownFirst(beginning, request, ctx);
    if (cause && !(cause instanceof ButlerUserError)) throw cause;
    if (row || cause) enough = middle;
    else none = middle;
  }
  return path.rankOf(collections[enough - 1]!);
}
