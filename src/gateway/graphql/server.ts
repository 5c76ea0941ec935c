import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import type { RequestLimits } from '../config.ts';
import type { MeteredContext } from './context.ts';
import { executionPlugin, type ExecutionStrategy } from './execution.ts';
import { formatError } from './format-error.ts';
import { legacyStatusPlugin } from './legacy-status.ts';
import { limitsPlugin } from './limits.ts';

export interface GraphQLServerOptions {
  readonly schema: GraphQLSchema;
  readonly limits: RequestLimits;
  readonly strategy: ExecutionStrategy;
  readonly limitFired: (limit: string) => void;
}

/** The GraphQL server, without a transport.  The caller starts and stops it. */
export function createGraphQLServer(options: GraphQLServerOptions): ApolloServer<MeteredContext> {
  const { schema, limits, strategy, limitFired } = options;
  return new ApolloServer<MeteredContext>({
    schema,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: limits.tokens },
    validationOptions: { maxErrors: 5 },
    formatError: (_formatted, error) => formatError(error),
    plugins: [
      // It would hook into the resolving of every field, and answers of people's own data are not cached by anybody.
      ApolloServerPluginCacheControlDisabled(),
      limitsPlugin(schema, limits, limitFired),
      executionPlugin(schema, strategy),
      legacyStatusPlugin(),
    ],
  });
}
