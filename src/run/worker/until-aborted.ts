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

/** A signal that aborts with another, and with UNAUTHENTICATED where the token that the work is done with is refused. */
export function whileAuthenticated(signal: AbortSignal): { readonly signal: AbortSignal; readonly refuse: () => void } {
  const ended = new AbortController();
  return {
    signal: AbortSignal.any([signal, ended.signal]),
    refuse: () => {
      const message = 'The token with which the run reads its inputs is not good any more: sign in again.';
      ended.abort(new SatelliteError('UNAUTHENTICATED', message));
    },
  };
}
