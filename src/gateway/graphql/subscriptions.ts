/**
 * Subscriptions, without a transport: the same checks as of queries, one stream each, which is pulled: who reads slowly gets
 * fewer events, and nothing piles up.
 */
import {
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  parse,
  subscribe,
  validate,
  type DocumentNode,
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import type { GraphQLContext } from '../../../resolvers/context.ts';
import { SatelliteError } from '../../butler/errors.ts';
import type { EventPosition } from '../../publish/event-feed.ts';
import type { RequestLimits } from '../config.ts';
import { formatError } from './format-error.ts';
import { checkLimits } from './limits.ts';
import { RecheckedResults } from './rechecked-results.ts';

export interface SubscriptionsOptions {
  readonly schema: GraphQLSchema;
  readonly limits: RequestLimits;
  readonly limitFired: (limit: string) => void;
}

/** Results until the subscription ends; `return` stops it at once. An error is the last result. */
export interface SubscriptionResults extends AsyncIterableIterator<FormattedExecutionResult, undefined> {
  return(): Promise<IteratorResult<FormattedExecutionResult, undefined>>;
  [Symbol.asyncIterator](): SubscriptionResults;
}

/** A request that may be answered. */
export interface CheckedSubscription {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly variableValues: Record<string, unknown>;
  readonly operationName: string | undefined;
}

export type ContextOf = (signal: AbortSignal) => Promise<GraphQLContext>;

const END = { done: true, value: undefined } as const;
const ENDED_TOKEN = new SatelliteError('UNAUTHENTICATED', 'Your token has ended: get a new one, and subscribe again.');

export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #perUser = new Map<string, number>();
  readonly #running = new Set<AbortController>();

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /**
   * @param request from `check`
   * @param contextOf authenticates the caller and opens their context, now and again while it is open; `signal` aborts when
   *   that context is not used any more
   * @throws SatelliteError UNAUTHENTICATED; RATE_LIMITED for too many at once
   */
  async start(request: CheckedSubscription, contextOf: ContextOf): Promise<SubscriptionResults> {
    const { limits } = this.#options;
    const controller = new AbortController();
    const lasts = limits.exportSeconds * 1000;
    const position: EventPosition = { told: new Set() };
    const source = await RecheckedResults.of({
      contextOf,
      subscribe: async (context) => subscribe({ ...request, contextValue: { ...context, position } }),
      isByPosition: () => position.since !== undefined,
      milliseconds: limits.recheckSeconds * 1000,
      signal: controller.signal,
    });
    const { username, expiresAt } = source.context.principal;
    this.#admit(username);
    this.#running.add(controller);
    const deadline = setTimeout(() => {
      const message = `A subscription lasts ${limits.exportSeconds} s at most: subscribe again.`;
      controller.abort(new SatelliteError('DEADLINE_EXCEEDED', message));
    }, lasts).unref();
    const expiry =
      typeof expiresAt === 'number' && expiresAt - Date.now() < lasts
        ? setTimeout(() => controller.abort(ENDED_TOKEN), expiresAt - Date.now()).unref()
        : undefined;
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      clearTimeout(deadline);
      clearTimeout(expiry);
      this.#running.delete(controller);
      const left = (this.#perUser.get(username) ?? 1) - 1;
      if (left > 0) this.#perUser.set(username, left);
      else this.#perUser.delete(username);
      controller.abort();
      source.stop();
    };
    const stream: SubscriptionResults = {
      [Symbol.asyncIterator]: () => stream,
      async next() {
        if (isOver) return END;
        try {
          const value = await source.next();
          if (value) return { done: false, value: formatted(value) };
          // Streams end by themselves too when they are told to.
          controller.signal.throwIfAborted();
          end();
          return END;
        } catch (error) {
          if (isOver) return END;
          const reason: unknown = controller.signal.aborted ? controller.signal.reason : error;
          end();
          return { done: false, value: { errors: [formatError(reason)] } };
        }
      },
      async return() {
        end();
        return END;
      },
    };
    return stream;
  }

  /** Ends all of them: the gateway stops. */
  close(): void {
    const reason = new SatelliteError('UPSTREAM_UNAVAILABLE', 'The gateway is being restarted: subscribe again.', {
      retryAfter: 1,
    });
    for (const controller of this.#running) controller.abort(reason);
  }

  /**
   * @param request what a client sent: `query`, `variables`, `operationName`
   * @throws GraphQLError for what is wrong with it
   */
  check(request: unknown): CheckedSubscription {
    const { schema, limits, limitFired } = this.#options;
    const { query, variables, operationName } = takeApart(request);
    const document = parse(query, { maxTokens: limits.tokens });
    const [invalid] = validate(schema, document, undefined, { maxErrors: 5 });
    if (invalid) throw refused(invalid.message, 'GRAPHQL_VALIDATION_FAILED');
    const operation = getOperationAST(document, operationName);
    if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) {
      throw refused(
        'Only subscriptions are answered here: send queries and mutations to POST /graphql.',
        'BAD_REQUEST',
      );
    }
    checkLimits({ schema, limits, document, operation, variables }, limitFired);
    return { schema, document, variableValues: variables, operationName };
  }

  #admit(username: string): void {
    const { limits, limitFired } = this.#options;
    const running = this.#perUser.get(username) ?? 0;
    if (running >= limits.subscriptions) {
      limitFired('subscriptions');
      throw new SatelliteError(
        'RATE_LIMITED',
        `You watch ${running} subscriptions already, which is the limit: end one of them first.`,
        { retryAfter: 5 },
      );
    }
    this.#perUser.set(username, running + 1);
  }
}

/** The one result of a subscription that could not begin. */
export function refusedSubscription(error: unknown): SubscriptionResults {
  const results = [{ errors: [formatError(error)] }].values();
  const stream: SubscriptionResults = {
    [Symbol.asyncIterator]: () => stream,
    next: async () => results.next(),
    return: async () => END,
  };
  return stream;
}

function takeApart(request: unknown) {
  const { query, variables, operationName } = (request ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof query !== 'string') throw refused('The request has no "query".', 'BAD_REQUEST');
  if (variables !== undefined && variables !== null && typeof variables !== 'object') {
    throw refused('"variables" must be an object.', 'BAD_REQUEST');
  }
  return {
    query,
    variables: (variables ?? {}) as Record<string, unknown>,
    operationName: typeof operationName === 'string' ? operationName : undefined,
  };
}

function refused(message: string, code: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

function formatted({ data, errors }: ExecutionResult): FormattedExecutionResult {
  return { ...(errors ? { errors: errors.map(formatError) } : {}), ...(data === undefined ? {} : { data }) };
}
