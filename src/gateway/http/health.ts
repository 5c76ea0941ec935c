import type { FastifyInstance } from 'fastify';
import type { OfferedRepository } from '../../access/policy.ts';
import { isNamedToAll } from '../../access/readable.ts';
import { SatelliteError } from '../../butler/errors.ts';
import type { Jobs } from '../../jobs/job.ts';

type Health = 'up' | 'down';

const PROBE_MS = 2_000;
/** Age up to which an answer is given again, so that asking often does not burden the repositories. */
const FRESH_MS = 5_000;
const NO_DATASET = '00000000-0000-0000-0000-000000000000';

/**
 * `GET /healthz`: 200 as long as the gateway itself works, with what it knows of its repositories, its state and its
 * jobs that have not ended.  Users' own, and those of some groups only, are counted together, because their names are nobody else's business.
 */
export function healthRoute(
  app: FastifyInstance,
  offered: readonly OfferedRepository[],
  jobs: Pick<Jobs, 'counts'> | undefined,
): void {
  let last: { readonly at: number; readonly answer: Promise<object> } | undefined;
  app.get('/healthz', () => {
    if (!last || performance.now() - last.at > FRESH_MS)
      last = { at: performance.now(), answer: health(offered, jobs) };
    return last.answer;
  });
}

async function health(offered: readonly OfferedRepository[], jobs: Pick<Jobs, 'counts'> | undefined): Promise<object> {
  const counts = jobs?.counts().catch(() => null);
  const states = await Promise.all(offered.map(async (o) => ({ ...o, state: await probe(o) })));
  const work = await counts;
  const own = states.filter((o) => !isNamedToAll(o));
  const down = own.filter((o) => o.state === 'down').length;
  return {
    status: states.every((o) => o.state === 'up') && work !== null ? 'ok' : 'degraded',
    repositories: Object.fromEntries(states.filter(isNamedToAll).map((o) => [o.name, o.state])),
    satellites: { up: own.length - down, down },
    ...(work === undefined ? {} : { state: work === null ? 'down' : 'up', jobs: work }),
  };
}

/** Asked without a token: a server that refuses is up. */
async function probe({ repository }: OfferedRepository): Promise<Health> {
  const signal = AbortSignal.timeout(PROBE_MS);
  try {
    await repository.datasets([NO_DATASET], { caller: { username: 'healthz' }, signal });
    return 'up';
  } catch (error) {
    return error instanceof SatelliteError && error.code !== 'UPSTREAM_UNAVAILABLE' ? 'up' : 'down';
  }
}
