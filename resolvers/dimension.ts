import { searchDataIds } from '../src/repository/search/data-ids.ts';
import { searchDimensionRecords } from '../src/repository/search/dimension-records.ts';
import type { DataIdSearchRequest, RecordSearchRequest } from '../src/repository/search/search.ts';
import { asksForRows, explainedResolvers, toExplainedConnection } from './connection.ts';
import { DataIdNode, DimensionRecordNode } from './nodes.ts';
import type { QueryDataIdsArgs, QueryDimensionRecordsArgs, Resolvers } from './schema-types.ts';
import { regionHex, regionPos, timespanFields } from './sky-and-time.ts';
import { given, searchTerms } from './search-terms.ts';

export const dimension: Resolvers = {
  Query: {
    dimensionRecords: async (_root, args, context, info) => {
      const members = context.repositories.select(args.repositories);
      const page = await searchDimensionRecords(
        members,
        { ...recordSearch(args), rows: asksForRows(info) },
        context.query,
      );
      return toExplainedConnection(page, DimensionRecordNode, args, context, info);
    },
    dataIds: async (_root, args, context, info) => {
      const members = context.repositories.select(args.repositories);
      const page = await searchDataIds(members, { ...dataIdSearch(args), rows: asksForRows(info) }, context.query);
      return toExplainedConnection(page, DataIdNode, args, context, info);
    },
  },
  DimensionRecordConnection: explainedResolvers,
  DataIdConnection: explainedResolvers,
  DimensionRecord: {
    region: ({ row }) => regionHex(row),
    regionPos: ({ row }) => regionPos(row),
    timespan: ({ row }) => timespanFields(row),
    repository: ({ row }, _args, context) => context.repositories.get(row.repository),
  },
  DataId: {
    repository: ({ row }, _args, context) => context.repositories.get(row.repository),
  },
};

/** What the arguments of `dimensionRecords` ask for. @throws SatelliteError BAD_USER_INPUT */
export function recordSearch(args: QueryDimensionRecordsArgs): RecordSearchRequest {
  return { ...searchTerms(args), element: args.element };
}

/** What the arguments of `dataIds` ask for. @throws SatelliteError BAD_USER_INPUT */
export function dataIdSearch(args: QueryDataIdsArgs): DataIdSearchRequest {
  return { ...searchTerms(args), dimensions: args.dimensions, ...given({ datasets: args.datasets }) };
}
