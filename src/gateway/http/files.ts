import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { FileResolver, ResolvedSource, WantedFile } from '../../access/file-resolution.ts';
import { SatelliteError } from '../../butler/errors.ts';
import { UUID } from '../../butler/uuid.ts';
import type { Lasting, ReadingScope } from '../request-scope.ts';
import { alreadyHas, names, requestedRange } from './byte-range.ts';
import type { FacesOptions } from './server.ts';

interface FileAddress {
  Params: { repository: string; capability?: string; uuid: string; name: string };
  Querystring: { component?: string };
}

const METHODS = 'GET, HEAD, OPTIONS';
/** Stock clients wait so long before each of five tries. */
const RETRY_SECONDS = 5;

/**
 * `GET|HEAD /files/{repository}[/~{capability}]/{uuid}/{file name}[?component=]`: the permanent address of a file's bytes
 * (docs/permanent-addresses.md).  The right is checked at that moment.  HEAD is answered here, because
 * what a store signs is good for GET only.
 */
export function fileRoutes(app: FastifyInstance, options: FacesOptions): void {
  const { files, limits } = options;
  const answer = async (request: FastifyRequest<FileAddress>, reply: FastifyReply): Promise<FastifyReply> => {
    const { capability } = request.params;
    const file = wantedFile(request);
    const scope =
      capability === undefined
        ? await options.openScope(request, reply, limits.exportSeconds)
        : await options.openCapabilityScope(request, reply, limits.exportSeconds, { capability, ...file });
    return answerFile(request, reply, file, scope, files);
  };
  app.route<FileAddress>({ method: ['GET', 'HEAD'], url: '/files/:repository/:uuid/:name', handler: answer });
  app.route<FileAddress>({
    method: ['GET', 'HEAD'],
    url: '/files/:repository/~:capability/:uuid/:name',
    handler: answer,
  });

  // lsst.resources asks the root once a server whether this is WebDAV, with or without a token: it is not.
  for (const url of ['/', '/files/*']) {
    app.options(url, (_request, reply) => reply.header('allow', METHODS).code(204).send());
  }
}

/** The bytes of a file, or what there is to say of them, for whoever may read it now. @throws as `FileResolver.find` */
export async function answerFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: WantedFile,
  { repositories, query, ownOnly, keepChecking }: ReadingScope & Lasting,
  files: FileResolver,
): Promise<FastifyReply> {
  try {
    const source = await files.find(file, repositories, query, ownOnly);
    if (request.method === 'HEAD')
      return await answerHead(request, reply, file, await files.size(source, query.signal));
    return await answerGet(request, reply, file, source, (range) => {
      // Only here it goes on for long: signed addresses end by themselves.
      keepChecking((now) => files.find(file, now, query, ownOnly));
      return files.read(source, range, query.signal);
    });
  } catch (error) {
    if (error instanceof SatelliteError && error.code === 'UPSTREAM_UNAVAILABLE' && error.retryAfter === undefined) {
      reply.header('retry-after', RETRY_SECONDS);
    }
    throw error;
  }
}

function wantedFile({ params, query }: FastifyRequest<FileAddress>): WantedFile {
  const { repository, name: fileName } = params;
  const uuid = params.uuid.toLowerCase();
  if (!UUID.test(uuid)) {
    throw new SatelliteError('NOT_FOUND', 'This is not the address of a file: the part before its name is no UUID.');
  }
  return { repository, uuid, component: query.component ?? null, fileName };
}

function answerHead({ headers }: FastifyRequest, reply: FastifyReply, file: WantedFile, size: number): FastifyReply {
  fileHeaders(reply, file, size);
  const refused = precondition(headers, entityTag(file, size));
  return refused === null ? reply.header('content-length', size).send() : reply.code(refused).send();
}

/** The status of an answer without bytes, where the conditions of a request want one (RFC 9110, 13.2.2). */
function precondition(headers: FastifyRequest['headers'], tag: string): 304 | 412 | null {
  if (headers['if-match'] !== undefined && !names(headers['if-match'], tag)) return 412;
  return alreadyHas(headers['if-none-match'], tag) ? 304 : null;
}

/** By a redirect to where the bytes are, or by streaming them where nobody but the gateway can read them. */
async function answerGet(
  request: FastifyRequest,
  reply: FastifyReply,
  file: WantedFile,
  source: ResolvedSource,
  read: (range: { readonly start: number; readonly end: number } | null) => ReturnType<FileResolver['read']>,
): Promise<FastifyReply> {
  const { headers } = request;
  const { size } = source;
  const tag = size === null ? null : entityTag(file, size);
  // The store knows its own tags only, so that it would refuse the one that HEAD gave here, or give all of the file.
  const isStores = tag === null || ![headers['if-match'], headers['if-range']].includes(tag);
  if (source.kind === 'url' && isStores && !(tag !== null && alreadyHas(headers['if-none-match'], tag))) {
    reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer');
    return reply.redirect(source.url, 307);
  }
  fileHeaders(reply, file, size!);
  const refused = precondition(headers, tag!);
  if (refused !== null) return reply.code(refused).send();
  const current = headers['if-range'] === undefined || headers['if-range'] === tag;
  const range = current ? requestedRange(headers['range'], size!) : null;
  if (range === undefined) return reply.code(416).header('content-range', `bytes */${size}`).send();
  if (range) reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${size}`);
  reply.header('content-length', range ? range.end - range.start + 1 : size!);
  return reply.send(await read(range));
}

function fileHeaders(reply: FastifyReply, file: WantedFile, size: number): void {
  attachmentHeaders(reply, file.fileName)
    .header('accept-ranges', 'bytes')
    .header('cache-control', 'private, no-cache, no-transform')
    .header('etag', entityTag(file, size));
}

/**
 * A browser stores the bytes and never shows them: a user's HTML must not run as a page of this origin.
 * Nobody on the way may compress the bytes, so that lengths and ranges mean what they say.  That is not said by
 * `Content-Encoding: identity`, because stock clients do not check the length of an answer that has such a header.
 */
export function attachmentHeaders(reply: FastifyReply, fileName: string): FastifyReply {
  return reply
    .type('application/octet-stream')
    .header('content-disposition', `attachment; filename*=UTF-8''${extendedValue(fileName)}`)
    .header('content-security-policy', "default-src 'none'; sandbox")
    .header('referrer-policy', 'no-referrer');
}

/** RFC 8187. */
function extendedValue(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
}

/** Strong: the bytes of a dataset never change under its UUID. */
function entityTag({ uuid, component }: WantedFile, size: number): string {
  return `"${[uuid, component && encodeURIComponent(component), size].filter((part) => part !== null).join('-')}"`;
}
