/** Values as the columns of a registry store them. */
import type { DataIdValue } from '../../../butler/data-id.ts';
import { ButlerUserError, SatelliteError } from '../../../butler/errors.ts';
import { decodeRegion, encodeRegionText } from '../../../butler/region/codec.ts';
import type { Region } from '../../../butler/region/region.ts';
import { MAX_NSEC, MIN_NSEC, type Timespan } from '../../../butler/timespan.ts';
import type { Column } from '../../../butler/universe.ts';
import type { FieldValue } from '../../rows.ts';
import { storedUuid } from '../dataset-ids.ts';
import type { Dialect, SqlValue } from '../database.ts';

/** Strings up to this length have a CHECK on it, longer ones are TEXT without one. */
const CHECKED_LENGTH = 32;

/** TAI − UTC since 2017; no leap second has been announced since. */
const TAI_MINUS_UTC_NSEC = 37_000_000_000n;

/** Now, ns TAI. */
export function nowNsec(): bigint {
  return BigInt(Date.now()) * 1_000_000n + TAI_MINUS_UTC_NSEC;
}

/** Names of the columns that hold a timespan. */
export function timespanColumns(dialect: Dialect): readonly string[] {
  return dialect === 'sqlite' ? ['timespan_begin', 'timespan_end'] : ['timespan'];
}

/** Values for `timespanColumns`. */
export function storedTimespan(dialect: Dialect, timespan: Timespan | null): readonly SqlValue[] {
  if (dialect === 'sqlite') return timespan === null ? [null, null] : [timespan.begin, timespan.end];
  return [timespan === null ? null : timespanRange(timespan)];
}

/** As int8range, where stock Butler leaves out an unbounded end. */
export function timespanRange({ begin, end }: Timespan): string {
  if (begin >= end) return 'empty';
  const lower = begin === MIN_NSEC ? '(' : `[${begin}`;
  return `${lower},${end === MAX_NSEC ? '' : String(end)})`;
}

/** A dimension's value, checked against its column. @throws ButlerUserError DIMENSION_VALUE */
export function storedDimensionValue(dimension: string, column: Column, value: unknown): bigint | string {
  const stored = column.type === 'int' ? integer(value) : text(column, value);
  if (stored === undefined) {
    throw new ButlerUserError(
      'DIMENSION_VALUE',
      `The value ${shown(value)} does not fit the dimension '${dimension}', ${expected(column)}.`,
    );
  }
  return stored;
}

/** The value of a column of a dimension record that is no timespan; null where there is none. @throws DIMENSION_VALUE */
export function storedField(dialect: Dialect, element: string, column: Column, value: FieldValue): SqlValue {
  if (value === null) return null;
  const stored = storedValue(dialect, column, value);
  if (stored === undefined) {
    throw new ButlerUserError(
      'DIMENSION_VALUE',
      `The value ${shown(value)} does not fit '${element}.${column.name}', ${expected(column)}.`,
    );
  }
  return stored;
}

function storedValue(dialect: Dialect, column: Column, value: FieldValue): SqlValue | undefined {
  switch (column.type) {
    case 'int':
    case 'datetime':
    case 'ingest_date':
      return integer(value);
    case 'float':
      return typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : undefined;
    case 'bool':
      if (typeof value !== 'boolean') return undefined;
      return dialect === 'sqlite' ? BigInt(value) : value;
    case 'string':
      return text(column, value);
    case 'uuid':
      return typeof value === 'string' ? storedUuid(dialect, value) : undefined;
    case 'hash':
      return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : undefined;
    case 'region':
    case 'timespan':
      throw new TypeError(`a ${column.type} is not stored as one value`);
  }
}

/**
 * A region as text, and what it is.
 * @throws ButlerUserError DIMENSION_VALUE for bytes that are no region, and for ellipses, with which stock Butler crashes
 */
export function storedRegion(element: string, bytes: FieldValue): { readonly text: string; readonly region: Region } {
  const refuse = (why: string, cause?: unknown): never => {
    throw new ButlerUserError('DIMENSION_VALUE', `The region of a record of '${element}' cannot be stored: ${why}`, {
      cause,
    });
  };
  if (!(bytes instanceof Uint8Array)) return refuse('it is no encoded region.');
  let region: Region;
  try {
    region = decodeRegion(bytes);
  } catch (error) {
    if (!(error instanceof SatelliteError)) throw error;
    return refuse(error.message, error);
  }
  if (hasEllipse(region))
    refuse('it holds an ellipse, with which stock Butler cannot work; use a circle or a polygon.');
  // Other kinds have several encodings, of which sphgeom writes one.
  const isPlain = region.kind === 'polygon' || region.kind === 'circle';
  const text = isPlain
    ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
    : encodeRegionText(region);
  return { text, region };
}

function hasEllipse(region: Region): boolean {
  return region.kind === 'ellipse' || ('operands' in region && region.operands.some(hasEllipse));
}

function integer(value: unknown): bigint | undefined {
  if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isSafeInteger(value))) return undefined;
  const whole = BigInt(value);
  return BigInt.asIntN(64, whole) === whole ? whole : undefined;
}

function text(column: Column, value: unknown): string | undefined {
  if (typeof value !== 'string' || !value.isWellFormed() || value.includes('\0')) return undefined;
  if (column.length === undefined || column.length > CHECKED_LENGTH) return value;
  const { length } = [...value];
  return length >= 1 && length <= column.length ? value : undefined;
}

function expected({ type, length }: Column): string {
  if (type === 'int') return 'which is an integer of 64 bits';
  if (type !== 'string') return `which is of the type ${type}`;
  return length === undefined || length > CHECKED_LENGTH
    ? 'which is text'
    : `which is text of 1 to ${length} characters`;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 100 ? `${value.slice(0, 100)}…` : value}'`;
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' || value === null
    ? String(value)
    : `of the type ${typeof value}`;
}

/** `instrument: 'HSC', detector: 5`, for messages. */
export function dataIdText(names: readonly string[], values: readonly DataIdValue[]): string {
  return names.map((name, i) => `${name}: ${shown(values[i])}`).join(', ');
}
