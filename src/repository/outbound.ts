/**
 * The one way by which the gateway itself fetches an address that came from a user or a record.  It sends no token, ever:
 * those go to configured servers only, by `remote/http.ts`, which follows no redirect.
 */
import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent, Dispatcher } from 'undici';
import { SatelliteError } from '../butler/errors.ts';
import { isPublicAddress, notPublic, webAddress, type AllowedAddress, type AllowedOrigins } from './allowed-origins.ts';

export interface ArtifactRequest {
  /** First byte wanted. @default 0 */
  readonly start?: number;
  /** Last byte wanted, included. @default the last one */
  readonly end?: number;
  /** Bytes of the whole file, where they are known: an answer of another size is an error. */
  readonly expectedSize?: number | null;
  /** The address is an official server's own answer: it is followed wherever it leads. @default false */
  readonly trusted?: boolean;
  readonly signal: AbortSignal;
}

export interface FetchedArtifact {
  /** Bytes of the whole file; null where its server does not say. */
  readonly size: number | null;
  /**
   * The wanted bytes.  A connection that breaks is taken up again where it broke; the stream fails rather than end early.
   * Destroying it ends the request.
   */
  readonly stream: Readable;
}

export interface OutboundSettings {
  readonly origins: AllowedOrigins;
  /** Tries without a byte of progress. @default 5 */
  readonly attempts?: number;
  /** Wait before the second try, doubled for each one more. @default 250 */
  readonly retryMs?: number;
  /** Finds IP addresses. @default the system's resolver */
  readonly lookup?: LookupFunction;
}

const CONNECT_MS = 10_000;
const SILENCE_MS = 60_000;
const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const TRANSIENT = new Set([408, 425, 429]);
/** Longest that a server's `Retry-After` is obeyed within one call. */
const MAX_WAIT_MS = 30_000;
/** Most bytes of a file whose size neither its record nor its server tells. */
const UNANNOUNCED_BYTES = 16 * 2 ** 30;

/** A failure that may pass. */
class TransientFailure extends Error {
  readonly waitMs: number | undefined;
  /** What is thrown when it does not pass. */
  readonly final: SatelliteError;

  constructor(final: SatelliteError, waitMs?: number) {
    super(final.message);
    this.final = final;
    this.waitMs = waitMs;
  }
}

/** An answer that has the bytes from `start` on. */
interface Opened {
  readonly body: Dispatcher.ResponseData['body'] | undefined;
  /** Bytes of the body to leave out before `start`. */
  readonly skip: number;
  readonly size: number | null;
  readonly tag: string | undefined;
}

export class Outbound {
  readonly #settings: OutboundSettings;
  readonly #origins: AllowedOrigins;
  #agents: Promise<Agents> | undefined;

  constructor(settings: OutboundSettings) {
    this.#settings = settings;
    this.#origins = settings.origins;
  }

  /** @throws SatelliteError BAD_USER_INPUT where the gateway does not fetch from there */
  check(address: string): void {
    this.#origins.check(address);
  }

