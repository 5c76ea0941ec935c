/** Pages of a query's result as lines of the RemoteButler protocol. */
import type { DimensionGroup } from '../../butler/dimension-group.ts';
import { columnType } from '../../butler/query/column-type.ts';
import type { ColumnReference } from '../../butler/query/expression.ts';
import type { GeneralSpec, ResultSpec } from '../../butler/query/result-spec.ts';
import type { Query } from '../../butler/query/tree.ts';
import type { ColumnType, Universe } from '../../butler/universe.ts';
import type { QueryContext, Repository } from '../../repository/repository.ts';
import type { DataIdRow, DatasetRow, GeneralRow } from '../../repository/rows.ts';
import { PixelRecords } from '../../repository/pixel-records.ts';
import { RecordsBeside } from './records-beside.ts';
import { dataIdText, datasetText, datasetTypeText, recordText, valueText } from './wire-rows.ts';

/** Rows of one line, as the real server's. */
const ROWS_A_LINE = 2000;

/** The lines of a result, without their line ends. @throws SatelliteError */
export async function* resultLines(
  repository: Repository,
  query: Query,
  spec: ResultSpec,
  ctx: QueryContext,
): AsyncGenerator<string> {
  const beside =
    spec.type !== 'dimension_record' && spec.includeDimensionRecords ? new RecordsBeside(repository, ctx) : null;
  switch (spec.type) {
    case 'dataset_ref':
      for await (const rows of lines(repository.query(query, spec, ctx))) {
        yield await datasetLine(rows, beside);
      }
      return;
    case 'data_coordinate':
      for await (const rows of lines(repository.query(query, spec, ctx))) {
        yield await dataIdLine(spec.dimensions, rows, beside);
      }
      return;
    case 'dimension_record':
      for await (const rows of lines(repository.query(query, spec, ctx)))
        yield line('dimension_record', await new PixelRecords().withRegions(rows), recordText);
      return;
    case 'general': {
      const wanted = withRecordColumns(spec);
      const columns = generalColumns(wanted, query.tree.dimensions.universe);
      for await (const rows of lines(repository.query(query, wanted, ctx))) {
        yield await generalLine(spec, columns, rows, beside);
      }
    }
  }
}

/** One line of datasets, with the records of their data IDs where they are wanted. */
export async function datasetLine(rows: readonly DatasetRow[], beside: RecordsBeside | null): Promise<string> {
  const records = beside && (await beside.ofDatasets(rows));
  const types = new Map<unknown, string>();
  return line('dataset_ref', rows, (row, i) => {
    let type = types.get(row.datasetType);
    if (type === undefined) types.set(row.datasetType, (type = datasetTypeText(row.datasetType)));
    return datasetText(row, type, records && records[i]!);
  });
}

async function dataIdLine(
  group: DimensionGroup,
  rows: readonly DataIdRow[],
  beside: RecordsBeside | null,
): Promise<string> {
  const records = beside && (await beside.ofDataIds(group, rows));
  return line('data_coordinate', rows, (row, i) => dataIdText(group, row.values, records && records[i]!));
}

/** A general result that includes dimension records has the fields of those that clients do not keep as columns. */
function withRecordColumns(spec: GeneralSpec): GeneralSpec {
  if (!spec.includeDimensionRecords) return spec;
  const dimensionFields = new Map(spec.dimensionFields);
  for (const { name, fields, isCached, skypix } of spec.dimensions.elements) {
    if (isCached || skypix || fields.size === 0) continue;
    dimensionFields.set(name, [...new Set([...(dimensionFields.get(name) ?? []), ...fields.keys()])]);
  }
  return { ...spec, dimensionFields, includeDimensionRecords: false };
}

interface GeneralColumn {
  /** Name in `GeneralRow.fields`. */
  readonly name: string;
  readonly type: ColumnType | undefined;
}

/** In the order of the protocol: keys in data ID order, dimension fields in universe and record order, dataset fields sorted. */
function generalColumns(spec: GeneralSpec, universe: Universe): readonly GeneralColumn[] {
  const columns: GeneralColumn[] = spec.dimensions.dataCoordinateKeys.map((name) => ({ name, type: undefined }));
  const add = (reference: ColumnReference, table: string, field: string) => {
    columns.push({ name: `${table}.${field}`, type: columnType(universe, reference) });
  };
  for (const { name, fields } of spec.dimensions.elements) {
    const asked = spec.dimensionFields.get(name) ?? [];
    for (const field of fields.keys()) {
      if (asked.includes(field)) add({ type: 'dimension_field', element: name, field }, name, field);
    }
  }
  for (const [datasetType, fields] of [...spec.datasetFields].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const field of fields.toSorted()) add({ type: 'dataset_field', datasetType, field }, datasetType, field);
  }
  return columns;
}

async function generalLine(
  spec: GeneralSpec,
  columns: readonly GeneralColumn[],
  rows: readonly GeneralRow[],
  beside: RecordsBeside | null,
): Promise<string> {
  const text = rows
    .map(({ fields }) => `[${columns.map(({ name, type }) => valueText(fields[name] ?? null, type)).join(',')}]`)
    .join(',');
  const records = beside ? await keptRecords(spec.dimensions, rows, beside) : 'null';
  return `{"type":"general","rows":[${text}],"dimension_records":${records}}`;
}

/** Records that clients keep in memory, and of sky pixels, each once, by element. */
async function keptRecords(group: DimensionGroup, rows: readonly GeneralRow[], beside: RecordsBeside): Promise<string> {
  const dataIds = rows.map((row) => ({
    values: group.dataCoordinateKeys.map((name) => row.fields[name] as DataIdRow['values'][number]),
    repository: row.repository,
  }));
  const byElement = new Map(
    group.elements.filter((e) => e.isCached || e.skypix).map((e) => [e.name, new Set<string>()]),
  );
  for (const records of await beside.ofDataIds(group, dataIds)) {
    for (const record of records) byElement.get(record.element.name)?.add(recordText(record));
  }
  return `{${[...byElement].map(([name, texts]) => `"${name}":[${[...texts].join(',')}]`).join(',')}}`;
}

function line<Row>(type: string, rows: readonly Row[], text: (row: Row, i: number) => string): string {
  return `{"type":"${type}","rows":[${rows.map(text).join(',')}]}`;
}

/** Rows of pages in portions of one line each; no line is empty. */
async function* lines<Row>(pages: AsyncIterable<{ readonly rows: readonly Row[] }>): AsyncGenerator<readonly Row[]> {
  for await (const { rows } of pages) {
    for (let start = 0; start < rows.length; start += ROWS_A_LINE) yield rows.slice(start, start + ROWS_A_LINE);
  }
}
