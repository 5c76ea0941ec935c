import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance } from 'fastify';
import type { GraphQLContext } from '../../../resolvers/context.ts';
import { createLoaders } from '../../../resolvers/loaders.ts';
import type { RequestScope } from '../request-scope.ts';
import type { FacesOptions } from './server.ts';

/**
 * `POST /graphql`, and `GET` as GraphQL over HTTP allows it.  The scope is opened before Apollo sees the request, so a
 * caller without a token learns nothing of the schema's validation.
 */
export function graphqlRoutes(app: FastifyInstance, server: ApolloServer<GraphQLContext>, options: FacesOptions): void {
  const scopes = new WeakMap<object, RequestScope>();
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    preHandler: async (request, reply) => {
      scopes.set(request, await options.openScope(request, reply, options.limits.seconds));
      request.operationName = operationNameOf(request.body ?? request.query);
    },
    handler: fastifyApolloHandler(server, {
      context: async (request): Promise<GraphQLContext> => {
        const scope = scopes.get(request)!;
        return {
          ...scope,
          loaders: createLoaders(scope.repositories, scope.query),
          services: options.services,
          publicUrl: options.publicUrl(),
          failures: [],
        };
      },
    }),
  });
}

function operationNameOf(body: unknown): string | undefined {
  const name = typeof body === 'object' && body !== null && 'operationName' in body ? body.operationName : undefined;
  return typeof name === 'string' ? name.slice(0, 100) : undefined;
}
