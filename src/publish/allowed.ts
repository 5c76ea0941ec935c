/** What someone may do about a publication: each is tried on the law, which alone says so. */
import { SatelliteError } from '../butler/errors.ts';
import { needsRestart } from './checks.ts';
import type { PublicationVersion } from './publication.ts';
import * as law from './transitions.ts';

export type PublicationAction = 'CLAIM' | 'COMMENT' | 'REQUEST_CHANGES' | 'APPROVE' | 'REJECT' | 'WITHDRAW' | 'SUBMIT';

/** Something that nobody reads: whether a reason is given is not the question. */
const REASON = '-';

/** Somebody who is a publication's owner or its reviewer, and the versions of it that they see. */
export interface Participant {
  readonly latestFirst: readonly [PublicationVersion, ...PublicationVersion[]];
  /** What they are to a version. */
  readonly actorOf: (version: PublicationVersion) => law.Actor;
}

export function allowedActions(participant: Participant, now: number): readonly PublicationAction[] {
  const [latest] = participant.latestFirst;
  const actor = participant.actorOf(latest);
  const approval = { digest: latest.digest ?? '', confirmRestart: needsRestart(latest) };
  const steps: readonly (readonly [PublicationAction, () => unknown])[] = [
    ['CLAIM', () => law.claim(latest, actor, now)],
    ['COMMENT', () => undefined],
    ['REQUEST_CHANGES', () => law.requestChanges(latest, actor, REASON, now)],
    ['APPROVE', () => law.approve(latest, actor, approval, now)],
    ['REJECT', () => law.reject(latest, actor, REASON, now)],
    ['WITHDRAW', () => withdrawal(participant)],
    ['SUBMIT', () => law.checkResubmission(latest, actor)],
  ];
  return steps.filter(([, step]) => isAllowed(step)).map(([action]) => action);
}

/** The version that they would withdraw, which need not be the latest; null where they may not. */
export function withdrawable(participant: Participant): PublicationVersion | null {
  return isAllowed(() => withdrawal(participant)) ? chosen(participant) : null;
}

function chosen({ latestFirst, actorOf }: Participant): PublicationVersion {
  return law.toWithdraw(latestFirst, actorOf(latestFirst[0])) ?? latestFirst[0];
}

function withdrawal(participant: Participant): law.Step {
  const version = chosen(participant);
  return law.withdraw(version, participant.actorOf(version), REASON);
}

function isAllowed(step: () => unknown): boolean {
  try {
    step();
    return true;
  } catch (error) {
    if (error instanceof SatelliteError) return false;
    throw error;
  }
}
