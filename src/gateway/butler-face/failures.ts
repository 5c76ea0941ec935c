/** Errors as a RemoteButler server gives them, which stock clients understand. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { BUTLER_ERROR_CODES, SatelliteError } from '../../butler/errors.ts';
import { explained } from '../http/failures.ts';
import { messageOf, publicError, statusOf } from '../public-error.ts';
import { MalformedRequestError } from './requests.ts';

/** Stock clients wait so long before they try again. */
const RETRY_SECONDS = 5;

const USER_ERRORS = new Set<string>(BUTLER_ERROR_CODES);

/** Codes of the gateway that tell users that the query itself has to change. */
const WRONG_QUERY = new Set<string>(['BAD_USER_INPUT', 'QUERY_TOO_COSTLY']);

/** What is wrong with a path, in place of a Butler error: `{"detail": "…"}`. */
export class PathError extends SatelliteError {
  readonly status: number;

  constructor(status: 404 | 422, message: string) {
    super('NOT_FOUND', message);
    this.name = 'PathError';
    this.status = status;
  }
}

export interface UserErrorAnswer {
  readonly error_type: string;
  readonly detail: string;
}

/** The body of an error that the Python client raises as the exception of its type; undefined for other errors. */
export function userErrorAnswer(error: unknown): UserErrorAnswer | undefined {
  if (!(error instanceof SatelliteError) || error instanceof MalformedRequestError || error instanceof PathError) {
    return undefined;
  }
  if (USER_ERRORS.has(error.code)) return { error_type: error.code.toLowerCase(), detail: messageOf(error) };
  if (WRONG_QUERY.has(error.code)) return { error_type: 'invalid_query', detail: error.message };
  return undefined;
}

export function answerFailure(
  error: FastifyError | SatelliteError,
  request: FastifyRequest,
  reply: FastifyReply,
): unknown {
  const user = userErrorAnswer(error);
  if (user) return reply.code(422).send(user);
  if (error instanceof MalformedRequestError) return reply.code(422).send({ detail: error.complaints });
  if (error instanceof PathError) return reply.code(error.status).send({ detail: messageOf(error) });
  const isOurs = error instanceof SatelliteError;
  const status =
    isOurs || error.statusCode === undefined || error.statusCode >= 500 ? statusOf(error) : error.statusCode;
  const message = status < 500 && !isOurs ? explained(error) : publicError(error).message;
  if (status === 401) {
    const isMissing = request.headers.authorization === undefined;
    reply.header('www-authenticate', `Bearer realm="satellite"${isMissing ? '' : ', error="invalid_token"'}`);
    return reply.code(401).send({ detail: [{ msg: message, type: isMissing ? 'missing_auth' : 'invalid_token' }] });
  }
  if (isOurs && error.code === 'FORBIDDEN') {
    return reply.code(403).send({ detail: [{ msg: message, type: 'insufficient_scope' }] });
  }
  if (status === 429 || status === 503) {
    reply.header('retry-after', Math.ceil((isOurs ? error.retryAfter : undefined) ?? RETRY_SECONDS));
  }
  return reply.code(status).send({ detail: message });
}
