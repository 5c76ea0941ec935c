/**
 * How long counts what was said of a user's groups.  Whoever leaves a group is refused what it may within 30 minutes (LSE-279),
 * whatever is configured: the parts of that time are here, so that they can be seen to fit into it.
 */
import type { Identity } from './principal.ts';

const WITHIN_SECONDS = 30 * 60;

/** Longest that an issuer's clock may be believed to differ from ours. */
export const LONGEST_CLOCK_TOLERANCE_SECONDS = 60;

/** Longest between two looks at who gets what goes on: a stream, a job. */
export const LONGEST_RECHECK_SECONDS = 60;

/** How long a stream goes on while nobody can be asked who gets it. */
export const LONGEST_UNASKED_SECONDS = 5 * 60;

/** How long Gafaelfawr itself remembers the groups that LDAP told it. */
const GAFAELFAWR_SECONDS = 5 * 60;

/** Longest that an authority's answer may be used. */
export const LONGEST_CACHE_SECONDS =
  WITHIN_SECONDS - GAFAELFAWR_SECONDS - LONGEST_UNASKED_SECONDS - LONGEST_RECHECK_SECONDS;

/** How long the groups that a token states itself count, since it was issued by its issuer's clock. */
export const STATED_GROUPS_SECONDS = WITHIN_SECONDS - LONGEST_CLOCK_TOLERANCE_SECONDS - LONGEST_RECHECK_SECONDS;

/** How long what Gafaelfawr said of groups counts for a user who is not asking. */
export const TOLD_GROUPS_SECONDS = WITHIN_SECONDS - GAFAELFAWR_SECONDS - LONGEST_RECHECK_SECONDS;

/**
 * What to tell somebody who is denied something, or finds less than they expect, and whose groups do not count any more;
 * the same whatever was asked for, so that it tells nothing of that.  Undefined for others.
 */
export function outdatedGroups({ groupsAreOutdated }: Pick<Identity, 'groupsAreOutdated'>): string | undefined {
  if (!groupsAreOutdated) return undefined;
  return (
    `What says which groups you are in is older than ${STATED_GROUPS_SECONDS / 60} minutes and does not count any more, so that you ` +
    'see what is yours and what is for all: get a new token. Where that is too often, ask whoever runs this gateway to have ' +
    'groups looked up (the configuration\'s "groupsFrom").'
  );
}
