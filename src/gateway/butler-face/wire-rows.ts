/**
 * Rows as text of the RemoteButler protocol.  It is written
 * directly: a general serialiser takes several times as long, and cannot tell the float 30.0 from the integer 30, which
 * Python reads as different types.
 */
import type { DataIdValues } from '../../butler/data-id.ts';
import type { DatasetType } from '../../butler/dataset-type.ts';
import type { DimensionGroup } from '../../butler/dimension-group.ts';
import type { ColumnType, DimensionElement } from '../../butler/universe.ts';
import type { DatasetRow, DimensionRecordRow, FieldValue } from '../../repository/rows.ts';

/** Dimension records of one data ID, one an element. */
export type RecordsOfDataId = readonly DimensionRecordRow[];

export function datasetTypeText(
  { name, dimensions, storageClass, isCalibration }: DatasetType,
  parentStorageClass: string | null = null,
): string {
  return JSON.stringify({
    name,
    storageClass,
    dimensions: dimensions.required,
    parentStorageClass,
    isCalibration,
  });
}

/**
 * @param typeText of `row.datasetType`, which many rows share
 * @param component of the dataset that was asked for
 */
export function datasetText(
  row: DatasetRow,
  typeText: string,
  records: RecordsOfDataId | null,
  component: string | null = null,
): string {
  const dataId = dataIdText(row.datasetType.dimensions, row.values, records);
  const run = JSON.stringify(row.run);
  return `{"id":"${row.uuid}","datasetType":${typeText},"dataId":${dataId},"run":${run},"component":${JSON.stringify(component)}}`;
}

/** @param values as many as there are: required ones, then implied ones */
export function dataIdText(group: DimensionGroup, values: DataIdValues, records: RecordsOfDataId | null): string {
  let text = '';
  for (let i = 0; i < values.length; i += 1) {
    text += `${i === 0 ? '' : ','}"${group.dataCoordinateKeys[i]}":${valueText(values[i]!, undefined)}`;
  }
  // The empty data ID has all of its records: none.
  const known = group.elements.length === 0 ? [] : records;
  const recordsText = known && known.map((record) => `"${record.element.name}":${recordText(record)}`).join(',');
  return `{"dataId":{${text}},"records":${recordsText === null ? 'null' : `{${recordsText}}`}}`;
}

export function recordText({ element, fields }: DimensionRecordRow): string {
  const text = recordColumns(element)
    .map(([name, type]) => `${JSON.stringify(name)}:${valueText(fields[name] ?? null, type)}`)
    .join(',');
  return `{"definition":"${element.name}","record":{${text}}}`;
}

const columnsOfElements = new WeakMap<DimensionElement, readonly (readonly [string, ColumnType | undefined])[]>();

/** Columns of an element's records in order; keys have no type, as they are integers or text. */
function recordColumns(element: DimensionElement): readonly (readonly [string, ColumnType | undefined])[] {
  let columns = columnsOfElements.get(element);
  if (!columns) {
    const keys = [...element.required, ...element.implied].map(
      (name) => [name === element.name ? element.primaryKey!.name : name, undefined] as const,
    );
    columns = [...keys, ...[...element.fields].map(([name, { type }]) => [name, type] as const)];
    columnsOfElements.set(element, columns);
  }
  return columns;
}

/** Regions and hashes as hex, times as ns TAI, timespans as pairs of them; what JSON cannot say is null. */
export function valueText(value: FieldValue, type: ColumnType | undefined): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return type === 'float' ? floatText(value) : String(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      if (value === null) return 'null';
      if (value instanceof Uint8Array)
        return `"${Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex')}"`;
      return `[${value.begin},${value.end}]`;
  }
}

function floatText(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  if (!Number.isInteger(value)) return String(value);
  const text = Object.is(value, -0) ? '-0' : String(value);
  return text.includes('e') ? text : `${text}.0`;
}
