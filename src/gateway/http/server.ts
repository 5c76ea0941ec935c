/** The gateway's HTTP server: every address that it answers, in the order of this file. */
import { randomUUID } from 'node:crypto';
import websocket from '@fastify/websocket';
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Services } from '../../../resolvers/services.ts';
import type { RequiredScopes } from '../../access/permission.ts';
import type { OfferedRepository } from '../../access/policy.ts';
import type { Uploads } from '../../transfer/uploads.ts';
import type { RequestLimits } from '../config.ts';
import type { ExecutionStrategy } from '../graphql/execution.ts';
import type { Metrics } from '../metrics.ts';
import type { FileResolver } from '../../access/file-resolution.ts';
import type { ConcurrentRequests } from '../concurrent-requests.ts';
import type { RequestMeter } from '../request-meter.ts';
import { butlerFaceRoutes } from '../butler-face/routes.ts';
import type { ReadingGrant } from '../../access/capability.ts';
import type { CapabilityFile } from '../capability-scope.ts';
import type { Lasting, ReadingScope, RequestScope, ScopePurpose } from '../request-scope.ts';
import { claimRoutes, type ClaimRoutesOptions } from './claims.ts';
import { failureAnswers } from './failures.ts';
import { fileRoutes } from './files.ts';
import type { GraphiqlOptions } from './graphiql.ts';
import { graphqlOnDemand, graphqlRoutes } from './graphql.ts';
import { healthRoute } from './health.ts';
import { allowGraphiql, hideFromGraphiql, refuseForeignPages } from './page-origins.ts';
import { refereeFileRoute } from './referee-files.ts';
import { requestLog } from './request-log.ts';
import { securityHeaders } from './security-headers.ts';
import { uploadRoute } from './uploads.ts';

/** Longest part of an address between slashes: a file name of 255 bytes, all of them escaped. */
const MAX_NAME = 1024;

export interface FacesOptions {
  readonly limits: RequestLimits;
  /** For reading, where `purpose` is absent. */
  readonly openScope: (
    request: FastifyRequest,
    reply: FastifyReply,
    seconds: number,
    purpose?: ScopePurpose,
  ) => Promise<RequestScope & Lasting>;
  /** The same for a subscription, which `signal` ends; `sent` is an `Authorization` that came otherwise than as a header. */
  readonly scopeFor: (request: FastifyRequest, signal: AbortSignal, sent?: string) => Promise<RequestScope>;
  /** The same for an address that holds a capability. */
  readonly openCapabilityScope: (
    request: FastifyRequest,
    reply: FastifyReply,
    seconds: number,
    file: CapabilityFile,
  ) => Promise<ReadingScope & Lasting>;
  /** The capability with which a user can read a dataset for a while; undefined where the gateway has no key. */
  readonly mintReading: (grant: ReadingGrant) => string | undefined;
  readonly meter: RequestMeter;
  readonly concurrent: ConcurrentRequests;
  /** The same of answers that go on to their last row. */
  readonly streams: ConcurrentRequests;
  /** Configured repositories. */
  readonly offered: readonly OfferedRepository[];
  /** Names in the RemoteButler face for several repositories as one. */
  readonly views: Readonly<Record<string, readonly string[]>>;
  readonly files: FileResolver;
  /** Undefined where the gateway only reads. */
  readonly services: Services | undefined;
  /** Address of the gateway as its users see it; known when it listens. */
  readonly publicUrl: () => string;
}

export interface HttpServerOptions extends FacesOptions {
  readonly log: FastifyBaseLogger;
  readonly metrics: Metrics;
  /** Undefined: no files are taken. */
  readonly uploads: Uploads | undefined;
  /** Undefined: no runs are done. */
  readonly claims: ClaimRoutesOptions | undefined;
  readonly strategy: ExecutionStrategy;
  /** That GraphQL's fields need. */
  readonly scopes: RequiredScopes;
  /** Undefined: no GraphiQL, and no page for reviewers. */
  readonly graphiql: Omit<GraphiqlOptions, 'publicUrl'> | undefined;
  /** Before all addresses but those for the machine's own keepers; undefined: none. */
  readonly pathPrefix: string | undefined;
}

/** For a route with a schema of fastify's, which nothing would check. */
function noCompiler(): never {
  throw new Error('a route has a schema of fastify: check its requests with zod');
}

/** The server, ready to listen; closing it lets requests that are being answered end. */
export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const { log, metrics, limits } = options;
  const app: FastifyInstance = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request' }),
    bodyLimit: limits.bodyBytes,
    genReqId: () => randomUUID(),
    forceCloseConnections: 'idle',
    // Names of files and capabilities in addresses are longer than the 100 characters that are the default.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_NAME },
    // Ours are checked by zod: fastify's compilers would be loaded all the same, and take 1 MB.
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
  });
  const graphql = graphqlOnDemand(app, options);

  failureAnswers(app);
  requestLog(app, metrics);
  const pages = { publicUrl: options.publicUrl, graphiqlOrigin: options.graphiql?.origin };
  await securityHeaders(app, { api: pages.graphiqlOrigin && options.publicUrl() });
  // What a form of another site can send without being asked is no request to us.
  app.removeContentTypeParser('text/plain');

  await app.register(websocket, { options: { maxPayload: limits.bodyBytes } });
  const prefix = options.pathPrefix ?? '';
  await app.register(async (served) => {
    hideFromGraphiql(served, pages);
    await served.register(
      async (api) => {
        refuseForeignPages(api, pages);
        await api.register(async (routes) => {
          await allowGraphiql(routes, pages);
          graphqlRoutes(routes, graphql, options);
          routes.post('/export', async (request, reply) =>
            (await import('./export.ts')).answerExport(request, reply, graphql, options),
          );
        });
        fileRoutes(api, options);
        const publications = options.services?.publications;
        if (publications) refereeFileRoute(api, publications, options);
        await butlerFaceRoutes(api, options);
        if (options.claims) claimRoutes(api, options, options.claims);
        if (options.uploads) await uploadRoute(api, options.uploads, publications, limits.exportSeconds);
        api.get('/schema.graphql', async (_request, reply) => {
          const { schemaText } = await import('../graphql/schema.ts');
          return reply.type('application/graphql').send(schemaText((await graphql()).schema));
        });
      },
      { prefix },
    );
    healthRoute(served, options.offered, options.services?.jobs);
    served.get('/metrics', (_request, reply) => {
      reply.type(metrics.registry.contentType);
      return metrics.registry.metrics();
    });
  });
  const { graphiql } = options;
  if (graphiql) {
    const page = { ...graphiql, publicUrl: options.publicUrl };
    await app.register(
      async (routes) => {
        await (await import('./graphiql.ts')).graphiqlRoutes(routes, page);
        if (options.services?.publications) await (await import('./review-page.ts')).reviewPageRoutes(routes, page);
      },
      { prefix: graphiql.origin === undefined ? prefix : '' },
    );
  }
  return app;
}
