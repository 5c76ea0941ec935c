/** Looks now and then for runs that nobody goes on with: their gateway ended, or the machine of their user. */
import type { Logger } from 'pino';
import type { Claims } from './claims.ts';
import type { Stages } from './stages.ts';

export interface RunSweeperOptions {
  readonly stages: Pick<Stages, 'enqueueForgotten'>;
  readonly claims: Pick<Claims, 'sweep'>;
  readonly log: Pick<Logger, 'warn'>;
}

const SWEEP_MILLISECONDS = 30_000;
/** How long a stage that was begun may be without its job. */
const FORGOTTEN_MILLISECONDS = 60_000;

export class RunSweeper {
  readonly #options: RunSweeperOptions;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(options: RunSweeperOptions) {
    this.#options = options;
  }

  /** To be called after the jobs' `start`. */
  start(): void {
    const sweep = () => (this.#sweeping = this.#sweeping.then(() => this.#sweep()));
    void sweep();
    this.#timer = setInterval(() => void sweep(), SWEEP_MILLISECONDS).unref();
  }

  /** Fulfils when nothing is looked for any more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    const { stages, claims, log } = this.#options;
    try {
      await stages.enqueueForgotten(Date.now() - FORGOTTEN_MILLISECONDS);
      await claims.sweep();
    } catch (err) {
      log.warn({ err }, 'could not look for runs that nobody goes on with');
    }
  }
}
