import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { contextOf, type MeteredContext } from '../graphql/context.ts';
import type { Subscriptions } from '../graphql/subscriptions.ts';
import type { RequestScope } from '../request-scope.ts';
import type { FacesOptions } from './server.ts';
import { webSocketHandler } from './subscriptions.ts';

/**
 * `POST /graphql`, `GET` as GraphQL over HTTP allows it, and WebSocket for subscriptions.  The scope is opened before Apollo
 * sees the request, so a caller without a token learns nothing of the schema's validation.
 */
export function graphqlRoutes(
  app: FastifyInstance,
  server: ApolloServer<MeteredContext>,
  subscriptions: Subscriptions,
  options: FacesOptions,
): void {
  const scopes = new WeakMap<object, RequestScope>();
  const route = {
    url: '/graphql',
    preHandler: async (request: FastifyRequest, reply: FastifyReply) => {
      // There a browser sends the token later.
      if (request.ws) return;
      const scope = await options.openScope(request, reply, options.limits.seconds, 'graphql');
      await options.concurrent.enter(scope.principal.username, reply, scope.query.signal);
      scopes.set(request, scope);
      request.operationName = operationNameOf(request.body ?? request.query);
    },
    handler: fastifyApolloHandler(server, {
      context: async (request, reply): Promise<MeteredContext> => {
        const scope = scopes.get(request)!;
        const charge = (points: number) => options.meter.charge(scope.principal, points, reply);
        return { ...contextOf(scope, options), charge };
      },
    }),
  };
  app.route({ ...route, method: 'POST' });
  app.route({ ...route, method: 'GET', wsHandler: webSocketHandler(subscriptions, options) });
}

function operationNameOf(body: unknown): string | undefined {
  const name = typeof body === 'object' && body !== null && 'operationName' in body ? body.operationName : undefined;
  return typeof name === 'string' ? name.slice(0, 100) : undefined;
}
