/**
 * Gafaelfawr, the Rubin Science Platform's authority for tokens and groups: whose an opaque
 * `gt-` token is, and who a user is.
 */
import type { Pool } from 'undici';
import { z } from 'zod';
import { SatelliteError } from '../butler/errors.ts';
import { TOLD_GROUPS_SECONDS } from './group-age.ts';
import { USERNAME, type Identity } from './principal.ts';
import { Verdicts } from './verdicts.ts';

export interface GafaelfawrSettings {
  /** Where its API is found: `https://HOST`, with or without `/auth`. */
  readonly url: string;
  /** A token with the scope `admin:userinfo`, to ask for users by name; undefined: they cannot be asked for. */
  readonly serviceToken: string | undefined;
  /** Seconds that what it said is used at most. */
  readonly cacheSeconds: number;
  /** Seconds that a refusal is used. */
  readonly refusedSeconds: number;
}

/** A user as Gafaelfawr knows them now. */
export interface GafaelfawrUser extends Identity {
  readonly groupIds: ReadonlyMap<string, number>;
  /** When what is said of their groups ceases to count, Unix milliseconds. */
  readonly groupsUntil: number;
  /** What the platform allows: `{api, disk, notebook, …}`. */
  readonly quota: Readonly<Record<string, unknown>> | null;
}

/** A token that is good, and whose it is. */
export interface GafaelfawrToken extends GafaelfawrUser {
  readonly scopes: readonly string[];
  /** Unix milliseconds; null: it does not end. */
  readonly expiresAt: number | null;
}

const username = z.string().regex(USERNAME);
const tokenInfo = z.object({
  username,
  scopes: z.array(z.string()).default([]),
  /** Unix seconds. */
  expires: z.number().nullish(),
});
const userInfo = z.object({
  username,
  // Groups of some sites have no id (DMTN-224).
  groups: z.array(z.object({ name: z.string(), id: z.number().nullish() })).nullish(),
  quota: z.record(z.string(), z.unknown()).nullish(),
});

const TIMEOUT_MS = 5_000;
const CONNECTIONS = 16;
/** Seconds after which a client may try again while it is down. */
const RETRY_SECONDS = 5;

/** What such a token looks like; ours need not know more of its form. */
const TOKEN = /^gt-[\w.~+/=-]{1,500}$/;

export class Gafaelfawr {
  readonly url: string;
  readonly #origin: string;
  #pool: Promise<Pool> | undefined;
  readonly #base: string;
  readonly #serviceToken: string | undefined;
  readonly #tokens: Verdicts<GafaelfawrToken>;
  readonly #users: Verdicts<GafaelfawrUser>;

  constructor({ url, serviceToken, cacheSeconds, refusedSeconds }: GafaelfawrSettings) {
    const { origin, pathname } = new URL(url);
    this.url = url;
    this.#origin = origin;
    this.#base = `${pathname.replace(/\/$/, '').replace(/\/auth$/, '')}/auth/api/v1/`;
    this.#serviceToken = serviceToken;
    const ages = { seconds: cacheSeconds, refusedSeconds };
    this.#tokens = new Verdicts(ages);
    this.#users = new Verdicts(ages);
  }

  /**
   * Whose token it is; null where it is not good (any more).
   * @throws SatelliteError UPSTREAM_UNAVAILABLE
   */
  async token(token: string): Promise<GafaelfawrToken | null> {
    if (!TOKEN.test(token)) return null;
    const found = await this.#tokens.get(token, async () => {
      const info = await this.#get('token-info', token, tokenInfo);
      if (info === null) return null;
      const user = await this.#user('user-info', token, info.username);
      const expiresAt = typeof info.expires === 'number' ? info.expires * 1000 : null;
      return user && { ...user, scopes: info.scopes, expiresAt };
    });
    return (found?.expiresAt ?? Infinity) <= Date.now() ? null : found;
  }

  /**
   * A user by name, by the gateway's own right; null where there is no such account (any more).
   * @throws SatelliteError UPSTREAM_UNAVAILABLE, also where the gateway's token is not good for asking
   */
  async user(name: string): Promise<GafaelfawrUser | null> {
    const serviceToken = this.#serviceToken;
    if (serviceToken === undefined) throw unavailable('the gateway has no token to ask for users');
    return this.#users.get(name, async () => {
      const at = Date.now();
      const info = await this.#ask(`users/${encodeURIComponent(name)}`, serviceToken, userInfo);
      if (info.status === 404) return null;
      if (info.answer === undefined) throw unavailable(`it answered with status ${info.status}`);
      return describe(info.answer, name, at);
    });
  }

  async close(): Promise<void> {
    await (await this.#pool)?.destroy();
  }

  /** Of a token; someone of whom nothing is known (a service's user) is in no group. */
  async #user(path: string, token: string, name: string): Promise<GafaelfawrUser | null> {
    const at = Date.now();
    const info = await this.#ask(path, token, userInfo);
    if (info.status === 404) return describe({ username: name }, name, at);
    return info.answer === undefined ? refusal(info.status) : describe(info.answer, name, at);
  }

  async #open(): Promise<Pool> {
    const undici = await import('undici');
    return new undici.Pool(this.#origin, { connections: CONNECTIONS });
  }

  async #get<T>(path: string, token: string, shape: z.ZodType<T>): Promise<T | null> {
    const { status, answer } = await this.#ask(path, token, shape);
    return answer === undefined ? refusal(status) : answer;
  }

  async #ask<T>(
    path: string,
    token: string,
    shape: z.ZodType<T>,
  ): Promise<{ readonly status: number; readonly answer?: T }> {
    try {
      const pool = await (this.#pool ??= this.#open());
      const { statusCode: status, body } = await pool.request({
        method: 'GET',
        path: this.#base + path,
        headers: { authorization: `Bearer ${token}`, 'user-agent': 'Satellite' },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (status === 200) return { status, answer: shape.parse(await body.json()) };
      await body.dump();
      return { status };
    } catch (cause) {
      throw unavailable('it cannot be reached, or its answer cannot be read', cause);
    }
  }
}

/** Null for a token that is not good. */
function refusal(status: number): null {
  if (status === 401 || status === 403) return null;
  throw unavailable(`it answered with status ${status}`);
}

/** @param askedAt Unix milliseconds */
function describe(
  { username: named, groups, quota }: z.output<typeof userInfo>,
  name: string,
  askedAt: number,
): GafaelfawrUser {
  if (named !== name) throw unavailable('it answered for another user');
  const all = groups ?? [];
  const ids = all.flatMap((group) => (typeof group.id === 'number' ? [[group.name, group.id] as const] : []));
  return {
    username: name,
    groups: all.map((group) => group.name),
    groupIds: new Map(ids),
    groupsUntil: askedAt + TOLD_GROUPS_SECONDS * 1000,
    quota: quota ?? null,
  };
}

function unavailable(reason: string, cause?: unknown): SatelliteError {
  return new SatelliteError('UPSTREAM_UNAVAILABLE', `Gafaelfawr cannot say who you are: ${reason}. Try again soon.`, {
    retryAfter: RETRY_SECONDS,
    cause,
  });
}
