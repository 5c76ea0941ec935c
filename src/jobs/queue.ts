/** How queued jobs come to the processes that work on them. */
import type { Transaction } from '../repository/direct/database.ts';
import type { Claim } from './claim.ts';
import type { Job, JobKind } from './job.ts';

/**
 * Takes a claimed job and works on it; never rejects.
 * @returns whether what became of the job was written; else it has to be claimed again
 */
export type Work = (claim: Claim) => Promise<boolean>;

/** Jobs that take places from each other, and from no others. */
export interface Lane {
  readonly isLong: boolean;
  /** Their names, one at least. */
  readonly kinds: readonly string[];
  /** Jobs at the same time in this process. */
  readonly concurrency: number;
  /** Of them, jobs of one owner. */
  readonly perOwner: number;
}

/** What of a kind its jobs are queued by. */
export type QueuedBy = Pick<JobKind, 'exclusive' | 'isLong'>;

export interface JobQueue {
  /** Makes what the queue itself keeps. */
  prepare(): Promise<void>;
  /** Offers a job that has become QUEUED, in the same transaction. */
  offer(transaction: Transaction, job: Job, kind: QueuedBy, delayMilliseconds: number): Promise<void>;
  /** Looks for jobs at once, after a transaction with an offer. */
  wake(): void;
  /** Begins to give jobs of the lanes to `work`. */
  start(lanes: readonly Lane[], work: Work): Promise<void>;
  /** Gives no more jobs; fulfils when those that were given have come back. */
  close(): Promise<void>;
}
