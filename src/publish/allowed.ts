/** What someone may do about a publication: each is tried on the law, which alone says so. */
import { SatelliteError } from '../butler/errors.ts';
import { needsRestart } from './checks.ts';
import type { PublicationVersion } from './publication.ts';
import * as law from './transitions.ts';

export type PublicationAction = 'CLAIM' | 'COMMENT' | 'REQUEST_CHANGES' | 'APPROVE' | 'REJECT' | 'WITHDRAW' | 'SUBMIT';

/** Something that nobody reads: whether a reason is given is not the question. */
const REASON = '-';

/**
 * @param latestFirst the versions that they see, at least one; they are its owner or its reviewer
 * @param actorOf what they are to a version
 */
export function allowedActions(
  latestFirst: readonly [PublicationVersion, ...PublicationVersion[]],
  actorOf: (version: PublicationVersion) => law.Actor,
  now: number,
): readonly PublicationAction[] {
  const [latest] = latestFirst;
  const actor = actorOf(latest);
  const withdrawn = law.toWithdraw(latestFirst, actor) ?? latest;
  const approval = { digest: latest.digest ?? '', confirmRestart: needsRestart(latest) };
  const steps: readonly (readonly [PublicationAction, () => unknown])[] = [
    ['CLAIM', () => law.claim(latest, actor, now)],
    ['COMMENT', () => undefined],
    ['REQUEST_CHANGES', () => law.requestChanges(latest, actor, REASON, now)],
    ['APPROVE', () => law.approve(latest, actor, approval, now)],
    ['REJECT', () => law.reject(latest, actor, REASON, now)],
    ['WITHDRAW', () => law.withdraw(withdrawn, actorOf(withdrawn), REASON)],
    ['SUBMIT', () => law.checkResubmission(latest, actor)],
  ];
  return steps.filter(([, step]) => isAllowed(step)).map(([action]) => action);
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
