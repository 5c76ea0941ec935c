/** Calendar date and time of day to a Julian date, with the roundings of ERFA (dtf2d). */
import { type CalendarDate, calendarDate, modifiedJulianDay } from './calendar.ts';
import { type JulianDate, julianDate, MJD_ZERO, SECONDS_PER_DAY } from './julian-date.ts';
import { taiMinusUtc } from './leap-seconds.ts';
import type { TimeScale } from './scales.ts';

export interface ClockTime extends CalendarDate {
  readonly hour: number;
  readonly minute: number;
  /** With the fraction; 60 and more runs into the next minute. */
  readonly second: number;
}

/** The Julian date of a date and time in a scale, or null if there is no such date or hour. */
export function dateOfClock(time: ClockTime, scale: TimeScale): JulianDate | null {
  const mjd = modifiedJulianDay(time);
  if (mjd === null || time.hour > 23 || time.minute > 59) {
    return null;
  }
  const dayLength = SECONDS_PER_DAY + (scale === 'utc' ? leapSeconds(time, MJD_ZERO + mjd) : 0);
  return julianDate(MJD_ZERO + mjd, (60 * (60 * time.hour + time.minute) + time.second) / dayLength);
}

/** Seconds by which a UTC day is longer than 86400. */
function leapSeconds(date: CalendarDate, midnight: number): number {
  const tomorrow = taiMinusUtc(calendarDate(midnight, 1.5), 0);
  return tomorrow - (2 * taiMinusUtc(date, 0.5) - taiMinusUtc(date, 0));
}
