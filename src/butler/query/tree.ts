/**
 * The Butler's query tree: the only representation of a query inside the gateway.
 * `wire.ts` has its exact JSON.
 */
import type { DataId, DataIdValue } from '../data-id.ts';
import type { DimensionGroup } from '../dimension-group.ts';
import type { Predicate } from './predicate.ts';

/** A search for datasets of one type, joined into the query. */
export interface DatasetSearch {
  readonly dimensions: DimensionGroup;
  /** Collections in search order; chains are allowed, globs are not. */
  readonly collections: readonly string[];
}

export interface QueryTree {
  readonly dimensions: DimensionGroup;
  /** Dataset type name → search. */
  readonly datasets: ReadonlyMap<string, DatasetSearch>;
  readonly predicate: Predicate;
  /** Key of an upload in `Query.uploads` → its dimensions. */
  readonly dataCoordinateUploads: ReadonlyMap<string, DimensionGroup>;
  /** Key of a materialized query → its dimensions (only in requests of RemoteButler clients). */
  readonly materializations: ReadonlyMap<string, DimensionGroup>;
  readonly validateGovernorConstraints: boolean;
}

/** Data IDs that a client sends along, to be joined like a table. */
export interface DataCoordinateUpload {
  readonly key: string;
  readonly dimensions: DimensionGroup;
  /** Values of `dimensions.required`, one row a data ID. */
  readonly rows: readonly (readonly DataIdValue[])[];
}

/** A tree with what travels beside it. */
export interface Query {
  readonly tree: QueryTree;
  /** Values of governor dimensions that apply where the predicate does not reference that governor. */
  readonly defaultDataId: DataId;
  readonly uploads: readonly DataCoordinateUpload[];
}
