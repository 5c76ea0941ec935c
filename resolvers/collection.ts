import { searchCollections } from '../src/repository/search/collections.ts';
import type { CollectionRow, CollectionSearchRequest } from '../src/repository/search/search.ts';
import { connectionResolvers, toConnection } from './connection.ts';
import type { GraphQLContext } from './context.ts';
import { CollectionNode } from './nodes.ts';
import type { RepositoryCollectionsArgs, Resolvers } from './schema-types.ts';
import { given, pageTerms } from './search-terms.ts';

export const collection: Resolvers = {
  Query: {
    collections: async (_root, args, context, info) => {
      const members = context.repositories.select(args.repositories);
      const page = await searchCollections(members, collectionSearch(args), context.query);
      return toConnection(page, CollectionNode, args, context, info);
    },
  },
  CollectionConnection: connectionResolvers,
  Collection: {
    children: ({ row }, _args, context) => collectionsNamed(row, row.children, context),
    parents: async ({ row }, _args, context) => {
      const { parents } = row.parents ? row : ((await context.loaders.collection.load(row)) ?? row);
      return collectionsNamed(row, parents ?? [], context);
    },
    repository: ({ row }, _args, context) => context.repositories.get(row.repository),
    datasetTypes: async ({ row }, _args, context) => {
      const { datasetTypes } = row.datasetTypes ? row : ((await context.loaders.collection.load(row)) ?? row);
      const { repository } = context.repositories.get(row.repository);
      const types = await repository.datasetTypes(context.query);
      return (datasetTypes ?? []).flatMap((name) => types.get(name) ?? []);
    },
  },
};

/** What the arguments of `collections` fields ask for. @throws SatelliteError BAD_USER_INPUT */
export function collectionSearch(args: Partial<RepositoryCollectionsArgs>): CollectionSearchRequest {
  const { search, types, flattenChains, includeChains } = args;
  return { search: search ?? ['*'], ...given({ types, flattenChains, includeChains }), ...pageTerms(args) };
}

/** Other collections of the same repository, each read once a request. */
async function collectionsNamed(
  { repository }: CollectionRow,
  names: readonly string[],
  { loaders }: GraphQLContext,
): Promise<CollectionNode[]> {
  const rows = await Promise.all(names.map((name) => loaders.collection.load({ repository, name })));
  return rows.flatMap((row) => (row ? [new CollectionNode(row)] : []));
}
