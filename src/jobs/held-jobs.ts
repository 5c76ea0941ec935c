/** HELD jobs that go on by themselves, when what they wait for is back. */
import type { Logger } from 'pino';
import { SatelliteError } from '../butler/errors.ts';
import { HeldError, type JobKind } from './job.ts';
import type { HeldJob, JobRecords } from './records.ts';

export interface HeldJobsOptions {
  readonly kinds: ReadonlyMap<string, JobKind>;
  readonly records: JobRecords;
  /** Makes a job QUEUED again if it is HELD still, with a new token if there is one. */
  readonly goOn: (id: string, token: string | undefined) => Promise<void>;
  /** How often they are looked through. */
  readonly milliseconds: number;
  readonly log: Logger;
}

/** Jobs that one look goes through, those first that were not looked at for longest. */
const MOST = 100;
/** How often, in looks, a repository that refused a job's owner is asked again: each time costs it a request. */
const LOOKS_PER_SOURCE = 5;

export class HeldJobs {
  readonly #options: HeldJobsOptions;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #closed = false;

  constructor(options: HeldJobsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    }, this.#options.milliseconds).unref();
  }

  /** Fulfils when a look that is under way has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** As `Jobs` says. */
  async resume(owner: string, token: string | undefined): Promise<void> {
    const { records, goOn } = this.#options;
    for (const job of await records.heldOf(owner, MOST)) {
      if (this.#closed) return;
      if (job.heldFor === 'RIGHTS') await this.#tryAgain(job);
      else if (token !== undefined && !job.refusedTokens.includes(records.digest(token))) await goOn(job.id, token);
    }
  }

  async #look(): Promise<void> {
    const { records, goOn, milliseconds, log } = this.#options;
    // Between two looks of this gateway, others on the same state leave its jobs alone.
    const age = milliseconds / 2;
    try {
      for (const job of await records.heldFor('RIGHTS', age, MOST)) if (!this.#closed) await this.#tryAgain(job);
      for (const job of await records.heldFor('SOURCE', age * 2 * LOOKS_PER_SOURCE, MOST)) {
        if (!this.#closed) await goOn(job.id, undefined);
      }
    } catch (err) {
      log.warn({ err }, 'could not look through jobs that are held');
    }
  }

  async #tryAgain({ id, kind, input, owner }: HeldJob): Promise<void> {
    const { kinds, goOn, log } = this.#options;
    const known = kinds.get(kind);
    if (!known) return;
    try {
      await known.check?.(input, owner);
    } catch (error) {
      if (error instanceof HeldError) return;
      // Whatever else is wrong now, the job itself says; but not while nobody can be asked.
      if (!(error instanceof SatelliteError) || error.code === 'UPSTREAM_UNAVAILABLE') {
        log.warn({ err: error, job: id }, 'could not check the rights that a job waits for');
        return;
      }
    }
    await goOn(id, undefined);
  }
}
