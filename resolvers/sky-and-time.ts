/** How GraphQL shows the regions and timespans of dimension records, and takes timespans. */
import { decodeRegion } from '../src/butler/region/codec.ts';
import { formatIvoaPos } from '../src/butler/region/ivoa.ts';
import { SatelliteError } from '../src/butler/errors.ts';
import { MAX_NSEC, MIN_NSEC, type Timespan } from '../src/butler/timespan.ts';
import type { DimensionRecordRow } from '../src/repository/rows.ts';
import type { Timespan as TimespanFields, TimespanInput } from './schema-types.ts';

export function regionHex({ fields }: DimensionRecordRow): string | null {
  return fields['region'] instanceof Uint8Array ? Buffer.from(fields['region']).toString('hex') : null;
}

export function regionPos({ fields }: DimensionRecordRow): string | null {
  return fields['region'] instanceof Uint8Array ? formatIvoaPos(decodeRegion(fields['region'])) : null;
}

export function timespanFields({ fields }: DimensionRecordRow): TimespanFields | null {
  const timespan = (fields['timespan'] ?? null) as Timespan | null;
  if (timespan === null) return null;
  const begin = timespan.begin === MIN_NSEC ? null : timespan.begin;
  const end = timespan.end === MAX_NSEC ? null : timespan.end;
  return {
    begin: begin === null ? null : isoTai(begin),
    end: end === null ? null : isoTai(end),
    beginNs: begin === null ? null : String(begin),
    endNs: end === null ? null : String(end),
  };
}

/** @throws SatelliteError BAD_USER_INPUT */
export function parseTimespanInput({ begin, end }: TimespanInput): Timespan {
  return { begin: begin ? parseIsoTai(begin) : MIN_NSEC, end: end ? parseIsoTai(end) : MAX_NSEC };
}

const NANOSECONDS = 1_000_000_000n;
const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.(\d{1,9}))?)?)?$/;

/** ISO-8601 with nanoseconds.  TAI has no leap seconds, so the calendar arithmetic of UTC without them is right. */
function isoTai(nsec: bigint): string {
  const seconds = new Date(Number(nsec / NANOSECONDS) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(nsec % NANOSECONDS).padStart(9, '0')}`;
}

function parseIsoTai(text: string): bigint {
  const match = ISO.exec(text);
  const milliseconds = match
    ? Date.parse(`${text.replace(' ', 'T').split('.')[0]!}${text.length > 10 ? 'Z' : ''}`)
    : NaN;
  if (Number.isNaN(milliseconds)) {
    throw new SatelliteError('BAD_USER_INPUT', `"${text}" is not an ISO-8601 time (TAI) such as 2020-01-01T12:00:00.`);
  }
  return BigInt(milliseconds / 1000) * NANOSECONDS + BigInt((match?.[1] ?? '').padEnd(9, '0'));
}
