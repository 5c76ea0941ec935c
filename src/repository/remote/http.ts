/** Requests to one RemoteButler server: authorization, retries, limits, and what can go wrong on the way. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher, Pool } from 'undici';
import { RepositoryUnavailableError, SatelliteError } from '../../butler/errors.ts';
import { parseJson, stringifyJson, type Json } from '../../butler/json.ts';
import type { Caller, QueryContext } from '../repository.ts';
import { isNestedRead } from '../nested-reads.ts';
import { failureOf, retryAfterSeconds } from './failures.ts';
import { FairSlots, type Slot } from './fair-slots.ts';
import { linesOf } from './json-lines.ts';
import type { RemoteLimits, RemoteSettings } from './settings.ts';

/** A keep-alive line comes every 15 s of the database's silence. */
const STREAM_SILENCE_MS = 60_000;

/** Longest error text that we read. */
const ERROR_BYTES = 65_536;

/** Connection failures that mean that the server had closed an idle connection before it saw our request. */
const STALE_CONNECTION = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/**
 * The pool of connections is bound to the configured origin and redirects are not followed, so that a token goes nowhere
 * else, whatever a server answers.
 */
export class ButlerHttp {
  readonly repository: string;
  readonly #settings: RemoteSettings;
  readonly #origin: string;
  readonly #connections: number;
  #pool: Promise<Pool> | undefined;
  readonly #base: string;
  readonly #streams: FairSlots;
  /** Of reads while another stream is open: with it, a user has as many as the server itself allows. */
  readonly #nestedStreams: FairSlots;
  readonly #requests: FairSlots;
  readonly #retryMs: number;

  constructor(settings: RemoteSettings, limits: RemoteLimits) {
    const url = new URL(settings.url);
    this.repository = settings.name;
    this.#settings = settings;
    this.#base = `${url.pathname.replace(/\/$/, '')}/v1/`;
    this.#origin = url.origin;
    this.#connections = 2 * limits.streams + limits.requests;
    this.#streams = new FairSlots({ perUser: limits.streamsPerUser, total: limits.streams });
    this.#nestedStreams = new FairSlots({ perUser: limits.streamsPerUser, total: limits.streams });
    this.#requests = new FairSlots({ perUser: limits.requestsPerUser, total: limits.requests });
    this.#retryMs = limits.retrySeconds * 1000;
  }

  /** Whether there is a token with which the repository can be asked for a caller. */
  canAskFor({ token, asService = false }: Caller): boolean {
    const { token: configured, serviceToken } = this.#settings;
    if (typeof configured !== 'string') return true;
    return asService ? serviceToken !== undefined : configured === 'forward' || isPlatforms(token);
  }

  /** The answer to `GET v1/{path}`. */
  get(path: string, ctx: QueryContext): Promise<Json> {
    return this.#json('GET', path, undefined, ctx);
  }

  /** The answer to `POST v1/{path}`. @param answering called when it begins to come */
  post(path: string, body: unknown, ctx: QueryContext, answering?: () => void): Promise<Json> {
    return this.#json('POST', path, stringifyJson(body), ctx, answering);
  }

  /**
   * The lines of the answer to `POST v1/{path}`.  One of the user's slots is held from the first line asked to the last;
   * ending early cancels the query (the server stops at its next page).
   * @param slotTaken is called with the slot, whose `wanted` tells that others wait for it
   */
  async *lines(
    path: string,
    body: unknown,
    ctx: QueryContext,
    slotTaken?: (slot: Slot) => void,
  ): AsyncGenerator<string, void, undefined> {
    const slots = isNestedRead() ? this.#nestedStreams : this.#streams;
    const slot = await slots.acquire(ctx.caller.username, ctx.signal);
    try {
      slotTaken?.(slot);
      const answer = await this.#send('POST', path, stringifyJson(body), ctx);
      try {
        yield* linesOf(answer.body);
      } catch (error) {
        throw this.#connectionFailure(error, ctx.signal);
      } finally {
        answer.body.on('error', () => undefined).destroy();
      }
    } finally {
      slot.release();
    }
  }

  async close(): Promise<void> {
    await (await this.#pool)?.destroy();
  }

  async #json(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    ctx: QueryContext,
    answering?: () => void,
  ): Promise<Json> {
    const slot = await this.#requests.acquire(ctx.caller.username, ctx.signal);
    try {
      const answer = await this.#send(method, path, body, ctx);
      answering?.();
      const text = await answer.body.text().catch((error: unknown) => {
        throw this.#connectionFailure(error, ctx.signal);
      });
      return this.parse(text);
    } finally {
      slot.release();
    }
  }

