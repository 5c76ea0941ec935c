import type { Resolvers } from './schema-types.ts';

export const viewer: Resolvers = {
  Query: {
    viewer: (_root, _args, context) => context.principal,
  },
};
