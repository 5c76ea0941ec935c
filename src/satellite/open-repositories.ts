/** The repositories that are open: as many as are in use, and some that were used lately. */
import type { WriteableRepository } from '../repository/writeable-repository.ts';
import type { Borrow } from './borrowed-repository.ts';

/** Open ones beyond those in use. */
const KEPT = 32;
const IDLE_MILLISECONDS = 10 * 60_000;

interface Open {
  readonly repository: Promise<WriteableRepository>;
  users: number;
  usedAt: number;
  /** Closed as soon as nobody uses it. */
  forgotten: boolean;
}

export class OpenRepositories {
  /** By identifier, the one used longest ago first. */
  readonly #open = new Map<string, Open>();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#closeIdle(), IDLE_MILLISECONDS / 10).unref();
  }

  /** @param open opens it; what it throws is thrown to all who wait, and the next one tries again */
  borrower(id: string, open: (signal: AbortSignal) => Promise<WriteableRepository>): Borrow<WriteableRepository> {
    return async (signal) => {
      signal.throwIfAborted();
      const entry = this.#open.get(id) ?? {
        // Others may wait for it too, so that it does not end with who asked first.
        repository: open(AbortSignal.timeout(60_000)),
        users: 0,
        usedAt: 0,
        forgotten: false,
      };
      this.#open.delete(id);
      this.#open.set(id, entry);
      entry.users += 1;
      try {
        const repository = await entry.repository;
        signal.throwIfAborted();
        return { repository, done: () => this.#release(id, entry) };
      } catch (error) {
        entry.forgotten = true;
        this.#release(id, entry);
        throw error;
      }
    };
  }

  /** Closes it when those who use it now are done; the next one opens it anew. */
  async forget(id: string): Promise<void> {
    const entry = this.#open.get(id);
    if (!entry) return;
    entry.forgotten = true;
    this.#open.delete(id);
    if (entry.users === 0) await closed(entry);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const entries = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(entries.map(closed));
  }

  #release(id: string, entry: Open): void {
    entry.users -= 1;
    entry.usedAt = Date.now();
    if (entry.forgotten && entry.users === 0) {
      if (this.#open.get(id) === entry) this.#open.delete(id);
      void closed(entry);
    }
    this.#closeIdle();
  }

  #closeIdle(): void {
    const idle = [...this.#open].filter(([, entry]) => entry.users === 0);
    const old = Date.now() - IDLE_MILLISECONDS;
    for (const [i, [id, entry]] of idle.entries()) {
      if (i >= idle.length - KEPT && entry.usedAt > old) continue;
      this.#open.delete(id);
      void closed(entry);
    }
  }
}

/** What cannot be opened need not be closed. */
async function closed({ repository }: Open): Promise<void> {
  await repository.then(
    (opened) => opened.close(),
    () => undefined,
  );
}
