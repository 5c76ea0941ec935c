import type { OfferedRepository } from '../src/access/policy.ts';
import { SatelliteError } from '../src/butler/errors.ts';
import { getDataset } from '../src/repository/search/get-dataset.ts';
import type { GraphQLContext } from './context.ts';
import { fromGlobalId } from './global-id.ts';
import { CollectionNode, DatasetNode } from './nodes.ts';
import type { Resolvers } from './schema-types.ts';

export const node: Resolvers = {
  Query: {
    node: async (_root, { id }, context) => {
      const { services, principal } = context;
      const [type, name, key] = fromGlobalId(id) ?? [];
      if (type === undefined) {
        return (
          (await services?.jobs.find(id, principal.username)) ?? (await services?.runs.find(id, principal)) ?? null
        );
      }
      if (type === 'Satellite') return (await services?.satellites.find(name!, principal)) ?? null;
      const offered = name === undefined ? undefined : context.repositories.find(name);
      if (!offered) return null;
      if (type === 'Repository') return offered;
      if (key === undefined) return null;
      if (type === 'Dataset') return datasetNode(offered, key, context);
      if (type === 'Collection') return collectionNode(offered, key, context);
      return null;
    },
  },
  Node: {
    __resolveType: (object) => {
      if (object instanceof DatasetNode) return 'Dataset';
      if (object instanceof CollectionNode) return 'Collection';
      if ('repository' in object) return 'Repository';
      if ('spec' in object) return 'Run';
      return 'progress' in object ? 'Job' : 'Satellite';
    },
  },
};

async function datasetNode({ repository }: OfferedRepository, uuid: string, { query }: GraphQLContext) {
  const { rows, failures } = await getDataset([repository], uuid, query);
  if (failures.length > 0) throw failures[0]!;
  return rows && new DatasetNode(rows);
}

async function collectionNode({ repository, name }: OfferedRepository, collection: string, { query }: GraphQLContext) {
  try {
    const [info] = await repository.collections({ search: [collection], includeChains: true }, query);
    // An identifier that was made by hand may hold a glob.
    return info?.name === collection ? new CollectionNode({ ...info, repository: name }) : null;
  } catch (error) {
    if (error instanceof SatelliteError && error.code === 'MISSING_COLLECTION') return null;
    throw error;
  }
}
