import type { ChangedCollection, Curated } from '../src/satellite/curation.ts';
import type { Removal } from '../src/satellite/removal.ts';
import { chosenDatasets } from './chosen-datasets.ts';
import type { GraphQLContext } from './context.ts';
import {
  jobOf,
  mutation,
  type CollectionOutcome,
  type DatasetTypeOutcome,
  type MutationContext,
  type RemovalOutcome,
} from './mutation.ts';
import { CollectionNode } from './nodes.ts';
import type {
  AssociateDatasetsInput,
  CertifyDatasetsInput,
  CreateCollectionInput,
  DecertifyDatasetsInput,
  DisassociateDatasetsInput,
  RegisterDatasetTypeInput,
  RemoveCollectionInput,
  RemoveDatasetsInput,
  Resolvers,
  SetCollectionChainInput,
} from './schema-types.ts';
import { toDataId } from './search-terms.ts';
import { parseTimespanInput } from './sky-and-time.ts';
import { SatelliteError } from '../src/butler/errors.ts';

const payload = { collection: collectionOf };

export const curation: Resolvers = {
  Mutation: {
    registerDatasetType: mutation('registerDatasetType', async (input: RegisterDatasetTypeInput, context) => {
      const { name, dimensions, storageClass } = input;
      const definition = { name, dimensions, storageClass, isCalibration: input.isCalibration ?? false };
      return { repository: await context.services.curation.registerDatasetType(definition, at(input, context)), name };
    }),
    createCollection: mutation('createCollection', (input: CreateCollectionInput, context) => {
      const { name, type, doc, children } = input;
      const collection = { name, type: type ?? 'RUN', doc: doc ?? undefined, children: children ?? undefined };
      return outcome(context.services.curation.createCollection(collection, at(input, context)));
    }),
    setCollectionChain: mutation('setCollectionChain', (input: SetCollectionChainInput, context) => {
      const { collection, children, edit } = input;
      return outcome(context.services.curation.setChain(collection, children, edit ?? 'REDEFINE', at(input, context)));
    }),
    associateDatasets: mutation('associateDatasets', (input: AssociateDatasetsInput, context) =>
      outcome(context.services.curation.associate(input.collection, chosenDatasets(input), at(input, context))),
    ),
    disassociateDatasets: mutation('disassociateDatasets', (input: DisassociateDatasetsInput, context) =>
      outcome(context.services.curation.disassociate(input.collection, chosenDatasets(input), at(input, context))),
    ),
    certifyDatasets: mutation('certifyDatasets', (input: CertifyDatasetsInput, context) => {
      const timespan = parseTimespanInput(input.timespan);
      const datasets = chosenDatasets(input);
      return outcome(context.services.curation.certify(input.collection, datasets, timespan, at(input, context)));
    }),
    decertifyDatasets: mutation('decertifyDatasets', (input: DecertifyDatasetsInput, context) => {
      const { collection, datasetType } = input;
      const dataIds = input.dataIds?.map(toDataId) ?? null;
      const range = { datasetType, timespan: parseTimespanInput(input.timespan), dataIds };
      return outcome(context.services.curation.decertify(collection, range, at(input, context)));
    }),
    removeCollection: mutation('removeCollection', async (input: RemoveCollectionInput, context) => {
      const { removals } = context.services;
      return removed(
        await removals.removeCollection(
          input.collection,
          input.unlink ?? false,
          at(input, context),
          options(input, context),
        ),
      );
    }),
    removeDatasets: mutation('removeDatasets', async (input: RemoveDatasetsInput, context) => {
      const { removals } = context.services;
      const datasets = chosenDatasets(input);
      return removed(await removals.removeDatasets(datasets, input.mode, at(input, context), options(input, context)));
    }),
  },
  RegisterDatasetTypePayload: { datasetType: datasetTypeOf },
  CreateCollectionPayload: payload,
  SetCollectionChainPayload: payload,
  AssociateDatasetsPayload: payload,
  DisassociateDatasetsPayload: payload,
  CertifyDatasetsPayload: payload,
  DecertifyDatasetsPayload: payload,
  RemoveCollectionPayload: { job: jobOf },
  RemoveDatasetsPayload: { job: jobOf },
};

function at({ satellite }: { readonly satellite: string }, { principal, query, attempt }: MutationContext): Curated {
  return { satellite, principal, query, isRepeat: attempt?.isRepeat ?? false };
}

function options({ dryRun }: { readonly dryRun?: boolean | null }, { idempotencyKey }: MutationContext) {
  return { dryRun: dryRun ?? false, idempotencyKey };
}

async function outcome(change: Promise<ChangedCollection>): Promise<CollectionOutcome> {
  return { ...(await change) };
}

function removed({ plan, job }: Removal): RemovalOutcome {
  return { plan: { ...plan }, job: job?.id ?? null };
}

/** As it is after the change, whatever the request has read of it before. */
async function collectionOf({ repository, name }: CollectionOutcome, _args: unknown, { loaders }: GraphQLContext) {
  const key = { repository, name };
  const row = await loaders.collection
    .clear(key)
    .load(key)
    .catch((error: unknown) => {
      if (error instanceof SatelliteError && error.code === 'MISSING_COLLECTION') return null;
      throw error;
    });
  if (row) return new CollectionNode(row);
  throw new SatelliteError('MISSING_COLLECTION', `Collection '${name}' was changed by this call, and is gone since.`);
}

async function datasetTypeOf({ repository, name }: DatasetTypeOutcome, _args: unknown, context: GraphQLContext) {
  const types = await context.repositories.get(repository).repository.datasetTypes(context.query);
  const type = types.get(name);
  if (type) return type;
  throw new SatelliteError(
    'MISSING_DATASET_TYPE',
    `Dataset type '${name}' is not registered in '${repository}' any more.`,
  );
}
