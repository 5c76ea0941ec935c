import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { PublicationService } from '../../publish/service.ts';
import type { Uploads } from '../../transfer/uploads.ts';

interface UploadAddress {
  Params: { id: string; index: string };
}

/**
 * `PUT /uploads/{id}/{index}`: the bytes of a file that `ingestDatasets` asked for, and `PUT /uploads/publications/{id}`: of a zip
 * that `uploadPublication` did.  The address is the right, as a signed one of an object store is.
 */
export async function uploadRoute(
  app: FastifyInstance,
  uploads: Uploads,
  publications: Pick<PublicationService, 'receive'> | undefined,
  seconds: number,
): Promise<void> {
  await app.register(async (routes) => {
    // Whatever their type is, the bytes go to the store as they come.
    routes.removeAllContentTypeParsers();
    routes.addContentTypeParser('*', async (_request: unknown, bytes: Readable) => bytes);
    routes.put<UploadAddress>('/uploads/:id/:index', { bodyLimit: Number.MAX_SAFE_INTEGER }, async (request, reply) => {
      const { id, index } = request.params;
      const bytes = (request.body ?? request.raw) as Readable;
      await uploads.receive(id, Number(index), bytes, AbortSignal.timeout(seconds * 1000));
      return reply.code(204).send();
    });
    if (!publications) return;
    const options = { bodyLimit: Number.MAX_SAFE_INTEGER };
    routes.put<{ Params: { id: string } }>('/uploads/publications/:id', options, async (request, reply) => {
      const bytes = (request.body ?? request.raw) as Readable;
      await publications.receive(request.params.id, bytes, AbortSignal.timeout(seconds * 1000));
      return reply.code(204).send();
    });
  });
}
