/** What the owner of a job may do now: asked again and again while it works, by the policy that was asked when it began. */
import { outdatedGroups } from '../access/group-age.ts';
import type { Memberships } from '../access/memberships.ts';
import type { Identity } from '../access/principal.ts';
import { SatelliteError } from '../butler/errors.ts';
import { HeldError } from '../jobs/job.ts';

export interface JobRights {
  /**
   * Does what needs a right, as the owner of a job with the groups that they have now.
   * @param name of the repository that it is about, in addresses
   * @throws HeldError (`RIGHTS`) where the repository does not exist for them any more, or they may not do it, or nobody can
   *   say who they are; what is theirs by its name and is not there fails as it does for a request
   */
  as<T>(owner: string, name: string, ask: (who: Identity) => Promise<T>): Promise<T>;
}

const GOES_ON = 'The job goes on by itself soon after you may again; retryJob tries at once, cancelJob ends it.';

export function jobRights(memberships: Pick<Memberships, 'of'>): JobRights {
  return {
    async as(owner, name, ask) {
      const who = await known(owner, memberships);
      try {
        return await ask(who);
      } catch (error) {
        if (!(error instanceof SatelliteError) || name.startsWith(`${owner}~`)) throw error;
        if (error.code !== 'NOT_FOUND' && error.code !== 'FORBIDDEN') throw error;
        const words = [error.message, outdatedGroups(who), GOES_ON].filter((text) => text !== undefined);
        throw new HeldError(error.code, words.join(' '), 'RIGHTS');
      }
    },
  };
}

async function known(owner: string, memberships: Pick<Memberships, 'of'>): Promise<Identity> {
  const who = await memberships.of(owner).catch((error: unknown) => {
    if (!(error instanceof SatelliteError)) throw error;
    throw new HeldError(error.code, `${error.message} ${GOES_ON}`, 'RIGHTS');
  });
  if (who) return who;
  const message = `The account '${owner}' is not known (any more): sign in again. ${GOES_ON}`;
  throw new HeldError('UNAUTHENTICATED', message, 'RIGHTS');
}
