/** Giving up what is being made visible: whether it is already, its repository decides. */
import { setTimeout } from 'node:timers/promises';
import { SatelliteError } from '../butler/errors.ts';
import type { PublicationCommit } from './commit.ts';
import type { PublicationVersion } from './publication.ts';
import type { DecideOn } from './service.ts';
import * as law from './transitions.ts';

/** How long a repository may take that is there. */
const ANSWER_MILLISECONDS = 5000;

/**
 * As `law.withdraw`; what is COMMITTING never becomes visible from then on, whoever still works on that.  Where its repository
 * cannot say, as it is away, full or does not answer, the job `withdrawPublication` asks it when it can (`isTakenBack`).
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
  if (version.state !== 'COMMITTING') return step;
  if (!actor.owns && named === undefined && digest === undefined) {
    throw new SatelliteError(
      'CONFLICT',
      `Version ${version.version} is being made visible at this moment: say with "version" that you mean that one.`,
    );
  }
  const signal = AbortSignal.timeout(milliseconds);
  const later = { ...step, withdrawnBy: actor.username };
  let kept: Awaited<ReturnType<PublicationCommit['keepOut']>> | null = null;
  try {
    // A repository that hangs may not look at the signal for longer than anybody waits.
    kept = await Promise.race([commit.keepOut(version, signal), setTimeout(milliseconds, null, { ref: false })]);
  } catch (error) {
    if (!(signal.aborted || error instanceof SatelliteError)) throw error;
    if (!signal.aborted) return later;
  }
  if (kept?.isVisible === false) return step;
  if (kept === null && !(await answers(commit, version, milliseconds))) return later;
  throw new SatelliteError(
    'CONFLICT',
    'It is being made visible at this moment: withdraw it when it is PUBLISHED, or try again in a minute.',
  );
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
