/**
 * What answers queries: a RemoteButler server (`remote/`), a DirectButler repository (`direct/`) or several of them as
 * one (`federated/`).  Faces (GraphQL, the RemoteButler protocol) know only this interface.
 */
import type { CollectionInfo, CollectionSummary, CollectionType } from '../butler/collection.ts';
import type { DataId } from '../butler/data-id.ts';
import type { DatasetType } from '../butler/dataset-type.ts';
import type { Query } from '../butler/query/tree.ts';
import type { ResultSpec } from '../butler/query/result-spec.ts';
import type { Timespan } from '../butler/timespan.ts';
import type { Universe } from '../butler/universe.ts';
import type { DatasetRow, FileRecord, FileSource, RepositoryUsage, RowsByResult, StoreObject } from './rows.ts';

/** Who asks, as far as a repository needs to know. */
export interface Caller {
  readonly username: string;
  /** The caller's own token, for repositories that are asked as the caller.  Never logged. */
  readonly token?: string | undefined;
  /**
   * The caller gave a capability in place of a token (`access/capability.ts`): repositories that are asked as the caller
   * are asked as the gateway's named service instead, where its operator allows that.
   */
  readonly asService?: boolean;
}

/** By what answers that depend on a caller's rights are kept apart, where they are kept: never a token. */
export function rightsOf({ username, asService = false }: Caller): string {
  return asService ? `service for ${username}` : username;
}

/** What every call carries: on whose behalf, and when to stop (client gone, or the deadline of the whole request). */
export interface QueryContext {
  readonly caller: Caller;
  readonly signal: AbortSignal;
  /** Absent: `DEFAULT_QUERY_LIMITS`. */
  readonly limits?: QueryLimits;
}

/** What a query may cost; what would cost more is refused before it is asked. */
export interface QueryLimits {
  /** Rows of several repositories that are brought together to be joined. */
  readonly joinedRows: number;
  /** Rows that come of pairing each of some dimensions' values with each of others'. */
  readonly pairedRows: number;
}

export const DEFAULT_QUERY_LIMITS: QueryLimits = { joinedRows: 1_000_000, pairedRows: 10_000_000 };

/** A value of an order expression; times as ns TAI. */
export type KeyValue = string | number | bigint | boolean | null;

/** Values of all `orderBy` expressions of one row. */
export type Key = readonly KeyValue[];

/** Where to go on after a row: the key of the last row taken from each repository, by its name. */
export type Position = Readonly<Record<string, Key>>;

export interface PageOptions {
  /**
   * Give only rows after this position.  `orderBy` must then be a total order up to rows that are the same answer.
   * Applied after find-first, as if the rows before had been skipped.
   */
  readonly after?: Position;
  /** Pages carry `positionAt`. */
  readonly positions?: boolean;
  /** Pages of `dataset_ref` carry `collectionAt`. */
  readonly foundIn?: boolean;
  /** `dataset_ref` rows hold implied dimensions too; default true.  False saves joins where only `dataId` is asked. */
  readonly implied?: boolean;
}

/** Some rows, in order. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Position after row `i`; there when `positions` was asked. */
  readonly positionAt?: (i: number) => Position;
  /** Name of the searched (flattened) collection in which row `i` was found; there when `foundIn` was asked. */
  readonly collectionAt?: (i: number) => string;
}

export interface CollectionQuery {
  /** Names and globs (`*`, `?`, `[…]`); `[]` gives nothing. */
  readonly search: readonly string[];
  /** Applied after flattening; absent: all. */
  readonly types?: readonly CollectionType[];
  readonly flattenChains?: boolean;
  /** Default: the opposite of `flattenChains`. */
  readonly includeChains?: boolean;
  readonly includeParents?: boolean;
  readonly includeSummary?: boolean;
  /**
   * A name that was missing may be taken as missing for the age that is stated for the repository; else it is asked for again.
   * Whoever says so must not tell a user that it is missing.
   */
  readonly takesAsMissing?: boolean;
}

