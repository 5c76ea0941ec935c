/** Giving up what is being made visible: whether it is already, its repository decides. */
import { setTimeout } from 'node:timers/promises';
import { SatelliteError } from '../butler/errors.ts';
import type { PublicationCommit } from './commit.ts';
import type { PublicationVersion } from './publication.ts';
import type { DecideOn } from './service.ts';
import * as law from './transitions.ts';

/** How long a repository may take that is there. */
const ANSWER_MILLISECONDS = 5000;

type KeptOut = Awaited<ReturnType<PublicationCommit['keepOut']>>;

/**
 * As `law.withdraw`; what may be COMMITTING somewhere never becomes visible from then on, whoever still works on that.  Where
 * its repository cannot say, as it is away, full or does not answer, the job `withdrawPublication` asks it when it can
 * (`isTakenBack`).
 * @param milliseconds how long its repository is waited for
 * @throws SatelliteError as `law.withdraw`; CONFLICT where it is visible already, or is being made so for longer, and where a
 *   reviewer may mean the version before
 */
export async function giveUp(
  commit: Pick<PublicationCommit, 'keepOut' | 'visibleSince'>,
  milliseconds: number,
  version: PublicationVersion,
  actor: law.Actor,
  { comment, version: named, digest }: DecideOn,
): Promise<law.Step> {
  const step = law.withdraw(version, actor, comment);
  if (!law.mayBeCommitting(version)) return step;
  if (!actor.owns && named === undefined && digest === undefined) {
    throw new SatelliteError(
      'CONFLICT',
      `Version ${version.version} is being made visible at this moment: say with "version" that you mean that one.`,
    );
  }
  const later = { ...step, withdrawnBy: actor.username };
  let kept: KeptOut | null;
  try {
    kept = await askedToKeepOut(commit, version, milliseconds);
  } catch (error) {
    if (error instanceof SatelliteError) return later;
    throw error;
  }
  if (kept?.isVisible === false) return step;
  if (kept === null && !(await answers(commit, version, milliseconds))) return later;
  throw new SatelliteError(
    'CONFLICT',
    'It is being made visible at this moment: withdraw it when it is PUBLISHED, or try again in a minute.',
  );
}

/**
 * A step of a reviewer's; what was approved and FAILED never becomes visible from then on, whoever still works on that.
 * @param milliseconds how long its repository is waited for
 * @throws SatelliteError CONFLICT where it is visible all the same, UPSTREAM_UNAVAILABLE where its repository cannot say
 */
export async function keptOut(
  commit: Pick<PublicationCommit, 'keepOut'>,
  milliseconds: number,
  version: PublicationVersion,
  step: law.Step,
): Promise<law.Step> {
  if (version.state !== 'FAILED') return step;
  const kept = await askedToKeepOut(commit, version, milliseconds);
  if (kept === null) {
    throw new SatelliteError('UPSTREAM_UNAVAILABLE', 'Its repository does not answer: try again in some minutes.');
  }
  if (!kept.isVisible) return step;
  throw new SatelliteError('CONFLICT', 'It has become visible all the same: withdraw it when it is PUBLISHED.');
}

/** Null where its repository does not answer in time. */
async function askedToKeepOut(
  commit: Pick<PublicationCommit, 'keepOut'>,
  version: PublicationVersion,
  milliseconds: number,
): Promise<KeptOut | null> {
  const signal = AbortSignal.timeout(milliseconds);
  const asked = commit.keepOut(version, signal).catch((error: unknown) => {
    if (signal.aborted) return null;
    throw error;
  });
  // A repository that hangs may not look at the signal for longer than anybody waits.
  return Promise.race([asked, setTimeout(milliseconds, null, { ref: false })]);
}

/** Whether its repository is there, and only busy. */
function answers(
  commit: Pick<PublicationCommit, 'visibleSince'>,
  version: PublicationVersion,
  milliseconds: number,
): Promise<boolean> {
  const asked = commit.visibleSince(version).then(
    () => true,
    () => false,
  );
  return Promise.race([asked, setTimeout(Math.min(ANSWER_MILLISECONDS, milliseconds / 2), false, { ref: false })]);
}
