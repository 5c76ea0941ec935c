/**
 * The law of publications: who may do what to a version in which state, and what it becomes.  Pure;
 * `records.ts` makes a step only where the version is still what the law was asked about.
 */
import { SatelliteError } from '../butler/errors.ts';
import type { PublicationState, PublicationVersion } from './publication.ts';
import type { PublishedSettings } from './settings.ts';

/** What someone is to a publication. */
export interface Actor {
  readonly username: string;
  /** Owner, or a member of the owning group, or who submitted it. */
  readonly owns: boolean;
  /** One who owns it or anything of it, or has submitted a version of it: decides nothing about it. */
  readonly takesPart: boolean;
  /** Reviewer of its repository. */
  readonly reviews: boolean;
}

/** What becomes of a version. */
export type Step = Partial<
  Pick<
    PublicationVersion,
    | 'state'
    | 'reason'
    | 'claimedBy'
    | 'claimedUntil'
    | 'approvedBy'
    | 'approvedDigest'
    | 'restartConfirmed'
    | 'generation'
    | 'withdrawnBy'
    | 'goneSince'
    | 'job'
    | 'digest'
    | 'checks'
    | 'datasets'
    | 'bytes'
    | 'submittedAt'
  >
>;

/** Which version somebody means to decide about, as far as they say. */
export interface Meant {
  readonly version?: number | undefined;
  readonly digest?: string | undefined;
}

/** How long a reviewer keeps what they took up; each thing they do with it begins it anew. */
const CLAIM_MILLISECONDS = 3 * 86_400_000;

const UNDECIDED: ReadonlySet<PublicationState> = new Set(['SUBMITTED', 'IN_REVIEW']);
/** Nothing of it can be visible. */
const APPROVED_ONLY: ReadonlySet<PublicationState> = new Set(['APPROVED', 'STAGING', 'VERIFYING']);
/** After which another version can be submitted. */
const RESUBMITTABLE: ReadonlySet<PublicationState> = new Set([
  'DRAFT',
  'CHANGES_REQUESTED',
  'PUBLISHED',
  'WITHDRAWN',
  'CANCELLED',
  'FAILED',
  'STALE',
]);
/** From which to which state work and time lead. */
const BY_ITSELF: Readonly<Partial<Record<PublicationState, readonly PublicationState[]>>> = {
  DRAFT: ['SUBMITTED', 'FAILED', 'CANCELLED'],
  SUBMITTED: ['APPROVED', 'STALE', 'CANCELLED'],
  IN_REVIEW: ['STALE', 'CANCELLED'],
  CHANGES_REQUESTED: ['CANCELLED'],
  APPROVED: ['STAGING', 'STALE', 'FAILED', 'CANCELLED'],
  // PUBLISHED: where work that was done before had made it visible.
  STAGING: ['VERIFYING', 'PUBLISHED', 'STALE', 'FAILED', 'CANCELLED'],
  VERIFYING: ['COMMITTING', 'PUBLISHED', 'STALE', 'FAILED', 'CANCELLED'],
  COMMITTING: ['PUBLISHED', 'STALE', 'FAILED'],
  // DRAFT: where nothing was submitted yet.
  FAILED: ['DRAFT', 'STAGING', 'PUBLISHED', 'STALE', 'CANCELLED'],
  STALE: ['PUBLISHED', 'CANCELLED'],
  // By a later version.
  PUBLISHED: ['WITHDRAWN'],
  // Where it had become visible, which nobody could say when it was given up.
  CANCELLED: ['WITHDRAWN'],
};

const OF_APPROVED: ReadonlySet<PublicationState> = new Set(['STAGING', 'PUBLISHED']);

/**
 * Whether its owner can give it up: where time does, too, and while it is COMMITTING, of which the published repository has the
 * last word.
 */
function isRevocable(state: PublicationState): boolean {
  return state === 'COMMITTING' || (BY_ITSELF[state]?.includes('CANCELLED') ?? false);
}

/** Whether the law has a step that nobody takes. Nothing is brought over but what was approved. */
export function canBecome(
  version: Pick<PublicationVersion, 'state' | 'digest' | 'approvedDigest'>,
  to: PublicationState,
): boolean {
  if (to === 'DRAFT' && version.digest !== null) return false;
  return (BY_ITSELF[version.state]?.includes(to) ?? false) && (!OF_APPROVED.has(to) || isApproved(version));
}

