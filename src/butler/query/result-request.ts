/** What kind of rows a user asks for, and what that joins into the query. */
import type { DatasetType } from '../dataset-type.ts';
import type { DimensionGroup } from '../dimension-group.ts';
import { ButlerUserError, InvalidQueryError } from '../errors.ts';
import { isGlob } from '../glob.ts';
import { didYouMean } from '../nearest-name.ts';
import { resolveIdentifier } from '../where/identifiers.ts';
import type { DatasetField } from './expression.ts';
import { joinDataset, type Joined } from './joins.ts';
import type { ResultSpec } from './result-spec.ts';

export type ResultRequest =
  | {
      readonly type: 'dataset_ref';
      readonly datasetType: DatasetType;
      /** In search order; undefined where the dataset type is among the joins. */
      readonly collections?: readonly string[] | undefined;
      /** Only the dataset of the first collection that has one for a data ID. */
      readonly findFirst: boolean;
      readonly includeDimensionRecords?: boolean;
    }
  | {
      readonly type: 'data_coordinate';
      /** Undefined for all dimensions that are joined. */
      readonly dimensions?: readonly string[] | undefined;
      readonly includeDimensionRecords?: boolean;
    }
  | { readonly type: 'dimension_record'; readonly element: string }
  | {
      readonly type: 'general';
      readonly dimensions: readonly string[];
      /** Columns by name, as in an expression. */
      readonly names?: readonly string[];
      readonly dimensionFields?: Readonly<Record<string, readonly string[]>>;
      /** Fields of dataset types that are among the joins. */
      readonly datasetFields?: Readonly<Record<string, readonly DatasetField[]>>;
      /** Must be given with dataset fields, and be false with more than one dataset type or a timespan. */
      readonly findFirst?: boolean | undefined;
    };

export interface Result {
  readonly joined: Joined;
  readonly spec: ResultSpec;
  /** Dimensions of the result's rows. */
  readonly dimensions: DimensionGroup;
}

const unordered = { orderBy: [], limit: null, allowDuplicateOverlaps: false } as const;

/**
 * The result specification, without order and limit, and the query with what the result needs.
 * @throws InvalidQueryError, ButlerUserError DIMENSION_NAME
 */
export function resultOf(joined: Joined, request: ResultRequest): Result {
  const { universe } = joined.dimensions;
  switch (request.type) {
    case 'dataset_ref':
      return datasetResult(joined, request);
    case 'data_coordinate': {
      const dimensions = request.dimensions ? universe.conform(request.dimensions) : joined.dimensions;
      const includeDimensionRecords = request.includeDimensionRecords ?? false;
      return {
        joined: withDimensions(joined, dimensions),
        spec: { ...unordered, type: 'data_coordinate', dimensions, includeDimensionRecords },
        dimensions,
      };
    }
    case 'dimension_record': {
      const element = universe.find(request.element);
      if (!element) {
        const known = universe.elements.filter((e) => e.skypix === undefined).map((e) => e.name);
        throw new ButlerUserError(
          'DIMENSION_NAME',
          `No such dimension '${request.element}'.${didYouMean(request.element, known)} ` +
            `Available dimensions: ${known.join(', ')}.`,
        );
      }
      return {
        joined: withDimensions(joined, universe.groupOf(element.name)),
        spec: { ...unordered, type: 'dimension_record', element: element.name },
        dimensions: universe.groupOf(element.name),
      };
    }
    case 'general':
      return generalResult(joined, request);
  }
}

function withDimensions(joined: Joined, dimensions: DimensionGroup): Joined {
  return { ...joined, dimensions: joined.dimensions.union(dimensions) };
}

