/** A claim of a run is ours as long as the gateway hears of us: when it may be another machine's, we have stopped. */

/** How often the gateway is told that we are at it; it gives a run up after a minute. */
export const BEAT_MILLISECONDS = 10_000;
/** After how long without a beat that arrived the run is left, before the gateway gives it to another. */
const GIVE_UP_MILLISECONDS = 40_000;

export interface KeptClaimOptions<Held> {
  /** Tells the gateway. */
  readonly beat: (signal: AbortSignal) => Promise<Held>;
  /** Is told what the gateway answered. */
  readonly onKept: (held: Held) => void;
  /** Whether an error says that the claim is lost. */
  readonly isRefusal: (error: unknown) => boolean;
  /** Is told, once or more, why the run has to be left. */
  readonly onLost: (why: unknown) => void;
  /** When the claim was asked for, as `now` says it. */
  readonly since: number;
  /** Milliseconds. @default the process's clock */
  readonly now?: () => number;
}

export class KeptClaim<Held> implements Disposable {
  readonly #options: KeptClaimOptions<Held>;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  /** When the last beat was sent that arrived. */
  #keptAt: number;
  #trouble: unknown = new Error('The gateway has not answered.');

  constructor(options: KeptClaimOptions<Held>) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#keptAt = options.since;
    this.#timer = setInterval(() => void this.tick(), BEAT_MILLISECONDS);
  }

  /** Leaves the run where too long nothing was heard, also of beats that are under way; else sends another. */
  async tick(): Promise<void> {
    const { beat, onKept, isRefusal, onLost } = this.#options;
    const asked = this.#now();
    // A gateway that is away comes back; but another machine may take the run then, and both would write its files.
    if (asked - this.#keptAt >= GIVE_UP_MILLISECONDS) onLost(this.#trouble);
    try {
      const held = await beat(AbortSignal.timeout(BEAT_MILLISECONDS));
      // An answer may have been overtaken by a later one.
      if (asked >= this.#keptAt) onKept(held);
      this.#keptAt = Math.max(this.#keptAt, asked);
    } catch (error) {
      this.#trouble = error;
      if (isRefusal(error)) onLost(error);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
