/**
 * Which web pages may talk to the gateway: its own, and GraphiQL's where that has an origin of its own.  A browser says in
 * `Origin` whose page asks; programs say nothing.
 */
import cors from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { SatelliteError } from '../../butler/errors.ts';

/** How long browsers remember an answer to their preflight. */
const PREFLIGHT_SECONDS = 600;

export interface PageOrigins {
  /** Address of the gateway as its users see it; known when it listens. */
  readonly publicUrl: () => string;
  /** GraphiQL's own origin; undefined: it has the gateway's. */
  readonly graphiqlOrigin: string | undefined;
}

/**
 * Answers no request of other sites' pages, WebSockets among them, for which browsers have no rule of their own.  Tokens
 * come in a header that such pages do not have, so this is the second lock, not the first.
 */
export function refuseForeignPages(app: FastifyInstance, { publicUrl, graphiqlOrigin }: PageOrigins): void {
  app.addHook('onRequest', async ({ headers: { origin, host } }) => {
    if (origin === undefined || origin === graphiqlOrigin || origin === new URL(publicUrl()).origin) return;
    // Of the page that is served here, by whatever name this machine was found.
    if (URL.canParse(origin) && new URL(origin).host === host) return;
    throw new SatelliteError(
      'FORBIDDEN',
      'Pages of other sites may not ask this gateway: send the request from a program.',
    );
  });
}

/** Lets the scripts of GraphiQL's own origin read the answers of `app`; there is no CORS otherwise, and never with cookies. */
export async function allowGraphiql(app: FastifyInstance, { graphiqlOrigin }: PageOrigins): Promise<void> {
  if (graphiqlOrigin === undefined) return;
  await app.register(cors, {
    origin: [graphiqlOrigin],
    methods: ['POST'],
    allowedHeaders: ['authorization', 'content-type'],
    exposedHeaders: ['x-request-id', 'retry-after', 'x-ratelimit-remaining', 'x-ratelimit-reset'],
    credentials: false,
    maxAge: PREFLIGHT_SECONDS,
  });
}

/** Answers nothing of `app` under the name of GraphiQL's own origin: there is only the page. */
export function hideFromGraphiql(app: FastifyInstance, { graphiqlOrigin }: PageOrigins): void {
  if (graphiqlOrigin === undefined) return;
  const host = hostOf(graphiqlOrigin);
  app.addHook('onRequest', async (request: FastifyRequest, reply) => {
    if (request.host !== host) return;
    reply.callNotFound();
    return reply;
  });
}

/** What `Host` holds in requests to an origin. */
export function hostOf(origin: string): string {
  return new URL(origin).host;
}
