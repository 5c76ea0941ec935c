import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyInstance } from 'fastify';
import { SatelliteError } from '../../butler/errors.ts';
import { publicError, statusOf } from '../public-error.ts';

/** Errors outside GraphQL have the same shape as in it: `{errors: [{message, extensions: {code}}]}`. */
export function failureAnswers(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | SatelliteError, request, reply) => {
    if (!(error instanceof SatelliteError) && error.statusCode !== undefined && error.statusCode < 500) {
      const message = explained(error, app.initialConfig.bodyLimit);
      return reply.code(error.statusCode).send({ errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] });
    }
    const status = statusOf(error);
    if (status === 401) reply.header('www-authenticate', challenge(request.headers.authorization));
    if (error instanceof SatelliteError && error.retryAfter !== undefined) {
      reply.header('retry-after', Math.ceil(error.retryAfter));
    }
    return reply.code(status).send({ errors: [publicError(error)] });
  });

  app.setNotFoundHandler((request, reply) => {
    const message = `${STATUS_CODES[404]}: there is nothing at this address for ${request.method}.`;
    return reply.code(404).send({ errors: [{ message, extensions: { code: 'NOT_FOUND' } }] });
  });
}

function challenge(authorization: string | undefined): string {
  return authorization === undefined ? 'Bearer realm="satellite"' : 'Bearer realm="satellite", error="invalid_token"';
}

/** What is wrong with a request that was refused before it was read. @param bodyLimit bytes, where they are known */
export function explained({ code, message }: FastifyError, bodyLimit?: number): string {
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return `The request is larger than ${bodyLimit === undefined ? '' : `${bodyLimit} bytes, which is `}the limit: send less at once.`;
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return 'The body is not of a type that is taken here: send JSON, with the header "Content-Type: application/json".';
    default:
      return message;
  }
}
