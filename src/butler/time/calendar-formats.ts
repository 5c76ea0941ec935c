/** Times given as calendar text: `iso`, `isot`, `yday` and `fits`, read as leniently as astropy reads them. */
import type { ClockTime } from './clock.ts';

const FIXED_DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const FIXED_CLOCK = /^(\d\d):(\d\d)(?::(\d\d)(\.\d*)?)?$/;
const FIXED_DAY_OF_YEAR = /^(\d{4}):(\d{3})$/;

const LOOSE_DATE = /^(\d{4})-(1[0-2]|0?[1-9])-(3[01]|[12]\d|0?[1-9])$/;
const LOOSE_CLOCK = /^(2[0-3]|[01]?\d):([0-5]?\d)(?::(6[01]|[0-5]?\d)(\.\d+)?)?$/;
const LOOSE_DAY_OF_YEAR = /^(\d{4}):(36[0-6]|3[0-5]\d|[12]\d\d|0\d[1-9]|0[1-9]\d|[1-9]\d|0?[1-9])$/;

const FITS = /^([+-]\d{5}|\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d(?:\.\d*)?))?$/;

/**
 * The readings of a text in a calendar format, the likeliest first; each is a date and hour that may not exist.  A text
 * with fields of fixed width is first read without regard to their ranges, so that seconds may go up to 99.
 */
export const CALENDAR_FORMATS: ReadonlyMap<string, (text: string) => readonly (ClockTime | null)[]> = new Map([
  ['iso', (text) => isoReadings(text, ' ')],
  ['isot', (text) => isoReadings(text, 'T')],
  ['yday', ydayReadings],
  ['fits', (text) => [fitsReading(text)]],
]);

function isoReadings(text: string, separator: string): (ClockTime | null)[] {
  const at = text.indexOf(separator);
  const [date, clock] = at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
  return [
    join(FIXED_DATE.exec(date), clock, FIXED_CLOCK, sumOfDigits),
    join(LOOSE_DATE.exec(date), clock, LOOSE_CLOCK, Number),
  ];
}

function ydayReadings(text: string): (ClockTime | null)[] {
  const [year = '', dayOfYear = '', ...rest] = text.split(':');
  const date = `${year}:${dayOfYear}`;
  const clock = rest.length === 0 ? null : rest.join(':');
  const fixed = FIXED_DAY_OF_YEAR.exec(date);
  const fixedDate = fixed === null ? null : monthAndDay(fixed, false);
  const loose = LOOSE_DAY_OF_YEAR.exec(date);
  return [
    join(fixedDate, clock, FIXED_CLOCK, sumOfDigits),
    join(loose === null ? null : monthAndDay(loose, true), clock, LOOSE_CLOCK, Number),
  ];
}

/** Year, month and day of a day of the year; day 366 of a common year is the next new year's day if that is let `roll`. */
function monthAndDay([, year, dayOfYear]: RegExpExecArray, roll: boolean): string[] | null {
  const date = new Date(0);
  date.setUTCFullYear(Number(year), 0, Number(dayOfYear));
  if (Number(dayOfYear) < 1 || (!roll && date.getUTCFullYear() !== Number(year))) {
    return null;
  }
  return ['', String(date.getUTCFullYear()), String(date.getUTCMonth() + 1), String(date.getUTCDate())];
}

function join(
  date: readonly string[] | null,
  clock: string | null,
  clockPattern: RegExp,
  fractionOf: (text: string) => number,
): ClockTime | null {
  const parts = clock === null ? [] : clockPattern.exec(clock);
  if (date === null || parts === null) {
    return null;
  }
  const [, hour = 0, minute = 0, second = 0, fraction = ''] = parts;
  return {
    year: Number(date[1]),
    month: Number(date[2]),
    day: Number(date[3]),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second) + (fraction === '' ? 0 : fractionOf(fraction)),
  };
}

/** The value of `.ddd` added up digit by digit, as astropy's parser of fixed fields does. */
function sumOfDigits(fraction: string): number {
  let sum = 0;
  let unit = 0.1;
  for (const digit of fraction.slice(1)) {
    sum += Number(digit) * unit;
    unit /= 10;
  }
  return sum;
}

function fitsReading(text: string): ClockTime | null {
  const match = FITS.exec(text);
  if (match === null) {
    return null;
  }
  const [, year, month, day, hour = 0, minute = 0, second = 0] = match;
  return {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
  };
}
