/** All that answers GraphQL, put together.  It is loaded for the first request that needs it. */
import type { IncomingMessage } from 'node:http';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { WebsocketHandler } from '@fastify/websocket';
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { contextOf, type MeteredContext } from '../graphql/context.ts';
import { guardFields } from '../graphql/permissions.ts';
import { createSchema } from '../graphql/schema.ts';
import { createGraphQLServer } from '../graphql/server.ts';
import { Subscriptions } from '../graphql/subscriptions.ts';
import type { RequestScope } from '../request-scope.ts';
import type { HttpServerOptions } from './server.ts';
import { streamHandler, webSocketHandler } from './subscriptions.ts';

export interface GraphQLFace {
  readonly schema: GraphQLSchema;
  /** Answers a query or mutation of a caller who is known. */
  readonly answer: (request: FastifyRequest, reply: FastifyReply, scope: RequestScope) => Promise<unknown>;
  readonly stream: RouteHandlerMethod;
  readonly webSocket: WebsocketHandler;
  /** Ends all subscriptions. */
  closeSubscriptions(): void;
  /** Lets requests that are being answered end. */
  stop(): Promise<void>;
}

export async function openGraphQLFace(options: HttpServerOptions): Promise<GraphQLFace> {
  const { limits, strategy, metrics } = options;
  const schema = guardFields(createSchema(), options.scopes);
  const limitFired = (limit: string) => metrics.limitsFired.inc({ limit });
  const server = createGraphQLServer({ schema, limits, strategy, limitFired });
  await server.start();
  const subscriptions = new Subscriptions({ schema, limits, limitFired });
  const scopes = new WeakMap<IncomingMessage, RequestScope>();
  const answer = fastifyApolloHandler(server, {
    context: async ({ raw }, reply): Promise<MeteredContext> => {
      const scope = scopes.get(raw)!;
      const charge = (points: number) => options.meter.charge(scope.principal, points, reply);
      return { ...contextOf(scope, options), charge };
    },
  }) as (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
  return {
    schema,
    answer: (request, reply, scope) => {
      scopes.set(request.raw, scope);
      return answer(request, reply);
    },
    stream: streamHandler(subscriptions, options),
    webSocket: webSocketHandler(subscriptions, options),
    closeSubscriptions: () => subscriptions.close(),
    stop: () => server.stop(),
  };
}
