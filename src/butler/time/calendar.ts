/** Days and dates of the proleptic Gregorian calendar, with the roundings of ERFA (cal2jd, jd2cal). */
import { InvalidQueryError } from '../errors.ts';

const MILLISECONDS_PER_DAY = 86_400_000;
/** The Modified Julian Date of 1970-01-01, and the Julian day number of its noon. */
const UNIX_EPOCH_MJD = 40587;
const UNIX_EPOCH_JULIAN_DAY = 2440588;
/** The furthest from 1970 that `Date` reaches, in days. */
const MAX_DAYS = 1e8;

export interface CalendarDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

/** Modified Julian Date of midnight, or null if there is no such date (or it is long before history). */
export function modifiedJulianDay({ year, month, day }: CalendarDate): number | null {
  if (year < -4799) {
    return null;
  }
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
    ? date.getTime() / MILLISECONDS_PER_DAY + UNIX_EPOCH_MJD
    : null;
}

/** The date, and the fraction of the day gone since its midnight, of the Julian date `a + b`. */
export function calendarDate(a: number, b: number): CalendarDate & { readonly fraction: number } {
  const wholeA = roundHalfAway(a);
  const wholeB = roundHalfAway(b);
  let day = wholeA + wholeB;
  // Compensated sum of 0.5 and the two fractions, carrying into the day.
  let sum = 0.5;
  let error = 0;
  for (const x of [a - wholeA, b - wholeB]) {
    const t = sum + x;
    error += Math.abs(sum) >= Math.abs(x) ? sum - t + x : x - t + sum;
    sum = t;
    if (sum >= 1) {
      day++;
      sum -= 1;
    }
  }
  let fraction = sum + error;
  error = fraction - sum;
  if (fraction < 0) {
    fraction = sum + 1;
    error += 1 - fraction + sum;
    sum = fraction;
    fraction = sum + error;
    error = fraction - sum;
    day--;
  }
  if (fraction - 1 >= -Number.EPSILON / 4) {
    const t = sum - 1;
    error += sum - t - 1;
    const next = t + error;
    if (-Number.EPSILON / 2 < next) {
      day++;
      fraction = Math.max(next, 0);
    }
  }
  if (!(Math.abs(day - UNIX_EPOCH_JULIAN_DAY) <= MAX_DAYS) || day < 0) {
    throw new InvalidQueryError('The time is too far from now to be converted between time scales.');
  }
  const date = new Date((day - UNIX_EPOCH_JULIAN_DAY) * MILLISECONDS_PER_DAY);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), fraction };
}

function roundHalfAway(x: number): number {
  return x < 0 ? Math.ceil(x - 0.5) : Math.floor(x + 0.5);
}
