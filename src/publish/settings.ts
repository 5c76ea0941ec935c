/** How publishing is configured. */

/** Of one published repository. */
export interface PublishedSettings {
  readonly name: string;
  readonly reviewers: { readonly users: readonly string[]; readonly groups: readonly string[] };
  /** `confirm`: servers that cache it have to be restarted for some changes, which a reviewer confirms. */
  readonly restart: 'none' | 'confirm';
  /** Whether its stock server can be reached without the gateway: that one asks nobody what of it they may read. */
  readonly servedDirectly: boolean;
  /** Whether what only the owning group reads needs no reviewer. */
  readonly approveForOwnGroup: boolean;
  /** Most bytes of one publication. */
  readonly maxBytes: number;
  /** Most bytes of all publications of one owner, a user or a group; null: any. */
  readonly quotaBytes: number | null;
  /** Formatters and storage classes beside those of stock Butler. */
  readonly formatters: readonly string[];
  readonly storageClasses: readonly string[];
  /** Days without anything happening after which a request is given up. */
  readonly expireDays: number;
  /** Days after which reviewers, or owners, are reminded. */
  readonly remindDays: readonly number[];
}

/** Where events are told. */
export interface Webhook {
  readonly name: string;
  readonly url: string;
  /** With which they are signed. */
  readonly secret: string;
}

/** Whether someone reviews what is published there. */
export function isReviewer(
  { reviewers }: Pick<PublishedSettings, 'reviewers'>,
  { username, groups }: { readonly username: string; readonly groups: readonly string[] },
): boolean {
  return reviewers.users.includes(username) || reviewers.groups.some((group) => groups.includes(group));
}
