/** Makes `resolvers/schema-types.ts` from `schema/`: `npm run codegen`.  The result is committed and checked for drift. */
import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: 'schema/*.graphql',
  generates: {
    'resolvers/schema-types.ts': {
      plugins: [
        { add: { content: '/** Made by codegen.ts from schema/; do not edit. */' } },
        'typescript',
        'typescript-resolvers',
      ],
      config: {
        strictScalars: true,
        scalars: {
          UUID: 'string',
          JSONObject: 'Readonly<Record<string, unknown>>',
          BigInt: { input: 'bigint', output: 'number | bigint' },
        },
        mappers: {
          Collection: './nodes.ts#CollectionNode',
          CollectionConnection: './connection.ts#Connection<CollectionNode>',
          DataId: './nodes.ts#DataIdNode',
          DataIdConnection: './connection.ts#Connection<DataIdNode>',
          Dataset: './nodes.ts#DatasetNode',
          DatasetConnection: './connection.ts#Connection<DatasetNode>',
          DatasetType: '../src/butler/dataset-type.ts#DatasetType as ButlerDatasetType',
          DimensionRecord: './nodes.ts#DimensionRecordNode',
          DimensionRecordConnection: './connection.ts#Connection<DimensionRecordNode>',
          Repository: '../src/access/policy.ts#OfferedRepository',
          Viewer: '../src/access/principal.ts#Principal',
        },
        contextType: './context.ts#GraphQLContext',
        useTypeImports: true,
        enumsAsTypes: true,
        immutableTypes: true,
        importExtension: '.ts',
      },
    },
  },
};

export default config;
