/** Whether a server lets someone read at all, asked before its repository is offered to them. */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { SatelliteError } from '../../butler/errors.ts';
import type { Caller } from '../repository.ts';
import type { ButlerHttp } from './http.ts';

/** Seconds that an answer is used: yes, no, and none. */
const AGES = { yes: 60, no: 20, unknown: 10 };
const MAX_USERS = 10_000;
const TIMEOUT_MS = 3_000;

/** What nobody has: asking for it costs the server one look into an index. */
const PROBE = 'dataset/00000000-0000-0000-0000-000000000000';

export class Admissions {
  readonly #answers: LRUCache<string, { readonly isAdmitted: boolean }, Caller>;

  constructor(http: Pick<ButlerHttp, 'get'>) {
    this.#answers = new LRUCache({
      max: MAX_USERS,
      ttl: AGES.yes * 1000,
      perf: { now: () => Date.now() },
      ttlResolution: 0,
      ignoreFetchAbort: true,
      fetchMethod: async (_key, _old, { options, context: caller }) => {
        const answer = await probe(http, caller);
        options.ttl = AGES[answer] * 1000;
        return { isAdmitted: answer !== 'no' };
      },
    });
  }

  /** False only where the server says no: one that cannot answer says so itself when it is asked for data. */
  async admits(caller: Caller): Promise<boolean> {
    const { username, token = '', asService = false } = caller;
    const key = createHash('sha256')
      .update(JSON.stringify([username, token, asService]))
      .digest('base64url');
    return (await this.#answers.forceFetch(key, { context: caller })).isAdmitted;
  }
}

async function probe(http: Pick<ButlerHttp, 'get'>, caller: Caller): Promise<keyof typeof AGES> {
  try {
    await http.get(PROBE, { caller, signal: AbortSignal.timeout(TIMEOUT_MS) });
    return 'yes';
  } catch (error) {
    return error instanceof SatelliteError && error.code === 'FORBIDDEN' ? 'no' : 'unknown';
  }
}
