/** How queued jobs come to the processes that work on them. */
import type { Transaction } from '../repository/direct/database.ts';
import type { Claim } from './claim.ts';
import type { Job } from './job.ts';

/**
 * Takes a claimed job and works on it; never rejects.
 * @returns whether what became of the job was written; else it has to be claimed again
 */
export type Work = (claim: Claim) => Promise<boolean>;

export interface JobQueue {
  /** Makes what the queue itself keeps. */
  prepare(): Promise<void>;
  /** Offers a job that has become QUEUED, in the same transaction. */
  offer(transaction: Transaction, job: Job, exclusive: boolean, delayMilliseconds: number): Promise<void>;
  /** Looks for jobs at once, after a transaction with an offer. */
  wake(): void;
  /** Begins to give jobs of these kinds to `work`. */
  start(kinds: readonly string[], work: Work): Promise<void>;
  /** Gives no more jobs; fulfils when those that were given have come back. */
  close(): Promise<void>;
}
