/**
 * Sine, cosine and their inverses rounded as the C library under sphgeom rounds them.  Those of JavaScript engines differ in
 * the last bit for about one argument in forty, which would change the bytes of regions built from degrees.  They are
 * computed in double-double arithmetic (about 100 bits) and rounded once; arguments are a few radians at most.
 */

import { type DoubleDouble, exactProduct, exactSum } from '../double-double.ts';

/** π/2 as the sum of three doubles. */
const HALF_PI_1 = 1.5707963267948966;
const HALF_PI_2 = 6.123233995736766e-17;
const HALF_PI_3 = -1.4973849048591833e-33;

const TAYLOR_TERMS = 14;

function add(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const [s, e] = exactSum(a[0], b[0]);
  return exactSum(s, e + (a[1] + b[1]));
}

function multiply(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const [p, e] = exactProduct(a[0], b[0]);
  return exactSum(p, e + (a[0] * b[1] + a[1] * b[0]));
}

function divide(a: DoubleDouble, by: number): DoubleDouble {
  const quotient = a[0] / by;
  const [p, e] = exactProduct(quotient, by);
  return exactSum(quotient, (a[0] - p - e + a[1]) / by);
}

function negate(a: DoubleDouble): DoubleDouble {
  return [-a[0], -a[1]];
}

/** Σ (-square)^n first! / (2n + first)!: sin(r)/r for `first` 1, cos(r) for `first` 0. */
function taylor(square: DoubleDouble, first: 0 | 1): DoubleDouble {
  let series: DoubleDouble = [1, 0];
  for (let n = TAYLOR_TERMS; n > 0; n--) {
    const k = 2 * n + first;
    series = add([1, 0], negate(divide(multiply(square, series), k * (k - 1))));
  }
  return series;
}

function sinCosDouble(x: number): { sin: DoubleDouble; cos: DoubleDouble } {
  const quadrant = Math.round(x / HALF_PI_1);
  const [h1, l1] = exactProduct(quadrant, HALF_PI_1);
  const [h2, l2] = exactProduct(quadrant, HALF_PI_2);
  // x - h1 is exact: the two are within a factor of two of each other, or h1 is zero.
  const r = add(exactSum(x - h1, -l1), [-h2, -l2 - quadrant * HALF_PI_3]);
  const square = multiply(r, r);
  const s = multiply(r, taylor(square, 1));
  const c = taylor(square, 0);
  switch (quadrant & 3) {
    case 0:
      return { sin: s, cos: c };
    case 1:
      return { sin: c, cos: negate(s) };
    case 2:
      return { sin: negate(s), cos: negate(c) };
    default:
      return { sin: negate(c), cos: s };
  }
}

/** Sine of `x` radians, |x| at most a few turns. */
export function sin(x: number): number {
  return x === 0 ? x : sinCosDouble(x).sin[0];
}

/** Cosine of `x` radians, |x| at most a few turns. */
export function cos(x: number): number {
  return sinCosDouble(x).cos[0];
}

/** Angle in radians whose cosine is `x`, |x| < 1. */
export function acos(x: number): number {
  const angle = Math.acos(x);
  // One Newton step.
  const direction = sinCosDouble(angle);
  return angle + add(direction.cos, [-x, 0])[0] / direction.sin[0];
}

/** Angle of the vector (x, y) in radians, as `Math.atan2`. */
export function atan2(y: number, x: number): number {
  const angle = Math.atan2(y, x);
  if (y === 0 || x === 0 || !Number.isFinite(angle)) {
    return angle;
  }
  // One Newton step: the angle between (x, y) and the direction of the estimate, which is its sine to all needed digits.
  const direction = sinCosDouble(angle);
  const across = add(multiply(direction.cos, [y, 0]), negate(multiply(direction.sin, [x, 0])));
  return angle + across[0] / (direction.cos[0] * x + direction.sin[0] * y);
}
