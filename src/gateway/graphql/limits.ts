/**
 * Limits of what one operation may ask, checked before anything is executed.  The attack is a short text with a huge
 * answer: nested pages, one field under many aliases, fragments of fragments.  Messages name the limit and what to do,
 * because the usual offender is a notebook that asks for too much at once.
 */
import type { ApolloServerPlugin } from '@apollo/server';
import { getVariableValues, GraphQLError, Kind, type GraphQLSchema } from 'graphql';
import { QueryTooCostlyError } from '../../butler/errors.ts';
import type { GraphQLContext } from '../../../resolvers/context.ts';
import type { RequestLimits } from '../config.ts';
import { queryCost } from './query-cost.ts';

type Limit = 'depth' | 'aliases' | 'directives' | 'rootFields' | 'nodes';

const WHAT: Record<Limit, readonly [what: string, todo: string]> = {
  depth: ['levels of nested fields', 'ask for what lies deeper in a request of its own'],
  aliases: ['aliases', 'send several requests'],
  directives: ['directives', 'send several requests'],
  rootFields: ['fields at its top', 'send several requests'],
  nodes: ['objects that its answer could hold', 'make "first" smaller and walk through pages, or use POST /export'],
};

/** @param fired is told the name of a limit that was exceeded */
export function limitsPlugin(
  schema: GraphQLSchema,
  limits: RequestLimits,
  fired: (limit: Limit) => void,
): ApolloServerPlugin<GraphQLContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, operation, request }) {
          if (!operation) return;
          const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], request.variables ?? {});
          const rootFields = operation.selectionSet.selections.filter((s) => s.kind === Kind.FIELD).length;
          const cost = { ...queryCost(schema, document, operation, coerced ?? {}), rootFields };
          for (const limit of Object.keys(WHAT) as Limit[]) {
            if (cost[limit] <= limits[limit]) continue;
            fired(limit);
            throw tooCostly(limit, cost[limit], limits[limit]);
          }
        },
      };
    },
  };
}

function tooCostly(limit: Limit, value: number, largest: number): GraphQLError {
  const [what, todo] = WHAT[limit];
  const message = `The query has ${value} ${what}, but the limit is ${largest}: ${todo}.`;
  return new GraphQLError(message, {
    originalError: new QueryTooCostlyError(message),
    extensions: { http: { status: 400 } },
  });
}
