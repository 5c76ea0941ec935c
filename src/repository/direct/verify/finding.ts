/** What a verification finds wrong in a repository. */

export type FindingKind =
  | 'DAMAGED_DATABASE'
  | 'DANGLING_ROW'
  | 'DATASET_OUTSIDE_RUN'
  | 'MIXED_DATASET_TYPE'
  | 'RUN_NOT_REGISTERED'
  | 'CHAIN_CYCLE'
  | 'SUMMARY_MISSING'
  | 'OVERLAPPING_VALIDITY'
  | 'OVERLAP_ROWS_WRONG'
  | 'FILE_WITHOUT_LOCATION'
  | 'LOCATION_WITHOUT_FILE'
  | 'REMOVAL_UNFINISHED'
  | 'FILE_MISSING'
  | 'FILE_SIZE_DIFFERS'
  | 'FILE_UNKNOWN'
  | 'REFERENCE_DEAD';

export interface Finding {
  readonly kind: FindingKind;
  /** What is wrong, and what to do about it where it is not mended; a sentence for the repository's owner. */
  readonly message: string;
  /** Of the dataset that it is about, where it is about one. */
  readonly uuid: string | null;
  /** Whether it was mended, in a verification that repairs. */
  readonly repaired: boolean;
}

/** A finding as a rule makes it, with what mends it where something can. */
export interface Fault extends Omit<Finding, 'repaired'> {
  readonly repair?: () => Promise<void>;
}
