/** What is asked of a query: its rows' kind, order and number. */
import type { DimensionGroup } from '../dimension-group.ts';
import type { DatasetField, OrderExpression } from './expression.ts';

interface ResultOptions {
  readonly orderBy: readonly OrderExpression[];
  /** Largest number of rows; null for all. */
  readonly limit: number | null;
  /** Skip the exact spatial test, so that rows whose envelopes touch may come too, and more than once. */
  readonly allowDuplicateOverlaps: boolean;
}

export interface DatasetRefSpec extends ResultOptions {
  readonly type: 'dataset_ref';
  readonly datasetType: string;
  readonly dimensions: DimensionGroup;
  readonly storageClass: string;
  readonly findFirst: boolean;
  readonly includeDimensionRecords: boolean;
}

export interface DataCoordinateSpec extends ResultOptions {
  readonly type: 'data_coordinate';
  readonly dimensions: DimensionGroup;
  readonly includeDimensionRecords: boolean;
}

export interface DimensionRecordSpec extends ResultOptions {
  readonly type: 'dimension_record';
  readonly element: string;
}

/** All records of an element that a query has, in no order. */
export function recordSpec(element: string): DimensionRecordSpec {
  return { type: 'dimension_record', element, orderBy: [], limit: null, allowDuplicateOverlaps: false };
}

export interface GeneralSpec extends ResultOptions {
  readonly type: 'general';
  readonly dimensions: DimensionGroup;
  /** Element → field names. */
  readonly dimensionFields: ReadonlyMap<string, readonly string[]>;
  /** Dataset type → field names. */
  readonly datasetFields: ReadonlyMap<string, readonly DatasetField[]>;
  readonly findFirst: boolean;
  readonly includeDimensionRecords: boolean;
}

/** Fields of all datasets that a query has of a type, from each collection that has them, in no order. */
export function datasetFieldsSpec(
  datasetType: string,
  dimensions: DimensionGroup,
  fields: readonly DatasetField[],
): GeneralSpec {
  return {
    type: 'general',
    dimensions,
    dimensionFields: new Map(),
    datasetFields: new Map([[datasetType, fields]]),
    findFirst: false,
    includeDimensionRecords: false,
    orderBy: [],
    limit: null,
    allowDuplicateOverlaps: false,
  };
}

export type ResultSpec = DatasetRefSpec | DataCoordinateSpec | DimensionRecordSpec | GeneralSpec;
