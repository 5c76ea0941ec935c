/** The gateway, put together from its configuration. */
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { prepareDevelopmentKeys } from '../access/development-issuer.ts';
import type { Authenticator } from '../access/authenticator.ts';
import { FileResolver } from '../access/file-resolution.ts';
import type { Services } from '../../resolvers/services.ts';
import type { Memberships } from '../access/memberships.ts';
import type { OfferedRepository } from '../access/policy.ts';
import type { PublicationCommit } from '../publish/commit.ts';
import { openAuthenticator, openGafaelfawr } from './authentication.ts';
import { ConcurrentRequests } from './concurrent-requests.ts';
import { ConfigurationError, type GatewayConfig } from './config.ts';
import type { ExecutionStrategy } from './graphql/execution.ts';
import { isLoopback } from './http/page-settings.ts';
import { createHttpServer, type HttpServerOptions } from './http/server.ts';
import { Metrics } from './metrics.ts';
import { openRepositories } from './repositories.ts';
import { openOutbound } from './outbound.ts';
import { RequestMeter } from './request-meter.ts';
import { openCapabilityScope } from './capability-scope.ts';
import { openScope, scopeFor, type ScopeOptions } from './request-scope.ts';

export interface Gateway {
  /** `http://HOST:PORT` */
  readonly url: string;
  /** Takes no new requests, lets those that are being answered end, and closes the repositories. */
  close(): Promise<void>;
}

export interface GatewayOptions {
  readonly log: Logger;
  /** @default adaptive */
  readonly strategy?: ExecutionStrategy;
  /** Instead of the configured repositories. */
  readonly offered?: readonly OfferedRepository[];
  /** Instead of the configured ones. */
  readonly satellites?: ScopeOptions['satellites'];
  /** Instead of those of the state. */
  readonly memberships?: Memberships;
  /** Instead of the configured ones. */
  readonly services?: Services;
  /** What brings publications into published repositories. */
  readonly commit?: PublicationCommit;
  /** Unix milliseconds, for the end of grants. @default the machine's clock */
  readonly now?: () => number;
}

/**
 * Starts a gateway; it listens when the promise is fulfilled.
 * @throws ConfigurationError, or RepositoryUnavailableError where a direct repository cannot be opened
 */
export async function startGateway(config: GatewayConfig, options: GatewayOptions): Promise<Gateway> {
  const { log, strategy = 'adaptive', now = Date.now } = options;
  const { issuers } = config.auth;
  await Promise.all(issuers.filter((i) => i.development).map(prepareDevelopmentKeys));
  // Before anything is open that would have to be closed where the configuration is wrong.
  const graphiql = await graphiqlOptions(config, openAuthenticator(config.auth, undefined, undefined));
  const gafaelfawr = openGafaelfawr(config.auth);
  const metrics = new Metrics();
  const offered = options.offered ?? (await openRepositories(config.repositories, metrics));
  metrics.observeGenerations(offered);
  const publishing = config.repositories.some(({ role }) => role === 'published')
    ? (await import('./publishing.ts')).openPublishing(config.repositories, offered)
    : undefined;
  const outbound = openOutbound(config);
  let url = '';
  const { pathPrefix = '', limits } = config.http;
  const publicUrl = () => config.publicUrl ?? `${url}${pathPrefix}`;
  const ownUrls = () => [publicUrl(), `${url}${pathPrefix}`];
  const files = new FileResolver({
    ownUrls,
    remotes: config.repositories.filter((r) => r.kind === 'remote'),
    outbound,
  });
  // What only a gateway that writes needs is a third of its code, and is loaded by such a gateway alone.
  const writing = config.writing && { settings: config.writing, ...(await import('./services.ts')) };
  const opened = await writing?.openServices(writing.settings, {
    ...{ config, offered, gafaelfawr, files, publicUrl, ownUrls, log, now },
    commit: options.commit ?? publishing?.commit,
  });
  const authenticator = openAuthenticator(config.auth, gafaelfawr, opened?.authentication);
  const fired = (limit: string) => () => metrics.limitsFired.inc({ limit });
  const { costPerMinute } = limits;
  const meter = await RequestMeter.open({ costPerMinute, state: opened?.state, refused: fired('costPerMinute') });
  const atOnce = (limit: 'requests' | 'streams') =>
    new ConcurrentRequests({ perUser: limits[limit], refused: fired(limit) });
  const scope: ScopeOptions = {
    authenticator,
    trustedProxy: config.auth.gafaelfawr?.trustedProxy ?? [],
    scopes: config.auth.scopes,
    meter,
    offered,
    satellites: options.satellites ?? opened?.satellites,
    revocations: opened?.authentication.revocations,
    memberships: options.memberships ?? opened?.memberships,
    audit: opened?.services.sharing,
    recheckSeconds: limits.recheckSeconds,
    queries: { joinedRows: limits.joinedRows, pairedRows: limits.pairedRows },
  };
  const services = options.services ?? opened?.services;
  if (services) metrics.observeJobs(services.jobs);
  const app = await createHttpServer({
    scopes: config.auth.scopes,
    limits,
    pathPrefix: config.http.pathPrefix,
    meter,
    concurrent: atOnce('requests'),
    streams: atOnce('streams'),
    mintReading: (grant) => scope.satellites?.capabilities.mintReading(grant),
    openScope: (request, reply, seconds, purpose) => openScope(request, reply, seconds, scope, purpose),
    scopeFor: (request, signal, sent) => scopeFor(request, signal, scope, sent),
    openCapabilityScope: (request, reply, seconds, file) => openCapabilityScope(request, reply, seconds, file, scope),
    views: config.views,
    files,
    services,
    uploads: opened?.uploads,
    claims: opened && { claims: opened.claims, scopes: config.auth.scopes },
    publicUrl,
    log,
    metrics,
    offered,
    strategy,
    graphiql,
  });
  app.addHook('onClose', async () => {
    await meter.close();
    await opened?.close();
    await publishing?.close();
    await Promise.all([...offered.map(({ repository }) => repository.close()), outbound.close(), gafaelfawr?.close()]);
  });
  try {
    const { host } = config.http;
    await app.listen({ host, port: config.http.port });
    const { port } = app.server.address() as AddressInfo;
    url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
    await opened?.start();
  } catch (error) {
    await app.close();
    throw error;
  }
  return { url, close: () => app.close() };
}

/** A token in GraphiQL is for demonstrations: whoever can open the page acts as its user. */
async function graphiqlOptions(
  config: GatewayConfig,
  authenticator: Authenticator,
): Promise<HttpServerOptions['graphiql']> {
  const { enabled, examples, token } = config.graphiql;
  if (!enabled) return undefined;
  if (token !== undefined) {
    if (!isLoopback(config.http.host)) {
      throw new ConfigurationError('graphiql.token: is only for a gateway that listens on a loopback address.');
    }
    const { kind, source } = await authenticator.authenticate({ authorization: [`Bearer ${token}`], proxy: undefined });
    if (kind !== 'jwt' || !config.auth.issuers.some((i) => i.development && i.issuer === source)) {
      throw new ConfigurationError('graphiql.token: is only for tokens of an issuer with "development: true".');
    }
  }
  return { examples, token, origin: config.graphiql.origin };
}
