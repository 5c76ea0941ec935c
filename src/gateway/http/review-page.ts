/** `GET /publications/` and `/publications/{id}`: the page for reviewers and owners, from our own bundle. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PACKAGE_ROOT } from '../../run/package-root.ts';
import { hostOf } from './page-origins.ts';
import { pageSettings, type PageOptions, type PageSettings } from './page-settings.ts';

const BUNDLE = join(PACKAGE_ROOT, 'dist', 'review');

/** Addresses in the page are relative to `/publications/`, so that it is found below any path. */
export async function reviewPageRoutes(app: FastifyInstance, options: PageOptions): Promise<void> {
  const { origin, publicUrl } = options;
  const constraints = origin === undefined ? {} : { host: hostOf(origin) };
  const page = async (request: FastifyRequest, reply: FastifyReply, right: string, isRight: boolean) => {
    if (!isRight) return reply.redirect(`${right}${new URL(request.url, 'http://page').search}`, 308);
    const api = origin === undefined ? '' : ` ${new URL(publicUrl()).origin}`;
    reply.header('content-security-policy', policy(api)).header('cache-control', 'no-cache');
    return reply.type('text/html; charset=utf-8').send(await readFile(join(BUNDLE, 'index.html')));
  };
  app.get('/publications', { constraints }, (request, reply) =>
    page(request, reply, 'publications/', hasSlash(request)),
  );
  app.get<{ Params: { readonly id: string } }>('/publications/:id', { constraints }, (request, reply) =>
    page(request, reply, `../${encodeURIComponent(request.params.id)}`, !hasSlash(request)),
  );
  app.get('/publications/settings.json', { constraints }, async (request, reply): Promise<PageSettings> => {
    reply.header('cache-control', 'no-store');
    return pageSettings(request, options, '../graphql');
  });
  await app.register(fastifyStatic, {
    root: join(BUNDLE, 'assets'),
    prefix: '/publications/assets/',
    decorateReply: false,
    constraints,
    immutable: true,
    maxAge: '1 year',
  });
}

function hasSlash({ url }: FastifyRequest): boolean {
  return new URL(url, 'http://page').pathname.endsWith('/');
}

/** Stricter than GraphiQL's: there are no inline styles and no fonts. */
function policy(api: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `connect-src 'self'${api}`,
    'img-src data:',
    ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
  ].join('; ');
}
