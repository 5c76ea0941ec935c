/** Rows as the corpus writes them (README.md beside this file; `canon_*` of `test/oracle/canonical_answers.py`). */
import { createHash } from 'node:crypto';
import { requiredDataId, type DataIdValues } from '../../src/butler/data-id.ts';
import type { DimensionGroup } from '../../src/butler/dimension-group.ts';
import type { Json, JsonObject } from '../../src/butler/json.ts';
import type { ColumnType } from '../../src/butler/universe.ts';
import type { DatasetRow, DataIdRow, DimensionRecordRow, FieldValue, GeneralRow } from '../../src/repository/rows.ts';

function canonicalField(value: FieldValue, type: ColumnType | undefined): Json {
  if (value instanceof Uint8Array) {
    if (type !== 'region') return Buffer.from(value).toString('hex');
    return { region_sha256: createHash('sha256').update(value).digest('hex').slice(0, 32) };
  }
  if (value !== null && typeof value === 'object') {
    return { begin_nsec: value.begin.toString(), end_nsec: value.end.toString() };
  }
  return type === 'ingest_date' ? String(value) : value;
}

function dataId(dimensions: DimensionGroup, values: DataIdValues): JsonObject {
  const implied = Object.fromEntries(
    dimensions.implied.map((name, i) => [name, values[dimensions.required.length + i]!]),
  );
  return { data_id: requiredDataId(dimensions, values), ...(dimensions.implied.length > 0 && { implied }) };
}

export function canonicalDataset({ uuid, datasetType, run, values }: DatasetRow): JsonObject {
  return { id: uuid, dataset_type: datasetType.name, run, ...dataId(datasetType.dimensions, values) };
}

export function canonicalDataId({ dimensions, values }: DataIdRow): JsonObject {
  return dataId(dimensions, values);
}

export function canonicalRecord({ element, fields }: DimensionRecordRow): JsonObject {
  const record = Object.entries(fields).map(([name, value]) => {
    return [name, canonicalField(value, element.fields.get(name)?.type)];
  });
  return { element: element.name, record: Object.fromEntries(record) as JsonObject };
}

export function canonicalGeneral({ fields }: GeneralRow): JsonObject {
  const row = Object.entries(fields).map(([name, value]) => {
    const field = name.slice(name.indexOf('.') + 1);
    return [name, canonicalField(value, field === 'region' || field === 'ingest_date' ? field : undefined)];
  });
  return Object.fromEntries(row) as JsonObject;
}
