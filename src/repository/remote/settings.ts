/** What a configuration says of one RemoteButler server. */
export interface RemoteSettings {
  /** Name of the repository, as users see it. */
  readonly name: string;
  /** Root of the repository, `https://HOST/api/butler/repo/NAME`; a trailing slash is harmless. */
  readonly url: string;
  /**
   * `forward`: every request carries its caller's token; `delegated`: a token of Gafaelfawr's, which not every caller has. Else
   * the token that all requests carry; undefined for none.
   */
  readonly token: 'forward' | 'delegated' | { readonly fixed: string | undefined };
  /** Carried for callers with a capability, where `token` is `forward` or `delegated`; undefined: they are refused. */
  readonly serviceToken?: string | undefined;
  readonly limits?: Partial<RemoteLimits>;
}

export interface RemoteLimits {
  /** Running streams of one user; the server itself allows 2, and the user's notebook needs some of them. */
  readonly streamsPerUser: number;
  /** Running streams of all users; one replica of the server allows 25. */
  readonly streams: number;
  /** Running requests other than streams, of one user and of all. */
  readonly requestsPerUser: number;
  readonly requests: number;
  /** Longest time that `Retry-After` answers are obeyed in one request, in seconds; the stock client's is 120. */
  readonly retrySeconds: number;
  /** Age up to which dataset types and collections are answered from memory, in seconds. */
  readonly datasetTypesSeconds: number;
  readonly collectionsSeconds: number;
  /** Rows that one stream reads ahead for a walk through many pages. */
  readonly readAheadRows: number;
  /** Age at which rows that were read ahead are dropped, in seconds. */
  readonly readAheadSeconds: number;
  /** Bytes of rows read ahead, of all walks together. */
  readonly readAheadBytes: number;
}

export const DEFAULT_LIMITS: RemoteLimits = {
  streamsPerUser: 1,
  streams: 8,
  requestsPerUser: 4,
  requests: 16,
  retrySeconds: 120,
  datasetTypesSeconds: 60,
  collectionsSeconds: 60,
  readAheadRows: 200_000,
  readAheadSeconds: 300,
  readAheadBytes: 1 << 30,
};
