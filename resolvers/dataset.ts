import { fileUrl } from '../src/access/permanent-address.ts';
import { fullDataId, requiredDataId, type DataId } from '../src/butler/data-id.ts';
import { SatelliteError } from '../src/butler/errors.ts';
import type { DatasetRow, DimensionRecordRow } from '../src/repository/rows.ts';
import { listDatasetTypes, searchedDatasetTypes } from '../src/repository/search/dataset-types.ts';
import { searchDatasets } from '../src/repository/search/datasets.ts';
import { findDataset } from '../src/repository/search/find-dataset.ts';
import { getDataset } from '../src/repository/search/get-dataset.ts';
import type { DatasetSearchRequest } from '../src/repository/search/search.ts';
import { asksForRows, explainedResolvers, toExplainedConnection } from './connection.ts';
import { reportFailures } from './context.ts';
import { CollectionNode, DatasetNode, DimensionRecordNode } from './nodes.ts';
import type { QueryDatasetsArgs, Resolvers } from './schema-types.ts';
import { searchTerms, toDataId } from './search-terms.ts';
import { selects } from './selection.ts';
import { parseTimespanInput } from './sky-and-time.ts';

export const dataset: Resolvers = {
  Query: {
    datasets: async (_root, args, context, info) => {
      const members = context.repositories.select(args.repositories);
      const request = { ...datasetSearch(args), implied: selects(info, 'fullDataId'), rows: asksForRows(info) };
      const page = await searchDatasets(members, request, context.query);
      return toExplainedConnection(page, DatasetNode, args, context, info);
    },
    dataset: async (_root, { uuid, repository }, context, info) => {
      const members = context.repositories.select(repository ? [repository] : null);
      const { rows, failures } = await getDataset(members, uuid, context.query);
      reportFailures(context, failures, info);
      return rows && new DatasetNode(rows);
    },
    findDataset: async (_root, args, context, info) => {
      const members = context.repositories.select(args.repositories);
      const request = {
        datasetType: args.datasetType,
        collections: args.collections,
        dataId: toDataId(args.dataId),
        timespan: args.timespan ? parseTimespanInput(args.timespan) : null,
      };
      const { rows, failures } = await findDataset(members, request, context.query);
      reportFailures(context, failures, info);
      return rows && new DatasetNode(rows);
    },
    datasetTypes: async (_root, { search, repositories, strict }, context, info) => {
      const members = context.repositories.select(repositories);
      const names = search ?? ['*'];
      const { rows, failures } = await listDatasetTypes(members, names, context.query);
      if (strict) searchedDatasetTypes(names, new Set(rows.map(({ name }) => name)), failures.length > 0);
      reportFailures(context, failures, info);
      return rows;
    },
  },
  DatasetConnection: explainedResolvers,
  DatasetType: {
    dimensions: ({ dimensions }) => dimensions.names,
    requiredDimensions: ({ dimensions }) => dimensions.required,
  },
  Dataset: {
    fullDataId: async ({ row }, _args, { loaders }) =>
      row.values.length === row.datasetType.dimensions.dataCoordinateKeys.length
        ? fullDataId(row.datasetType.dimensions, row.values)
        : withImplied(row, await loaders.records.load(row)),
    repository: ({ row }, _args, context) => context.repositories.get(row.repository),
    stored: async ({ row }, _args, { loaders }) => (await loaders.files.load(row)).length > 0,
    files: async ({ row }, _args, { loaders, publicUrl }) =>
      (await loaders.files.load(row)).map((file) => ({ ...file, url: fileUrl(publicUrl, row, file) })),
    records: async ({ row }, _args, { loaders }) =>
      (await loaders.records.load(row)).map((record) => new DimensionRecordNode(record)),
    collections: async ({ row }, _args, { loaders }) =>
      (await loaders.collectionsOf.load(row)).map((info) => new CollectionNode(info)),
  },
};

/** What the arguments of `datasets` ask for. @throws SatelliteError BAD_USER_INPUT */
export function datasetSearch(args: QueryDatasetsArgs): DatasetSearchRequest {
  const { datasetTypes, collections, findFirst } = args;
  return { ...searchTerms(args), datasetTypes, collections, findFirst: findFirst ?? true };
}

/** The full data ID of a row that came without implied values: the records of its dimensions hold them. */
function withImplied(row: DatasetRow, records: readonly DimensionRecordRow[]): DataId {
  const group = row.datasetType.dimensions;
  const id: Record<string, DataId[string]> = { ...requiredDataId(group, row.values) };
  for (const { element, fields } of records) {
    for (const name of element.implied) if (group.implied.includes(name)) id[name] = fields[name] as DataId[string];
  }
  if (Object.keys(id).length < group.dataCoordinateKeys.length) {
    throw new SatelliteError('NOT_FOUND', `The dimension records of dataset ${row.uuid} are incomplete.`);
  }
  return id;
}
