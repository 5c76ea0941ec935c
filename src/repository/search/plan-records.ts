/** Plans searches for dimension records and for data IDs, which every repository answers with its own records. */
import { isGlob } from '../../butler/glob.ts';
import { InvalidQueryError } from '../../butler/errors.ts';
import { buildQuery, type BuiltQuery } from '../../butler/query/build.ts';
import type { DataCoordinateSpec, DimensionRecordSpec, ResultSpec } from '../../butler/query/result-spec.ts';
import { refuseCostly } from '../federated/explain/cost.ts';
import { explainQuery } from '../federated/explain/explain.ts';
import { countRows } from '../federated/count-rows.ts';
import { identifyingDimensions } from '../federated/identity.ts';
import { membersWithType, openMembers, type Member } from '../federated/members.ts';
import { mergedQuery } from '../federated/merged-query.ts';
import type { Batch } from '../federated/ordered-merge.ts';
import { totalOrder, wholePart, type Part } from '../federated/part.ts';
import { planParts } from '../federated/plan.ts';
import { resolveSearchPath, type SearchPath } from '../federated/search-path.ts';
import { PixelRecords } from '../pixel-records.ts';
import type { Position, QueryContext, Repository } from '../repository.ts';
import type { DataIdRow, DimensionRecordRow, RowsByResult } from '../rows.ts';
import type { Bookmark } from './cursor.ts';
import { searchedDatasetTypes } from './dataset-types.ts';
import { namingMissing, nothing, termsOf, unlessRefused, type SearchPlan } from './search-plan.ts';
import type { DataIdSearchRequest, RecordSearchRequest, Unpaged } from './search.ts';

/** Plans a search for the records of one dimension element. */
export async function planRecords(
  repositories: readonly Repository[],
  failed: readonly string[],
  request: Unpaged<RecordSearchRequest>,
  ctx: QueryContext,
): Promise<SearchPlan<DimensionRecordRow>> {
  const members = await openMembers(repositories, ctx);
  const built = inTotalOrder<DimensionRecordSpec>(
    buildQuery(members[0]!.universe, {
      ...termsOf(request),
      result: { type: 'dimension_record', element: request.element },
    }),
  );
  const plan = planOf(members, built, new Map(), built.warnings, ctx);
  return { ...plan, read: (options) => withPixelRegions(plan.read(options)) };
}

/** No repository stores the regions of sky pixels. */
async function* withPixelRegions(batches: AsyncIterable<Batch<DimensionRecordRow, Bookmark>>) {
  const pixels = new PixelRecords();
  for await (const batch of batches) yield { ...batch, rows: await pixels.withRegions(batch.rows) };
}

/** Plans a search for data IDs, with datasets joined where the request names some. */
export async function planDataIds(
  repositories: readonly Repository[],
  failed: readonly string[],
  request: Unpaged<DataIdSearchRequest>,
  ctx: QueryContext,
): Promise<SearchPlan<DataIdRow>> {
  const members = await openMembers(repositories, ctx);
  const { universe } = members[0]!;
  const joins = request.datasets ?? [];
  const glob = joins.flatMap((join) => join.collections).find(isGlob);
  if (glob !== undefined) {
    throw new InvalidQueryError(`'datasets' joins collections by their names: '${glob}' is a glob.`);
  }
  const known = new Set(members.flatMap((member) => [...member.datasetTypes.keys()]));
  const datasets = joins.flatMap(({ datasetType, collections }) =>
    searchedDatasetTypes([datasetType], known, failed.length > 0).map((name) => {
      const type = membersWithType(members, name)[0]!.datasetTypes.get(name)!;
      return { collections, datasetType: { ...type, dimensions: universe.conform(type.dimensions.required) } };
    }),
  );
  if (datasets.length < joins.length) {
    return nothing(
      `A dataset type to join is known to none of the repositories that answer: ${failed.join(', ')} cannot be asked now.`,
      'Ask again later.',
    );
  }
  const built = inTotalOrder<DataCoordinateSpec>(
    buildQuery(universe, {
      ...termsOf(request),
      joins: datasets,
      result: { type: 'data_coordinate', dimensions: request.dimensions },
    }),
  );
  const resolved = async () => {
    const paths = new Map<string, SearchPath>();
    for (const { datasetType, collections } of datasets) {
      paths.set(datasetType.name, await resolveSearchPath(repositories, collections, failed, ctx));
    }
    return paths;
  };
  const isWhole = members.length === 1 && failed.length === 0;
  const paths = isWhole ? new Map<string, SearchPath>() : await resolved();
  const warnings = [...built.warnings, ...[...paths.values()].flatMap((path) => path.warnings)];
  const plan = planOf(members, built, paths, warnings, ctx, isWhole ? resolved : undefined);
  const collections = datasets.flatMap((search) => search.collections);
  return members.length > 1
    ? plan
    : { ...plan, read: (options) => namingMissing(repositories[0]!, collections, plan.read(options), ctx) };
}

interface OrderedQuery<S extends ResultSpec> extends BuiltQuery {
  readonly spec: S;
}

/** @param S the kind of result that was asked to be built */
function inTotalOrder<S extends ResultSpec>({ query, spec, warnings }: BuiltQuery): OrderedQuery<S> {
  const orderBy = totalOrder(spec, identifyingDimensions(spec, query.tree.dimensions.universe));
  return { query, spec: { ...(spec as S), orderBy }, warnings };
}

function partsOf<S extends ResultSpec>(
  members: readonly Member[],
  { query, spec }: OrderedQuery<S>,
  paths: ReadonlyMap<string, SearchPath>,
): readonly Part<S>[] {
  const isWhole = members.length === 1 && paths.size === 0;
  return isWhole ? [wholePart(members[0]!, query, spec)] : planParts(members, query, spec, paths);
}

/** @param resolved the search paths, where `paths` does not have them */
function planOf<S extends ResultSpec>(
  members: readonly Member[],
  built: OrderedQuery<S>,
  paths: ReadonlyMap<string, SearchPath>,
  warnings: readonly string[],
  ctx: QueryContext,
  resolved: () => Promise<ReadonlyMap<string, SearchPath>> = () => Promise.resolve(paths),
): SearchPlan<RowsByResult[S['type']]> {
  const parts = partsOf(members, built, paths);
  const { query, spec } = built;
  const refuse = async () => {
    const needed = query.tree.datasets.size > 0 ? await resolved() : paths;
    return refuseCostly(members, { query, paths: needed }, parts, ctx);
  };
  return {
    warnings,
    read: (options) => {
      const rows = onlyPart(mergedQuery(parts, { ...options, after: options.after?.[''] }, ctx));
      return options.after ? rows : unlessRefused(refuse, rows);
    },
    count: async () => {
      await refuse();
      return countRows(parts, ctx);
    },
    explain: async (isEmpty) => explainQuery(members, { query, spec, paths: await resolved() }, ctx, { isEmpty }),
  };
}

async function* onlyPart<Row>(batches: AsyncIterable<Batch<Row, Position>>): AsyncGenerator<Batch<Row, Bookmark>> {
  for await (const batch of batches) yield { ...batch, positionAt: (i) => ({ '': batch.positionAt(i) }) };
}