  /**
   * Fetches a file or a part of it; fulfils when its server has begun to answer.
   * @param source its address, or what gives a fresh one for every try (signed addresses expire)
   * @throws SatelliteError BAD_USER_INPUT (an address that is not fetched, also behind a redirect), NOT_FOUND (it is gone),
   *   FORBIDDEN (its server refuses), CONFLICT (it is not of the expected size), UPSTREAM_UNAVAILABLE (its server cannot
   *   answer now); the stream fails with the same ones
   */
  async fetchArtifact(source: string | (() => Promise<string>), request: ArtifactRequest): Promise<FetchedArtifact> {
    const stopped = new AbortController();
    const signal = AbortSignal.any([request.signal, stopped.signal]);
    const address = typeof source === 'string' ? () => Promise.resolve(source) : source;
    const open = (start: number) => this.#open(address, { ...request, start, signal });
    try {
      const first = await this.#retried(() => open(request.start ?? 0), signal, 0);
      const stream = Readable.from(this.#bytes(first, open, { ...request, signal }), { objectMode: false });
      stream.once('close', () => stopped.abort());
      return { size: first.size, stream };
    } catch (error) {
      stopped.abort();
      throw error;
    }
  }

  async close(): Promise<void> {
    const agents = await this.#agents;
    await Promise.all([agents?.anywhere.destroy(), agents?.publicOnly.destroy()]);
  }

  async *#bytes(
    first: Opened,
    open: (start: number) => Promise<Opened>,
    { start = 0, end, expectedSize, signal }: ArtifactRequest,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const size = first.size ?? expectedSize ?? null;
    const limit = size === null ? Math.min(end ?? Infinity, UNANNOUNCED_BYTES) : Math.min(end ?? Infinity, size - 1);
    let next = start;
    let opened: Opened | undefined = first;
    let attempt = 0;
    while (next <= limit) {
      try {
        opened ??= await open(next);
        if (opened.tag !== first.tag) throw new SatelliteError('CONFLICT', 'The file was changed while it was read.');
        for await (const chunk of wantedPart(opened, next, limit)) {
          next += chunk.length;
          attempt = 0;
          yield chunk;
        }
        if (size === null || next > limit) return;
        throw new TransientFailure(unavailable('was cut off before the end of the file'));
      } catch (error) {
        opened = undefined;
        const failure = signal.aborted ? (signal.reason as unknown) : transientOf(error);
        attempt = await this.#wait(failure, attempt, signal);
      }
    }
  }

  async #retried<T>(work: () => Promise<T>, signal: AbortSignal, attempt: number): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        attempt = await this.#wait(signal.aborted ? signal.reason : transientOf(error), attempt, signal);
      }
    }
  }

  /** Waits before the next try. @returns its number. @throws what was given, where there is none */
  async #wait(failure: unknown, attempt: number, signal: AbortSignal): Promise<number> {
    const { attempts = 5, retryMs = 250 } = this.#settings;
    if (!(failure instanceof TransientFailure)) throw failure;
    if (attempt + 1 >= attempts) throw failure.final;
    const wait = failure.waitMs ?? retryMs * 2 ** attempt;
    if (wait > MAX_WAIT_MS) throw failure.final;
    await sleep(wait, undefined, { signal }).catch(() => {
      throw signal.reason;
    });
    return attempt + 1;
  }

  /** One try: asks, follows redirects, and judges the answer. */
  async #open(
    address: () => Promise<string>,
    { start = 0, end, expectedSize, trusted = false, signal }: ArtifactRequest,
  ): Promise<Opened> {
    let allowed = this.#allowed(await address(), trusted);
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const answer = await this.#request(allowed, start, end, signal);
      const location = answer.headers['location'];
      if (!REDIRECTS.has(answer.statusCode) || typeof location !== 'string') {
        return judge(answer, start, expectedSize ?? null);
      }
      discard(answer.body);
      allowed = this.#allowed(new URL(location, allowed.url).href, trusted);
    }
    throw new SatelliteError('NOT_FOUND', `'${allowed.url.host}' leads from address to address without an end.`);
  }

  #allowed(address: string, trusted: boolean): AllowedAddress {
    return trusted ? { url: webAddress(address), publicOnly: false } : this.#origins.check(address);
  }

  async #request(
    { url, publicOnly }: AllowedAddress,
    start: number,
    end: number | undefined,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const ranged = start > 0 || end !== undefined;
    const agents = await (this.#agents ??= openAgents(this.#settings.lookup));
    return (publicOnly ? agents.publicOnly : agents.anywhere).request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'GET',
      headers: {
        'user-agent': 'Satellite',
        'accept-encoding': 'identity',
        ...(ranged ? { range: `bytes=${start}-${end ?? ''}` } : {}),
      },
      signal,
    });
  }
}

interface Agents {
  /** To any host: configured origins and official servers' answers. */
  readonly anywhere: Agent;
  /** To public hosts only.  The address is looked up once a connection, and what was checked is what is connected to. */
  readonly publicOnly: Agent;
}

/** When something is fetched: a gateway that fetches nothing takes no memory for it. */
async function openAgents(lookup: LookupFunction = systemLookup): Promise<Agents> {
  const undici = await import('undici');
  const timeouts = { headersTimeout: SILENCE_MS, bodyTimeout: SILENCE_MS };
  return {
    anywhere: new undici.Agent({ ...timeouts, connect: { timeout: CONNECT_MS, lookup } }),
    publicOnly: new undici.Agent({ ...timeouts, connect: { timeout: CONNECT_MS, lookup: publicLookup(lookup) } }),
  };
}

