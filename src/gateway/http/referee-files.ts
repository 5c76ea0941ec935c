import type { FastifyInstance } from 'fastify';
import { SatelliteError } from '../../butler/errors.ts';
import { UUID } from '../../butler/uuid.ts';
import type { PublicationService } from '../../publish/service.ts';
import { attachmentHeaders } from './files.ts';
import type { FacesOptions } from './server.ts';

interface RefereeFileAddress {
  Params: { uuid: string; name: string };
  Querystring: { component?: string };
  Headers: { 'satellite-referee-link'?: string };
}

/**
 * `GET|HEAD /referee/files/{uuid}/{file name}[?component=]`: a file of what a referee link shows, whose secret is a header, as
 * addresses are written down.  It has no parts, because who gets all of it has what was submitted, and else an error.
 */
export function refereeFileRoute(
  app: FastifyInstance,
  { referees }: Pick<PublicationService, 'referees'>,
  options: Pick<FacesOptions, 'openScope' | 'limits'>,
): void {
  const url = '/referee/files/:uuid/:name';
  app.route<RefereeFileAddress>({
    method: ['GET', 'HEAD'],
    url,
    handler: async (request, reply) => {
      const scope = await options.openScope(request, reply, options.limits.exportSeconds);
      const secret = request.headers['satellite-referee-link'];
      const uuid = request.params.uuid.toLowerCase();
      if (secret === undefined || !UUID.test(uuid)) {
        throw new SatelliteError(
          'NOT_FOUND',
          'Ask with the header "Satellite-Referee-Link", for the UUID of a dataset.',
        );
      }
      const { component = null } = request.query;
      const file = await referees.file(secret, uuid, component, scope.principal);
      const bytes = request.method === 'HEAD' ? null : await file.open(scope.query.signal);
      // A link that is revoked ends here too.
      if (bytes) scope.keepChecking(() => referees.file(secret, uuid, component, scope.principal));
      attachmentHeaders(reply, file.fileName)
        .header('accept-ranges', 'none')
        .header('cache-control', 'private, no-store, no-transform')
        .header('etag', `"${file.sha256}"`)
        .header('content-length', file.size);
      return reply.send(bytes ?? undefined);
    },
  });
}
