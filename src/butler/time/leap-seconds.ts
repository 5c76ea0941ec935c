/** TAI - UTC (IERS Bulletin C; no leap second has been announced since the last of the table). */
import { type CalendarDate, modifiedJulianDay } from './calendar.ts';

/** Seconds of TAI - UTC from the first day of a month on. */
const LEAP_SECONDS: readonly (readonly [year: number, month: number, seconds: number])[] = [
  [1972, 1, 10],
  [1972, 7, 11],
  [1973, 1, 12],
  [1974, 1, 13],
  [1975, 1, 14],
  [1976, 1, 15],
  [1977, 1, 16],
  [1978, 1, 17],
  [1979, 1, 18],
  [1980, 1, 19],
  [1981, 7, 20],
  [1982, 7, 21],
  [1983, 7, 22],
  [1985, 7, 23],
  [1988, 1, 24],
  [1990, 1, 25],
  [1991, 1, 26],
  [1992, 7, 27],
  [1993, 7, 28],
  [1994, 7, 29],
  [1996, 1, 30],
  [1997, 7, 31],
  [1999, 1, 32],
  [2006, 1, 33],
  [2009, 1, 34],
  [2012, 7, 35],
  [2015, 7, 36],
  [2017, 1, 37],
];

/** From 1968-02 to 1971 UTC ran slow against TAI: an offset in seconds, growing per day from an MJD on. */
const DRIFT = { seconds: 4.21317, sinceMjd: 39126, secondsPerDay: 0.002592 };

/**
 * TAI - UTC in seconds at a fraction of a UTC day.  Before 1968-02 it is not followed, which is of no matter: all that is
 * before 1970 becomes 1970.
 */
export function taiMinusUtc(date: CalendarDate, fraction: number): number {
  const entry = LEAP_SECONDS.findLast(
    ([year, month]) => date.year > year || (date.year === year && date.month >= month),
  );
  if (entry !== undefined) {
    return entry[2];
  }
  const mjd = modifiedJulianDay(date) ?? 0;
  return mjd < DRIFT.sinceMjd ? 0 : DRIFT.seconds + (mjd + fraction - DRIFT.sinceMjd) * DRIFT.secondsPerDay;
}