/** A step into a state in which something ends badly, where the law has it. */
export function failed(version: PublicationVersion, to: PublicationState, reason: string): Step | null {
  return canBecome(version, to) ? { state: to, reason } : null;
}

/** Nobody decides about what they have not looked at. @throws SatelliteError CONFLICT where another version is meant */
export function checkMeant({ version, digest }: Pick<PublicationVersion, 'version' | 'digest'>, meant: Meant): void {
  const isMeant = (meant.version ?? version) === version && (meant.digest?.toLowerCase() ?? digest) === digest;
  if (isMeant) return;
  throw new SatelliteError(
    'CONFLICT',
    `It would be done to version ${version} now, which is not the one that you name: look at it again.`,
  );
}

/** @throws SatelliteError FORBIDDEN, CONFLICT */
export function claim(version: PublicationVersion, actor: Actor, now: number): Step {
  checkReviewer(version, actor);
  checkUndecided(version, actor, now);
  return { state: 'IN_REVIEW', ...claimOf(actor, now) };
}

/** Also of what is approved, as long as it cannot be visible; of what failed `keptOut` makes sure of that. @throws SatelliteError FORBIDDEN, CONFLICT; BAD_USER_INPUT without a reason */
export function requestChanges(version: PublicationVersion, actor: Actor, comment: string | null, now: number): Step {
  checkReviewer(version, actor);
  if (!isApprovedOnly(version)) checkUndecided(version, actor, now);
  return { state: 'CHANGES_REQUESTED', reason: reasonOf(comment, 'what has to change'), ...NO_CLAIM };
}

/** As `requestChanges`, for good. @throws SatelliteError FORBIDDEN, CONFLICT; BAD_USER_INPUT without a reason */
export function reject(version: PublicationVersion, actor: Actor, comment: string | null, now: number): Step {
  checkReviewer(version, actor);
  if (!isApprovedOnly(version)) checkUndecided(version, actor, now);
  return { state: 'REJECTED', reason: reasonOf(comment, 'why it is turned down'), ...NO_CLAIM };
}

/**
 * Approves exactly what has the digest; of what is approved already and waits for a restart, only that is confirmed.
 * @throws SatelliteError FORBIDDEN, CONFLICT
 */
export function approve(
  version: PublicationVersion,
  actor: Actor,
  { digest, confirmRestart }: { readonly digest: string; readonly confirmRestart: boolean },
  now: number,
): Step {
  checkReviewer(version, actor);
  const isConfirmed = version.state === 'APPROVED' && confirmRestart && !version.restartConfirmed;
  if (!isConfirmed) checkUndecided(version, actor, now);
  if (version.digest === null || digest.toLowerCase() !== version.digest) {
    throw new SatelliteError(
      'CONFLICT',
      `That is not the digest of what is submitted now (version ${version.version}): look at it again, and approve its digest.`,
    );
  }
  if (isConfirmed) return { restartConfirmed: true };
  return {
    state: 'APPROVED',
    approvedBy: actor.username,
    approvedDigest: version.digest,
    restartConfirmed: confirmRestart,
    reason: null,
    ...NO_CLAIM,
  };
}

/** @throws SatelliteError FORBIDDEN, CONFLICT; BAD_USER_INPUT where what is published is taken back without a reason */
export function withdraw(version: PublicationVersion, actor: Actor, comment: string | null): Step {
  const { state } = version;
  if (state === 'PUBLISHED') {
    if (!actor.owns && !actor.reviews) throw ownersOnly();
    const reason = reasonOf(comment, 'why it is taken back, which stays in its place');
    return { state: 'WITHDRAWN', reason, withdrawnBy: actor.username };
  }
  if (!actor.owns && !(actor.reviews && state === 'COMMITTING')) throw ownersOnly();
  if (!isRevocable(state)) {
    throw new SatelliteError('CONFLICT', `It is ${state}: there is nothing to withdraw.`);
  }
  return { state: 'CANCELLED', reason: comment?.trim() || `Given up by ${actor.username}.`, ...NO_CLAIM };
}

