import { SatelliteError } from '../../butler/errors.ts';

/** Waits for work, but no longer than until the signal aborts; the work itself is ended by whoever holds its processes. */
export async function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
    // What it says when its processes are ended is of no interest.
    work.catch(() => undefined);
  }
}

/**
 * Waits for work, but no longer than some seconds; the work itself is ended as above.
 * @throws SatelliteError DEADLINE_EXCEEDED
 */
export async function withinSeconds<T>(seconds: number, what: string, work: Promise<T>): Promise<T> {
  const late = new AbortController();
  const message = `${what} took longer than the ${seconds} second(s) that it may take here, and was ended.`;
  const timer = setTimeout(() => late.abort(new SatelliteError('DEADLINE_EXCEEDED', message)), seconds * 1000);
  try {
    return await untilAborted(late.signal, work);
  } finally {
    clearTimeout(timer);
  }
}

const NOT_SERVED = {
  UNAUTHENTICATED: 'The token with which the run reads its inputs is not good any more: sign in again.',
  UPSTREAM_UNAVAILABLE: 'A server that the run reads its inputs from is away.',
} as const;

/** What ends work whose inputs are refused, or away for long. */
export function notServed(code: keyof typeof NOT_SERVED): SatelliteError {
  return new SatelliteError(code, NOT_SERVED[code]);
}

/** A signal that aborts with another, and with `notServed`; `told` is what a `GatewayRelay` tells. */
export function whileServed(signal: AbortSignal): {
  readonly signal: AbortSignal;
  readonly told: { readonly onUnauthenticated: () => void; readonly onAway: () => void };
} {
  const ended = new AbortController();
  return {
    signal: AbortSignal.any([signal, ended.signal]),
    told: {
      onUnauthenticated: () => ended.abort(notServed('UNAUTHENTICATED')),
      onAway: () => ended.abort(notServed('UPSTREAM_UNAVAILABLE')),
    },
  };
}
