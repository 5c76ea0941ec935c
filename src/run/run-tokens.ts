/** What a run's processes ask the gateway with: tokens that are good for reading what the run reads, for minutes. */
import type { MintedTokens } from '../access/minted-token.ts';
import type { RunRecord } from './run.ts';

/** How long one is good, and how long it is handed out. */
const GOOD_SECONDS = 900;
const USED_MILLISECONDS = 300_000;

/**
 * Gives a token that is good now, a new one from time to time.  It reads as the user may at that moment, of all satellites
 * only those of the run.
 * @param job whose user's token goes to servers that are asked as the user
 */
export function runTokens(
  minted: Pick<MintedTokens, 'mint'>,
  { satellite, spec }: Pick<RunRecord, 'satellite' | 'spec'>,
  username: string,
  job: string,
): () => Promise<string> {
  let known: Promise<string> | undefined;
  let mintedAt = -Infinity;
  return () => {
    if (known && performance.now() - mintedAt < USED_MILLISECONDS) return known;
    mintedAt = performance.now();
    const reads = spec.repositories.filter((name) => name.includes('~') && name !== satellite);
    return (known = minted.mint({
      username,
      satellite,
      operations: ['read'],
      job,
      ...(reads.length > 0 && { reads }),
      aclRevision: 0,
      seconds: GOOD_SECONDS,
    }));
  };
}
