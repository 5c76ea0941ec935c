/** What an answer to a fetch means: bytes of the file, a failure that may pass, or one that does not. */
import type { Dispatcher } from 'undici';
import { SatelliteError } from '../butler/errors.ts';

const TRANSIENT = new Set([408, 425, 429]);

/** A failure that may pass. */
export class TransientFailure extends Error {
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
export interface Opened {
  readonly body: Dispatcher.ResponseData['body'] | undefined;
  /** Bytes of the body to leave out before `start`. */
  readonly skip: number;
  readonly size: number | null;
  readonly tag: string | undefined;
}

/** What an answer that is no redirect means. */
export function judge(answer: Dispatcher.ResponseData, start: number, expectedSize: number | null): Opened {
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
export async function* wantedPart({ body, skip }: Opened, start: number, limit: number): AsyncGenerator<Uint8Array> {
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

/** Ends an answer of which no more is wanted. */
export function discard(body: Dispatcher.ResponseData['body']): void {
  body.on('error', () => undefined).destroy();
}

/** @param retryAfter seconds */
export function unavailable(what: string, retryAfter = 30): SatelliteError {
  return new SatelliteError('UPSTREAM_UNAVAILABLE', `The file’s store ${what}; try again later.`, { retryAfter });
}

/** Failures of connections may pass; what we say ourselves is meant. */
export function transientOf(error: unknown): unknown {
  if (error instanceof SatelliteError || error instanceof TransientFailure) return error;
  if (error instanceof Error && error.cause instanceof SatelliteError) return error.cause;
  const final = unavailable('cannot be reached, or broke off the connection');
  return new TransientFailure(new SatelliteError(final.code, final.message, { retryAfter: 30, cause: error }));
}
