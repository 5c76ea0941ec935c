/** Work that several wait for: it goes on as long as one of them does, whoever asked first. */
export class SharedWork<T> {
  readonly #stop = new AbortController();
  readonly #result: Promise<T>;
  #waiting = 0;
  #isDone = false;

  /** @param start begins the work; its signal is aborted when nobody waits any more */
  constructor(start: (signal: AbortSignal) => Promise<T>) {
    this.#result = start(this.#stop.signal);
    const done = (): void => {
      this.#isDone = true;
    };
    this.#result.then(done, done);
  }

  /** Whether everybody gave up before it was done: it then has no result. */
  get isAbandoned(): boolean {
    return this.#stop.signal.aborted;
  }

  /** The result, or where the work failed undefined, when it is over. */
  settled(): Promise<T | undefined> {
    return this.#result.catch(() => undefined);
  }

  /** @throws the signal's reason, when it is aborted before the work is done; what the work throws */
  async wait(signal: AbortSignal): Promise<T> {
    this.#waiting += 1;
    const given = Promise.withResolvers<never>();
    const giveUp = (): void => given.reject(signal.reason as Error);
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await Promise.race([this.#result, given.promise]);
    } finally {
      signal.removeEventListener('abort', giveUp);
      this.#waiting -= 1;
      if (this.#waiting === 0 && !this.#isDone) this.#stop.abort(signal.reason);
    }
  }
}
