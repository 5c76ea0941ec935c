/** `get_file_by_data_id` of the RemoteButler protocol: what `get` of a stock client asks. */
import { splitDatasetTypeName } from '../../butler/components.ts';
import { ButlerUserError } from '../../butler/errors.ts';
import { EMPTY_TIMESPAN, MAX_NSEC, MIN_NSEC, type Timespan } from '../../butler/timespan.ts';
import { rewriteDataId } from '../../repository/direct/data-id-rewriting.ts';
import type { FindDatasetRequest, QueryContext, Repository } from '../../repository/repository.ts';
import { expandDataId, pythonLiteral, type ExpandedDataId } from './data-ids.ts';
import { datasetFilesText, type Addresses } from './files.ts';

/** The first dataset with that data ID and where its files are now. @throws ButlerUserError DATASET_NOT_FOUND */
export async function fileByDataIdAnswer(
  repository: Repository,
  request: FindDatasetRequest,
  addresses: Addresses,
  ctx: QueryContext,
): Promise<string> {
  const row = await repository.findDataset(await withCalibrationTime(repository, request, ctx), ctx);
  if (row) return datasetFilesText(repository, row, addresses, ctx);
  const { elements } = await repository.universe(ctx);
  const keys = elements
    .filter(({ name }) => Object.hasOwn(request.dataId, name))
    .map(({ name }) => `${name}: ${pythonLiteral(request.dataId[name]!)}`);
  const searched = request.collections.map((name) => `'${name}'`).join(', ');
  throw new ButlerUserError(
    'DATASET_NOT_FOUND',
    `Dataset ${request.datasetType} with data ID {${keys.join(', ')}} could not be found in collections [${searched}].`,
  );
}

/**
 * The request with a timespan, where it is for a calibration and has none: that of the data ID's exposure, visit or day, else
 * an unbounded one, which every validity range overlaps (stock `_findDatasetRef`; `find_dataset` does not look for calibrations
 * then).  It stays null where the records of the data ID have none.
 * @throws ButlerUserError as `rewriteDataId` and `expandDataId` do
 */
async function withCalibrationTime(
  repository: Repository,
  request: FindDatasetRequest,
  ctx: QueryContext,
): Promise<FindDatasetRequest> {
  const datasetType = (await repository.datasetTypes(ctx)).get(splitDatasetTypeName(request.datasetType)[0]);
  if (request.timespan !== null || !datasetType?.isCalibration) return request;
  const universe = await repository.universe(ctx);
  const given = await rewriteDataId(repository, universe, datasetType, request, ctx);
  const dataId = Object.fromEntries(given);
  const group = universe.conform(given.keys());
  if (!group.elements.some(({ temporalFamily }) => temporalFamily !== undefined)) {
    return { ...request, dataId, timespan: { begin: MIN_NSEC, end: MAX_NSEC } };
  }
  const known = new Map([...Object.entries(request.defaultDataId ?? {}), ...given]);
  return { ...request, dataId, timespan: timespanOf(await expandDataId(repository, group, known, ctx)) };
}

/** Of each temporal family, the finest of its elements counts. */
function timespanOf({ group, records }: ExpandedDataId): Timespan | null {
  let [begin, end] = [MIN_NSEC, MAX_NSEC];
  for (const members of group.universe.temporalFamilies.values()) {
    const finest = members.find((name) => group.elements.some((element) => element.name === name));
    if (finest === undefined) continue;
    const fields = records.find(({ element }) => element.name === finest)?.fields;
    const timespan = fields?.['timespan'] as Timespan | null | undefined;
    if (!timespan) return null;
    if (timespan.begin > begin) begin = timespan.begin;
    if (timespan.end < end) end = timespan.end;
  }
  return begin < end ? { begin, end } : EMPTY_TIMESPAN;
}
