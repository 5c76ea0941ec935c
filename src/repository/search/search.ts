/**
 * What a client asks of one repository or of several as one: a page of datasets, data IDs, dimension records or
 * collections.  The functions beside this file turn such a request into query trees, run them and page the answer.
 */
import type { CollectionInfo, CollectionType } from '../../butler/collection.ts';
import type { DataId } from '../../butler/data-id.ts';
import type { SatelliteError } from '../../butler/errors.ts';
import type { Explanation } from '../federated/explain/explanation.ts';

/** Arguments that every query field shares.  `bind` is plain JSON with tagged forms (`{"$time": …}`). */
export interface SearchTerms {
  readonly where?: string;
  readonly bind?: Readonly<Record<string, unknown>>;
  readonly dataId?: DataId;
  /** Names as in a where expression; a leading '-' reverses. */
  readonly orderBy?: readonly string[];
  /** Number of rows, 1 to 10 000. */
  readonly first: number;
  /** Cursor of the last row of the page before. */
  readonly after?: string;
  /** Turns warnings into INVALID_QUERY. */
  readonly strict?: boolean;
  /** Whether rows are read; false where only what is said beside them is wanted. Default true. */
  readonly rows?: boolean;
}

export interface DatasetSearchRequest extends SearchTerms {
  /** Names and globs. */
  readonly datasetTypes: readonly string[];
  /** Search path; globs only without `findFirst`. */
  readonly collections: readonly string[];
  readonly findFirst: boolean;
  /** Whether rows need implied dimensions (`fullDataId`); default true. */
  readonly implied?: boolean;
}

export interface RecordSearchRequest extends SearchTerms {
  readonly element: string;
}

export interface DataIdSearchRequest extends SearchTerms {
  readonly dimensions: readonly string[];
  readonly datasets?: readonly { readonly datasetType: string; readonly collections: readonly string[] }[];
}

export interface CollectionSearchRequest {
  readonly search: readonly string[];
  readonly types?: readonly CollectionType[];
  readonly flattenChains?: boolean;
  readonly includeChains?: boolean;
  /** Whether rows need `parents` and `datasetTypes`; default true. */
  readonly details?: boolean;
  readonly first: number;
  readonly after?: string;
}

/** A collection as one of the repositories has it. */
export interface CollectionRow extends CollectionInfo {
  readonly repository: string;
}

/** One page of an answer. */
export interface SearchPage<Row> {
  readonly rows: readonly Row[];
  /** Cursor of row `i`. */
  readonly cursorAt: (i: number) => string;
  readonly hasNextPage: boolean;
  /** What the answer means other than it may seem; never an error. */
  readonly warnings: readonly string[];
  /** Repositories that could not answer: the page holds what the others have. Each error names its repository. */
  readonly failures: readonly SatelliteError[];
  /** Number of rows of the whole answer; computed only when called. */
  readonly totalCount: () => Promise<number>;
}

/** A page of a search that tells how it is answered, and why there is nothing. */
export interface ExplainedPage<Row> extends SearchPage<Row> {
  /** Asked of the repositories only when called. */
  readonly explain: () => Promise<Explanation>;
}

/** A search without its pages: what a bulk stream takes. */
export type Unpaged<Request extends SearchTerms> = Omit<Request, 'first' | 'after' | 'rows'>;

/** An answer that is not paged. */
export interface Answer<Rows> {
  readonly rows: Rows;
  /** Repositories that could not answer: `rows` is what the others have. Each error names its repository. */
  readonly failures: readonly SatelliteError[];
}
