/** Times given as one number: days, years, or seconds since an epoch, each in a time scale. */
import { exactSum } from '../double-double.ts';
import { type JulianDate, julianDate, julianProduct, julianQuotient, MJD_ZERO, roundHalfEven } from './julian-date.ts';
import { dateOfClock } from './clock.ts';
import { convertScale, type TimeScale } from './scales.ts';

type NumericFormat = (value: number, scale: TimeScale) => JulianDate;

const SECOND = 1 / 86400;

/** The numeric formats of astropy by name, but for those that a body of one literal cannot give. */
export const NUMERIC_FORMATS: ReadonlyMap<string, NumericFormat> = new Map<string, NumericFormat>([
  ['jd', (value) => julianDate(value, 0)],
  ['mjd', modifiedJulianDate],
  ['unix', sinceEpoch(midnight(1970, 1, 1), 'utc', SECOND)],
  ['unix_tai', sinceEpoch(midnight(1970, 1, 1), 'tai', SECOND)],
  ['galexsec', sinceEpoch(midnight(1980, 1, 6), 'utc', SECOND)],
  ['cxcsec', sinceEpoch(midnight(1998, 1, 1), 'tt', SECOND)],
  ['gps', sinceEpoch(clock(1980, 1, 6, 0, 0, 19), 'tai', SECOND)],
  ['stardate', sinceEpoch(clock(2318, 7, 5, 11, 0, 0), 'tai', 0.397766856)],
  ['jyear', (value) => julianDate(MJD_ZERO, 51544.5 + (value - 2000) * 365.25)],
  ['byear', (value) => julianDate(MJD_ZERO, 15019.81352 + (value - 1900) * 365.242198781)],
  ['decimalyear', decimalYear],
]);

function modifiedJulianDate(value: number): JulianDate {
  const { day, fraction } = julianDate(value, 0);
  return julianDate(day + MJD_ZERO, fraction);
}

function midnight(year: number, month: number, day: number): JulianDate {
  return clock(year, month, day, 0, 0, 0);
}

function clock(year: number, month: number, day: number, hour: number, minute: number, second: number): JulianDate {
  return dateOfClock({ year, month, day, hour, minute, second }, 'tai') as JulianDate;
}

function sinceEpoch(epoch: JulianDate, epochScale: TimeScale, unit: number): NumericFormat {
  return (value, scale) => {
    const elapsed = julianQuotient(value, 0, 1 / unit);
    const day = epoch.day + elapsed.day;
    const fraction = epoch.fraction + elapsed.fraction;
    if (scale === epochScale) {
      const extra = roundHalfEven(fraction);
      return { day: day + extra, fraction: fraction - extra };
    }
    return convertScale(julianDate(day, fraction), epochScale, scale);
  };
}

/** A year and the fraction of it gone, by its true length in the scale. */
function decimalYear(value: number, scale: TimeScale): JulianDate {
  const year = Math.trunc(value);
  const [fraction, rest] = exactSum(value, -year);
  // UTC years have leap seconds: measured in TAI.
  const uniform = scale === 'utc' ? 'tai' : scale;
  const start = convertScale(startOf(year, scale), scale, uniform);
  const end = convertScale(startOf(year + 1, scale), scale, uniform);
  const length = julianDate(end.day - start.day, end.fraction - start.fraction);
  const elapsed = julianProduct(length.day, length.fraction, fraction + rest);
  const sum = julianDate(start.day + elapsed.day, start.fraction + elapsed.fraction);
  return convertScale(sum, uniform, scale);
}

function startOf(year: number, scale: TimeScale): JulianDate {
  return dateOfClock({ year, month: 1, day: 1, hour: 0, minute: 0, second: 0 }, scale) as JulianDate;
}
