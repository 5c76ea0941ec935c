/** A gateway on a free port, over repositories of the test's own, with an issuer of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mintToken, type TokenClaims } from '../../src/access/development-issuer.ts';
import type { Services } from '../../resolvers/services.ts';
import type { Memberships } from '../../src/access/memberships.ts';
import type { PublicationCommit } from '../../src/publish/commit.ts';
import type { OfferedRepository } from '../../src/access/policy.ts';
import { parseConfig } from '../../src/gateway/config.ts';
import { startGateway } from '../../src/gateway/gateway.ts';
import type { ExecutionStrategy } from '../../src/gateway/graphql/execution.ts';
import { createLog } from '../../src/gateway/log.ts';
import type { ScopeOptions } from '../../src/gateway/request-scope.ts';
import { mustHoldNoSecret } from '../secrets.ts';

export interface GraphQLAnswer {
  readonly status: number;
  readonly headers: Headers;
  // The tests know what they asked for.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly data?: any;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: Readonly<Record<string, unknown>>;
  }[];
}

export interface RunningGateway extends AsyncDisposable {
  readonly url: string;
  /** Log lines so far. */
  readonly log: readonly string[];
  token(user?: string, claims?: Partial<TokenClaims>): Promise<string>;
  /** `fetch` of one of its addresses with a token of `alice`. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** The answer to `POST /graphql` as `alice`. */
  ask(query: string, variables?: object): Promise<GraphQLAnswer>;
}

export interface RunningGatewayOptions {
  readonly offered?: readonly OfferedRepository[];
  readonly strategy?: ExecutionStrategy;
  readonly satellites?: ScopeOptions['satellites'];
  readonly memberships?: Memberships;
  readonly services?: Services;
  /** More of the configuration, as YAML. */
  readonly yaml?: string;
  readonly limits?: Readonly<Record<string, number>>;
  /** More of its section `http`. */
  readonly http?: object;
  /** More of the section `auth`. */
  readonly auth?: object;
  /** Instead of the machine's clock. */
  readonly now?: () => number;
  readonly commit?: PublicationCommit;
}

export async function runGateway(options: RunningGatewayOptions): Promise<RunningGateway> {
  const {
    offered = [],
    satellites,
    memberships,
    services,
    strategy = 'adaptive',
    yaml = '',
    limits = {},
    http = {},
    now,
  } = options;
  const issuer = { issuer: 'http://localhost/test', audience: 'gateway', jwks: './jwks.json', development: true };
  const directory = await mkdtemp(join(tmpdir(), 'gateway-'));
  const text = `
http: ${JSON.stringify({ port: 0, ...http, limits })}
auth: ${JSON.stringify({ issuers: [issuer], ...options.auth })}
${yaml}`;
  const config = parseConfig(text, { file: join(directory, 'gateway.yaml'), environment: {} });
  const log: string[] = [];
  const gateway = await startGateway(config, {
    log: createLog({ write: (line) => void log.push(line) }),
    strategy,
    ...(satellites && { satellites }),
    ...(memberships && { memberships }),
    ...(services && { services }),
    ...(now && { now }),
    ...(options.commit && { commit: options.commit }),
    ...(yaml.includes('repositories:') ? {} : { offered }),
  });
  const token = (username = 'alice', claims: Partial<TokenClaims> = {}) =>
    mintToken(config.auth.issuers[0]!, { username, groups: ['g_users'], expires: '1h', ...claims });
  const own = await token();
  const get = (path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${own}`, ...init.headers };
    return fetch(`${gateway.url}${path}`, { redirect: 'manual', ...init, headers });
  };
  return {
    url: gateway.url,
    log,
    token,
    fetch: get,
    async ask(query, variables) {
      const headers = { 'content-type': 'application/json' };
      const answer = await get('/graphql', { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
      const given = (await answer.json()) as Pick<GraphQLAnswer, 'errors'>;
      mustHoldNoSecret(JSON.stringify(given.errors ?? []), 'an error of the gateway');
      return { status: answer.status, headers: answer.headers, ...given };
    },
    async [Symbol.asyncDispose]() {
      await gateway.close();
      mustHoldNoSecret(log.join(''), 'the log of the gateway');
      await rm(directory, { recursive: true });
    },
  };
}
