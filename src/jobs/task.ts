/** What the work of a job has at hand, on one attempt's claim. */
import { GatewayStoppingError, type Claim } from './claim.ts';
import type { JobProgress, Json, Task } from './job.ts';

/** Characters of one line of a log. */
const LINE_CHARACTERS = 2000;

export class ClaimTask implements Task {
  readonly jobId: string;
  readonly owner: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly #claim: Claim;
  readonly #steps: Map<string, Json>;
  readonly #draining: () => boolean;
  readonly #checkRights: () => Promise<void>;
  readonly #progressMilliseconds: number;
  #progressSavedAt = -Infinity;
  #progressTimer: NodeJS.Timeout | undefined;

  /**
   * @param steps results of those that were completed before
   * @param draining whether the gateway wants to stop before the next step
   * @param checkRights throws where the owner may not do this any more
   * @param progressMilliseconds how often progress is written at most
   */
  constructor(
    claim: Claim,
    steps: Map<string, Json>,
    draining: () => boolean,
    checkRights: () => Promise<void>,
    progressMilliseconds: number,
  ) {
    this.jobId = claim.id;
    this.owner = claim.row.job.owner;
    this.attempt = claim.row.attempt;
    this.signal = claim.signal;
    this.#claim = claim;
    this.#steps = steps;
    this.#draining = draining;
    this.#checkRights = checkRights;
    this.#progressMilliseconds = progressMilliseconds;
  }

  async step<T extends Json>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.#draining()) this.#claim.abort(new GatewayStoppingError());
    await this.#claim.confirm();
    // What was remembered under the name is what `work` gave.
    if (this.#steps.has(name)) return this.#steps.get(name) as T;
    await this.#checkRights();
    const result = await work();
    await this.#claim.saveStep(name, result ?? null);
    this.#progressSavedAt = performance.now();
    this.#steps.set(name, result ?? null);
    return result;
  }

  async progress(progress: JobProgress): Promise<void> {
    await this.#claim.confirm();
    this.#claim.setProgress(progress);
    const wait = this.#progressSavedAt + this.#progressMilliseconds - performance.now();
    if (wait <= 0) await this.#saveProgress();
    // A loss of the lease is told to the work by its signal.
    else this.#progressTimer ??= setTimeout(() => void this.#saveProgress().catch(() => undefined), wait);
  }

  async log(message: string): Promise<void> {
    this.signal.throwIfAborted();
    await this.#claim.log(message.slice(0, LINE_CHARACTERS));
  }

  /** To be called when the work has ended, however it did. */
  end(): void {
    clearTimeout(this.#progressTimer);
  }

  async #saveProgress(): Promise<void> {
    clearTimeout(this.#progressTimer);
    this.#progressTimer = undefined;
    this.#progressSavedAt = performance.now();
    await this.#claim.saveProgress();
  }
}
