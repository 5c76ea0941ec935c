/** What is done with publications now and then, whoever asks. */
import type { Logger } from 'pino';
import type { ManifestStore } from './manifest-store.ts';
import type { Outbox } from './outbox.ts';
import type { Packs } from './packs/packs.ts';
import { remind } from './reminders.ts';
import type { PublishedSettings, Webhook } from './settings.ts';
import type { PublicationParts } from './submit-kind.ts';
import type { VersionJobs, VersionKinds } from './version-jobs.ts';

export interface ChoresOptions {
  readonly parts: PublicationParts;
  readonly store: ManifestStore;
  readonly packs: Packs;
  readonly outbox: Outbox;
  readonly jobs: VersionJobs;
  readonly kinds: VersionKinds;
  readonly settings: readonly PublishedSettings[];
  readonly webhooks: readonly Webhook[];
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
}

const LOOK_MILLISECONDS = 60_000;
const DELIVER_MILLISECONDS = 2000;
/** After which what was decided is begun by another gateway than the one that was asked. */
const RECOVER_MILLISECONDS = 60_000;
const HOUR_MILLISECONDS = 3_600_000;
const DAY_MILLISECONDS = 24 * HOUR_MILLISECONDS;

export class PublicationChores {
  readonly #options: ChoresOptions;
  readonly #closed = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #working = new Set<Promise<void>>();

  constructor(options: ChoresOptions) {
    this.#options = options;
  }

  /** Goes on with what was left, tells webhooks what happens, and reminds of what nobody does. */
  async start(): Promise<void> {
    const { store, jobs, kinds, packs, outbox, webhooks, now, log } = this.#options;
    await store.removeLeft(Date.now() - DAY_MILLISECONDS, AbortSignal.timeout(LOOK_MILLISECONDS));
    await jobs.recover(kinds, Infinity);
    await outbox.hideAddresses(AbortSignal.timeout(LOOK_MILLISECONDS)).catch((err: unknown) => {
      log.warn({ err }, 'could not hide addresses of webhooks');
    });
    const every = (milliseconds: number, work: () => Promise<unknown>, what: string) =>
      this.#every(milliseconds, async () => {
        await work().catch((err: unknown) => log.warn({ err }, `could not ${what}`));
      });
    // Each by itself, as one can let the others wait for long.
    for (const { name } of webhooks) {
      every(DELIVER_MILLISECONDS, () => outbox.deliver(name, this.#closed.signal), 'tell a webhook of publications');
    }
    const recover = () => jobs.recover(kinds, now() - RECOVER_MILLISECONDS);
    every(RECOVER_MILLISECONDS, recover, 'go on with publications');
    every(HOUR_MILLISECONDS, () => this.remind(), 'remind of publications');
    every(HOUR_MILLISECONDS, () => packs.removeOld(), 'remove uploads of publications');
  }

  /** Reminds of what is due now, and ends what is. */
  async remind(): Promise<void> {
    const { parts, jobs, settings: all, now, log } = this.#options;
    const settings = (name: string) => all.find((one) => one.name === name);
    await remind({ ...parts, versionJobs: jobs, settings, now, log });
  }

  /** Nothing is begun again while it still goes on, and nothing waits for another. */
  #every(milliseconds: number, work: () => Promise<void>): void {
    let going: Promise<void> | undefined;
    const timer = setInterval(() => {
      if (going) return;
      const begun = work().finally(() => {
        this.#working.delete(begun);
        going = undefined;
      });
      going = begun;
      this.#working.add(begun);
    }, milliseconds);
    this.#timers.push(timer.unref());
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#closed.abort();
    await Promise.all(this.#working);
  }
}
