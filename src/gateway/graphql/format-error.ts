import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { publicError } from '../public-error.ts';

/** graphql-js has no code of its own for a document that is too long, or in which too many fields have one name. */
const TOO_MANY_TOKENS = /Document contains more that (\d+) tokens/;
const TOO_MANY_REPETITIONS = 'Validation aborted.';

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
  if (error.message === TOO_MANY_REPETITIONS) {
    const message = 'The document selects the same fields too often: select each once.';
    return { message, extensions: { code: 'QUERY_TOO_COSTLY' } };
  }
  // The server's own checks give a code of GraphQL's, before any resolver runs, to what is wrong with a document.
  const code = (error.extensions as GraphQLError['extensions'] | undefined)?.['code']; // graphql-jit has none
  if (original instanceof GraphQLError && typeof code === 'string' && code !== 'INTERNAL_SERVER_ERROR') {
    return { message: error.message, ...place, extensions: { code } };
  }
  return { ...publicError(original), ...place };
}

/** What was thrown, below what the executors wrap around it. */
function originalOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? originalOf(error.originalError) : error;
}
