import type { FastifyInstance, onRequestHookHandler } from 'fastify';
import { currentRequest } from '../current-request.ts';
import { noteAsked } from '../../jobs/users-first.ts';
import type { Metrics } from '../metrics.ts';

/**
 * One log line and one observation a request.  The route's pattern stands for the address, because an address may hold
 * a query string; headers, variables and bodies are never logged.
 */
export function requestLog(app: FastifyInstance, metrics: Metrics): void {
  app.decorateRequest('username', undefined);
  app.decorateRequest('caution', undefined);
  app.decorateRequest('operationName', undefined);

  app.addHook('onRequest', async (request, reply) => {
    noteAsked();
    reply.header('x-request-id', request.id);
  });
  const inRequest: onRequestHookHandler = (request, _reply, done) => currentRequest.run(request, done);
  app.addHook('onRequest', inRequest);
  // Again, as what comes after a body was read does not know which request's it was.
  app.addHook('preHandler', inRequest);
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    const { method, username: user, operationName: operation } = request;
    const status = reply.statusCode;
    metrics.requests.observe({ method, route, status }, reply.elapsedTime / 1000);
    request.log.info(
      { method, route, status, milliseconds: Math.round(reply.elapsedTime), user, operation },
      'request',
    );
  });
  app.addHook('onRequestAbort', async (request) => {
    const { method, username: user, operationName: operation } = request;
    request.log.info({ method, route: request.routeOptions.url, user, operation }, 'client closed the connection');
  });
}
