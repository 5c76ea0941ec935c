/** What a request may see and how long it may take: made once a request, for every face. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DisagreeingCredentials, type Authenticator } from '../access/authenticator.ts';
import type { Capabilities } from '../access/capability.ts';
import { outdatedGroups } from '../access/group-age.ts';
import type { Memberships } from '../access/memberships.ts';
import { callerOf, type Identity, type Principal, type TokenLimits } from '../access/principal.ts';
import { credentialsOf, type AddressBlock } from '../access/credentials.ts';
import { requireReading, type RequiredScopes } from '../access/permission.ts';
import type { Revocations } from '../access/revocations.ts';
import { nameInAddresses, VisibleRepositories, type OfferedRepository } from '../access/policy.ts';
import type { Services } from '../../resolvers/services.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { Caller, QueryContext, QueryLimits } from '../repository/repository.ts';
import { keepChecking } from './recheck.ts';
import { LEAST_COST, type RequestMeter } from './request-meter.ts';
import type { SatelliteDirectory } from '../satellite/satellite.ts';
import { visibleRepositories } from '../satellite/visible-repositories.ts';

/** What can be read, and as whom. */
export interface ReadingScope {
  readonly repositories: VisibleRepositories;
  readonly query: QueryContext;
  /** Whether only files are given that a dataset's own repository has, and references to others are not followed. */
  readonly ownOnly?: boolean;
}

/** Of a request, whose answer may go on for long. */
export interface Lasting {
  /**
   * For an answer that does: now and then, who gets it is authenticated again, and `stillMay` is asked with the
   * repositories that exist for them then.  What either throws ends the answer, by the signal of `query`.
   */
  readonly keepChecking: (stillMay: (now: VisibleRepositories) => Promise<unknown>) => void;
}

/** The same for whom a credential authenticated. */
export interface RequestScope extends ReadingScope {
  readonly principal: Principal;
}

export interface ScopeOptions {
  readonly authenticator: Pick<Authenticator, 'authenticate'>;
  /** Where the platform's ingress connects from. */
  readonly trustedProxy: readonly AddressBlock[];
  readonly scopes: RequiredScopes;
  readonly meter: RequestMeter;
  /** Configured repositories. */
  readonly offered: readonly OfferedRepository[];
  /** Undefined: there are no satellites, and no capabilities. */
  readonly satellites: { readonly directory: SatelliteDirectory; readonly capabilities: Capabilities } | undefined;
  /** Undefined: nothing is revoked before its end. */
  readonly revocations?: Pick<Revocations, 'isRevoked'> | undefined;
  /** Undefined: nothing is remembered of who asked. */
  readonly memberships?: Memberships | undefined;
  /** Undefined: only the log tells of what was refused. */
  readonly audit?: Pick<Services['sharing'], 'append'> | undefined;
  /** Seconds between two checks of what goes on for long. */
  readonly recheckSeconds: number;
  /** What a query may cost. */
  readonly queries: QueryLimits;
}

/**
 * What a scope is opened for: to read; or to answer GraphQL, where each field at the top says what its caller must be allowed
 * (`guardFields`).
 */
export type ScopePurpose = 'reading' | 'graphql';

/**
 * @throws SatelliteError UNAUTHENTICATED, RATE_LIMITED; FORBIDDEN where the caller may not read; BAD_USER_INPUT for two callers at
 *   once
 */
export async function openScope(
  request: FastifyRequest,
  reply: FastifyReply,
  seconds: number,
  options: ScopeOptions,
  purpose: ScopePurpose = 'reading',
): Promise<RequestScope & Lasting> {
  const principal = await authenticate(request, options);
  tellOf(principal, request);
  await options.meter.charge(principal, LEAST_COST, reply);
  if (purpose === 'reading') requireReading(principal, options.scopes);
  const controller = requestController(reply, seconds);
  let known = principal;
  const visibleNow = async () => {
    known = await again(known, () => authenticate(request, options));
    if (purpose === 'reading') requireReading(known, options.scopes);
    return repositoriesOf(known, options, callerOf(known));
  };
  const scope = await scopeOf(principal, controller.signal, options);
  return { ...scope, keepChecking: rechecked(reply, controller, options, visibleNow) };
}

/**
 * The same for what is not one request with one answer, and may do more than read: a subscription, which `signal` ends.
 * @param sent an `Authorization` that came otherwise than as a header
 */
