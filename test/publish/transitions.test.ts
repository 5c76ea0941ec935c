/** The states of a publication's version: which step each allows, to whom, and which it refuses (`docs/publishing.md`). */
import { describe, expect, test } from 'vitest';
import { SatelliteError } from '../../src/butler/errors.ts';
import { PUBLICATION_STATES, type PublicationState, type PublicationVersion } from '../../src/publish/publication.ts';
import * as law from '../../src/publish/transitions.ts';

const NOW = 1_000_000;
const DIGEST = 'd'.repeat(64);

const OWNER = { username: 'alice', owns: true, takesPart: true, reviews: false };
/** Of another satellite of the group, or who submitted another version. */
const TAKES_PART = { username: 'dave', owns: false, takesPart: true, reviews: true };
const REVIEWER = { username: 'curator', owns: false, takesPart: false, reviews: true };
const STRANGER = { username: 'bob', owns: false, takesPart: false, reviews: false };

function versionIn(state: PublicationState, more: Partial<PublicationVersion> = {}): PublicationVersion {
  const kept = { state, version: 1, repository: 'published', digest: DIGEST, approvedDigest: null, claimedBy: null };
  return { ...kept, claimedUntil: null, restartConfirmed: false, ...more } as PublicationVersion;
}

const approval = { digest: DIGEST, confirmRestart: false };
const ACTS = {
  claim: (version, actor) => law.claim(version, actor, NOW),
  requestChanges: (version, actor) => law.requestChanges(version, actor, 'Mend it.', NOW),
  approve: (version, actor) => law.approve(version, actor, approval, NOW),
  reject: (version, actor) => law.reject(version, actor, 'No.', NOW),
  withdraw: (version, actor) => law.withdraw(version, actor, 'An error.'),
  resubmit: (version, actor) => {
    law.checkResubmission(version, actor);
    return { state: 'DRAFT' };
  },
} as const satisfies Record<string, (version: PublicationVersion, actor: law.Actor) => law.Step>;
type Act = keyof typeof ACTS;

/** What a version becomes by what somebody does, or the code of the error. */
function outcome(act: Act, version: PublicationVersion, actor: law.Actor): string | undefined {
  try {
    return ACTS[act](version, actor).state;
  } catch (error) {
    if (error instanceof SatelliteError) return error.code;
    throw error;
  }
}

const DECIDED = ['CONFLICT', 'CONFLICT', 'CONFLICT', 'CONFLICT'] as const;
const UNDECIDED = ['IN_REVIEW', 'CHANGES_REQUESTED', 'APPROVED', 'REJECTED'] as const;
const UNDER_WAY = ['CONFLICT', 'CHANGES_REQUESTED', 'CONFLICT', 'REJECTED'] as const;

/** By a reviewer: claim, requestChanges, approve, reject, withdraw; by its owner: withdraw, resubmit (as the next version). */
const BY_PEOPLE: Readonly<Record<PublicationState, readonly string[]>> = {
  DRAFT: [...DECIDED, 'FORBIDDEN', 'CANCELLED', 'DRAFT'],
  SUBMITTED: [...UNDECIDED, 'FORBIDDEN', 'CANCELLED', 'CONFLICT'],
  IN_REVIEW: [...UNDECIDED, 'FORBIDDEN', 'CANCELLED', 'CONFLICT'],
  CHANGES_REQUESTED: [...DECIDED, 'FORBIDDEN', 'CANCELLED', 'DRAFT'],
  APPROVED: [...UNDER_WAY, 'FORBIDDEN', 'CANCELLED', 'CONFLICT'],
  STAGING: [...UNDER_WAY, 'FORBIDDEN', 'CANCELLED', 'CONFLICT'],
  VERIFYING: [...UNDER_WAY, 'FORBIDDEN', 'CANCELLED', 'CONFLICT'],
  COMMITTING: [...DECIDED, 'CANCELLED', 'CANCELLED', 'CONFLICT'],
  PUBLISHED: [...DECIDED, 'WITHDRAWN', 'WITHDRAWN', 'DRAFT'],
  WITHDRAWN: [...DECIDED, 'FORBIDDEN', 'CONFLICT', 'DRAFT'],
  REJECTED: [...DECIDED, 'FORBIDDEN', 'CONFLICT', 'CONFLICT'],
  CANCELLED: [...DECIDED, 'FORBIDDEN', 'CONFLICT', 'DRAFT'],
  FAILED: [...DECIDED, 'FORBIDDEN', 'CANCELLED', 'DRAFT'],
  STALE: [...DECIDED, 'FORBIDDEN', 'CANCELLED', 'DRAFT'],
};

