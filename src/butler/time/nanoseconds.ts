/** Between times and the integer nanoseconds that the registry stores. */
import { InvalidQueryError } from '../errors.ts';
import { MAX_NSEC, MIN_NSEC } from '../timespan.ts';
import { CALENDAR_FORMATS } from './calendar-formats.ts';
import { dateOfClock } from './clock.ts';
import { type JulianDate, julianDate, roundHalfEven } from './julian-date.ts';

/** An instant in ns TAI, and whether it was `clipped` to the range [MIN_NSEC, MAX_NSEC] that can be stored. */
export interface Instant {
  readonly nsec: bigint;
  readonly clipped: boolean;
}

const NSEC_PER_DAY = 86_400_000_000_000;
const NSEC_PER_SECOND = 1_000_000_000n;

/** 1970-01-01 and 2100-01-01. */
const EPOCH: JulianDate = { day: 2440588, fraction: -0.5 };
const LAST: JulianDate = { day: 2488070, fraction: -0.5 };

/** The instant of a TAI date. */
export function instantOf(tai: JulianDate): Instant {
  if (difference(tai, EPOCH) < 0) {
    return { nsec: MIN_NSEC, clipped: true };
  }
  if (difference(tai, LAST) > 0) {
    return { nsec: MAX_NSEC, clipped: true };
  }
  const elapsed = julianDate(tai.day - EPOCH.day, tai.fraction - EPOCH.fraction);
  return {
    nsec: BigInt(elapsed.day) * BigInt(NSEC_PER_DAY) + BigInt(roundHalfEven(elapsed.fraction * NSEC_PER_DAY)),
    clipped: false,
  };
}

function difference(a: JulianDate, b: JulianDate): number {
  return a.day - b.day + (a.fraction - b.fraction);
}

/** An instant in ns TAI as ISO 8601 in TAI with nine decimals, `2020-01-01T00:00:00.000000000`. */
export function formatTai(nsec: bigint): string {
  const fraction = ((nsec % NSEC_PER_SECOND) + NSEC_PER_SECOND) % NSEC_PER_SECOND;
  const milliseconds = Number((nsec - fraction) / 1_000_000n);
  return `${new Date(milliseconds).toISOString().slice(0, 19)}.${fraction.toString().padStart(9, '0')}`;
}

/**
 * Reads ISO 8601 text in TAI, `2020-01-01T00:00:00.5` or with a space, to the nanosecond that astropy would give.
 * @throws InvalidQueryError if it is not that, or outside 1970 to 2100.
 */
export function parseTai(iso: string): bigint {
  const readings = CALENDAR_FORMATS.get(iso.includes('T') ? 'isot' : 'iso')?.(iso) ?? [];
  const date = readings.map((reading) => reading && dateOfClock(reading, 'tai')).find((found) => found !== null);
  const instant = date === undefined ? undefined : instantOf(date);
  if (instant === undefined || instant.clipped) {
    throw new InvalidQueryError(`'${iso}' is not a time of the form 2020-01-01T00:00:00.0 between 1970 and 2100.`);
  }
  return instant.nsec;
}
