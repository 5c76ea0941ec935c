/** What a request may see and how long it may take: made once a request, for every face. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Capabilities, CapabilityGrant } from '../access/capability.ts';
import { isInGroup } from '../access/grants.ts';
import type { Memberships } from '../access/memberships.ts';
import type { Identity, Principal } from '../access/principal.ts';
import { VisibleRepositories, type OfferedRepository } from '../access/policy.ts';
import type { TokenVerifier } from '../access/token-verifier.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { QueryContext } from '../repository/repository.ts';
import { LEAST_COST, type RequestMeter } from './request-meter.ts';
import type { SatelliteDirectory } from '../satellite/satellite.ts';
import { visibleRepositories } from '../satellite/visible-repositories.ts';

/** What can be read, and as whom. */
export interface ReadingScope {
  readonly repositories: VisibleRepositories;
  readonly query: QueryContext;
}

export interface RequestScope extends ReadingScope {
  readonly principal: Principal;
}

export interface ScopeOptions {
  readonly verifier: TokenVerifier;
  readonly meter: RequestMeter;
  /** Configured repositories. */
  readonly offered: readonly OfferedRepository[];
  /** Undefined: there are no satellites, and no capabilities. */
  readonly satellites: { readonly directory: SatelliteDirectory; readonly capabilities: Capabilities } | undefined;
  /** Undefined: nothing is remembered of who asked. */
  readonly memberships?: Memberships | undefined;
}

/** @throws SatelliteError UNAUTHENTICATED, RATE_LIMITED */
export async function openScope(
  request: FastifyRequest,
  reply: FastifyReply,
  seconds: number,
  options: ScopeOptions,
): Promise<RequestScope> {
  const principal = await options.verifier.authenticate(request.headers.authorization);
  request.username = principal.username;
  await options.meter.charge(principal, LEAST_COST, reply);
  return scopeOf(principal, requestSignal(reply, seconds), options);
}

/** The same for what is not one request with one answer: a subscription, which `signal` ends. */
export async function scopeFor(
  authorization: string | undefined,
  signal: AbortSignal,
  options: ScopeOptions,
): Promise<RequestScope> {
  return scopeOf(await options.verifier.authenticate(authorization), signal, options);
}

async function scopeOf(principal: Principal, signal: AbortSignal, options: ScopeOptions): Promise<RequestScope> {
  await options.memberships?.note(principal);
  const { username, token } = principal;
  const repositories = await repositoriesOf(principal, options);
  return { principal, repositories, query: { caller: { username, token }, signal } };
}

/**
 * For an address that holds a capability: as its satellite's owner, with the rights that the owner has now, groups included.
 * That of a group's satellite is its creator, as long as they are in the group.
 * @throws SatelliteError FORBIDDEN where it is not, or no longer, good for this file
 */
export async function openCapabilityScope(
  request: FastifyRequest,
  reply: FastifyReply,
  seconds: number,
  file: Pick<CapabilityGrant, 'repository' | 'uuid'> & { readonly capability: string },
  options: ScopeOptions,
): Promise<ReadingScope> {
  const grant = options.satellites?.capabilities.verify(file.capability, file);
  const satellite = grant && (await options.satellites?.directory.byId(grant.satelliteId));
  const owner = satellite && (await identityOf(satellite.owner, options));
  if (
    !owner ||
    !satellite.capabilityUrls ||
    satellite.capabilityVersion !== grant.version ||
    (satellite.state !== 'READY' && satellite.state !== 'CHECKED_OUT') ||
    (satellite.group !== null && !isInGroup(owner, { name: satellite.group, id: satellite.groupId }))
  ) {
    throw new SatelliteError(
      'FORBIDDEN',
      "The capability in this address is not, or no longer, good: it was rotated, or its satellite is gone. Read the satellite's " +
        'present address of the file, or use the address without the capability and send a token.',
    );
  }
  request.username = satellite.owner;
  // Whoever has the address may not use up what its owner has.
  await options.meter.charge({ username: `~${satellite.owner}`, quota: null }, LEAST_COST, reply);
  return {
    repositories: await repositoriesOf(owner, options),
    query: { caller: { username: satellite.owner, asService: true }, signal: requestSignal(reply, seconds) },
  };
}

async function identityOf(username: string, { memberships }: ScopeOptions): Promise<Identity | null> {
  return memberships ? memberships.of(username) : { username, groups: [] };
}

async function repositoriesOf(who: Identity, { offered, satellites }: ScopeOptions): Promise<VisibleRepositories> {
  if (!satellites) return new VisibleRepositories(offered, who);
  return visibleRepositories(who, offered, satellites.directory);
}

/** Aborts when the client has gone, or at the deadline. */
function requestSignal(reply: FastifyReply, seconds: number): AbortSignal {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    const message = `The answer took longer than ${seconds} s: narrow the query, or ask for less at once.`;
    controller.abort(new SatelliteError('DEADLINE_EXCEEDED', message));
  }, seconds * 1000);
  reply.raw.once('close', () => {
    clearTimeout(timer);
    if (!reply.raw.writableFinished) {
      controller.abort(new SatelliteError('DEADLINE_EXCEEDED', 'The client closed the connection.'));
    }
  });
  return controller.signal;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, once it is known; for the log. */
    username: string | undefined;
    /** Name of the GraphQL operation, or of the exported field; for the log. */
    operationName: string | undefined;
  }
}
