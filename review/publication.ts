/** What the gateway answers, by the queries of `queries.ts`. */

export interface Viewer {
  readonly username: string;
  readonly groups: readonly string[];
  readonly warnings: readonly string[];
}

export interface ViewerAnswer {
  readonly viewer: Viewer;
  readonly repositories: readonly { readonly name: string; readonly kind: string }[];
}

export interface Listed {
  readonly id: string;
  readonly version: number;
  readonly state: State;
  readonly title: string;
  readonly owner: string;
  readonly group: string | null;
  readonly repository: string;
  readonly claimedBy: string | null;
  readonly changedAt: string;
}

export interface PageInfo {
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
}

export interface QueueAnswer {
  readonly publications: { readonly nodes: readonly Listed[]; readonly pageInfo: PageInfo };
}

export type State =
  | 'DRAFT'
  | 'SUBMITTED'
  | 'IN_REVIEW'
  | 'CHANGES_REQUESTED'
  | 'APPROVED'
  | 'STAGING'
  | 'VERIFYING'
  | 'COMMITTING'
  | 'PUBLISHED'
  | 'WITHDRAWN'
  | 'REJECTED'
  | 'CANCELLED'
  | 'FAILED'
  | 'STALE';

export type Action = 'CLAIM' | 'COMMENT' | 'REQUEST_CHANGES' | 'APPROVE' | 'REJECT' | 'WITHDRAW' | 'SUBMIT';

export interface Comment {
  readonly id: string;
  readonly version: number;
  readonly author: string;
  readonly at: string;
  readonly text: string;
  readonly replyTo: string | null;
}

export interface Check {
  readonly code: string;
  readonly state: 'PASSED' | 'WARNING' | 'FAILED';
  readonly message: string;
}

export interface Publication extends Listed {
  /** Grows with each change of the version. */
  readonly revision: number;
  readonly reason: string | null;
  readonly digest: string | null;
  readonly satellite: string | null;
  readonly description: string | null;
  readonly licence: string | null;
  readonly readers: {
    readonly allUsers: boolean;
    readonly groups: readonly string[];
    readonly users: readonly string[];
  };
  readonly checks: readonly Check[];
  readonly comments: readonly Comment[];
  readonly versions: readonly { readonly version: number; readonly state: State }[];
  readonly claimedUntil: string | null;
  readonly approvedBy: string | null;
  readonly generation: Whole | null;
  readonly job: { readonly state: string; readonly error: { readonly message: string } | null } | null;
  readonly actions: readonly Action[];
  /** What `WITHDRAW` is about. */
  readonly withdrawableVersion: Pick<Publication, 'version' | 'state' | 'digest'> | null;
  readonly submittedAt: string | null;
}

/** Beyond 2^53 it comes as text. */
export type Whole = number | string;
export type JsonObject = Readonly<Record<string, unknown>>;

export interface SkyRegion {
  readonly element: string;
  readonly dataId: JsonObject;
  readonly regionPos: string | null;
  readonly datasetCount: Whole;
}

export interface Sky {
  readonly regions: readonly SkyRegion[];
  readonly regionCount: Whole;
  readonly elsewhere: Whole;
}

export interface Collection {
  readonly name: string;
  readonly type: string;
  readonly doc: string | null;
  readonly children: readonly string[];
  readonly isOfficial: boolean;
}

export interface DatasetTypeSize {
  readonly datasetType: string;
  readonly datasetCount: Whole;
  readonly bytes: Whole;
}

export interface Manifest {
  readonly datasetCount: Whole;
  readonly bytes: Whole;
  readonly universe: { readonly namespace: string; readonly version: number };
  readonly datasetTypes: readonly JsonObject[];
  readonly collections: readonly Collection[];
  readonly officialRepositories: readonly string[];
}

export interface Diff {
  readonly from: number;
  readonly added: Whole;
  readonly removed: Whole;
  readonly changed: Whole;
  readonly datasets: readonly JsonObject[];
  readonly other: readonly string[];
}

export interface ContentsAnswer {
  readonly publication: { readonly manifest: Manifest | null } | null;
}

export interface SummaryAnswer {
  readonly publication: {
    readonly manifest: { readonly sizes: readonly DatasetTypeSize[]; readonly sky: Sky } | null;
  } | null;
}

export interface DiffAnswer {
  readonly publication: { readonly diff: Diff | null } | null;
}

export interface RefereeLink {
  readonly id: string;
  readonly note: string | null;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly revokedAt: string | null;
}

export interface RefereesAnswer {
  readonly publication: { readonly refereeLinks: readonly RefereeLink[] } | null;
}

export interface Dataset {
  readonly uuid: string;
  readonly datasetType: string;
  readonly run: string;
  readonly dataId: JsonObject;
  readonly files: readonly JsonObject[];
}

export interface DatasetsAnswer {
  readonly publication: {
    readonly manifest: {
      readonly datasets: { readonly nodes: readonly Dataset[]; readonly pageInfo: PageInfo };
    } | null;
  } | null;
}
