/**
 * The one error hierarchy of the gateway.  Every error that a user may see is a `SatelliteError`; its `code` is what
 * GraphQL puts in `extensions.code` and its message says what was wrong and what to do, without SQL,
 * paths or tokens.  Anything else that is thrown is a defect and is answered as an internal error.
 */

/** Errors of stock Butler, in upper snake case of their wire `error_type`. */
export const BUTLER_ERROR_CODES = [
  'INVALID_QUERY',
  'UNIMPLEMENTED_QUERY',
  'MISSING_DATASET_TYPE',
  'MISSING_COLLECTION',
  'COLLECTION_TYPE',
  'COLLECTION_CYCLE',
  'CALIBRATION_LOOKUP',
  'DIMENSION_NAME',
  'DIMENSION_VALUE',
  'DATA_ID_VALUE',
  'INCONSISTENT_DATA_ID',
  'DATASET_NOT_FOUND',
  'DATASET_TYPE_EXPRESSION',
  'UNKNOWN_COMPONENT',
] as const;

/** Errors of the gateway itself. */
export const GATEWAY_ERROR_CODES = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'CONFLICT',
  'BAD_USER_INPUT',
  'QUOTA_EXCEEDED',
  'RATE_LIMITED',
  'UPSTREAM_UNAVAILABLE',
  'QUERY_TOO_COSTLY',
  'DEADLINE_EXCEEDED',
  'RUN_FAILED',
] as const;

export type ButlerErrorCode = (typeof BUTLER_ERROR_CODES)[number];
export type GatewayErrorCode = (typeof GATEWAY_ERROR_CODES)[number];
export type ErrorCode = ButlerErrorCode | GatewayErrorCode;

/** What may travel beside the code in `extensions`. */
export interface ErrorDetails {
  /** The repository that the error comes from, where it comes from one of several. */
  readonly repository?: string;
  /** Seconds after which a new try makes sense (RATE_LIMITED, UPSTREAM_UNAVAILABLE). */
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

/** An error that a user may see. */
export class SatelliteError extends Error {
  readonly code: ErrorCode;
  readonly repository: string | undefined;
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'SatelliteError';
    this.code = code;
    this.repository = details.repository;
    this.retryAfter = details.retryAfter;
  }
}

/** A Butler user error: the request was wrong, and stock Butler would say so too. */
export class ButlerUserError extends SatelliteError {
  declare readonly code: ButlerErrorCode;

  constructor(code: ButlerErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, details);
    this.name = 'ButlerUserError';
  }
}

/** The commonest one; stock Butler's crashes on bad input become this too. */
export class InvalidQueryError extends ButlerUserError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('INVALID_QUERY', message, details);
    this.name = 'InvalidQueryError';
  }
}

/** A query whose evaluation would cost more than a limit allows; the message names the limit and what to narrow. */
export class QueryTooCostlyError extends SatelliteError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('QUERY_TOO_COSTLY', message, details);
    this.name = 'QueryTooCostlyError';
  }
}

/** A change of which nobody knows whether it was made: its writer was overtaken by another at the moment of the commit. */
export class UncertainCommitError extends SatelliteError {
  constructor(repository: string, cause: unknown) {
    super(
      'CONFLICT',
      `The database of repository '${repository}' was taken over by another writer during the commit of this change, which ` +
        'may be lost: look whether it is there, and try again if not.',
      { repository, cause },
    );
    this.name = 'UncertainCommitError';
  }
}

/** A repository that cannot answer now (down, cut off in the middle, overloaded). */
export class RepositoryUnavailableError extends SatelliteError {
  constructor(repository: string, message: string, details: Omit<ErrorDetails, 'repository'> = {}) {
    super('UPSTREAM_UNAVAILABLE', message, { ...details, repository });
    this.name = 'RepositoryUnavailableError';
  }
}
