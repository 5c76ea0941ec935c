/** Collections and what is known of them (query-semantics.md section 12). */

/** The numbers are those of the registry's `collection.type` and of the wire. */
export const COLLECTION_TYPE_NUMBERS = { RUN: 1, TAGGED: 2, CHAINED: 3, CALIBRATION: 4 } as const;

export type CollectionType = keyof typeof COLLECTION_TYPE_NUMBERS;

export interface CollectionInfo {
  readonly name: string;
  readonly type: CollectionType;
  /** '' where there is none. */
  readonly doc: string;
  /** Children in search order; empty for other types than CHAINED. */
  readonly children: readonly string[];
  /** Names of chains that hold it directly; only where asked. */
  readonly parents?: readonly string[];
  /** Names of dataset types in it (a summary: may be a superset); only where asked. */
  readonly datasetTypes?: readonly string[];
}
