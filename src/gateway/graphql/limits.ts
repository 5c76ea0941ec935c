/**
 * Limits of what one operation may ask, checked before anything is executed.  The attack is a short text with a huge
 * answer: nested pages, one field under many aliases, fragments of fragments.  Messages name the limit and what to do,
 * because the usual offender is a notebook that asks for too much at once.
 */
import type { ApolloServerPlugin } from '@apollo/server';
import {
  getVariableValues,
  GraphQLError,
  Kind,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { QueryTooCostlyError, SatelliteError } from '../../butler/errors.ts';
import type { RequestLimits } from '../config.ts';
import { statusOf } from '../public-error.ts';
import { costOfNodes } from '../request-meter.ts';
import type { MeteredContext } from './context.ts';
import { queryCost, type QueryCost } from './query-cost.ts';

type Limit = 'depth' | 'aliases' | 'directives' | 'rootFields' | 'nodes';

const WHAT: Record<Limit, readonly [what: string, todo: string]> = {
  depth: ['levels of nested fields', 'ask for what lies deeper in a request of its own'],
  aliases: ['aliases', 'send several requests'],
  directives: ['directives', 'send several requests'],
  rootFields: ['fields at its top', 'send several requests'],
  nodes: ['objects that its answer could hold', 'make "first" smaller and walk through pages, or use POST /export'],
};

/** An operation with what its document was checked against. */
export interface LimitedOperation {
  readonly schema: GraphQLSchema;
  readonly limits: RequestLimits;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * @param fired is told the name of a limit that was exceeded
 * @returns what the operation costs at most
 * @throws GraphQLError QUERY_TOO_COSTLY
 */
export function checkLimits(checked: LimitedOperation, fired: (limit: Limit) => void): QueryCost {
  const { schema, limits, document, operation, variables } = checked;
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
  const rootFields = operation.selectionSet.selections.filter((s) => s.kind === Kind.FIELD).length;
  const cost = { ...queryCost(schema, document, operation, coerced ?? {}), rootFields };
  for (const limit of Object.keys(WHAT) as Limit[]) {
    if (cost[limit] <= limits[limit]) continue;
    fired(limit);
    throw tooCostly(limit, cost[limit], limits[limit]);
  }
  return cost;
}

/** `checkLimits` before each operation, and the charge for what may then be asked. */
export function limitsPlugin(
  schema: GraphQLSchema,
  limits: RequestLimits,
  fired: (limit: Limit) => void,
): ApolloServerPlugin<MeteredContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, operation, contextValue, request: { variables = {} } }) {
          if (!operation) return;
          const { nodes } = checkLimits({ schema, limits, document, operation, variables }, fired);
          await charged(contextValue, nodes);
        },
      };
    },
  };
}

async function charged(context: MeteredContext, nodes: number): Promise<void> {
  const points = costOfNodes(nodes);
  if (points === 0) return;
  try {
    await context.charge(points);
  } catch (error) {
    if (!(error instanceof SatelliteError)) throw error;
    throw new GraphQLError(error.message, { originalError: error, extensions: { http: { status: statusOf(error) } } });
  }
}

function tooCostly(limit: Limit, value: number, largest: number): GraphQLError {
  const [what, todo] = WHAT[limit];
  const message = `The query has ${value} ${what}, but the limit is ${largest}: ${todo}.`;
  return new GraphQLError(message, {
    originalError: new QueryTooCostlyError(message),
    extensions: { http: { status: 400 } },
  });
}