export interface FindDatasetRequest {
  readonly datasetType: string;
  /** May name metadata and alternate keys too, as stock `find_dataset` allows. */
  readonly dataId: DataId;
  readonly defaultDataId?: DataId;
  readonly collections: readonly string[];
  /** For calibrations; null: stock's `timespan=None`. */
  readonly timespan: Timespan | null;
}

export interface CountOptions {
  /** Not exact: may over-count where regions need an exact test. @default true */
  readonly exact?: boolean;
  /** Whether rows may be read only to be counted, as exact tests of regions need it. @default true */
  readonly discard?: boolean;
}

/**
 * Every method throws `SatelliteError`s only: user errors as stock Butler classifies them, and
 * `RepositoryUnavailableError` where the repository cannot answer.  An aborted signal rejects with its reason.
 */
export interface Repository {
  readonly name: string;
  /** Whether it is a server's, whose requests are to be saved and whose answers may be as old as is stated. */
  readonly isRemote?: boolean;
  universe(ctx: QueryContext): Promise<Universe>;
  /** All dataset types by name; may be as old as the repository's stated cache age. */
  datasetTypes(ctx: QueryContext): Promise<ReadonlyMap<string, DatasetType>>;
  /** In stock Butler's order: matches of globs, then what plain names give. @throws MISSING_COLLECTION for a plain name that does not exist */
  collections(query: CollectionQuery, ctx: QueryContext): Promise<readonly CollectionInfo[]>;
  /** Of a chain, that of all that it leads to. @throws MISSING_COLLECTION */
  summary(collection: string, ctx: QueryContext): Promise<CollectionSummary>;
  /** Rows of a query, page by page; each page is as large as suits the repository. */
  query<S extends ResultSpec>(
    query: Query,
    spec: S,
    ctx: QueryContext,
    options?: PageOptions,
  ): AsyncIterable<Page<RowsByResult[S['type']]>>;
  /** Number of rows of `query` without its limit. @throws InvalidQueryError where `CountOptions` do not allow what it takes */
  count(query: Query, spec: ResultSpec, ctx: QueryContext, options?: CountOptions): Promise<number>;
  any(
    query: Query,
    ctx: QueryContext,
    options?: { readonly execute?: boolean; readonly exact?: boolean },
  ): Promise<boolean>;
  /** Reasons why the query gives nothing, in stock Butler's words; empty where none is known. */
  explain(query: Query, ctx: QueryContext, options?: { readonly execute?: boolean }): Promise<readonly string[]>;
  findDataset(request: FindDatasetRequest, ctx: QueryContext): Promise<DatasetRow | null>;
  /** Datasets by UUID, required values only where the repository has no more; unknown ones are absent. */
  datasets(uuids: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, DatasetRow>>;
  /**
   * Files by UUID; a dataset without files (registry only, unstored, unknown) has no entry.
   * @param answering called, at the latest with the answer, when the repository has found them: what is asked from then on does
   *   not wait for the answer to be read
   */
  files(
    uuids: readonly string[],
    ctx: QueryContext,
    answering?: () => void,
  ): Promise<ReadonlyMap<string, readonly FileRecord[]>>;
  /** Where the bytes of a dataset's file are; null where there is none. */
  fileSource(uuid: string, component: string | null, ctx: QueryContext): Promise<FileSource | null>;
  /** Of many datasets at once, the files that an object store of its own has; others are found by `fileSource` only. */
  storeObjects(uuids: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, readonly StoreObject[]>>;
  /** How much it holds; null where it cannot tell. */
  usage(ctx: QueryContext): Promise<RepositoryUsage | null>;
  close(): Promise<void>;
}

/**
 * Which collections of a repository someone may read, where that is not all of it: the access policy in a repository's
 * terms.  A dataset is readable where its RUN is, however it is reached; what is not readable is as if it were absent.
 */
export interface CollectionRule {
  /** Equal for rules that allow the same. */
  readonly key: string;
  allows(collection: string): boolean;
}

/** A repository that can be given out in part. */
export interface RestrictableRepository extends Repository {
  /**
   * The same repository as one sees it who may read only what `rule` allows: rows, counts, summaries, chains, dimension
   * records, files and errors are those of a repository that holds nothing else.  Costs nothing until it is asked.
   */
  readableAs(rule: CollectionRule): Repository;
}
