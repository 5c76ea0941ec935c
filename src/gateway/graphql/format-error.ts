import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { publicError } from '../public-error.ts';

/** graphql-js has no code of its own for a document that is too long. */
const TOO_MANY_TOKENS = /Document contains more that (\d+) tokens/;

/** What a client is told of an error of a GraphQL request. */
export function formatError(error: unknown): GraphQLFormattedError {
  const original = originalOf(error);
  if (!(error instanceof GraphQLError)) return publicError(original);
  const place = {
    ...(error.locations ? { locations: error.locations } : {}),
    ...(error.path ? { path: error.path } : {}),
  };
  const tokens = TOO_MANY_TOKENS.exec(error.message)?.[1];
  if (tokens !== undefined) {
    const message = `The document has more than ${tokens} tokens, which is the limit: ask for less in one request.`;
    return { message, extensions: { code: 'QUERY_TOO_COSTLY' } };
  }
  // A code on the GraphQLError itself was given by the server's own checks, before any resolver ran.
  if (original === error && typeof error.extensions['code'] === 'string' && !isInternal(error)) {
    return { message: error.message, ...place, extensions: { code: error.extensions['code'] } };
  }
  return { ...publicError(original), ...place };
}

/** What was thrown, below what the executors wrap around it. */
function originalOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? originalOf(error.originalError) : error;
}

function isInternal(error: GraphQLError): boolean {
  return error.extensions['code'] === 'INTERNAL_SERVER_ERROR';
}
