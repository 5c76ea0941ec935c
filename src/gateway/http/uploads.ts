import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Uploads } from '../../transfer/uploads.ts';

interface UploadAddress {
  Params: { id: string; index: string };
}

/**
 * `PUT /uploads/{id}/{index}`: the bytes of a file that `ingestDatasets` asked for.  The address is the right, as a signed
 * one of an object store is.
 */
export async function uploadRoute(app: FastifyInstance, uploads: Uploads, seconds: number): Promise<void> {
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
  });
}
