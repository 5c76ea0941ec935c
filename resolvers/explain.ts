import type { Resolvers } from './schema-types.ts';

export const explain: Resolvers = {
  QueryStep: {
    repository: ({ repository }, _args, context) => (repository === null ? null : context.repositories.get(repository)),
  },
};
