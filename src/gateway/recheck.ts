/** Asks again and again, while an answer goes on, whether whoever gets it still may have it. */
import type { VisibleRepositories } from '../access/policy.ts';
import { LONGEST_UNASKED_SECONDS } from '../access/group-age.ts';
import { SatelliteError } from '../butler/errors.ts';

/**
 * Aborts `controller` with what `ask` throws; that nobody can be asked now counts only after five minutes of it.
 * @param seconds between two times
 * @returns stops it
 */
export function keepChecking(
  controller: Pick<AbortController, 'abort' | 'signal'>,
  seconds: number,
  ask: () => Promise<unknown>,
): () => void {
  let askedAt = performance.now();
  let isAsking = false;
  const again = async () => {
    if (isAsking) return;
    isAsking = true;
    const at = performance.now();
    try {
      await ask();
      askedAt = at;
    } catch (error) {
      if (isLasting(error) || at - askedAt > LONGEST_UNASKED_SECONDS * 1000) controller.abort(error);
    } finally {
      isAsking = false;
    }
  };
  const timer = setInterval(() => void again(), seconds * 1000).unref();
  const stop = () => clearInterval(timer);
  controller.signal.addEventListener('abort', stop, { once: true });
  return stop;
}

function isLasting(error: unknown): boolean {
  return error instanceof SatelliteError && error.code !== 'UPSTREAM_UNAVAILABLE' && error.code !== 'RATE_LIMITED';
}

/** @throws SatelliteError NOT_FOUND where what may be read of one of them is not what it was */
export function mustBeReadable(names: readonly string[], before: VisibleRepositories, now: VisibleRepositories): void {
  const changed = names.find((name) => now.ruleOf(name) !== before.ruleOf(name));
  if (changed === undefined) return;
  throw new SatelliteError('NOT_FOUND', `What is shared with you of '${changed}' has changed: ask again.`);
}
