/**
 * What a client is told of an error.  Only a `SatelliteError` speaks for itself; anything else is a defect, whose text may
 * hold a statement, a path or a token: it goes to the log, and the client gets an identifier to ask about.
 */
import { SatelliteError, type ErrorCode } from '../butler/errors.ts';
import { currentRequest } from './current-request.ts';

export interface PublicError {
  readonly message: string;
  readonly extensions: {
    readonly code: ErrorCode | 'INTERNAL_SERVER_ERROR';
    /** Says that the request has to be mended, in the word of GraphQL servers on Java, for tools that do not know our codes. */
    readonly classification?: 'ValidationError';
    readonly repository?: string;
    readonly retryAfter?: number;
  };
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  DATASET_NOT_FOUND: 404,
  MISSING_COLLECTION: 404,
  MISSING_DATASET_TYPE: 404,
  CONFLICT: 409,
  RATE_LIMITED: 429,
  UPSTREAM_UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
  RUN_FAILED: 422,
};

/** What a message repeats of what it was sent, and a terminal or a log would obey or hide; new lines are ours. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}]/gu;

/** Codes of what may only seem not to be there. */
const DENIALS = new Set<string>([
  'FORBIDDEN',
  'NOT_FOUND',
  'DATASET_NOT_FOUND',
  'MISSING_COLLECTION',
  'MISSING_DATASET_TYPE',
]);

/** Statuses of errors that come again until the request is another. */
const WRONG_REQUEST = new Set([400, 403, 404, 409]);

/** HTTP status of an error that leaves no part of an answer. */
export function statusOf(error: unknown): number {
  return error instanceof SatelliteError ? (STATUS[error.code] ?? 400) : 500;
}

/** What an error says, and what this caller is told wherever something is denied. */
export function messageOf({ code, message }: SatelliteError): string {
  const caution = DENIALS.has(code) ? currentRequest.getStore()?.caution : undefined;
  return message.replace(UNSEEN, '\u{fffd}') + (caution === undefined ? '' : ` ${caution}`);
}

export function publicError(error: unknown): PublicError {
  if (error instanceof SatelliteError) {
    const { code, repository, retryAfter } = error;
    return {
      message: messageOf(error),
      extensions: {
        code,
        ...(WRONG_REQUEST.has(statusOf(error)) ? { classification: 'ValidationError' } : {}),
        ...(repository === undefined ? {} : { repository }),
        ...(retryAfter === undefined ? {} : { retryAfter }),
      },
    };
  }
  const request = currentRequest.getStore();
  request?.log.error({ err: error }, 'internal error');
  const id = request?.id ?? 'unknown';
  return { message: `internal error, request id ${id}`, extensions: { code: 'INTERNAL_SERVER_ERROR' } };
}
