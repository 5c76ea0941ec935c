import type { DimensionGroup } from './dimension-group.ts';

/** A dataset type as a registry holds it: parents only, never components. */
export interface DatasetType {
  readonly name: string;
  readonly dimensions: DimensionGroup;
  readonly storageClass: string;
  readonly isCalibration: boolean;
}
