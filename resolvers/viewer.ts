import { outdatedGroups } from '../src/access/group-age.ts';
import type { Resolvers } from './schema-types.ts';

export const viewer: Resolvers = {
  Query: {
    viewer: (_root, _args, context) => context.principal,
  },
  Viewer: {
    warnings: (principal) => [outdatedGroups(principal)].filter((text) => text !== undefined),
  },
};
