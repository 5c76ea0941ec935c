/**
 * Results of a subscription whose subscriber is checked again while it is open: at an interval it is begun anew, with a context
 * of its own, and so whatever is checked when it begins is checked again.  Who may not see it any more gets what a stranger gets.
 */
import type { ExecutionResult } from 'graphql';
import type { GraphQLContext } from '../../../resolvers/context.ts';

type Results = AsyncIterable<ExecutionResult>;

export interface RecheckOptions {
  /** Authenticates the subscriber; `signal` aborts when the context is not used any more. */
  readonly contextOf: (signal: AbortSignal) => Promise<GraphQLContext>;
  /** Begins the subscription; each time it tells first how things are now, or goes on. Its own result: it cannot be begun. */
  readonly subscribe: (context: GraphQLContext) => Promise<Results | ExecutionResult>;
  /** Whether it goes on from where it was: then two results that are the same tell of two things. */
  readonly isByPosition: () => boolean;
  /** Between two checks. */
  readonly milliseconds: number;
  /** Aborts when the subscription is over. */
  readonly signal: AbortSignal;
}

/** A context that the subscription was begun with. */
interface Begun {
  readonly context: GraphQLContext;
  readonly end: AbortController;
  results?: AsyncIterator<ExecutionResult>;
  next?: Promise<IteratorResult<ExecutionResult, unknown>> | undefined;
}

export class RecheckedResults {
  readonly #options: RecheckOptions;
  #begun: Begun;
  #told = '';
  #timer: NodeJS.Timeout | undefined;
  #isDue = false;
  #due = Promise.withResolvers<undefined>();

  private constructor(options: RecheckOptions, begun: Begun) {
    this.#options = options;
    this.#begun = begun;
  }

  /** @throws SatelliteError UNAUTHENTICATED */
  static async of(options: RecheckOptions): Promise<RecheckedResults> {
    return new RecheckedResults(options, await begin(options));
  }

  /** The subscriber, as last checked. */
  get context(): GraphQLContext {
    return this.#begun.context;
  }

  /** Undefined at the end. @throws SatelliteError where the subscriber may not go on; what the subscription throws */
  async next(): Promise<ExecutionResult | undefined> {
    for (;;) {
      const begun = this.#begun;
      begun.results ??= await this.#start(begun.context);
      begun.next ??= begun.results.next();
      const result = this.#isDue ? undefined : await Promise.race([begun.next, this.#due.promise]);
      if (result === undefined) {
        this.#begun = await begin(this.#options);
        leave(begun);
        continue;
      }
      begun.next = undefined;
      if (result.done) return undefined;
      const text = JSON.stringify(result.value);
      // What it tells when it is begun anew was mostly told before.
      if (text === this.#told && !this.#options.isByPosition()) continue;
      this.#told = text;
      return result.value;
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    leave(this.#begun);
  }

  async #start(context: GraphQLContext): Promise<AsyncIterator<ExecutionResult>> {
    this.#isDue = false;
    this.#due = Promise.withResolvers();
    this.#timer = setTimeout(() => {
      this.#isDue = true;
      this.#due.resolve(undefined);
    }, this.#options.milliseconds).unref();
    const results = await this.#options.subscribe(context);
    return Symbol.asyncIterator in results ? results[Symbol.asyncIterator]() : only(results);
  }
}

async function begin({ contextOf, signal }: RecheckOptions): Promise<Begun> {
  const end = new AbortController();
  return { context: await contextOf(AbortSignal.any([signal, end.signal])), end };
}

/** Nobody waits for it any more; it ends as soon as it is told to. */
function leave({ end, results, next }: Begun): void {
  next?.catch(() => undefined);
  end.abort();
  results?.return?.().catch(() => undefined);
}

async function* only(result: ExecutionResult): AsyncGenerator<ExecutionResult, void> {
  yield result;
}