  /** JSON of an answer. @throws RepositoryUnavailableError where it is not JSON */
  parse(text: string): Json {
    try {
      return parseJson(text);
    } catch (cause) {
      throw this.unreadable(cause);
    }
  }

  /** The error for an answer that is not what the protocol says. */
  unreadable(cause?: unknown): RepositoryUnavailableError {
    return new RepositoryUnavailableError(
      this.repository,
      `Repository '${this.repository}' gave an answer that is not the RemoteButler protocol's.`,
      { cause },
    );
  }

  /** Sends until the answer is a 200, obeying `Retry-After` as long as the limit and the caller's signal allow. */
  async #send(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    ctx: QueryContext,
  ): Promise<Dispatcher.ResponseData> {
    const started = performance.now();
    for (;;) {
      const answer = await this.#attempt(method, path, body, ctx);
      if (answer.statusCode === 200) return answer;
      const text = await textUpTo(answer.body, ERROR_BYTES);
      const wait = retryAfterSeconds(answer.headers['retry-after']);
      const failure = failureOf(answer.statusCode, wait, text, this.repository);
      const retryable = answer.statusCode === 429 || answer.statusCode === 503;
      if (!retryable || wait === undefined) throw failure;
      if (performance.now() - started + wait * 1000 > this.#retryMs) throw failure;
      await sleep(wait * 1000, undefined, { signal: ctx.signal }).catch(() => {
        throw ctx.signal.reason;
      });
    }
  }

  async #attempt(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    ctx: QueryContext,
  ): Promise<Dispatcher.ResponseData> {
    const request: Dispatcher.RequestOptions = {
      method,
      path: this.#base + path,
      headers: this.#headers(ctx, body !== undefined),
      signal: ctx.signal,
      ...(body === undefined ? {} : { body }),
    };
    const pool = await (this.#pool ??= this.#open());
    const send = () => pool.request(request);
    try {
      // All requests only read, so that a second try is harmless.
      return await send().catch((error: unknown) => {
        if (ctx.signal.aborted || !STALE_CONNECTION.has(errorCode(error))) throw error;
        return send();
      });
    } catch (error) {
      throw this.#connectionFailure(error, ctx.signal);
    }
  }

  /** Who is never asked takes no memory for it. */
  async #open(): Promise<Pool> {
    const undici = await import('undici');
    return new undici.Pool(this.#origin, {
      connections: this.#connections,
      // A count may take as long as the caller's deadline allows.
      headersTimeout: 0,
      bodyTimeout: STREAM_SILENCE_MS,
    });
  }

  #headers(ctx: QueryContext, hasBody: boolean): Record<string, string> {
    const token = this.#tokenFor(ctx.caller);
    return {
      'x-butler-client-request-id': randomUUID(),
      'user-agent': 'Satellite',
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
  }

  /**
   * @throws SatelliteError UNAUTHENTICATED for a caller without the token that the repository needs; FORBIDDEN for one with a
   *   capability, where the operator has not allowed that
   */
  #tokenFor({ token, asService = false }: Caller): string | undefined {
    const { token: configured, serviceToken } = this.#settings;
    if (typeof configured !== 'string') return configured.fixed;
    if (!asService) {
      if (configured === 'forward' || isPlatforms(token)) return token;
      throw new SatelliteError(
        'UNAUTHENTICATED',
        `Repository '${this.repository}' is read with its users' own tokens of the platform: sign in with one.`,
        { repository: this.repository },
      );
    }
    if (serviceToken !== undefined) return serviceToken;
    throw new SatelliteError(
      'FORBIDDEN',
      `Repository '${this.repository}' is read with its users' own tokens here, not by addresses with a capability or by workers: use ` +
        "the address without it and send a token, or ask the gateway's operator to set the repository's serviceToken.",
      { repository: this.repository },
    );
  }

  #connectionFailure(error: unknown, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    if (error instanceof SatelliteError) return error;
    return new RepositoryUnavailableError(
      this.repository,
      `The connection to repository '${this.repository}' failed or was cut off.`,
      { cause: error },
    );
  }
}

/** Whether it is a token of Gafaelfawr's. */
function isPlatforms(token: string | undefined): boolean {
  return token?.startsWith('gt-') ?? false;
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The beginning of an error's body.  The rest is not read: the connection of a failed request is not used again. */
async function textUpTo(body: Dispatcher.ResponseData['body'], bytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= bytes) break;
    }
  } catch {
    // The status says enough.
  }
  body.destroy();
  return Buffer.concat(chunks).toString('utf8', 0, bytes);
}
