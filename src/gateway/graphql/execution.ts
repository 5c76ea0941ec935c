/**
 * How operations are executed, in place of Apollo's own executor, which can be neither stopped nor compiled.  A document
 * that comes again is compiled to a function (graphql-jit: twice as fast on long lists); any other is interpreted by
 * @graphql-tools/executor, which stops between fields when the request is aborted.  Both give equal answers.
 */
import type { ApolloServerPlugin, GraphQLRequestContextResponseForOperation, GraphQLResponse } from '@apollo/server';
import { execute } from '@graphql-tools/executor';
import {
  getVariableValues,
  OperationTypeNode,
  type DocumentNode,
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { compileQuery, isCompiledQuery, type CompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';
import type { GraphQLContext } from '../../../resolvers/context.ts';
import { publicError, statusOf } from '../public-error.ts';
import { formatError } from './format-error.ts';

/** `adaptive` compiles what comes again; the others are for tests that show that both ways are equal. */
export type ExecutionStrategy = 'adaptive' | 'compiled' | 'interpreted';

type Compiled = CompiledQuery<ExecutionResult, ExecutionResult>;

/** Documents of which it is remembered whether they came before, compiled or not. */
const REMEMBERED_DOCUMENTS = 500;

export function executionPlugin(
  schema: GraphQLSchema,
  strategy: ExecutionStrategy,
): ApolloServerPlugin<GraphQLContext> {
  /** `seen`: came once; `not compilable`: the compiler gave up. */
  const documents = new LRUCache<string, Compiled | 'seen' | 'not compilable'>({ max: REMEMBERED_DOCUMENTS });

  function compiledFor(key: string, document: DocumentNode, operationName: string | null): Compiled | undefined {
    const known = documents.get(key) ?? (strategy === 'compiled' ? 'seen' : undefined);
    if (known === undefined) documents.set(key, 'seen');
    if (known !== 'seen') return known === 'not compilable' ? undefined : known;
    const compiled = compileQuery(schema, document, operationName ?? undefined);
    documents.set(key, isCompiledQuery(compiled) ? compiled : 'not compilable');
    return isCompiledQuery(compiled) ? compiled : undefined;
  }

  async function run(request: GraphQLRequestContextResponseForOperation<GraphQLContext>): Promise<ExecutionResult> {
    const { document, operation, operationName, queryHash, contextValue } = request;
    const variableValues = request.request.variables ?? {};
    const { signal } = contextValue.query;
    const compiled =
      strategy !== 'interpreted' && operation.operation === OperationTypeNode.QUERY
        ? compiledFor(`${queryHash} ${operationName ?? ''}`, document, operationName)
        : undefined;
    const result = compiled
      ? compiled.query({}, contextValue, variableValues)
      : execute({ schema, document, operationName: operationName ?? undefined, variableValues, contextValue, signal });
    return unlessAborted(result as Promise<ExecutionResult>, signal);
  }

  return {
    async requestDidStart() {
      return {
        async responseForOperation(request) {
          const { contextValue } = request;
          const operation = request.operation as OperationDefinitionNode | undefined;
          // Apollo's own executor says best which operation it looked for in vain.
          if (!operation) return null;
          // graphql-js says best what is wrong with variables, and is what both executors are measured by.
          const { errors } = getVariableValues(
            schema,
            operation.variableDefinitions ?? [],
            request.request.variables ?? {},
            {
              maxErrors: 5,
            },
          );
          if (errors) return response(400, { errors: errors.map(badInput) });
          try {
            const { data, errors: failed = [] } = await run(request);
            const partial = contextValue.failures.map(({ error, path }) => ({ ...publicError(error), path }));
            const all = [...failed.map(formatError), ...partial];
            return response(undefined, { ...(all.length > 0 ? { errors: all } : {}), data: data ?? null });
          } catch (error) {
            return response(statusOf(error), { errors: [formatError(error)] });
          }
        },
      };
    },
  };
}

/**
 * The result, or rejects with the signal's reason.  Leaves nothing on the signal: what is opened meanwhile and stays, as a
 * connection to an official server, keeps the request, and with it the signal, and so the answer of 10 000 rows.
 */
async function unlessAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason as Error);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort);
  try {
    return await Promise.race([result, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function badInput({ message, locations }: GraphQLError) {
  return { message, ...(locations ? { locations } : {}), extensions: { code: 'BAD_USER_INPUT' } };
}

function response(status: number | undefined, singleResult: FormattedExecutionResult): GraphQLResponse {
  return { http: { status, headers: new Map() }, body: { kind: 'single', singleResult } } as GraphQLResponse;
}
