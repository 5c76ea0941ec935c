/**
 * What a registry's own tables say at one moment: universe, dataset types, collections.  Every query needs it; it is
 * read in a few statements and kept while the database has not changed (`registry-reader.ts`).
 */
import type { CollectionType } from '../../butler/collection.ts';
import type { DatasetType } from '../../butler/dataset-type.ts';
import type { Universe } from '../../butler/universe.ts';
import type { Database } from './database.ts';

/** A dataset type with where its rows are. */
export interface RegisteredDatasetType extends DatasetType {
  /** `dataset_type.id`, to which `dataset_type_id` refers. */
  readonly id: number;
  /** Table of RUN and TAGGED memberships, `dataset_tags_KKKKKKKK`. */
  readonly tagsTable: string;
  /** Table of validity ranges, `dataset_calibs_KKKKKKKK`; null where the type is no calibration. */
  readonly calibsTable: string | null;
}

export interface CollectionRecord {
  /** `collection.collection_id`. */
  readonly id: number;
  readonly name: string;
  readonly type: CollectionType;
  /** '' where there is none. */
  readonly doc: string;
  /** Names of direct children in search order; empty for other types than CHAINED. */
  readonly children: readonly string[];
  /** Names of the chains that hold it directly, sorted. */
  readonly parents: readonly string[];
}

/** What a collection may hold: supersets of what it does hold (rows are never taken away from them). */
export interface CollectionSummary {
  /** Ids of dataset types. */
  readonly datasetTypes: ReadonlySet<number>;
  /** Governor dimension → its values; a governor that no dataset type of the collection has is missing. */
  readonly governors: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface Registry {
  readonly universe: Universe;
  /** Parent dataset types by name. */
  readonly datasetTypes: ReadonlyMap<string, RegisteredDatasetType>;
  /** All collections by name, in the order of their ids. */
  readonly collections: ReadonlyMap<string, CollectionRecord>;
  readonly collectionsById: ReadonlyMap<number, CollectionRecord>;
  /** The collections of these names, in their order. @throws ButlerUserError MISSING_COLLECTION */
  records(names: readonly string[]): readonly CollectionRecord[];
  /**
   * Collections other than chains in search order: depth first, each once.
   * Names only, no globs. @throws ButlerUserError MISSING_COLLECTION
   */
  flatten(names: readonly string[]): readonly CollectionRecord[];
  /** Summaries by collection id, in one statement for those not read before; those of chains are empty. */
  summaries(
    collections: readonly CollectionRecord[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, CollectionSummary>>;
}

/** What one request on a direct repository works with. */
export interface DirectAccess {
  /** The repository's name, for rows and errors. */
  readonly repository: string;
  readonly database: Database;
  /** Taken once a request, so that all its statements see the same collections. */
  readonly registry: Registry;
}