function datasetResult(joined: Joined, request: Extract<ResultRequest, { type: 'dataset_ref' }>): Result {
  const { datasetType, findFirst } = request;
  const collections = request.collections ?? joined.datasets.get(datasetType.name)?.collections ?? [];
  if (findFirst && collections.some(isGlob)) {
    throw new InvalidQueryError(
      `Can not use wildcards in collections when find_first=True (given [${collections.join(', ')}]).`,
    );
  }
  return {
    joined: joinDataset(joined, { datasetType, collections }),
    spec: {
      ...unordered,
      type: 'dataset_ref',
      datasetType: datasetType.name,
      dimensions: datasetType.dimensions,
      storageClass: datasetType.storageClass,
      findFirst,
      includeDimensionRecords: request.includeDimensionRecords ?? false,
    },
    dimensions: datasetType.dimensions,
  };
}

function generalResult(joined: Joined, request: Extract<ResultRequest, { type: 'general' }>): Result {
  const { universe } = joined.dimensions;
  const scope = { dimensions: universe.conform(request.dimensions), datasetTypes: new Set(joined.datasets.keys()) };
  const dimensionNames = new Set(scope.dimensions.names);
  const dimensionFields = fieldSets(request.dimensionFields ?? {});
  const datasetFields = fieldSets(request.datasetFields ?? {});
  for (const name of request.names ?? []) {
    const column = resolveIdentifier(scope, name);
    if (column.type === 'dimension_key') dimensionNames.add(column.dimension);
    else if (column.type === 'dimension_field') addField(dimensionFields, column.element, column.field);
    else if (column.type === 'dataset_field') addField(datasetFields, column.datasetType, column.field);
    else throw new InvalidQueryError(`'${name}' is not a column.`);
  }
  for (const [name, fields] of dimensionFields) {
    const element = universe.element(name);
    const unknown = [...fields].find((field) => !element.fields.has(field));
    if (unknown !== undefined) throw new InvalidQueryError(`Dimension field ${name}.${unknown} does not exist.`);
    if (element.skypix) throw new InvalidQueryError(`Regions for skypix dimension '${name}' are not stored.`);
    for (const dimension of universe.groupOf(element.name).names) dimensionNames.add(dimension);
  }
  for (const [name, fields] of datasetFields) {
    if (fields.has('timespan') && request.findFirst !== false) {
      throw new InvalidQueryError(
        `find_first=False must be passed explicitly if ${name}.timespan is included in query results.`,
      );
    }
    const search = joined.datasets.get(name);
    if (!search) {
      throw new InvalidQueryError(
        `A search for dataset type '${name}' must be explicitly joined into the query before including its fields in ` +
          'query results.',
      );
    }
    for (const dimension of search.dimensions.names) dimensionNames.add(dimension);
  }
  if (request.findFirst === undefined && datasetFields.size > 0) {
    throw new InvalidQueryError('find_first must be passed if dataset fields are included in query results.');
  }
  if (request.findFirst && datasetFields.size !== 1) {
    throw new InvalidQueryError("find_first=True is not valid unless exactly one dataset type's fields are requested.");
  }
  const dimensions = universe.conform(dimensionNames);
  return {
    joined: withDimensions(joined, dimensions),
    spec: {
      ...unordered,
      type: 'general',
      dimensions,
      dimensionFields: sortedFields(dimensionFields),
      datasetFields: sortedFields(datasetFields),
      findFirst: request.findFirst ?? false,
      includeDimensionRecords: false,
    },
    dimensions,
  };
}

function fieldSets<T extends string>(fields: Readonly<Record<string, readonly T[]>>): Map<string, Set<T>> {
  const entries = Object.entries<readonly T[]>(fields).filter(([, names]) => names.length > 0);
  return new Map(entries.map(([name, names]) => [name, new Set(names)]));
}

function addField<T extends string>(fields: Map<string, Set<T>>, name: string, field: T): void {
  fields.set(name, (fields.get(name) ?? new Set<T>()).add(field));
}

function sortedFields<T extends string>(
  fields: ReadonlyMap<string, ReadonlySet<T>>,
): ReadonlyMap<string, readonly T[]> {
  return new Map([...fields].map(([name, names]) => [name, [...names].sort()]));
}
