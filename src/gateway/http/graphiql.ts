import { readdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { PACKAGE_ROOT } from '../package-root.ts';
import { hostOf } from './page-origins.ts';

export interface GraphiqlOptions {
  readonly examples: string | undefined;
  readonly token: string | undefined;
  /** Its own origin; undefined: that of the API. */
  readonly origin: string | undefined;
  /** Address of the gateway as its users see it; known when it listens. */
  readonly publicUrl: () => string;
}

/** What the page asks when it opens. */
export interface GraphiqlSettings {
  /** Where queries go, as seen from the page. */
  readonly endpoint: string;
  /** Queries that open as tabs. */
  readonly tabs: readonly string[];
  /** Headers of the first requests. */
  readonly headers: Readonly<Record<string, string>>;
}

const BUNDLE = join(PACKAGE_ROOT, 'dist', 'graphiql');
const EXAMPLES = join(PACKAGE_ROOT, 'graphiql', 'examples');

/** `GET /`: GraphiQL from our own bundle, with example queries in tabs; only under the name of its own origin, if it has one. */
export async function graphiqlRoutes(app: FastifyInstance, options: GraphiqlOptions): Promise<void> {
  const { examples, token, origin, publicUrl } = options;
  const tabs = await readQueries(examples ?? EXAMPLES);
  const constraints = origin === undefined ? {} : { host: hostOf(origin) };
  await app.register(fastifyStatic, { root: BUNDLE, index: 'index.html', decorateReply: false, constraints });
  app.get('/graphiql.json', { constraints }, async (request, reply): Promise<GraphiqlSettings> => {
    reply.header('cache-control', 'no-store');
    // A page of another site can make its own name resolve to this machine: then the name is not ours, and there is no token.
    const trusted = token !== undefined && isLoopback(request.hostname);
    const endpoint = origin === undefined ? 'graphql' : `${publicUrl()}/graphql`;
    return { endpoint, tabs, headers: trusted ? { Authorization: `Bearer ${token}` } : {} };
  });
}

/** Whether an address or name means this machine only. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

async function readQueries(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.graphql')).sort();
  return Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')));
}
