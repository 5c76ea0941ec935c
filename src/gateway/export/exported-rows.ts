/** The rows of an export, as JSON objects and as rows of a table. */
import { datasetSearch } from '../../../resolvers/dataset.ts';
import { dataIdSearch, recordSearch } from '../../../resolvers/dimension.ts';
import { DataIdNode, DatasetNode, DimensionRecordNode } from '../../../resolvers/nodes.ts';
import { toJson } from '../../../resolvers/scalars.ts';
import type {
  QueryDataIdsArgs,
  QueryDatasetsArgs,
  QueryDimensionRecordsArgs,
} from '../../../resolvers/schema-types.ts';
import { regionHex, timespanFields } from '../../../resolvers/sky-and-time.ts';
import { fullDataId } from '../../butler/data-id.ts';
import type { Repository } from '../../repository/repository.ts';
import type { DimensionRecordRow, FieldValue } from '../../repository/rows.ts';
import { listDatasetTypes } from '../../repository/search/dataset-types.ts';
import { streamDataIds, streamDatasets, streamDimensionRecords } from '../../repository/search/streams.ts';
import type { RequestScope } from '../request-scope.ts';
import type { ExportRequest } from './request.ts';
import { dimensionColumns, recordColumns, textColumns, type TableColumn } from './table-columns.ts';

export type Cells = Readonly<Record<string, unknown>>;

export interface ExportedRows {
  /** As GraphQL shows them, page by page. */
  readonly objects: () => AsyncIterable<readonly object[]>;
  /** Column name → value, page by page. */
  readonly cells: () => AsyncIterable<readonly Cells[]>;
  /** Columns of `cells`, known before the first row. */
  readonly columns: () => Promise<readonly TableColumn[]>;
}

/** @throws SatelliteError as the query field of that name does */
export function exportedRows({ field, arguments: args }: ExportRequest, scope: RequestScope): ExportedRows {
  const members = scope.repositories.select(args['repositories'] as string[] | undefined);
  switch (field) {
    case 'datasets':
      return datasets(args as QueryDatasetsArgs, members, scope);
    case 'dimensionRecords':
      return dimensionRecords(args as QueryDimensionRecordsArgs, members, scope);
    case 'dataIds':
      return dataIds(args as QueryDataIdsArgs, members, scope);
  }
}

function datasets(args: QueryDatasetsArgs, members: readonly Repository[], { query }: RequestScope): ExportedRows {
  const search = datasetSearch(args);
  const rows = () => streamDatasets(members, search, query);
  return {
    objects: () =>
      mapped(rows(), (row) => {
        const { uuid, datasetType, run, dataId } = new DatasetNode(row);
        const full = fullDataId(datasetType.dimensions, row.values);
        const ids = { dataId: toJson(dataId), fullDataId: toJson(full) };
        return { uuid, datasetType: datasetType.name, run, ...ids, repository: row.repository };
      }),
    cells: () =>
      mapped(rows(), ({ uuid, datasetType, run, values, repository }) => {
        return { uuid, datasetType: datasetType.name, run, repository, ...fullDataId(datasetType.dimensions, values) };
      }),
    columns: async () => {
      const { rows: types, failures } = await listDatasetTypes(members, search.datasetTypes, query);
      if (failures[0]) throw failures[0];
      const dimensions = types.flatMap((type) => dimensionColumns(type.dimensions.names, type.dimensions.universe));
      const distinct = new Map(dimensions.map((column) => [column.name, column]));
      return [...textColumns('uuid', 'datasetType', 'run', 'repository'), ...distinct.values()];
    },
  };
}

function dimensionRecords(
  args: QueryDimensionRecordsArgs,
  members: readonly Repository[],
  { query }: RequestScope,
): ExportedRows {
  const search = recordSearch(args);
  const rows = () => streamDimensionRecords(members, search, query);
  return {
    objects: () =>
      mapped(rows(), (row) => {
        const { element, dataId, values } = new DimensionRecordNode(row);
        const place = { region: regionHex(row), timespan: timespanFields(row) };
        return { element, dataId: toJson(dataId), values: toJson(values), ...place, repository: row.repository };
      }),
    cells: () => mapped(rows(), recordCells),
    columns: async () => {
      const universe = await members[0]!.universe(query);
      return recordColumns(universe.element(search.element), universe);
    },
  };
}

function recordCells(row: DimensionRecordRow): Cells {
  const { region, timespan, ...fields } = row.fields;
  const span = isTimespan(timespan) ? { timespan_begin: timespan.begin, timespan_end: timespan.end } : {};
  return { ...fields, ...(region ? { region: regionHex(row) } : {}), ...span, repository: row.repository };
}

function isTimespan(value: FieldValue | undefined): value is Exclude<FieldValue & object, Uint8Array> {
  return typeof value === 'object' && value !== null && 'begin' in value;
}

function dataIds(args: QueryDataIdsArgs, members: readonly Repository[], { query }: RequestScope): ExportedRows {
  const search = dataIdSearch(args);
  const rows = () => streamDataIds(members, search, query);
  return {
    objects: () =>
      mapped(rows(), (row) => {
        const node = new DataIdNode(row);
        return { dataId: toJson(node.dataId), fullDataId: toJson(node.fullDataId), repository: row.repository };
      }),
    cells: () => mapped(rows(), (row) => ({ ...new DataIdNode(row).fullDataId, repository: row.repository })),
    columns: async () => {
      const universe = await members[0]!.universe(query);
      return [...dimensionColumns(universe.conform(search.dimensions).names, universe), ...textColumns('repository')];
    },
  };
}

async function* mapped<Row, Result>(
  pages: AsyncIterable<readonly Row[]>,
  map: (row: Row) => Result,
): AsyncIterable<readonly Result[]> {
  for await (const page of pages) yield page.map(map);
}
