import type { ApolloServerPlugin } from '@apollo/server';
import { ApolloServerErrorCode } from '@apollo/server/errors';
import type { GraphQLContext } from '../../../resolvers/context.ts';

const GRAPHQL_RESPONSE = 'application/graphql-response+json';

/**
 * GraphQL over HTTP, section 6.4.1: an answer of the media type `application/json` has status 200 although the document is
 * wrong, since a client could not tell an error of the gateway from one of a proxy on the way; notebooks that call
 * `raise_for_status()` would hide the very message that helps.
 */
export function legacyStatusPlugin(): ApolloServerPlugin<GraphQLContext> {
  return {
    async requestDidStart() {
      return {
        async willSendResponse({ request, response }) {
          const isLegacy = !request.http?.headers.get('accept')?.includes(GRAPHQL_RESPONSE);
          const { body, http } = response;
          const errors = body.kind === 'single' ? (body.singleResult.errors ?? []) : [];
          // A request that is not GraphQL over HTTP at all has no document that could be wrong.
          const hasDocument = errors.every((error) => error.extensions?.['code'] !== ApolloServerErrorCode.BAD_REQUEST);
          if (isLegacy && hasDocument && http.status === 400) http.status = 200;
        },
      };
    },
  };
}
