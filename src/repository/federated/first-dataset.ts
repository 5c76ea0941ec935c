/** The first dataset of a data ID along a search path over several repositories (query-semantics.md section 16). */
import { ButlerUserError } from '../../butler/errors.ts';
import type { FindDatasetRequest, QueryContext, Repository } from '../repository.ts';
import type { DatasetRow } from '../rows.ts';
import { resolveSearchPath, type SearchPath } from './search-path.ts';

/**
 * Asks every repository for its own first one, and compares their places in the path where they differ.
 * @param failed names of repositories that cannot answer
 * @throws ButlerUserError MISSING_DATASET_TYPE; the first repository's user error, where every repository that may have the dataset gives one
 */
export async function firstDataset(
  repositories: readonly Repository[],
  request: FindDatasetRequest,
  failed: readonly string[],
  ctx: QueryContext,
): Promise<DatasetRow | null> {
  const path = await resolveSearchPath(repositories, request.collections, failed, ctx);
  const parent = request.datasetType.split('.')[0]!;
  const holders = repositories
    .map((repository) => ({ repository, collections: path.collectionsIn(repository, parent) }))
    .filter(({ collections }) => collections.length > 0);
  if (holders.length === 0 && failed.length === 0) await mustBeKnown(repositories, parent, ctx);
  const outcomes = await Promise.all(holders.map((holder) => ownFirst(holder, request, ctx)));
  const found = outcomes.filter((outcome) => outcome.row !== null);
  const errors = outcomes.flatMap(({ error }) => error ?? []);
  if (found.length === 0 && errors.length > 0 && errors.length === outcomes.length) throw errors[0]!;
  const rows = new Set(found.map(({ row }) => row!.uuid));
  if (rows.size < 2) return found[0]?.row ?? null;
  const ranked = await Promise.all(
    found.map(async (candidate) => ({ row: candidate.row, rank: await rankOf(candidate, path, request, ctx) })),
  );
  return ranked.reduce((a, b) => (b.rank < a.rank ? b : a)).row;
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
  readonly error?: ButlerUserError;
}

/** A data ID may be wrong by one repository's records and right by another's. */
async function ownFirst(holder: Holder, request: FindDatasetRequest, ctx: QueryContext): Promise<Outcome> {
  try {
    const row = await holder.repository.findDataset({ ...request, collections: holder.collections }, ctx);
    return { ...holder, row };
  } catch (error) {
    if (error instanceof ButlerUserError && error.code === 'DIMENSION_VALUE') return { ...holder, row: null, error };
    throw error;
  }
}

/** Place of the collection that the dataset was found in: the shortest beginning of the path that leads to it, halving. */
async function rankOf(
  { repository, collections }: Holder,
  path: SearchPath,
  request: FindDatasetRequest,
  ctx: QueryContext,
): Promise<number> {
  let [none, enough] = [0, collections.length];
  while (enough - none > 1) {
    const middle = (none + enough) >> 1;
    const row = await repository.findDataset({ ...request, collections: collections.slice(0, middle) }, ctx);
    if (row) enough = middle;
    else none = middle;
  }
  return path.rankOf(collections[enough - 1]!);
}
