/** Who asks, as one of the verifiers found out. */
export interface Principal {
  /** Matches `[a-z0-9._-]+`. */
  readonly username: string;
  readonly groups: readonly string[];
  readonly scopes: readonly string[];
  /** The credential itself, for repositories that are asked as the caller.  Never logged. */
  readonly token: string;
}
