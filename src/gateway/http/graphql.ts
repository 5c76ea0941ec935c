import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RequestScope } from '../request-scope.ts';
import type { GraphQLFace } from './graphql-face.ts';
import type { HttpServerOptions } from './server.ts';

/**
 * The GraphQL face, on demand: its schema and its libraries take as much memory as the rest of the gateway, which one that
 * only stock clients ask does without.
 */
export type OnDemand = () => Promise<GraphQLFace>;

/** What loads the face once, and ends it with the server. */
export function graphqlOnDemand(app: FastifyInstance, options: HttpServerOptions): OnDemand {
  let face: Promise<GraphQLFace> | undefined;
  app.addHook('preClose', async () => (await face)?.closeSubscriptions());
  app.addHook('onClose', async () => (await face)?.stop());
  const load = async () => (await import('./graphql-face.ts')).openGraphQLFace(options);
  return () => (face ??= load());
}

/**
 * `POST /graphql`, `GET` as GraphQL over HTTP allows it, WebSocket for subscriptions, and `/graphql/stream`.  The scope is
 * opened before Apollo sees the request, so a caller without a token learns nothing of the schema's validation.
 */
export function graphqlRoutes(app: FastifyInstance, graphql: OnDemand, options: HttpServerOptions): void {
  const scopes = new WeakMap<FastifyRequest, RequestScope>();
  const faces = new WeakMap<FastifyRequest, GraphQLFace>();
  const route = {
    url: '/graphql',
    preHandler: async (request: FastifyRequest, reply: FastifyReply) => {
      // There a browser sends the token later, and at once when it is connected.
      if (request.ws) {
        faces.set(request, await graphql());
        return;
      }
      const scope = await options.openScope(request, reply, options.limits.seconds, 'graphql');
      await options.concurrent.enter(scope.principal.username, reply, scope.query.signal);
      scopes.set(request, scope);
      request.operationName = operationNameOf(request.body ?? request.query);
    },
    handler: async (request: FastifyRequest, reply: FastifyReply) =>
      (await graphql()).answer(request, reply, scopes.get(request)!),
  };
  app.route({ ...route, method: 'POST' });
  app.route({
    ...route,
    method: 'GET',
    wsHandler: (socket, request) => faces.get(request)!.webSocket.call(app, socket, request),
  });
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql/stream',
    handler: async (request, reply) => (await graphql()).stream.call(app, request, reply),
  });
}

function operationNameOf(body: unknown): string | undefined {
  const name = typeof body === 'object' && body !== null && 'operationName' in body ? body.operationName : undefined;
  return typeof name === 'string' ? name.slice(0, 100) : undefined;
}
