/** Collections and dataset types, as RemoteButler clients ask for them. */
import type { z } from 'zod';
import { COLLECTION_TYPE_NUMBERS, type CollectionInfo } from '../../butler/collection.ts';
import { componentType, mustReadAsDatasetType, splitDatasetTypeName } from '../../butler/components.ts';
import { ButlerUserError } from '../../butler/errors.ts';
import { isGlob } from '../../butler/glob.ts';
import type { QueryContext, Repository } from '../../repository/repository.ts';
import { matchingNames } from '../../repository/search/dataset-types.ts';
import type { queryCollectionInfoBody, queryCollectionsBody } from './requests.ts';
import { datasetTypeText } from './wire-rows.ts';

/** @throws ButlerUserError MISSING_DATASET_TYPE, DATASET_TYPE_EXPRESSION, UNKNOWN_COMPONENT */
export async function datasetTypeAnswer(repository: Repository, called: string, ctx: QueryContext): Promise<string> {
  mustReadAsDatasetType(called);
  const [name, component] = splitDatasetTypeName(called);
  const type = (await repository.datasetTypes(ctx)).get(name);
  if (!type) throw new ButlerUserError('MISSING_DATASET_TYPE', `Dataset type '${called}' does not exist.`);
  const text =
    component === null ? datasetTypeText(type) : datasetTypeText(componentType(type, component), type.storageClass);
  return `{"dataset_type":${text}}`;
}

export async function datasetTypesAnswer(
  repository: Repository,
  search: readonly string[],
  ctx: QueryContext,
): Promise<string> {
  const types = await repository.datasetTypes(ctx);
  const component = search.find((name) => !isGlob(name) && name.includes('.'));
  if (component !== undefined) {
    mustReadAsDatasetType(component);
    throw new ButlerUserError(
      'DATASET_TYPE_EXPRESSION',
      `Component dataset types are not supported in Registry methods: ${component}`,
    );
  }
  const found = matchingNames(search, types.keys()).map((name) => datasetTypeText(types.get(name)!));
  const missing = search.filter((name) => !isGlob(name) && !types.has(name));
  return `{"dataset_types":[${found.join(',')}],"missing":${JSON.stringify(missing)}}`;
}

export async function collectionInfosAnswer(
  repository: Repository,
  request: z.output<typeof queryCollectionInfoBody>,
  ctx: QueryContext,
): Promise<object> {
  const found = await repository.collections(
    {
      ...searchOf(request.expression, request),
      includeParents: request.include_parents,
      includeSummary: request.include_summary,
    },
    ctx,
  );
  const wanted = request.summary_datasets && new Set(request.summary_datasets);
  return {
    collections: found.map(({ name, type, doc, children, parents, datasetTypes }) => ({
      name,
      type: COLLECTION_TYPE_NUMBERS[type],
      doc: request.include_doc ? doc : '',
      children,
      parents: request.include_parents ? (parents ?? []) : null,
      dataset_types: request.include_summary ? (datasetTypes ?? []).filter((of) => wanted?.has(of) ?? true) : null,
    })),
  };
}

function searchOf(search: readonly string[], request: Omit<z.output<typeof queryCollectionsBody>, 'search'>) {
  return {
    search,
    types: request.collection_types,
    flattenChains: request.flatten_chains,
    includeChains: request.include_chains,
  };
}

/** What older clients ask. */
export async function collectionNamesAnswer(
  repository: Repository,
  request: z.output<typeof queryCollectionsBody>,
  ctx: QueryContext,
): Promise<object> {
  const found = await repository.collections(searchOf(request.search, request), ctx);
  return { collections: found.map(({ name }) => name) };
}

/** What older clients ask of one collection. @throws ButlerUserError MISSING_COLLECTION */
export async function collectionInfoAnswer(
  repository: Repository,
  name: string,
  { doc, parents }: { readonly doc: boolean; readonly parents: boolean },
  ctx: QueryContext,
): Promise<object> {
  const info = await oneCollection(repository, name, { includeParents: parents }, ctx);
  return {
    name: info.name,
    type: COLLECTION_TYPE_NUMBERS[info.type],
    children: info.children,
    ...(doc ? { doc: info.doc } : {}),
    ...(parents ? { parents: info.parents ?? [] } : {}),
  };
}

/** Dataset types and governor values of a collection; those of a chain are its children's. */
export async function collectionSummaryAnswer(
  repository: Repository,
  name: string,
  ctx: QueryContext,
): Promise<string> {
  const { datasetTypes, governors } = await repository.summary(name, ctx);
  const types = await repository.datasetTypes(ctx);
  const texts = datasetTypes.flatMap((of) => types.get(of) ?? []).map((type) => datasetTypeText(type));
  return `{"summary":{"dataset_types":[${texts.join(',')}],"governors":${JSON.stringify(governors)}}}`;
}

async function oneCollection(
  repository: Repository,
  name: string,
  include: { readonly includeParents?: boolean },
  ctx: QueryContext,
): Promise<CollectionInfo> {
  const found = isGlob(name)
    ? (await repository.collections({ search: ['*'], ...include }, ctx)).filter((info) => info.name === name)
    : await repository.collections({ search: [name], includeChains: true, ...include }, ctx);
  if (!found[0]) throw new ButlerUserError('MISSING_COLLECTION', `No collection with name '${name}' found.`);
  return found[0];
}
