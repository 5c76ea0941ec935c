/** The jobs that work on versions: begun with the decision that asks for them, and again where that was left in between. */
import type { Job, JobKind } from '../jobs/job.ts';
import { needsRestart } from './checks.ts';
import type { PublicationVersion } from './publication.ts';
import { moved, type PublicationParts, type VersionInput } from './submit-kind.ts';
import * as law from './transitions.ts';

export type VersionKinds = Readonly<Record<'submit' | 'publish' | 'withdraw', JobKind<VersionInput>>>;

export interface VersionJobsOptions extends Pick<PublicationParts, 'records' | 'jobs' | 'changed'> {
  /** How long a request waits for a job at most, ms. */
  readonly waitMilliseconds: number;
}

export class VersionJobs {
  readonly #options: VersionJobsOptions;

  constructor(options: VersionJobsOptions) {
    this.#options = options;
  }

  /** The job that works on a version, which remembers it. */
  async enqueue(kind: JobKind<VersionInput>, record: PublicationVersion, token?: string): Promise<Job> {
    const { publication, version, submittedBy: owner } = record;
    const job = await this.#options.jobs.enqueue(kind, {
      owner,
      subject: `publication:${publication}`,
      input: { publication, version },
      // One of a kind for a version: `retryJob` goes on with it.
      idempotencyKey: `${publication} ${version}`,
      ...(token !== undefined && { token }),
    });
    await moved(this.#options, record, () => ({ job: job.id }));
    return job;
  }

  /** The job when it has ended, or as it is after the time that one waits. */
  async waitFor({ id }: Job, owner: string): Promise<Job | null> {
    let last: Job | null = null;
    const { jobs, waitMilliseconds } = this.#options;
    for await (const job of jobs.watch(id, owner, AbortSignal.timeout(waitMilliseconds))) last = job;
    return last;
  }

  /** Work that a gateway did not begin that ended after the decision that asks for it. */
  async recover(kinds: VersionKinds): Promise<void> {
    for (const version of await this.#options.records.inStates(['DRAFT', 'APPROVED', 'WITHDRAWN'])) {
      const kind = await this.#unbegun(version, kinds);
      if (kind) await this.enqueue(kind, version);
    }
  }

  async #unbegun(
    version: PublicationVersion,
    { submit, publish, withdraw }: VersionKinds,
  ): Promise<JobKind<VersionInput> | null> {
    switch (version.state) {
      case 'DRAFT':
        return version.job === null ? submit : null;
      case 'APPROVED':
        return law.isReady(version, needsRestart(version)) ? publish : null;
      default: {
        const versions = await this.#options.records.versions(version.publication);
        const isReplaced = versions.some((one) => one.version > version.version && one.generation !== null);
        return version.generation === null || isReplaced ? null : withdraw;
      }
    }
  }
}
