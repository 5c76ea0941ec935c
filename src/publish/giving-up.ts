/** Giving up what is being made visible: whether it is already, its repository decides. */
import { SatelliteError } from '../butler/errors.ts';
import type { PublicationCommit } from './commit.ts';
import type { PublicationVersion } from './publication.ts';
import * as law from './transitions.ts';

/**
 * As `law.withdraw`; what is COMMITTING never becomes visible from then on, whoever still works on that.  Where its repository
 * cannot say, as it is away or full, the job `withdrawPublication` asks it when it can (`isTakenBack`).
 * @param milliseconds how long its repository is waited for
 * @throws SatelliteError as `law.withdraw`; CONFLICT where it is visible already, or is being made so for longer
 */
export async function giveUp(
  commit: Pick<PublicationCommit, 'keepOut'>,
  milliseconds: number,
  version: PublicationVersion,
  actor: law.Actor,
  comment: string | null,
): Promise<law.Step> {
  const step = law.withdraw(version, actor, comment);
  if (version.state !== 'COMMITTING') return step;
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
