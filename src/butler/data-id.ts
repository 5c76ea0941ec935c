/** Data IDs: the values of dimensions that identify a dataset or a dimension record. */
import type { DimensionGroup } from './dimension-group.ts';

/** A dimension's value.  Integers are numbers where exact and bigints beyond 2^53. */
export type DataIdValue = string | number | bigint;

/** A data ID as a user gives it and as JSON shows it: dimension name → value. */
export type DataId = Readonly<Record<string, DataIdValue>>;

/**
 * Values of one data ID, in the order of `group.dataCoordinateKeys`: required ones, then implied ones where they were
 * asked (`values.length === group.required.length` otherwise).
 */
export type DataIdValues = readonly DataIdValue[];

/** `{instrument: 'HSC', …}` of the required dimensions, in universe order. */
export function requiredDataId(group: DimensionGroup, values: DataIdValues): DataId {
  const id: Record<string, DataIdValue> = {};
  for (let i = 0; i < group.required.length; i += 1) id[group.required[i]!] = values[i]!;
  return id;
}

/** The same with implied dimensions, where the values are there. */
export function fullDataId(group: DimensionGroup, values: DataIdValues): DataId {
  const id: Record<string, DataIdValue> = {};
  for (let i = 0; i < values.length; i += 1) id[group.dataCoordinateKeys[i]!] = values[i]!;
  return id;
}
