/** How GraphQL shows the regions and timespans of dimension records, and takes timespans. */
import { SatelliteError } from '../src/butler/errors.ts';
import { decodeRegion } from '../src/butler/region/codec.ts';
import { formatIvoaPos } from '../src/butler/region/ivoa.ts';
import { formatTai, parseTai } from '../src/butler/time/nanoseconds.ts';
import { MAX_NSEC, MIN_NSEC, timespanBetween, type Timespan } from '../src/butler/timespan.ts';
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
    begin: begin === null ? null : formatTai(begin),
    end: end === null ? null : formatTai(end),
    beginNs: begin === null ? null : String(begin),
    endNs: end === null ? null : String(end),
  };
}

/** A moment of the gateway's clock (Unix milliseconds) as ISO-8601 UTC. */
export function utcTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

const UTC_TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** Unix milliseconds of an ISO-8601 time, in UTC where it names no zone. @throws SatelliteError BAD_USER_INPUT */
export function parseUtcTime(argument: string, text: string): number {
  const match = UTC_TIME.exec(text);
  // A date alone is UTC to JavaScript, a time without a zone is not.
  const time = match ? Date.parse(match[1] === undefined && text.includes('T') ? `${text}Z` : text) : NaN;
  if (!Number.isNaN(time)) return time;
  throw new SatelliteError('BAD_USER_INPUT', `"${argument}" must be ISO-8601, such as 2027-01-31T12:00:00Z.`);
}

/** A reversed one is empty, as `timespanBetween` has it. @throws InvalidQueryError */
export function parseTimespanInput({ begin, end }: TimespanInput): Timespan {
  return timespanBetween(begin ? parseTai(begin) : null, end ? parseTai(end) : null);
}