describe.each(PUBLICATION_STATES)('a version that is %s', (state) => {
  const [claim, requestChanges, approve, reject, taken, given, resubmit] = BY_PEOPLE[state];
  const version = versionIn(state);

  test.each(Object.entries({ claim, requestChanges, approve, reject, withdraw: taken }))(
    'after %s of a reviewer: %s',
    (act, expected) => {
      expect(outcome(act as Act, version, REVIEWER)).toBe(expected);
    },
  );

  test.each(Object.entries({ withdraw: given, resubmit }))('after %s of its owner: %s', (act, expected) => {
    expect(outcome(act as Act, version, OWNER)).toBe(expected);
  });

  test('is decided about by nobody whose it is or who does not review, nor given up by anybody else', () => {
    for (const act of ['claim', 'requestChanges', 'approve', 'reject'] as const) {
      for (const actor of [OWNER, TAKES_PART, STRANGER]) expect(outcome(act, version, actor)).toBe('FORBIDDEN');
    }
    for (const act of ['withdraw', 'resubmit'] as const) expect(outcome(act, version, STRANGER)).toBe('FORBIDDEN');
    expect(outcome('resubmit', version, REVIEWER)).toBe('FORBIDDEN');
  });
});

/** What work and time make of what is approved; of what is not, nothing is brought over and nothing PUBLISHED. */
const BY_ITSELF: Readonly<Record<PublicationState, readonly PublicationState[]>> = {
  DRAFT: ['SUBMITTED', 'CANCELLED', 'FAILED'],
  SUBMITTED: ['APPROVED', 'CANCELLED', 'STALE'],
  IN_REVIEW: ['CANCELLED', 'STALE'],
  CHANGES_REQUESTED: ['CANCELLED'],
  APPROVED: ['STAGING', 'CANCELLED', 'FAILED', 'STALE'],
  STAGING: ['VERIFYING', 'PUBLISHED', 'CANCELLED', 'FAILED', 'STALE'],
  VERIFYING: ['COMMITTING', 'PUBLISHED', 'CANCELLED', 'FAILED', 'STALE'],
  // It is given up by people alone, where its repository has it so.
  COMMITTING: ['PUBLISHED', 'FAILED', 'STALE'],
  PUBLISHED: ['WITHDRAWN'],
  WITHDRAWN: [],
  REJECTED: [],
  // Where it had become visible, which its repository could not say when it was given up.
  CANCELLED: ['WITHDRAWN'],
  FAILED: ['STAGING', 'PUBLISHED', 'CANCELLED', 'STALE'],
  // Where another gateway had made it visible at that moment.
  STALE: ['PUBLISHED', 'CANCELLED'],
};

describe.each(PUBLICATION_STATES)('work and time lead from %s', (state) => {
  test.each(PUBLICATION_STATES)(`to %s, or not`, (to) => {
    const approved = versionIn(state, { approvedDigest: DIGEST });
    expect(law.canBecome(approved, to)).toBe(BY_ITSELF[state].includes(to));
    const needsApproval = to === 'STAGING' || to === 'PUBLISHED';
    for (const approvedDigest of [null, 'e'.repeat(64)]) {
      const other = versionIn(state, { approvedDigest });
      expect(law.canBecome(other, to)).toBe(BY_ITSELF[state].includes(to) && !needsApproval);
    }
    // Before it was submitted for the first time, what failed begins anew, and never what was submitted.
    const unsubmitted = versionIn(state, { digest: null });
    if (to === 'DRAFT') expect(law.canBecome(unsubmitted, to)).toBe(state === 'FAILED');
    const isStep = BY_ITSELF[state].includes(to);
    expect(law.failed(approved, to, 'why')).toEqual(isStep ? { state: to, reason: 'why' } : null);
  });
});

