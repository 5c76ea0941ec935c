import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { PACKAGE_ROOT } from '../../run/package-root.ts';
import { hostOf } from './page-origins.ts';
import { pageSettings, type PageOptions, type PageSettings } from './page-settings.ts';

export interface GraphiqlOptions extends PageOptions {
  readonly examples: string | undefined;
}

export interface GraphiqlSettings extends PageSettings {
  /** Queries that open as tabs. */
  readonly tabs: readonly string[];
}

const BUNDLE = join(PACKAGE_ROOT, 'dist', 'graphiql');
const EXAMPLES = join(PACKAGE_ROOT, 'graphiql', 'examples');

/** `GET /`: GraphiQL from our own bundle, with example queries in tabs; only under the name of its own origin, if it has one. */
export async function graphiqlRoutes(app: FastifyInstance, options: GraphiqlOptions): Promise<void> {
  const { examples, origin } = options;
  const tabs = await readQueries(examples ?? EXAMPLES);
  const constraints = origin === undefined ? {} : { host: hostOf(origin) };
  await app.register(fastifyStatic, { root: BUNDLE, index: 'index.html', decorateReply: false, constraints });
  app.get('/graphiql.json', { constraints }, async (request, reply): Promise<GraphiqlSettings> => {
    reply.header('cache-control', 'no-store');
    return { ...pageSettings(request, options, 'graphql'), tabs };
  });
}

async function readQueries(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.graphql')).sort();
  return Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')));
}
