/** Makes `resolvers/schema-types.ts` from `schema/`: `npm run codegen`.  The result is committed and checked for drift. */
import type { CodegenConfig } from '@graphql-codegen/cli';

/** Mutations whose payloads are alike: what is remembered of each is a type in `resolvers/mutation.ts`. */
const SATELLITE_MUTATIONS = [
  ...['Create', 'Reset', 'Delete', 'Restore', 'Verify', 'Checkout', 'Checkin', 'Migrate'].map(
    (verb) => `${verb}Satellite`,
  ),
  'RotateSatelliteCapability',
];
const COLLECTION_MUTATIONS = [
  ...['CreateCollection', 'SetCollectionChain', 'AssociateDatasets', 'DisassociateDatasets'],
  ...['CertifyDatasets', 'DecertifyDatasets'],
];
const RUN_MUTATIONS = ['CreateRun', 'BuildRun', 'ExecuteRun', 'TransferRun', 'CancelRun', 'RetryRun'];

const PUBLICATION_MUTATIONS = [
  ...['Submit', 'Withdraw', 'Claim', 'Comment', 'Approve', 'Reject'].map((verb) => `${verb}Publication`),
  'RequestPublicationChanges',
];

const payloads = (outcome: string, mutations: readonly string[]) =>
  Object.fromEntries(mutations.map((mutation) => [`${mutation}Payload`, `./mutation.ts#${outcome}`]));

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
          ...payloads('SatelliteOutcome', SATELLITE_MUTATIONS),
          ...payloads('CollectionOutcome', COLLECTION_MUTATIONS),
          ...payloads('JobOutcome', ['CancelJob', 'RetryJob', 'TransferDatasets']),
          ...payloads('RunOutcome', RUN_MUTATIONS),
          ...payloads('RunRemovalOutcome', ['RemoveRun']),
          ...payloads('RemovalOutcome', ['RemoveCollection', 'RemoveDatasets']),
          ...payloads('IngestOutcome', ['IngestDatasets']),
          ...payloads('DatasetTypeOutcome', ['RegisterDatasetType']),
          ...payloads('GrantOutcome', ['GrantAccess', 'RevokeAccess']),
          ...payloads('PublicationOutcome', PUBLICATION_MUTATIONS),
          ...payloads('PublicationUploadOutcome', ['UploadPublication']),
          ...payloads('RefereeLinkOutcome', ['CreateRefereeLink', 'RevokeRefereeLink']),
          AuditConnection: './connection.ts#Connection<AuditLine>',
          AuditEntry: '../src/access/audit.ts#AuditLine',
          Collection: './nodes.ts#CollectionNode',
          CollectionConnection: './connection.ts#Connection<CollectionNode>',
          DataId: './nodes.ts#DataIdNode',
          DataIdConnection: './connection.ts#ExplainedConnection<DataIdNode>',
          Dataset: './nodes.ts#DatasetNode',
          DatasetConnection: './connection.ts#ExplainedConnection<DatasetNode>',
          DatasetType: '../src/butler/dataset-type.ts#DatasetType as ButlerDatasetType',
          DimensionRecord: './nodes.ts#DimensionRecordNode',
          DimensionRecordConnection: './connection.ts#ExplainedConnection<DimensionRecordNode>',
          Grant: '../src/satellite/sharing.ts#NamedGrant',
          Job: '../src/jobs/job.ts#Job as StoredJob',
          ManifestDataset: '../src/publish/manifest.ts#ManifestDataset as PublishedDataset',
          Publication: '../src/publish/service.ts#SeenPublication',
          PublicationEvent: '../src/publish/service.ts#HappenedToSeen',
          PublicationComment: '../src/publish/publication.ts#PublicationComment as StoredComment',
          PublicationManifest: './publication-manifest.ts#ShownManifest',
          QueryExplanation: '../src/repository/federated/explain/explanation.ts#Explanation',
          QueryStep: '../src/repository/federated/explain/explanation.ts#PlanStep',
          RefereedPublication: '../src/publish/referee/referee-links.ts#RefereedPublication as ShownToReferees',
          RefereeLink: '../src/publish/referee/link-records.ts#RefereeLink as StoredRefereeLink',
          Repository: '../src/access/policy.ts#OfferedRepository',
          RepositoryUsage: '../src/repository/rows.ts#RepositoryUsage as HeldByRepository',
          Run: '../src/run/run.ts#RunRecord',
          Satellite: '../src/satellite/satellite.ts#AnySatellite',
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
