import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { requireChanging, type RequiredScopes } from '../../access/permission.ts';
import { SatelliteError } from '../../butler/errors.ts';
import { directoryForUser } from '../../run/directory.ts';
import type { Claims, HeldClaim } from '../../run/claims.ts';
import { servicesOf } from '../../../resolvers/services.ts';
import type { RequestScope } from '../request-scope.ts';
import type { FacesOptions } from './server.ts';

interface RunAddress {
  Params: { id: string };
}

const count = z.int().min(0);
const counts = z.strictObject({ total: count, succeeded: count, failed: count, blocked: count });
const claiming = z.strictObject({ stage: z.enum(['build', 'execute']), worker: z.string().min(1).max(200) });
const beating = z.strictObject({ claim: z.string(), quanta: counts.nullable().default(null) });
const built = z.strictObject({
  quanta: count,
  datasets: count,
  reasons: z.array(z.string().max(10_000)).max(1000).default([]),
});
const ending = z.strictObject({
  claim: z.string(),
  end: z.union([
    z.strictObject({ built }),
    z.strictObject({ executed: counts }),
    z.strictObject({ failed: z.string().min(1).max(10_000) }),
    z.strictObject({ stopped: z.literal(true) }),
  ]),
});

/** What claims need of the gateway beside what every face does. */
export interface ClaimRoutesOptions {
  readonly claims: Claims;
  readonly scopes: RequiredScopes;
}

/**
 * `POST /v1/runs/{id}/claim`, `beat` and `end`: how a user's own machine takes a run over, keeps it, and gives it back with
 * what came of it (`src/run/claims.ts`).
 */
export function claimRoutes(app: FastifyInstance, options: FacesOptions, { claims, scopes }: ClaimRoutesOptions): void {
  const open = async (request: FastifyRequest, reply: FastifyReply): Promise<RequestScope> => {
    const scope = await options.openScope(request, reply, options.limits.exportSeconds, 'graphql');
    const { limits: _limits, ...user } = scope.principal;
    // What a token is limited to, the claims ask, which know the satellite.
    requireChanging(user, scopes, 'executeRun', undefined);
    return scope;
  };
  const answer = async ({ claim, run, token, environment }: HeldClaim, { principal }: RequestScope) => {
    const { satellites } = servicesOf(options);
    const satellite = await satellites.find(run.satellite, principal);
    const directory = satellite ? directoryForUser(run, satellites.uri(satellite)) : run.directory;
    const { id, state, spec, quanta } = run;
    return { claim, token, gateway: options.publicUrl(), directory, environment, run: { id, state, spec, quanta } };
  };
  app.post<RunAddress>('/v1/runs/:id/claim', async (request, reply) => {
    const scope = await open(request, reply);
    const body = read(claiming, request.body);
    reply.header('cache-control', 'no-store');
    return answer(await claims.claim(request.params.id, body, scope.principal), scope);
  });
  app.post<RunAddress>('/v1/runs/:id/beat', async (request, reply) => {
    const scope = await open(request, reply);
    const { claim, quanta } = read(beating, request.body);
    reply.header('cache-control', 'no-store');
    return answer(await claims.beat(request.params.id, claim, quanta, scope.principal), scope);
  });
  app.post<RunAddress>('/v1/runs/:id/end', async (request, reply) => {
    const { principal } = await open(request, reply);
    const { claim, end } = read(ending, request.body);
    const { id, state, quanta, explain, error } = await claims.end(request.params.id, claim, end, principal);
    return { id, state, quanta, explain, error };
  });
}

/** @throws SatelliteError BAD_USER_INPUT */
function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${z.core.toDotPath(path) || 'body'}: ${message}`);
  throw new SatelliteError('BAD_USER_INPUT', `The request cannot be understood. ${problems.join('. ')}.`);
}
