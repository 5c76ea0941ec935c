/** Dimension records as rows of their tables, checked and complete before a transaction begins. */
import { setImmediate } from 'node:timers/promises';
import type { DataIdValue } from '../../../butler/data-id.ts';
import { SatelliteError } from '../../../butler/errors.ts';
import { htmEnvelope, type PixelRange } from '../../../butler/region/envelope.ts';
import type { Timespan } from '../../../butler/timespan.ts';
import type { Column, DimensionElement, Universe } from '../../../butler/universe.ts';
import type { DimensionRecordRow, FieldValue } from '../../rows.ts';
import type { Dialect, SqlValue } from '../database.ts';
import { keyText } from './reads.ts';
import {
  dataIdText,
  storedDimensionValue,
  storedField,
  storedRegion,
  storedTimespan,
  timespanColumns,
} from './stored-values.ts';

/** One record. */
export interface ElementRow {
  /** Values of the required dimensions, in universe order. */
  readonly key: readonly DataIdValue[];
  /** In the order of `ElementRows.columns`. */
  readonly values: readonly SqlValue[];
  /** Pixels of the common skypix dimension that the region may touch; none without a region. */
  readonly pixels: readonly PixelRange[];
}

/** The records of one element. */
export interface ElementRows {
  readonly element: DimensionElement;
  readonly columns: readonly string[];
  /** Those of `columns` that make the primary key: one for each required dimension, in universe order. */
  readonly keyColumns: readonly string[];
  readonly rows: readonly ElementRow[];
}

/** Records that are made into rows at a stretch: pixels of regions take their time. */
const AT_A_STRETCH = 64;

/** The system and the level of the pixels in all overlap tables. */
export function commonPixelization(universe: Universe): { readonly system: string; readonly level: number } {
  return universe.element(universe.commonSkypix).skypix!;
}

/**
 * Rows of the records' tables, elements in the order in which they can be inserted.
 * @param repeated whether records with one key are an error or only the first of them counts
 * @throws DIMENSION_NAME for an element that the universe lacks, DIMENSION_VALUE for values that do not fit, BAD_USER_INPUT
 *   for records that have no table or lack a value, CONFLICT for two records with one key
 */
export function elementRows(
  universe: Universe,
  dialect: Dialect,
  records: readonly DimensionRecordRow[],
  repeated: 'FAIL' | 'SKIP',
): readonly ElementRows[] {
  const stretches = inStretches(universe, dialect, records, repeated);
  for (;;) {
    const { done, value } = stretches.next();
    if (done) return value;
  }
}

/** The same, while others have their turns: the database can write the records before these meanwhile. */
export async function elementRowsInTurns(
  ...[universe, dialect, records, repeated]: Parameters<typeof elementRows>
): Promise<readonly ElementRows[]> {
  const stretches = inStretches(universe, dialect, records, repeated);
  for (;;) {
    const { done, value } = stretches.next();
    if (done) return value;
    await setImmediate();
  }
}

function* inStretches(
  ...[universe, dialect, records, repeated]: Parameters<typeof elementRows>
): Generator<void, readonly ElementRows[]> {
  const byElement = Map.groupBy(records, (record) => universe.element(record.element.name));
  const rows: ElementRows[] = [];
  for (const [element, ofElement] of [...byElement].sort(([a], [b]) => a.order - b.order)) {
    rows.push(yield* rowsOfElement(universe, dialect, element, ofElement, repeated));
  }
  return rows;
}

function* rowsOfElement(
  universe: Universe,
  dialect: Dialect,
  element: DimensionElement,
  records: readonly DimensionRecordRow[],
  repeated: 'FAIL' | 'SKIP',
): Generator<void, ElementRows> {
  if (!element.hasTable) {
    throw new SatelliteError(
      'BAD_USER_INPUT',
      `Records of '${element.name}' cannot be inserted: it has no table of its own.`,
    );
  }
  const read: RowColumns = {
    required: dimensionColumns(universe, element, element.required),
    implied: dimensionColumns(universe, element, element.implied),
    fields: [...element.fields.values()],
  };
  const keyColumns = read.required.map(({ field }) => field);
  const columns = [...keyColumns, ...element.implied];
  for (const { name, type } of read.fields) {
    columns.push(...(type === 'timespan' ? timespanColumns(dialect) : [name]));
  }
  const { level } = commonPixelization(universe);
  const rows = new Map<string, ElementRow>();
  for (const [i, record] of records.entries()) {
    if (i % AT_A_STRETCH === AT_A_STRETCH - 1) yield;
    checkRequired(element, record);
    const row = rowOf(read, dialect, record, level);
    const text = keyText(row.key);
    if (!rows.has(text)) rows.set(text, row);
    else if (repeated === 'FAIL') {
      const key = dataIdText(element.required, row.key);
      throw new SatelliteError('CONFLICT', `There are two records of '${element.name}' with ${key}: give one.`);
    }
  }
  return { element, columns, keyColumns, rows: [...rows.values()] };
}

/** A record of another universe means the same where its key is the same. */
function checkRequired(element: DimensionElement, record: DimensionRecordRow): void {
  const { required } = record.element;
  if (required.length === element.required.length && required.every((name) => element.required.includes(name))) return;
  throw new SatelliteError(
    'BAD_USER_INPUT',
    `A record of '${element.name}' is identified by ${required.join(', ')} where it comes from, and by ` +
      `${element.required.join(', ')} here: the universes of the two repositories differ in it.`,
  );
}

/** A dimension of which rows hold the value, and its name in the fields of records. */
interface DimensionColumn {
  readonly dimension: string;
  readonly column: Column;
  readonly field: string;
}

function dimensionColumns(
  universe: Universe,
  element: DimensionElement,
  dimensions: readonly string[],
): readonly DimensionColumn[] {
  return dimensions.map((dimension) => {
    const column = universe.element(dimension).primaryKey!;
    return { dimension, column, field: dimension === element.name ? column.name : dimension };
  });
}

function dimensionValue(
  { dimension, column, field }: DimensionColumn,
  { element, fields }: DimensionRecordRow,
): bigint | string {
  const value = fields[field];
  if (value === undefined || value === null) {
    throw new SatelliteError('BAD_USER_INPUT', `A record of '${element.name}' lacks its value of '${dimension}'.`);
  }
  return storedDimensionValue(dimension, column, value);
}

/** Of one element. */
interface RowColumns {
  readonly required: readonly DimensionColumn[];
  readonly implied: readonly DimensionColumn[];
  readonly fields: readonly Column[];
}

function rowOf(
  { required, implied, fields }: RowColumns,
  dialect: Dialect,
  record: DimensionRecordRow,
  level: number,
): ElementRow {
  const key: (bigint | string)[] = [];
  for (const column of required) key.push(dimensionValue(column, record));
  const values: SqlValue[] = [...key];
  for (const column of implied) values.push(dimensionValue(column, record));
  let pixels: readonly PixelRange[] = [];
  for (const column of fields) {
    const value: FieldValue = record.fields[column.name] ?? null;
    if (column.type === 'timespan') values.push(...storedTimespan(dialect, value as Timespan | null));
    else if (column.type === 'region' && value !== null) {
      const { text, region } = storedRegion(record.element.name, value);
      values.push(text);
      pixels = htmEnvelope(region, level);
    } else values.push(column.type === 'region' ? null : storedField(dialect, record.element.name, column, value));
  }
  return { key, values, pixels };
}
