/** Collections and what is known of them. */

/** The numbers are those of the registry's `collection.type` and of the wire. */
export const COLLECTION_TYPE_NUMBERS = { RUN: 1, TAGGED: 2, CHAINED: 3, CALIBRATION: 4 } as const;

export type CollectionType = keyof typeof COLLECTION_TYPE_NUMBERS;

/** What a collection may hold, by what was recorded of it: datasets that have left it may still count. */
export interface CollectionSummary {
  /** Names of dataset types. */
  readonly datasetTypes: readonly string[];
  /** Governor dimension → its values. */
  readonly governors: Readonly<Record<string, readonly string[]>>;
}

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
