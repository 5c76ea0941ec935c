/**
 * What each user's requests cost within a minute, and who has used that up (DMTN-234: the ingress counts requests, whatever
 * they ask; how much one asks only the service knows).  Counted in PostgreSQL where several gateways share their state,
 * else in this process.
 */
import type { FastifyReply } from 'fastify';
import type pg from 'pg';
import {
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible';
import { QueryTooCostlyError, SatelliteError } from '../butler/errors.ts';
import type { Principal } from '../access/principal.ts';
import { STATE_SCHEMA } from '../state/open.ts';
import type { State, StateTables } from '../state/state.ts';
import { prepareTables } from '../state/tables.ts';

/** Name of the gateway in users' quotas, and among what is limited on the platform (`service` of its ingress). */
const RESOURCE = 'satellite';
const WINDOW_SECONDS = 60;
const TABLE = 'request_cost';
const PREPARE_MS = 60_000;
/** Connections to the state's database: statements take a millisecond. */
const CONNECTIONS = 2;

/** Points that every request costs, before it is known what it asks; a file costs no more. */
export const LEAST_COST = 1;
const NODES_PER_POINT = 100;

/** Points of an answer that may hold so many objects, beside `LEAST_COST`. */
export function costOfNodes(nodes: number): number {
  return Math.floor(nodes / NODES_PER_POINT);
}

/** Rows of an answer without a limit that are paid for: those of the largest page, as how many there are is known at its end. */
const PAID_ROWS = 10_000;

/** Points of an answer that goes on to its last row, beside `LEAST_COST`. @param limit rows that it may have at most */
export function costOfStream(limit = Infinity): number {
  return costOfNodes(Math.min(Math.max(limit, 0), PAID_ROWS));
}

/** As rate-limiter-flexible has it. */
const METER_TABLES: StateTables = {
  domain: 'request-meter',
  versions: [
    [`CREATE TABLE {${TABLE}} (key varchar(255) PRIMARY KEY, points integer NOT NULL DEFAULT 0, expire bigint)`],
  ],
};

/** Whose request it is; `quota` as the platform states it. */
export type Payer = Pick<Principal, 'username' | 'quota'>;

export interface RequestMeterOptions {
  /** Points of a user in a minute, where their quota names none. */
  readonly costPerMinute: number;
  /** Of several gateways that count together. @default undefined: this one counts alone */
  readonly state: State | undefined;
  /** Is told of each refusal. */
  readonly refused: () => void;
}

export class RequestMeter {
  readonly #options: RequestMeterOptions;
  readonly #pool: pg.Pool | undefined;
  /** Points of a minute → who counts them: quotas are few. */
  readonly #limiters = new Map<number, RateLimiterAbstract>();

  private constructor(options: RequestMeterOptions, pool: pg.Pool | undefined) {
    this.#options = options;
    this.#pool = pool;
  }

  /** @throws SatelliteError where the state's tables cannot be made */
  static async open(options: RequestMeterOptions): Promise<RequestMeter> {
    const { state } = options;
    if (state?.postgresUrl === undefined) return new RequestMeter(options, undefined);
    await prepareTables(state.database, METER_TABLES, AbortSignal.timeout(PREPARE_MS));
    const { default: postgres } = await import('pg');
    const pool = new postgres.Pool({ connectionString: state.postgresUrl, max: CONNECTIONS, allowExitOnIdle: true });
    // A connection that breaks leaves the pool by itself; without a listener the event would end the process.
    pool.on('error', () => undefined);
    return new RequestMeter(options, pool);
  }

  /**
   * Takes points from what the user has left in this minute, and says in headers, as Gafaelfawr does, how much that is.
   * @param reply undefined where an answer has no headers of its own
   * @throws SatelliteError RATE_LIMITED where they do not suffice, FORBIDDEN for a user whose quota is 0,
   *     QUERY_TOO_COSTLY where they never would
   */
  async charge({ username, quota }: Payer, points: number, reply: FastifyReply | undefined): Promise<void> {
    const limit = quotaOf(quota) ?? this.#options.costPerMinute;
    if (limit === 0) {
      throw this.#refusal(
        new SatelliteError('FORBIDDEN', 'Your quota for this service is 0: ask the platform’s staff.'),
      );
    }
    if (points > limit) {
      const message = `The request costs ${points} points, and you have ${limit} a minute: ask for less at once.`;
      throw this.#refusal(new QueryTooCostlyError(message));
    }
    const { result, isRefused } = await this.#consume(username, points, limit);
    const seconds = Math.ceil(result.msBeforeNext / 1000);
    const used = isRefused ? limit : result.consumedPoints;
    reply
      ?.header('x-ratelimit-limit', limit)
      .header('x-ratelimit-remaining', limit - used)
      .header('x-ratelimit-reset', Math.ceil(Date.now() / 1000) + seconds)
      .header('x-ratelimit-resource', RESOURCE)
      .header('x-ratelimit-used', used);
    if (!isRefused) return;
    reply?.header('retry-after', seconds);
    throw this.#refusal(
      new SatelliteError(
        'RATE_LIMITED',
        `Your requests of this minute cost more than the ${limit} points that you have: go on in ${seconds} s, and ask for ` +
          'only as many rows and fields as you need.',
        { retryAfter: seconds },
      ),
    );
  }

  async close(): Promise<void> {
    await this.#pool?.end();
  }

  async #consume(key: string, points: number, limit: number): Promise<{ result: RateLimiterRes; isRefused: boolean }> {
    try {
      return { result: await this.#limiter(limit).consume(key, points), isRefused: false };
    } catch (error) {
      if (error instanceof RateLimiterRes) return { result: error, isRefused: true };
      throw error;
    }
  }

  #limiter(limit: number): RateLimiterAbstract {
    let limiter = this.#limiters.get(limit);
    if (!limiter) {
      const counting = { points: limit, duration: WINDOW_SECONDS, keyPrefix: RESOURCE };
      const here = new RateLimiterMemory(counting);
      limiter = this.#pool
        ? new RateLimiterPostgres({
            ...counting,
            storeClient: this.#pool,
            storeType: 'pool',
            schemaName: STATE_SCHEMA,
            tableName: TABLE,
            tableCreated: true,
            // Who floods is refused here, and burdens the database no more.
            inMemoryBlockOnConsumed: limit + 1,
            // While the database is away, each gateway counts alone.
            insuranceLimiter: here,
          })
        : here;
      this.#limiters.set(limit, limiter);
    }
    return limiter;
  }

  #refusal(error: SatelliteError): SatelliteError {
    this.#options.refused();
    return error;
  }
}

/** What Gafaelfawr's quota says of this service (`quota.api`), if it does. */
function quotaOf(quota: Payer['quota']): number | undefined {
  const services = quota?.['api'];
  const given =
    typeof services === 'object' && services !== null ? (services as Record<string, unknown>)[RESOURCE] : null;
  return typeof given === 'number' && given >= 0 ? given : undefined;
}
