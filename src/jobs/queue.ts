/** How queued jobs come to the processes that work on them. */
import type { Transaction } from '../repository/direct/database.ts';
import type { Claim } from './claim.ts';
import type { Job, JobKind, Json, Lane } from './job.ts';

/**
 * Takes a claimed job and works on it; never rejects.
 * @returns whether what became of the job was written; else it has to be claimed again
 */
export type Work = (claim: Claim) => Promise<boolean>;

/** The places of a lane in this process. */
export interface Places {
  readonly lane: Lane;
  /** Jobs at the same time. */
  readonly concurrency: number;
  /** Of them, jobs of one owner. */
  readonly perOwner: number;
}

/** What jobs are queued by. */
export interface QueuedBy {
  readonly exclusive: boolean;
  readonly lane: Lane;
}

export function queuedBy<Input extends Json>(kind: JobKind<Input>, input: Input): QueuedBy {
  return { exclusive: kind.exclusive ?? true, lane: kind.lane?.(input) ?? 'short' };
}

export interface JobQueue {
  /** Makes what the queue itself keeps. */
  prepare(): Promise<void>;
  /** Offers a job that has become QUEUED, in the same transaction. */
  offer(transaction: Transaction, job: Job, by: QueuedBy, delayMilliseconds: number): Promise<void>;
  /** Looks for jobs at once, after a transaction with an offer. */
  wake(): void;
  /**
   * Begins to give jobs to `work`.
   * @param kinds names of those that this process knows, one at least; those of any lane may have been queued in any other by
   *   another version of the gateway
   */
  start(places: readonly Places[], kinds: readonly string[], work: Work): Promise<void>;
  /** Gives no more jobs; fulfils when those that were given have come back. */
  close(): Promise<void>;
}
