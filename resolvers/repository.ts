import { listDatasetTypes } from '../src/repository/search/dataset-types.ts';
import { searchCollections } from '../src/repository/search/collections.ts';
import { collectionSearch } from './collection.ts';
import { toConnection } from './connection.ts';
import { reportFailures } from './context.ts';
import { toGlobalId } from './global-id.ts';
import { CollectionNode } from './nodes.ts';
import type { Resolvers } from './schema-types.ts';

export const repository: Resolvers = {
  Query: {
    repositories: (_root, _args, context) => context.repositories.all,
    repository: (_root, { name }, context) => context.repositories.find(name) ?? null,
  },
  Repository: {
    id: ({ name }) => toGlobalId('Repository', name),
    universe: ({ repository }, _args, { loaders }) => loaders.universe.load(repository),
    usage: ({ repository }, _args, context) => repository.usage(context.query),
    datasetTypes: async ({ repository }, { search }, context, info) => {
      const { rows, failures } = await listDatasetTypes([repository], search ?? ['*'], context.query);
      reportFailures(context, failures, info);
      return rows;
    },
    collections: async ({ repository }, args, context, info) => {
      const page = await searchCollections([repository], collectionSearch(args), context.query);
      return toConnection(page, CollectionNode, args, context, info);
    },
  },
  RepositoryUsage: {
    // a compiled query does not call methods
    parts: (usage) => usage.parts(),
    memberships: (usage) => usage.memberships(),
  },
};
