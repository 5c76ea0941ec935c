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
import {
  discard,
  judge,
  transientOf,
  TransientFailure,
  unavailable,
  wantedPart,
  type Opened,
} from './outbound-answer.ts';

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
/** Longest that a server's `Retry-After` is obeyed within one call. */
const MAX_WAIT_MS = 30_000;
/** Most bytes of a file whose size neither its record nor its server tells. */
const UNANNOUNCED_BYTES = 16 * 2 ** 30;

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