export async function scopeFor(
  request: FastifyRequest,
  signal: AbortSignal,
  options: ScopeOptions,
  sent?: string,
): Promise<RequestScope> {
  const principal = await authenticate(request, options, sent);
  tellOf(principal, request);
  return scopeOf(principal, signal, options);
}

async function scopeOf(principal: Principal, signal: AbortSignal, options: ScopeOptions): Promise<RequestScope> {
  // Of who is asking, a minted token says nothing new.
  if (principal.kind !== 'minted') await options.memberships?.note(principal);
  const caller = callerOf(principal);
  const query = { caller, signal, limits: options.queries };
  return { principal, repositories: await repositoriesOf(principal, options, caller), query };
}

/** For the log, and for what this caller is told. */
export function tellOf(who: Identity, request: FastifyRequest): void {
  request.username = who.username;
  request.caution = outdatedGroups(who);
}

/** Authenticates again; while nobody can be asked, only as long as the groups that are known count. */
async function again(known: Principal, ask: () => Promise<Principal>): Promise<Principal> {
  try {
    return await ask();
  } catch (error) {
    if (Date.now() < (known.groupsUntil ?? Infinity)) throw error;
    throw new SatelliteError('UNAUTHENTICATED', 'Nobody can say now which groups you are in: ask again soon.', {
      cause: error,
    });
  }
}

async function authenticate(request: FastifyRequest, options: ScopeOptions, sent?: string): Promise<Principal> {
  try {
    return await options.authenticator.authenticate(credentialsOf(request.raw, options.trustedProxy, sent));
  } catch (error) {
    if (error instanceof DisagreeingCredentials) {
      const { users } = error;
      request.log.warn(
        { event: 'credentials-disagree', users },
        'a request with credentials of different users was refused',
      );
      await options.audit?.append({ actor: users[0]!, action: 'credentialsDisagree', detail: { users } }, []);
    }
    throw error;
  }
}

/** How a lasting answer is checked: `visibleNow` throws where whoever gets it may read no more. */
export function rechecked(
  reply: FastifyReply,
  controller: AbortController,
  { recheckSeconds }: ScopeOptions,
  visibleNow: () => Promise<VisibleRepositories>,
): Lasting['keepChecking'] {
  return (stillMay) => {
    const ask = async () => stillMay(await visibleNow());
    reply.raw.once('close', keepChecking(controller, recheckSeconds, ask));
  };
}

/**
 * The repositories that exist for someone: not those of which their own servers say otherwise; and for a token that is limited
 * to one satellite, of all satellites that one.
 * @param caller as whom servers are asked; absent: they are not
 */
export async function repositoriesOf(
  who: Identity & Pick<Partial<Principal>, 'limits'>,
  { offered, satellites }: ScopeOptions,
  caller?: Caller,
): Promise<VisibleRepositories> {
  const admitted = await Promise.all(offered.map(async (r) => !caller || !r.admits || (await r.admits(caller))));
  const configured = within(
    who.limits,
    offered.filter((_, i) => admitted[i]),
  );
  if (!satellites) return new VisibleRepositories(configured, who);
  const { directory } = satellites;
  return visibleRepositories(who, configured, {
    rightsOf: (reader) => directory.rightsOf(reader),
    offeredTo: async (reader, rights) => within(who.limits, await directory.offeredTo(reader, rights)),
  });
}

function within(limits: TokenLimits | undefined, offered: readonly OfferedRepository[]): readonly OfferedRepository[] {
  if (!limits) return offered;
  const names = new Set([limits.satellite, ...(limits.reads ?? [])]);
  return offered.filter((r) => r.owner === undefined || names.has(nameInAddresses(r)));
}

/** Aborts when the client has gone, or at the deadline. */
export function requestController(reply: FastifyReply, seconds: number): AbortController {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    const message = `The answer took longer than ${seconds} s: narrow the query, or ask for less at once.`;
    controller.abort(new SatelliteError('DEADLINE_EXCEEDED', message));
  }, seconds * 1000);
  const closed = () => {
    clearTimeout(timer);
    if (!reply.raw.writableFinished) {
      controller.abort(new SatelliteError('DEADLINE_EXCEEDED', 'The client closed the connection.'));
    }
  };
  // The client may have gone while it was asked who they are.
  if (reply.raw.closed) closed();
  else reply.raw.once('close', closed);
  return controller;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, once it is known; for the log. */
    username: string | undefined;
    /** What to tell who asks wherever something is denied, the same for all that they ask. */
    caution: string | undefined;
    /** Name of the GraphQL operation, or of the exported field; for the log. */
    operationName: string | undefined;
  }
}
