/** Giving up what is being made visible: whether it is already, its repository decides. */
import { SatelliteError } from '../butler/errors.ts';
import type { PublicationCommit } from './commit.ts';
import type { PublicationVersion } from './publication.ts';
import type { DecideOn } from './service.ts';
import * as law from './transitions.ts';

/**
 * As `law.withdraw`; what is COMMITTING never becomes visible from then on, whoever still works on that.  Where its repository
 * cannot say, as it is away or full, the job `withdrawPublication` asks it when it can (`isTakenBack`).
 * @param milliseconds how long its repository is waited for
 * @throws SatelliteError as `law.withdraw`; CONFLICT where it is visible already, or is being made so for longer, and where a
 *   reviewer may mean the version before
 */
export async function giveUp(
  commit: Pick<PublicationCommit, 'keepOut'>,
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
  try {
    const { isVisible } = await commit.keepOut(version, signal);
    if (!isVisible) return step;
  } catch (error) {
    if (!signal.aborted) {
      if (error instanceof SatelliteError) return { ...step, withdrawnBy: actor.username };
      throw error;
    }
  }
  throw new SatelliteError(
    'CONFLICT',
    'It is being made visible at this moment: withdraw it when it is PUBLISHED, or try again in a minute.',
  );
}
