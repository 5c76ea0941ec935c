/**
 * Julian dates as astropy keeps them: a whole day and a fraction in [-0.5, 0.5], two doubles whose sum is the date.  The
 * order of operations is astropy's, so that times round to the same nanosecond.
 */
import { exactProduct, exactSum } from '../double-double.ts';

export interface JulianDate {
  /** Whole days since noon of the first day of 4713 BC. */
  readonly day: number;
  readonly fraction: number;
}

export const SECONDS_PER_DAY = 86400;

/** The Julian date at which the Modified Julian Date is zero. */
export const MJD_ZERO = 2400000.5;

/** Days `a + b`. */
export function julianDate(a: number, b: number): JulianDate {
  return split(...exactSum(a, b));
}

/** Days `(a + b) / divisor`. */
export function julianQuotient(a: number, b: number, divisor: number): JulianDate {
  const [sum, error] = exactSum(a, b);
  const quotient = sum / divisor;
  const [p1, p2] = exactProduct(quotient, divisor);
  const [d1, d2] = exactSum(sum, -p1);
  return split(...exactSum(quotient, (d1 + (d2 + error - p2)) / divisor));
}

/** Days `(a + b) * factor`. */
export function julianProduct(a: number, b: number, factor: number): JulianDate {
  const [sum, error] = exactSum(a, b);
  const [product, carry] = exactProduct(sum, factor);
  return split(...exactSum(product, carry + error * factor));
}

/** The nearest integer, the even one of two, as numpy and Python round. */
export function roundHalfEven(x: number): number {
  const rounded = Math.round(x);
  return Math.abs(x - Math.trunc(x)) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function split(sum: number, error: number): JulianDate {
  const day = roundHalfEven(sum);
  const [fraction, check] = exactSum(sum - day, error);
  const excess = fraction * Math.sign(check) === 0.5 ? roundHalfEven(fraction + 2 * check) : roundHalfEven(fraction);
  return { day: day + excess, fraction: sum - (day + excess) + error };
}
