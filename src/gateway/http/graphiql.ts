import { readdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { PACKAGE_ROOT } from '../graphql/schema.ts';

export interface GraphiqlOptions {
  readonly examples: string | undefined;
  readonly token: string | undefined;
}

/** What the page asks when it opens. */
export interface GraphiqlSettings {
  /** Queries that open as tabs. */
  readonly tabs: readonly string[];
  /** Headers of the first requests. */
  readonly headers: Readonly<Record<string, string>>;
}

const BUNDLE = join(PACKAGE_ROOT, 'dist', 'graphiql');
const EXAMPLES = join(PACKAGE_ROOT, 'graphiql', 'examples');

/** `GET /`: GraphiQL from our own bundle, with example queries in tabs. */
export async function graphiqlRoutes(app: FastifyInstance, { examples, token }: GraphiqlOptions): Promise<void> {
  const tabs = await readQueries(examples ?? EXAMPLES);
  await app.register(fastifyStatic, { root: BUNDLE, index: 'index.html', decorateReply: false });
  app.get('/graphiql.json', async (request, reply): Promise<GraphiqlSettings> => {
    reply.header('cache-control', 'no-store');
    // A page of another site can make its own name resolve to this machine: then the name is not ours, and there is no token.
    const trusted = token !== undefined && isLoopback(request.hostname);
    return { tabs, headers: trusted ? { Authorization: `Bearer ${token}` } : {} };
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
