/** What a RemoteButler server's answers other than 200 mean. */
import {
  BUTLER_ERROR_CODES,
  ButlerUserError,
  InvalidQueryError,
  RepositoryUnavailableError,
  SatelliteError,
  type ButlerErrorCode,
} from '../../butler/errors.ts';
import { isJsonObject, parseJson, type Json } from '../../butler/json.ts';

/**
 * A Butler user error that the server reported, `{error_type, detail}`, in its own words.  A type that we do not know is
 * a wrong query too: the server says "unknown" for user errors that have no type of their own.
 */
export function userError(error: Json | undefined, repository: string): ButlerUserError | undefined {
  if (!isJsonObject(error)) return undefined;
  const { error_type: type, detail } = error;
  if (typeof type !== 'string' || typeof detail !== 'string') return undefined;
  const code = BUTLER_ERROR_CODES.find((c) => c === type.toUpperCase()) ?? ('INVALID_QUERY' satisfies ButlerErrorCode);
  return code === 'INVALID_QUERY'
    ? new InvalidQueryError(detail, { repository })
    : new ButlerUserError(code, detail, { repository });
}

/** The error that a status other than 200 stands for. `body` is the answer's text, as far as it was read. */
export function failureOf(
  status: number,
  retryAfter: number | undefined,
  body: string,
  repository: string,
): SatelliteError {
  const waiting = retryAfter === undefined ? {} : { retryAfter };
  switch (status) {
    case 401:
      return new SatelliteError('UNAUTHENTICATED', `Repository '${repository}' does not accept your token.`, {
        repository,
      });
    case 403:
      return new SatelliteError('FORBIDDEN', `You have no permission to read repository '${repository}'.`, {
        repository,
      });
    case 404:
      return new RepositoryUnavailableError(repository, `Repository '${repository}' is not at its configured address.`);
    case 422:
      return unprocessable(body, repository);
    case 429:
      return new SatelliteError(
        'RATE_LIMITED',
        `Repository '${repository}' runs too many queries of yours already; wait for them to end, then try again.`,
        { repository, ...waiting },
      );
    case 503:
      return new RepositoryUnavailableError(
        repository,
        `Repository '${repository}' is overloaded; try again later.`,
        waiting,
      );
    default:
      return new RepositoryUnavailableError(
        repository,
        status >= 300 && status < 400
          ? `Repository '${repository}' sends us to another address, which we do not follow; its configured one is wrong.`
          : `Repository '${repository}' failed to answer (HTTP status ${String(status)}).`,
      );
  }
}

/** 422: a Butler user error, or the server's complaint about the form of the request, or about missing sign-in headers. */
function unprocessable(body: string, repository: string): SatelliteError {
  const json = parsed(body);
  const user = userError(json, repository);
  if (user) return user;
  if (isJsonObject(json) && Array.isArray(json['detail'])) {
    const complaints = (json['detail'] as readonly Json[])
      .map((d) => (isJsonObject(d) && typeof d['msg'] === 'string' ? d['msg'] : ''))
      .filter((text) => text !== '');
    return new InvalidQueryError(`Repository '${repository}' cannot read the query: ${complaints.join('; ')}`, {
      repository,
    });
  }
  return new RepositoryUnavailableError(repository, `Repository '${repository}' does not know who is asking.`);
}

function parsed(body: string): Json | undefined {
  try {
    return parseJson(body);
  } catch {
    return undefined;
  }
}

/** Seconds to wait, of a `Retry-After` header: a number of seconds (Butler server) or a date (Gafaelfawr). */
export function retryAfterSeconds(header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string') return undefined;
  if (/^\d+$/.test(header)) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}