/**
 * Which of the versions `withdraw` is about.  Of its owner the latest, and where that is given up already, the one that can be
 * read; of a reviewer the one that can be read, whatever its owner does with a later one.
 */
export function toWithdraw(
  latestFirst: readonly PublicationVersion[],
  { owns }: Pick<Actor, 'owns'>,
): PublicationVersion | undefined {
  const [latest] = latestFirst;
  // It takes the place of the other in a moment.
  if (!latest || latest.state === 'COMMITTING') return latest;
  if (owns && isRevocable(latest.state)) return latest;
  return latestFirst.find(({ state }) => state === 'PUBLISHED') ?? latest;
}

/** Whether reviewers can take back that it was approved: what failed can be tried again. */
function isApprovedOnly(version: PublicationVersion): boolean {
  return APPROVED_ONLY.has(version.state) || (version.state === 'FAILED' && isApproved(version));
}

/** Whether it can become visible at this moment: what ended otherwise, by a gateway that was taken for dead and goes on. */
export function mayBeCommitting(version: PublicationVersion): boolean {
  const { state } = version;
  return state === 'COMMITTING' || ((state === 'FAILED' || state === 'STALE') && isApproved(version));
}

function isApproved({ digest, approvedDigest }: Pick<PublicationVersion, 'digest' | 'approvedDigest'>): boolean {
  return approvedDigest !== null && approvedDigest === digest;
}

/** Whether an approved version waits for nothing more. */
export function isReady({ state, restartConfirmed }: PublicationVersion, needsRestart: boolean): boolean {
  return state === 'APPROVED' && (restartConfirmed || !needsRestart);
}

/** @throws SatelliteError FORBIDDEN, CONFLICT */
export function checkResubmission(version: PublicationVersion, actor: Actor): void {
  if (!actor.owns) throw ownersOnly();
  if (RESUBMITTABLE.has(version.state)) return;
  throw new SatelliteError(
    'CONFLICT',
    version.state === 'REJECTED'
      ? 'It was turned down for good: submit it as a new publication, if its reviewers agree.'
      : `It is ${version.state}: withdraw it first, or wait for what its reviewers say.`,
  );
}

/** @throws SatelliteError BAD_USER_INPUT */
export function reasonOf(comment: string | null, what: string): string {
  const text = comment?.trim();
  if (text) return text;
  throw new SatelliteError('BAD_USER_INPUT', `Say in "comment" ${what}.`);
}

const NO_CLAIM = { claimedBy: null, claimedUntil: null } as const;

function claimOf({ username }: Actor, now: number) {
  return { claimedBy: username, claimedUntil: now + CLAIM_MILLISECONDS };
}

function checkReviewer({ repository }: PublicationVersion, { takesPart, reviews }: Actor): void {
  if (takesPart) {
    throw new SatelliteError('FORBIDDEN', 'It is yours, so that another reviewer has to decide about it.');
  }
  if (!reviews) throw new SatelliteError('FORBIDDEN', `You do not review what is published in '${repository}'.`);
}

function checkUndecided(version: PublicationVersion, { username }: Actor, now: number): void {
  const { state, claimedBy, claimedUntil } = version;
  if (!UNDECIDED.has(state)) {
    throw new SatelliteError('CONFLICT', `It is ${state}, so that there is nothing to decide (any more).`);
  }
  if (claimedBy === null || claimedBy === username || (claimedUntil ?? 0) <= now) return;
  const until = new Date(claimedUntil!).toISOString();
  throw new SatelliteError('CONFLICT', `${claimedBy} works on it until ${until}: ask them, or comment on it.`);
}

function ownersOnly(): SatelliteError {
  return new SatelliteError('FORBIDDEN', 'Only its owner, or a member of the group that owns it, may do that.');
}

/** Whether nobody has to look at it: its repository's rule lets a group publish for itself what passes all checks. */
export function isApprovedByRule(
  { readers, group, checks }: PublicationVersion,
  { approveForOwnGroup }: Pick<PublishedSettings, 'approveForOwnGroup'>,
): boolean {
  if (!approveForOwnGroup || group === null || checks.some(({ state }) => state !== 'PASSED')) return false;
  return !readers.allUsers && readers.users.length === 0 && readers.groups.every((name) => name === group);
}
