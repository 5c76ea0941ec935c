/** Who asks, and what the credential that says so may be used for. */
import type { Caller } from '../repository/repository.ts';

/** Whose rights count. */
export interface Identity {
  /** Matches `[a-z0-9._-]+`. */
  readonly username: string;
  readonly groups: readonly string[];
  /** Numeric ids of those groups whose id is known: they stay when a group is renamed. */
  readonly groupIds?: ReadonlyMap<string, number>;
  /** Set where they are in no group only because what was said of their groups is too old to count (`group-age.ts`). */
  readonly groupsAreOutdated?: true;
}

/** What a token that the gateway minted for a worker can be good for; see `operationOf` in `permission.ts`. */
export const OPERATIONS = ['read', 'transfer', 'curate', 'run'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** What a principal is confined to, whatever their rights are: that of a minted token. */
export interface TokenLimits {
  /** Full name of the one satellite that exists for it, beside what is configured. */
  readonly satellite: string;
  readonly operations: readonly Operation[];
  /** Identifier of the job that it was minted for; null: none. */
  readonly job: string | null;
  /** Full names of further satellites that it may read. */
  readonly reads?: readonly string[];
  /** Revision of the access lists when it was minted. */
  readonly aclRevision: number;
}

/** Who asks, as one of the verifiers found out. */
export interface Principal extends Identity {
  readonly scopes: readonly string[];
  /** What the platform allows the user, as its token or Gafaelfawr states it; null where nothing is stated. */
  readonly quota: Readonly<Record<string, unknown>> | null;
  /** What said so: a JWT of a configured issuer, a `gt-` token, the ingress's headers, or a token of the gateway's own. */
  readonly kind: 'jwt' | 'gafaelfawr' | 'proxy' | 'minted';
  /**
   * What repositories that are asked as the caller get: the credential itself, or the one that Gafaelfawr delegated.  Never
   * logged.  Undefined where there is none to pass on: a minted token that was made for no job, an ingress that delegates nothing.
   */
  readonly token: string | undefined;
  /** When the credential ends by itself, Unix milliseconds; absent or null where it says nothing of that. */
  readonly expiresAt?: number | null;
  /** When the groups cease to count, unless they are told anew, Unix milliseconds; absent where there are none to count. */
  readonly groupsUntil?: number;
  /** Who vouches for the groups: an issuer's name, the address of Gafaelfawr, or the gateway. */
  readonly source?: string;
  /** The service that asks on the user's behalf, where the ingress names one. */
  readonly service?: string;
  readonly limits?: TokenLimits;
}

/** What a principal's user names look like: nothing that means anything in a path or a collection's name. */
export const USERNAME = /^[a-z0-9._-]+$/;

/** Begins every token of Gafaelfawr. */
export const GAFAELFAWR_PREFIX = 'gt-';

/** The principal as repositories know who asks. */
export function callerOf({ username, token, kind }: Principal): Caller {
  return {
    username,
    ...(token !== undefined && { token }),
    ...(kind === 'minted' && token === undefined && { asService: true }),
  };
}
