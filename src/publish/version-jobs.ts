/** The jobs that work on versions: begun with the decision that asks for them, and again where that was left in between. */
import type { Logger } from 'pino';
import type { Job, JobKind } from '../jobs/job.ts';
import { needsRestart } from './checks.ts';
import type { PublicationCommit } from './commit.ts';
import type { PublicationState, PublicationVersion } from './publication.ts';
import { moved, type PublicationParts, type VersionInput } from './submit-kind.ts';
import * as law from './transitions.ts';

export type VersionKinds = Readonly<Record<'submit' | 'publish' | 'withdraw', JobKind<VersionInput>>>;

/** What was begun with a version has nothing more to do then. */
export const ENDS_WORK: ReadonlySet<PublicationState> = new Set(['CANCELLED', 'CHANGES_REQUESTED', 'REJECTED']);

export interface VersionJobsOptions extends Pick<PublicationParts, 'records' | 'jobs' | 'changed'> {
  readonly commit: Pick<PublicationCommit, 'visibleSince'>;
  /** How long a request waits for a job at most, ms. */
  readonly waitMilliseconds: number;
  readonly log: Logger;
}

export class VersionJobs {
  readonly #options: VersionJobsOptions;

  constructor(options: VersionJobsOptions) {
    this.#options = options;
  }

  /** The job that works on a version, which remembers it. */
  async enqueue(kind: JobKind<VersionInput>, record: PublicationVersion, token?: string): Promise<Job> {
    const { publication, version } = record;
    const owner = ownerOfJob(record);
    // What is taken back does not wait until a later version is made.
    const isWithdrawal = isTakenBack(record);
    const subject = `${isWithdrawal ? 'withdrawal' : 'publication'}:${publication}`;
    const job = await this.#options.jobs.enqueue(kind, {
      owner,
      subject,
      input: { publication, version },
      // One of a kind for a version: `retryJob` goes on with it.
      idempotencyKey: `${isWithdrawal ? subject : publication} ${version}`,
      ...(token !== undefined && { token }),
    });
    await moved(this.#options, record, (now) => (now.job === job.id ? null : { job: job.id }));
    return job;
  }

  /**
   * Ends the work on a version that was given up or sent back since: what is staged goes with it.
   * @param record as it was before
   */
  async end(record: PublicationVersion): Promise<void> {
    const { jobs } = this.#options;
    const owner = ownerOfJob(record);
    const job = record.job === null ? null : await jobs.find(record.job, owner);
    if (job?.state === 'RUNNING') await jobs.cancel(job.id, owner);
    // It finds that there is nothing to be done any more, and ends, by itself: to sweep can take long.
    if (job?.state === 'HELD') await jobs.retry(job.id, owner);
  }

  /** The job when it has ended, or as it is after the time that one waits. */
  async waitFor({ id }: Job, owner: string): Promise<Job | null> {
    let last: Job | null = null;
    const { jobs, waitMilliseconds } = this.#options;
    for await (const job of jobs.watch(id, owner, AbortSignal.timeout(waitMilliseconds))) last = job;
    return last;
  }

  /**
   * Begins work that a gateway did not begin that ended after the decision that asks for it, and begins withdrawals again that
   * failed.  Ends what was not ended with such a decision, and has become PUBLISHED what is visible though its work failed.
   * @param before Unix milliseconds: what was decided later is being begun
   */
  async recover(kinds: VersionKinds, before: number): Promise<void> {
    const { records, log } = this.#options;
    const silent = new Set<string>();
    for (const version of await records.unfinished()) {
      if (version.changedAt > before) continue;
      // The others are somebody else's, and go on.
      await this.#recover(kinds, version, silent).catch((err: unknown) => {
        const { publication, version: number } = version;
        log.warn({ err, publication, version: number }, 'could not go on with a version of a publication');
      });
    }
  }

  async #recover(
    { submit, publish, withdraw }: VersionKinds,
    version: PublicationVersion,
    silent: Set<string>,
  ): Promise<void> {
    if (isTakenBack(version)) {
      const { id, state, owner } = await this.enqueue(withdraw, version);
      if (state === 'FAILED') await this.#options.jobs.retry(id, owner);
    } else if (version.state === 'APPROVED') {
      if (law.isReady(version, needsRestart(version))) await this.enqueue(publish, version);
    } else if (ENDS_WORK.has(version.state)) {
      await this.end(version);
    } else if (version.state === 'DRAFT') {
      await this.enqueue(submit, version);
    } else if (version.job !== null && (await this.#isVisible(version, silent))) {
      await this.#options.jobs.retry(version.job, ownerOfJob(version));
    }
  }

  /**
   * False where its repository cannot say: it is asked again.
   * @param silent repositories that could not: each time can take a minute, for which all the others wait
   */
  async #isVisible(version: PublicationVersion, silent: Set<string>): Promise<boolean> {
    if (silent.has(version.repository)) return false;
    try {
      return (await this.#options.commit.visibleSince(version)) !== null;
    } catch {
      silent.add(version.repository);
      return false;
    }
  }
}

/** Whether its repository has to take it out, or has never to let it in. */
export function isTakenBack({ state, withdrawnBy }: PublicationVersion): boolean {
  return state === 'WITHDRAWN' || (state === 'CANCELLED' && withdrawnBy !== null);
}

/** Whose the job is that works on a version: a withdrawal is not the submitter's to stop where somebody else decided it. */
export function ownerOfJob({ withdrawnBy, submittedBy }: PublicationVersion): string {
  return withdrawnBy ?? submittedBy;
}
