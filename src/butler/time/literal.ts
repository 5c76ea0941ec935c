/** Time literals of the expression language, `T'[format/]value[/scale]'`. */
import { InvalidQueryError } from '../errors.ts';
import { CALENDAR_FORMATS } from './calendar-formats.ts';
import { dateOfClock } from './clock.ts';
import type { JulianDate } from './julian-date.ts';
import { instantOf, type Instant } from './nanoseconds.ts';
import { NUMERIC_FORMATS } from './numeric-formats.ts';
import { convertScale, timeScale, type TimeScale } from './scales.ts';

const BODY = new RegExp(
  '^(?:(?<format>\\w+)/)?(?:' +
    '(?<number>-?(?:\\d+\\.\\d*|\\.\\d+))|' +
    '(?<iso>\\d+-\\d+-\\d+(?:[ T]\\d+:\\d+(?::\\d+(?:\\.\\d*)?)?)?)|' +
    '(?<fits>[+]\\d+-\\d+-\\d+(?:T\\d+:\\d+:\\d+(?:\\.\\d*)?)?)|' +
    '(?<yday>\\d+:\\d+(?::\\d+:\\d+(?::\\d+(?:\\.\\d*)?)?)?)' +
    ')(?:/(?<scale>\\w+))?$',
  'i',
);

const UTC_FORMATS: ReadonlySet<string> = new Set(['iso', 'isot', 'fits', 'yday', 'unix']);

/**
 * The instant that the body of a time literal means, to the nanosecond of stock Butler.
 * @throws InvalidQueryError if it has no known form, or a format or scale that cannot be converted.
 */
export function parseTimeLiteral(body: string): Instant {
  const groups = BODY.exec(body.replaceAll('+00:00', ''))?.groups;
  if (groups === undefined) {
    throw new InvalidQueryError(
      `'${body}' is not a time: write 2020-01-01T12:30:00, 2020:001:12:30:00 or an MJD with a decimal point, ` +
        'optionally between a format and a scale as in mjd/58849.0/tai.',
    );
  }
  const { number, iso, fits, yday } = groups;
  const format =
    groups['format']?.toLowerCase() ??
    (number !== undefined ? 'mjd' : iso !== undefined ? (/t/i.test(iso) ? 'isot' : 'iso') : fits ? 'fits' : 'yday');
  const scale = timeScale(groups['scale'] ?? defaultScale(format));
  const date =
    number !== undefined
      ? NUMERIC_FORMATS.get(format)?.(Number(number), scale)
      : dateOfText(format, iso ?? fits ?? yday ?? '', scale);
  if (date === undefined) {
    throw new InvalidQueryError(unreadable(body, format));
  }
  return instantOf(convertScale(date, scale, 'tai'));
}

function defaultScale(format: string): TimeScale {
  return UTC_FORMATS.has(format) ? 'utc' : format === 'cxcsec' ? 'tt' : 'tai';
}

function dateOfText(format: string, text: string, scale: TimeScale): JulianDate | undefined {
  for (const reading of CALENDAR_FORMATS.get(format)?.(text) ?? []) {
    const date = reading === null ? null : dateOfClock(reading, scale);
    if (date !== null) {
      return date;
    }
  }
  return undefined;
}

function unreadable(body: string, format: string): string {
  if (NUMERIC_FORMATS.has(format) || CALENDAR_FORMATS.has(format)) {
    return `'${body}' is not a time in format '${format}'.`;
  }
  const known = [...NUMERIC_FORMATS.keys(), ...CALENDAR_FORMATS.keys()].join(', ');
  return `'${body}' has a time format that is not supported here: use one of ${known}.`;
}
