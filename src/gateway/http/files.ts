import { basename, dirname } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { SatelliteError } from '../../butler/errors.ts';
import type { FileRecord } from '../../repository/rows.ts';
import type { FacesOptions } from './server.ts';

interface FileAddress {
  Params: { repository: string; uuid: string; name: string };
  Querystring: { component?: string };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * `GET|HEAD /files/{repository}/{uuid}/{file name}[?component=]`: the permanent address of a file's bytes (design section
 * 5).  The caller's right is checked at that moment.  HEAD is answered here, because a signed address is good for GET only.
 */
export async function fileRoutes(app: FastifyInstance, options: FacesOptions): Promise<void> {
  await app.register(fastifyStatic, { root: '/', serve: false });

  app.route<FileAddress>({
    method: ['GET', 'HEAD'],
    url: '/files/:repository/:uuid/:name',
    handler: async (request, reply) => {
      const { query, repositories } = await options.openScope(request, reply, options.limits.exportSeconds);
      const { repository } = repositories.get(request.params.repository);
      const uuid = request.params.uuid.toLowerCase();
      const component = request.query.component ?? null;
      const files = UUID.test(uuid) ? ((await repository.files([uuid], query)).get(uuid) ?? []) : [];
      const file = files.find((f) => f.component === component);
      if (!file) throw noSuchFile(uuid, component, files);

      const tag = entityTag(uuid, file);
      reply.header('cache-control', 'private, no-cache').header('etag', tag);
      if (request.headers['if-none-match']?.includes(tag)) return reply.code(304).send();
      const source = await repository.fileSource(uuid, component, query);
      if (!source) throw noSuchFile(uuid, component, files);
      if (source.kind === 'path') return sendFile(source.path, reply);
      if (request.method === 'HEAD') return answerHead(reply, file);
      if (source.kind === 'stream') {
        reply.type('application/octet-stream').header('content-length', source.size);
        return reply.send(await source.open(null, query.signal));
      }
      return reply.header('cache-control', 'no-store').redirect(source.url, 307);
    },
  });
}

/** Streams a local file, with ranges and conditions. */
function sendFile(path: string, reply: FastifyReply): FastifyReply {
  const options = { cacheControl: false, etag: false, lastModified: false, dotfiles: 'allow' } as const;
  return reply.type('application/octet-stream').sendFile(basename(path), dirname(path), options);
}

function answerHead(reply: FastifyReply, { size }: FileRecord): FastifyReply {
  reply.header('accept-ranges', 'bytes').type('application/octet-stream');
  if (size !== null) reply.header('content-length', size);
  return reply.send();
}

/** Strong: the bytes of a dataset never change under its UUID. */
function entityTag(uuid: string, { component, size }: FileRecord): string {
  return `"${[uuid, component, size].filter((part) => part !== null).join('-')}"`;
}

function noSuchFile(uuid: string, component: string | null, files: readonly FileRecord[]): SatelliteError {
  const components = files.flatMap((f) => f.component ?? []);
  const choice =
    components.length > 0 ? ` Its files are components: ask with ?component= one of ${components.join(', ')}.` : '';
  const what = component === null ? `Dataset ${uuid}` : `Component '${component}' of dataset ${uuid}`;
  return new SatelliteError('NOT_FOUND', `${what} has no file here, or is not shared with you.${choice}`);
}
