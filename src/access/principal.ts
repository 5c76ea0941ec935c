/** Whose rights count. */
export interface Identity {
  /** Matches `[a-z0-9._-]+`. */
  readonly username: string;
  readonly groups: readonly string[];
  /** Numeric ids of those groups whose id is known: they stay when a group is renamed. */
  readonly groupIds?: ReadonlyMap<string, number>;
}

/** Who asks, as one of the verifiers found out. */
export interface Principal extends Identity {
  readonly scopes: readonly string[];
  /** What the platform allows the user, as its token states it; null where it states nothing. */
  readonly quota: Readonly<Record<string, unknown>> | null;
  /** The credential itself, for repositories that are asked as the caller.  Never logged. */
  readonly token: string;
  /** When the credential ends by itself, Unix milliseconds; absent or null where it says nothing of that. */
  readonly expiresAt?: number | null;
  /** Who vouches for the groups: an issuer's name, or what else a verifier asked. */
  readonly source?: string;
}
