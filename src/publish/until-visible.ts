/** Waiting until what was changed in a published repository can be seen wherever it is asked for. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SatelliteError } from '../butler/errors.ts';
import type { Task } from '../jobs/job.ts';
import type { PublicationCommit } from './commit.ts';

/** How often it is asked for. */
const AGAIN_MILLISECONDS = 500;
/** How long a job waits before others have its place: a gateway may be down for long. */
const MOST_MILLISECONDS = 30_000;
/** After which it asks again. */
const LATER_SECONDS = 30;

/**
 * Whoever is told that it is there, finds it, wherever they ask.
 * @throws SatelliteError UPSTREAM_UNAVAILABLE, to be tried again later, where some gateway does not show it
 */
export async function untilVisible(
  commit: Pick<PublicationCommit, 'isVisible'>,
  repository: string,
  generation: number,
  task: Pick<Task, 'log' | 'signal'>,
): Promise<void> {
  const end = performance.now() + MOST_MILLISECONDS;
  for (let looks = 0; !(await commit.isVisible(repository, generation)); looks += 1) {
    if (performance.now() > end) {
      throw new SatelliteError(
        'UPSTREAM_UNAVAILABLE',
        'It is there for its readers, and not every gateway that the operator named in "replicas" shows it yet.',
        { repository, retryAfter: LATER_SECONDS },
      );
    }
    if (looks === 0) await task.log('It is there, and not every gateway shows it yet.');
    await sleep(AGAIN_MILLISECONDS, undefined, { signal: task.signal });
  }
}
