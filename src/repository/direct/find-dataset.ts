/** Stock Butler's `find_dataset`. */
import { componentType, mustReadAsDatasetType, splitDatasetTypeName } from '../../butler/components.ts';
import type { DatasetType } from '../../butler/dataset-type.ts';
import type { DataIdValue } from '../../butler/data-id.ts';
import { ButlerUserError } from '../../butler/errors.ts';
import type { DimensionGroup } from '../../butler/dimension-group.ts';
import { isGlob } from '../../butler/glob.ts';
import { buildQuery } from '../../butler/query/build.ts';
import { allOf } from '../../butler/query/predicate.ts';
import type { Query } from '../../butler/query/tree.ts';
import { MAX_NSEC, MIN_NSEC, type Timespan } from '../../butler/timespan.ts';
import type { FindDatasetRequest, QueryContext, Repository } from '../repository.ts';
import type { DatasetRow } from '../rows.ts';
import { rewriteDataId } from './data-id-rewriting.ts';

/**
 * The dataset with this data ID in the first of the collections that has one; null where there is none.
 * @throws ButlerUserError DATASET_TYPE_EXPRESSION, MISSING_DATASET_TYPE, UNKNOWN_COMPONENT, DIMENSION_NAME for a missing
 * dimension, DIMENSION_VALUE, MISSING_COLLECTION, CALIBRATION_LOOKUP where several validity ranges fit
 */
export async function findDataset(
  repository: Repository,
  request: FindDatasetRequest,
  ctx: QueryContext,
): Promise<DatasetRow | null> {
  mustReadAsDatasetType(request.datasetType);
  const [name, component] = splitDatasetTypeName(request.datasetType);
  const datasetType = (await repository.datasetTypes(ctx)).get(name);
  if (!datasetType) throw new ButlerUserError('MISSING_DATASET_TYPE', `Dataset type '${name}' does not exist.`);
  const answerType = component === null ? datasetType : componentType(datasetType, component);

  const universe = await repository.universe(ctx);
  const given = await rewriteDataId(repository, universe, datasetType, request, ctx);
  const dataId = requiredValues(datasetType.dimensions, given, request.defaultDataId ?? {});
  const collections = await searchedCollections(repository, request, datasetType.isCalibration, ctx);
  if (collections.length === 0) return null;

  const { query: unsearched, spec } = buildQuery(universe, {
    result: { type: 'dataset_ref', datasetType, collections: [], findFirst: true },
    dataId,
    limit: 2,
  });
  if (spec.type !== 'dataset_ref') throw new TypeError('a query for datasets must give datasets');
  const query = searching(unsearched, datasetType, collections);
  const constrained = datasetType.isCalibration ? overlapping(query, name, request.timespan) : query;
  const found: DatasetRow[] = [];
  for await (const { rows } of repository.query(constrained, spec, ctx)) found.push(...rows);
  if (found.length > 1) {
    throw new ButlerUserError(
      'CALIBRATION_LOOKUP',
      `Ambiguous calibration lookup for dataset type '${name}' in collections ${collections.join(', ')}: give a timespan ` +
        'that only one validity range overlaps.',
    );
  }
  return found[0] ? { ...found[0], datasetType: answerType } : null;
}

/** Values of the required dimensions, from the defaults where they are not given. @throws ButlerUserError DIMENSION_NAME */
export function requiredValues(
  dimensions: DimensionGroup,
  given: ReadonlyMap<string, DataIdValue>,
  defaults: Readonly<Record<string, DataIdValue>>,
): Record<string, DataIdValue> {
  const values: Record<string, DataIdValue> = {};
  for (const name of dimensions.required) {
    const value = given.get(name) ?? defaults[name];
    if (value === undefined) {
      const words = [...given].map(([key, v]) => `'${key}': ${typeof v === 'string' ? `'${v}'` : v}`);
      throw new ButlerUserError(
        'DIMENSION_NAME',
        `No value in data ID ({${words.join(', ')}}) for required dimension '${name}'.`,
      );
    }
    values[name] = value;
  }
  return values;
}

/** Without a timespan nothing could choose among the validity ranges of a calibration, so those are not searched. */
async function searchedCollections(
  repository: Repository,
  { collections, timespan }: FindDatasetRequest,
  isCalibration: boolean,
  ctx: QueryContext,
): Promise<readonly string[]> {
  if (isCalibration && timespan === null) {
    const flattened = await repository.collections({ search: collections, flattenChains: true }, ctx);
    return flattened.filter(({ type }) => type !== 'CALIBRATION').map((collection) => collection.name);
  }
  if (!collections.some(isGlob)) return collections;
  return (await repository.collections({ search: collections }, ctx)).map((collection) => collection.name);
}

/** The names are those of collections, though some may read like globs. */
function searching(query: Query, { name, dimensions }: DatasetType, collections: readonly string[]): Query {
  return { ...query, tree: { ...query.tree, datasets: new Map([[name, { dimensions, collections }]]) } };
}

function overlapping(query: Query, datasetType: string, timespan: Timespan | null): Query {
  if (timespan === null || (timespan.begin === MIN_NSEC && timespan.end === MAX_NSEC)) return query;
  const predicate = allOf(query.tree.predicate, {
    type: 'comparison',
    operator: 'overlaps',
    a: { type: 'dataset_field', datasetType, field: 'timespan' },
    b: { type: 'timespan', ...timespan },
  });
  return { ...query, tree: { ...query.tree, predicate } };
}
