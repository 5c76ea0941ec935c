/** How subscriptions travel: Server-Sent Events (graphql-sse, a connection each), and WebSocket (graphql-ws). */
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { WebsocketHandler } from '@fastify/websocket';
import type { FastifyRequest, RouteHandlerMethod } from 'fastify';
import { GraphQLError, type ExecutionResult } from 'graphql';
import type { Context } from 'graphql-ws';
import { makeHandler, type Extra } from 'graphql-ws/use/@fastify/websocket';
import { SatelliteError } from '../../butler/errors.ts';
import { contextOf } from '../graphql/context.ts';
import { formatError } from '../graphql/format-error.ts';
import {
  refusedSubscription,
  type CheckedSubscription,
  type ContextOf,
  type SubscriptionResults,
  type Subscriptions,
} from '../graphql/subscriptions.ts';
import { LEAST_COST } from '../request-meter.ts';
import type { FacesOptions } from './server.ts';

/** Ends connections that are gone without a word, and keeps proxies from ending those that are quiet. */
const HEARTBEAT_MS = 12_000;

/** Handler of `POST|GET /graphql/stream`. */
export function streamHandler(subscriptions: Subscriptions, options: FacesOptions): RouteHandlerMethod {
  return async (request, reply) => {
    const results = await started(requested(request), subscriptions, async (signal) => {
      const scope = await options.scopeFor(request, signal);
      await options.meter.charge(scope.principal, LEAST_COST, reply);
      return contextOf(scope, options);
    });
    reply.raw.once('close', () => void results.return());
    return (
      reply
        .type('text/event-stream; charset=utf-8')
        .header('cache-control', 'no-store')
        .header('x-accel-buffering', 'no')
        // Else a gateway that stops would wait for clients that keep the connection for more.
        .header('connection', 'close')
        .send(Readable.from(serverSentEvents(results), { objectMode: false, highWaterMark: 1 }))
    );
  };
}

/**
 * The subscription; what is wrong with its document comes as its only result, as the protocol has it.
 * @throws SatelliteError for a caller who is not signed in or watches too much
 */
async function started(request: unknown, subscriptions: Subscriptions, context: ContextOf) {
  let checked: CheckedSubscription;
  try {
    checked = subscriptions.check(request);
  } catch (error) {
    // Who is not signed in learns nothing of the schema.
    await context(AbortSignal.abort());
    return refusedSubscription(error);
  }
  return subscriptions.start(checked, context);
}

async function* serverSentEvents(results: SubscriptionResults): AsyncGenerator<string, void> {
  // The first bytes tell the client that it is connected.
  yield ':\n\n';
  let next = results.next();
  for (;;) {
    const quiet = new AbortController();
    const result = await Promise.race([next, wait(HEARTBEAT_MS, undefined, { signal: quiet.signal, ref: false })]);
    quiet.abort();
    if (result === undefined) {
      yield ':\n\n';
      continue;
    }
    if (result.done) break;
    yield `event: next\ndata: ${JSON.stringify(result.value)}\n\n`;
    next = results.next();
  }
  yield 'event: complete\ndata: \n\n';
}

function requested({ method, body, query }: FastifyRequest): unknown {
  if (method === 'POST') return body;
  const { variables, ...rest } = query as Readonly<Record<string, string | undefined>>;
  try {
    return { ...rest, variables: variables === undefined ? undefined : (JSON.parse(variables) as unknown) };
  } catch {
    throw new SatelliteError('BAD_USER_INPUT', '"variables" is not JSON.');
  }
}

/**
 * Handler of WebSocket connections to `/graphql`.  The token comes with the upgrade or, from browsers, which cannot send
 * headers with it, as `connectionParams.authorization`; `app` must have `@fastify/websocket`.
 */
export function webSocketHandler(subscriptions: Subscriptions, options: FacesOptions): WebsocketHandler {
  const scopeOf = ({ connectionParams = {}, extra: { request } }: Connection, signal: AbortSignal) => {
    const { authorization, Authorization } = connectionParams;
    const sent = authorization ?? Authorization;
    return options.scopeFor(request, signal, typeof sent === 'string' ? sent : undefined);
  };
  return makeHandler(
    {
      onConnect: async (connection) => {
        try {
          const { principal } = await scopeOf(connection, AbortSignal.abort());
          connection.extra.request.username = principal.username;
          return true;
        } catch {
          return false;
        }
      },
      onSubscribe: (connection, _id, payload) => {
        try {
          return { ...subscriptions.check(payload), contextValue: connection };
        } catch (error) {
          return [error instanceof GraphQLError ? error : new GraphQLError('The request cannot be read.')];
        }
      },
      subscribe: async ({ contextValue, ...request }) => {
        const context: ContextOf = async (signal) => {
          const scope = await scopeOf(contextValue as Connection, signal);
          await options.meter.charge(scope.principal, LEAST_COST, undefined);
          return contextOf(scope, options);
        };
        try {
          return (await subscriptions.start(
            request as CheckedSubscription,
            context,
          )) as AsyncIterable<unknown> as OperationResults;
        } catch (error) {
          return refusedSubscription(error) as AsyncIterable<unknown> as OperationResults;
        }
      },
      // They are as clients are to see them.
      onNext: (_connection, _id, _payload, _args, result) => result as ReturnType<typeof formatError>,
      onError: (_connection, _id, _payload, errors) => errors.map(formatError),
    },
    HEARTBEAT_MS,
  );
}

type Connection = Context<Record<string, unknown> | undefined, Extra>;
/** As graphql-ws names what only passes through it. */
type OperationResults = AsyncIterable<ExecutionResult>;
