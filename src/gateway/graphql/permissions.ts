import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLObjectType, type GraphQLSchema } from 'graphql';
import type { GraphQLContext } from '../../../resolvers/context.ts';
import { requireChanging, requireReading, type RequiredScopes } from '../../access/permission.ts';
import type { Principal } from '../../access/principal.ts';

/** Tells callers who they are to the gateway, so that they can find out why it refuses the rest. */
const FREE = new Set(['viewer']);

type Check = (principal: Principal, field: string, args: MutationArguments) => void;
type MutationArguments = { readonly input?: { readonly satellite?: unknown; readonly to?: unknown } };

/**
 * Puts the check of the caller's scopes, and of the limits of their token, before every field at the top of an operation: one
 * that is added later has it too.
 */
export function guardFields(schema: GraphQLSchema, scopes: RequiredScopes): GraphQLSchema {
  const read: Check = (principal, field) => requireReading(principal, scopes, field);
  guard(schema.getQueryType(), read);
  guard(schema.getSubscriptionType(), read);
  guard(schema.getMutationType(), (principal, field, { input }) => {
    const satellite = input?.satellite ?? input?.to;
    requireChanging(principal, scopes, field, typeof satellite === 'string' ? satellite : undefined);
  });
  return schema;
}

function guard(type: GraphQLObjectType | null | undefined, check: Check): void {
  for (const field of Object.values(type?.getFields() ?? {})) {
    if (FREE.has(field.name)) continue;
    const checked =
      (work: GraphQLFieldResolver<unknown, GraphQLContext>): GraphQLFieldResolver<unknown, GraphQLContext> =>
      (root, args, context, info) => {
        check(context.principal, field.name, args as MutationArguments);
        return work(root, args, context, info);
      };
    // A subscription is asked once, when it begins; each of its events is resolved by the other.
    if (field.subscribe) field.subscribe = checked(field.subscribe);
    else field.resolve = checked(field.resolve ?? defaultFieldResolver);
  }
}
