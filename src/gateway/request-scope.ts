/** What a request may see and how long it may take: made once a request, for every face. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../access/principal.ts';
import { VisibleRepositories, type OfferedRepository } from '../access/policy.ts';
import type { TokenVerifier } from '../access/token-verifier.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { QueryContext } from '../repository/repository.ts';

export interface RequestScope {
  readonly principal: Principal;
  readonly repositories: VisibleRepositories;
  readonly query: QueryContext;
}

/** @throws SatelliteError UNAUTHENTICATED */
export async function openScope(
  request: FastifyRequest,
  reply: FastifyReply,
  seconds: number,
  { verifier, offered }: { readonly verifier: TokenVerifier; readonly offered: readonly OfferedRepository[] },
): Promise<RequestScope> {
  const principal = await verifier.authenticate(request.headers.authorization);
  request.username = principal.username;
  return {
    principal,
    repositories: new VisibleRepositories(offered, principal),
    query: {
      caller: { username: principal.username, token: principal.token },
      signal: requestSignal(reply, seconds),
    },
  };
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
