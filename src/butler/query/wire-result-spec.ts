/** Wire JSON of result specifications. */
import { InvalidQueryError } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Universe } from '../universe.ts';
import { DATASET_FIELDS } from './expression.ts';
import type { ResultSpec } from './result-spec.ts';
import { decodeOrderTerm, encodeExpression } from './wire-expression.ts';
import {
  arrayAt,
  booleanAt,
  groupAt,
  integerAt,
  malformed,
  mapAt,
  objectAt,
  oneOf,
  stringAt,
  stringsAt,
} from './wire-reader.ts';

/** Wire JSON of a result specification. */
export function encodeResultSpec(spec: ResultSpec): JsonObject {
  const options = {
    result_type: spec.type,
    order_by: spec.orderBy.map(encodeExpression),
    limit: spec.limit,
    allow_duplicate_overlaps: spec.allowDuplicateOverlaps,
  };
  switch (spec.type) {
    case 'dataset_ref':
      return {
        ...options,
        dataset_type_name: spec.datasetType,
        dimensions: spec.dimensions.names,
        storage_class_name: spec.storageClass,
        include_dimension_records: spec.includeDimensionRecords,
        find_first: spec.findFirst,
      };
    case 'data_coordinate':
      return {
        ...options,
        dimensions: spec.dimensions.names,
        include_dimension_records: spec.includeDimensionRecords,
      };
    case 'dimension_record':
      return { ...options, element: spec.element };
    case 'general':
      return {
        ...options,
        dimensions: spec.dimensions.names,
        dimension_fields: Object.fromEntries(spec.dimensionFields),
        dataset_fields: Object.fromEntries(spec.datasetFields),
        include_dimension_records: spec.includeDimensionRecords,
        find_first: spec.findFirst,
      };
  }
}

/**
 * Reads a result specification.
 * @throws InvalidQueryError where it is malformed or cannot be ordered so; ButlerUserError DIMENSION_NAME.
 */
export function decodeResultSpec(json: Json | undefined, universe: Universe): ResultSpec {
  const object = objectAt(json, 'result_spec');
  const limit = object['limit'] ?? null;
  const options = {
    orderBy: arrayAt(object['order_by'] ?? [], 'order_by').map((term) => decodeOrderTerm(term, universe)),
    limit: limit === null ? null : Number(integerAt(limit, 'limit')),
    allowDuplicateOverlaps: booleanAt(object['allow_duplicate_overlaps'] ?? false, 'allow_duplicate_overlaps'),
  };
  if (options.limit !== null && options.limit < 0) throw malformed('limit', 'null, or not negative');
  const dimensions = () => groupAt(object['dimensions'], universe, 'dimensions');
  const includeDimensionRecords = booleanAt(object['include_dimension_records'] ?? false, 'include_dimension_records');
  switch (object['result_type']) {
    case 'dataset_ref':
      return {
        ...options,
        type: 'dataset_ref',
        datasetType: stringAt(object['dataset_type_name'], 'dataset_type_name'),
        dimensions: dimensions(),
        storageClass: stringAt(object['storage_class_name'], 'storage_class_name'),
        findFirst: booleanAt(object['find_first'], 'find_first'),
        includeDimensionRecords,
      };
    case 'data_coordinate':
      return { ...options, type: 'data_coordinate', dimensions: dimensions(), includeDimensionRecords };
    case 'dimension_record':
      return {
        ...options,
        type: 'dimension_record',
        element: universe.element(stringAt(object['element'], 'element')).name,
      };
    case 'general':
      return {
        ...options,
        type: 'general',
        dimensions: dimensions(),
        dimensionFields: mapAt(object['dimension_fields'], 'dimension_fields', (fields, element) =>
          dimensionFields(universe, element, stringsAt(fields, 'fields')),
        ),
        datasetFields: mapAt(object['dataset_fields'], 'dataset_fields', (fields) =>
          stringsAt(fields, 'fields').map((field) => oneOf(field, DATASET_FIELDS, 'a dataset field')),
        ),
        findFirst: booleanAt(object['find_first'], 'find_first'),
        includeDimensionRecords,
      };
    default:
      throw new InvalidQueryError('The query is malformed: unknown result type.');
  }
}

function dimensionFields(universe: Universe, name: string, fields: readonly string[]): readonly string[] {
  const element = universe.element(name);
  for (const field of fields) {
    if (!element.fields.has(field)) throw new InvalidQueryError(`Dimension field ${name}.${field} does not exist.`);
  }
  return fields;
}