describe('what else a step needs', () => {
  test('is the digest that the version has', () => {
    const decided = () => law.approve(versionIn('SUBMITTED'), REVIEWER, { ...approval, digest: 'e'.repeat(64) }, NOW);
    expect(decided).toThrow(expect.objectContaining({ code: 'CONFLICT' }));
    const none = () => law.approve(versionIn('SUBMITTED', { digest: null }), REVIEWER, approval, NOW);
    expect(none).toThrow(expect.objectContaining({ code: 'CONFLICT' }));
    expect(law.approve(versionIn('SUBMITTED'), REVIEWER, approval, NOW)).toMatchObject({
      ...{ state: 'APPROVED', approvedBy: 'curator', approvedDigest: DIGEST, claimedBy: null },
    });
  });

  test('is that it was approved, to send back or turn down what failed, which could be tried again', () => {
    const wasApproved = versionIn('FAILED', { approvedDigest: DIGEST });
    expect(outcome('requestChanges', wasApproved, REVIEWER)).toBe('CHANGES_REQUESTED');
    expect(outcome('reject', wasApproved, REVIEWER)).toBe('REJECTED');
    for (const act of ['requestChanges', 'reject'] as const) {
      expect(outcome(act, wasApproved, OWNER)).toBe('FORBIDDEN');
      expect(outcome(act, versionIn('FAILED', { approvedDigest: 'e'.repeat(64) }), REVIEWER)).toBe('CONFLICT');
    }
    expect(outcome('approve', wasApproved, REVIEWER)).toBe('CONFLICT');
  });

  test('is a reason, where something is sent back, turned down or taken from its readers', () => {
    const undecided = versionIn('SUBMITTED');
    const steps = [
      () => law.requestChanges(undecided, REVIEWER, ' ', NOW),
      () => law.reject(undecided, REVIEWER, null, NOW),
      () => law.withdraw(versionIn('PUBLISHED'), OWNER, null),
    ];
    for (const step of steps) expect(step).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
    expect(law.withdraw(versionIn('STALE'), OWNER, null)).toMatchObject({ reason: 'Given up by alice.' });
  });

  test('is that no other reviewer works on it, for as long as their claim lasts', () => {
    const claimed = versionIn('IN_REVIEW', { claimedBy: 'second', claimedUntil: NOW + 1 });
    for (const act of ['claim', 'requestChanges', 'approve', 'reject'] as const) {
      expect(outcome(act, claimed, REVIEWER)).toBe('CONFLICT');
      expect(outcome(act, claimed, { ...REVIEWER, username: 'second' })).not.toBe('CONFLICT');
      expect(outcome(act, { ...claimed, claimedUntil: NOW }, REVIEWER)).not.toBe('CONFLICT');
    }
  });

  test('is a word about a restart, once, which changes nothing else of what is approved', () => {
    const waiting = versionIn('APPROVED', { approvedDigest: DIGEST });
    expect([law.isReady(waiting, true), law.isReady(waiting, false)]).toEqual([false, true]);
    const confirm = { ...approval, confirmRestart: true };
    expect(law.approve(waiting, REVIEWER, confirm, NOW)).toEqual({ restartConfirmed: true });
    const confirmed = { ...waiting, restartConfirmed: true };
    expect(law.isReady(confirmed, true)).toBe(true);
    expect(() => law.approve(confirmed, REVIEWER, confirm, NOW)).toThrow(expect.objectContaining({ code: 'CONFLICT' }));
  });
});