/** What an answer that is no redirect means. */
function judge(answer: Dispatcher.ResponseData, start: number, expectedSize: number | null): Opened {
  const { statusCode: status, headers, body } = answer;
  const tag = typeof headers['etag'] === 'string' ? headers['etag'] : undefined;
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(String(headers['content-range'] ?? ''));
  try {
    if (status === 206 && range?.[1] !== undefined && Number(range[1]) === start) {
      return { body, skip: 0, size: checkedSize(Number(range[2]), expectedSize), tag };
    }
    if (status === 200) {
      const encoded = (headers['content-encoding'] ?? 'identity') !== 'identity';
      const length = headers['content-length'];
      const size = encoded || length === undefined ? null : Number(length);
      return { body, skip: start, size: size === null ? expectedSize : checkedSize(size, expectedSize), tag };
    }
    if (status === 416 && range !== null && Number(range[2]) <= start) {
      discard(body);
      return { body: undefined, skip: 0, size: checkedSize(Number(range[2]), expectedSize), tag };
    }
    throw refusal(status, headers['retry-after']);
  } catch (error) {
    discard(body);
    throw error;
  }
}

function refusal(status: number, retryAfter: string | string[] | undefined): Error {
  if (TRANSIENT.has(status) || status >= 500) {
    const wait = /^\d+$/.test(String(retryAfter)) ? Number(retryAfter) : undefined;
    const failure = unavailable(`is overloaded or broken (HTTP status ${status})`, wait);
    return new TransientFailure(failure, wait === undefined ? undefined : wait * 1000);
  }
  if (status === 401 || status === 403) {
    return new SatelliteError('FORBIDDEN', `The file’s store refuses to give it (HTTP status ${status}).`);
  }
  return new SatelliteError('NOT_FOUND', `The file is not in its store any more (HTTP status ${status}).`);
}

/** An answer of the wrong size may be a broken proxy's, so that it is asked for again. */
function checkedSize(size: number, expected: number | null): number {
  if (expected === null || size === expected) return size;
  throw new TransientFailure(
    new SatelliteError(
      'CONFLICT',
      `The file has ${size} bytes in its store, but ${expected} are recorded: it was changed or cut short there.`,
    ),
  );
}

/** The bytes of an answer from `start` up to and with `limit`; a server that does not know ranges gives more. */
async function* wantedPart({ body, skip }: Opened, start: number, limit: number): AsyncGenerator<Uint8Array> {
  if (!body) return;
  let toSkip = skip;
  let next = start;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      const wanted = chunk.subarray(Math.min(toSkip, chunk.length)).subarray(0, limit + 1 - next);
      toSkip -= Math.min(toSkip, chunk.length);
      next += wanted.length;
      if (wanted.length > 0) yield wanted;
      if (next > limit) return;
    }
  } finally {
    discard(body);
  }
}

function discard(body: Dispatcher.ResponseData['body']): void {
  body.on('error', () => undefined).destroy();
}

function unavailable(what: string, retryAfter = 30): SatelliteError {
  return new SatelliteError('UPSTREAM_UNAVAILABLE', `The file’s store ${what}; try again later.`, { retryAfter });
}

/** Failures of connections may pass; what we say ourselves is meant. */
function transientOf(error: unknown): unknown {
  if (error instanceof SatelliteError || error instanceof TransientFailure) return error;
  if (error instanceof Error && error.cause instanceof SatelliteError) return error.cause;
  const final = unavailable('cannot be reached, or broke off the connection');
  return new TransientFailure(new SatelliteError(final.code, final.message, { retryAfter: 30, cause: error }));
}

/** Looks a host up and lets only public addresses through, so that a name cannot lead into this network. */
function publicLookup(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '');
      const addresses = (found as readonly LookupAddress[]).filter(({ address }) => isPublicAddress(address));
      if (addresses.length === 0) return callback(notPublic(hostname), '');
      if (options.all) return callback(null, addresses);
      return callback(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
}
