/** Closed intervals of latitude and, around the circle, of longitude, as sphgeom computes with them.  Radians. */
import { InvalidQueryError } from '../errors.ts';
import type { AngleInterval } from './region.ts';
import { CONTAINS, DISJOINT, INTERSECTS, type Relation, WITHIN } from './relation.ts';
import { normalizedAngle } from './vector.ts';

const TURN = 2 * Math.PI;

export const EMPTY_LONGITUDES: AngleInterval = { a: NaN, b: NaN };
export const EMPTY_LATITUDES: AngleInterval = { a: 1, b: 0 };
export const ALL_LONGITUDES: AngleInterval = { a: 0, b: TURN };
export const ALL_LATITUDES: AngleInterval = { a: -0.5 * Math.PI, b: 0.5 * Math.PI };

/** Whether a latitude interval holds no point. */
export function isEmptyLatitude(lat: AngleInterval): boolean {
  return !(lat.a <= lat.b);
}

/** Whether a longitude interval holds no point. */
export function isEmptyLongitude(lon: AngleInterval): boolean {
  return Number.isNaN(lon.a) || Number.isNaN(lon.b);
}

export function isFullLongitude(lon: AngleInterval): boolean {
  return lon.a === 0 && lon.b === TURN;
}

/**
 * A longitude interval from any two angles; wider than a turn is full.
 * @throws InvalidQueryError if it is reversed and its ends are not both in [0, 2π]
 */
export function longitudeInterval(a: number, b: number): AngleInterval {
  if (Number.isNaN(a) || Number.isNaN(b)) {
    return EMPTY_LONGITUDES;
  }
  const normalized = a >= 0 && a <= TURN && b >= 0 && b <= TURN;
  if (!normalized && a > b) {
    throw new InvalidQueryError('A box runs from a longitude to a smaller one beyond one turn.');
  }
  if (!normalized && b - a >= TURN) {
    return ALL_LONGITUDES;
  }
  return { a: normalizedAngle(a), b: normalizedAngle(b) };
}

/** The longitudes within `by` of an interval; a negative `by` takes away from both its ends. */
export function dilateLongitudes(lon: AngleInterval, by: number): AngleInterval {
  if (isEmptyLongitude(lon) || isFullLongitude(lon) || by === 0 || Number.isNaN(by)) {
    return lon;
  }
  return by > 0 ? widen(lon, by) : narrow(lon, -by);
}

function widen(lon: AngleInterval, by: number): AngleInterval {
  let a = lon.a - by;
  let b = lon.b + by;
  if (by >= Math.PI) {
    return ALL_LONGITUDES;
  }
  if (lon.a > lon.b) {
    return a <= b ? ALL_LONGITUDES : longitudeInterval(a, b);
  }
  if (a < 0) {
    a += TURN;
    if (a <= b) {
      return ALL_LONGITUDES;
    }
  }
  if (b > TURN) {
    b -= TURN;
    if (a <= b) {
      return ALL_LONGITUDES;
    }
  }
  return longitudeInterval(a, b);
}

function narrow(lon: AngleInterval, by: number): AngleInterval {
  let a = lon.a + by;
  let b = lon.b - by;
  if (by >= Math.PI) {
    return EMPTY_LONGITUDES;
  }
  if (lon.a <= lon.b) {
    return a > b ? EMPTY_LONGITUDES : longitudeInterval(a, b);
  }
  if (a > TURN) {
    a -= TURN;
    if (a > b) {
      return EMPTY_LONGITUDES;
    }
  }
  if (b < 0) {
    b += TURN;
    if (a > b) {
      return EMPTY_LONGITUDES;
    }
  }
  return longitudeInterval(a, b);
}

/** Whether a latitude interval holds an angle. */
export function containsLatitude(lat: AngleInterval, x: number): boolean {
  return lat.a <= x && x <= lat.b;
}

/** Whether a longitude interval holds an angle in [0, 2π]. */
export function containsLongitude(lon: AngleInterval, x: number): boolean {
  return lon.a > lon.b ? x <= lon.b || lon.a <= x : lon.a <= x && x <= lon.b;
}

/** The smallest latitude interval around two. */
export function expandLatitudes(lat: AngleInterval, by: AngleInterval): AngleInterval {
  return isEmptyLatitude(lat) ? by : { a: Math.min(lat.a, by.a), b: Math.max(lat.b, by.b) };
}

/** The smallest longitude interval around two, `by` not empty. */
export function expandLongitudes(lon: AngleInterval, by: AngleInterval): AngleInterval {
  if (containsLongitude(lon, by.a)) {
    if (!containsLongitude(lon, by.b)) {
      return { a: lon.a, b: by.b };
    }
    return lon.a > lon.b === by.a > by.b ? lon : ALL_LONGITUDES;
  }
  if (containsLongitude(lon, by.b)) {
    return { a: by.a, b: lon.b };
  }
  if (isEmptyLongitude(lon) || containsLongitude(by, lon.a)) {
    return by;
  }
  return eastward(lon.b, by.a) < eastward(by.b, lon.a) ? { a: lon.a, b: by.b } : { a: by.a, b: lon.b };
}

function eastward(from: number, to: number): number {
  const angle = to - from;
  return angle < 0 ? angle + TURN : angle;
}

/** How latitude interval x lies to y. */
export function relateLatitudes(x: AngleInterval, y: AngleInterval): Relation {
  if (isEmptyLatitude(x) || isEmptyLatitude(y)) {
    return relateEmpty(isEmptyLatitude(x), isEmptyLatitude(y));
  }
  if (x.a > y.b || x.b < y.a) {
    return DISJOINT;
  }
  return relateEnds(x, y);
}

/** How longitude interval x lies to y. */
export function relateLongitudes(x: AngleInterval, y: AngleInterval): Relation {
  if (isEmptyLongitude(x) || isEmptyLongitude(y)) {
    return relateEmpty(isEmptyLongitude(x), isEmptyLongitude(y));
  }
  const [xWraps, yWraps] = [x.a > x.b, y.a > y.b];
  if (xWraps === yWraps) {
    return !xWraps && (x.a > y.b || x.b < y.a) ? DISJOINT : relateEnds(x, y);
  }
  if (xWraps) {
    return relateWrapping(x, y, CONTAINS, WITHIN);
  }
  return relateWrapping(y, x, WITHIN, CONTAINS);
}

/** The relation of one interval that wraps to one that does not, given what to call containing and being within. */
function relateWrapping(wrapping: AngleInterval, plain: AngleInterval, contains: Relation, within: Relation): Relation {
  if (isFullLongitude(plain)) {
    return within;
  }
  if (wrapping.a <= plain.a || wrapping.b >= plain.b) {
    return contains;
  }
  return wrapping.a > plain.b && wrapping.b < plain.a ? DISJOINT : INTERSECTS;
}

function relateEmpty(xIsEmpty: boolean, yIsEmpty: boolean): Relation {
  return DISJOINT | (xIsEmpty ? WITHIN : INTERSECTS) | (yIsEmpty ? CONTAINS : INTERSECTS);
}

function relateEnds(x: AngleInterval, y: AngleInterval): Relation {
  return (x.a <= y.a && x.b >= y.b ? CONTAINS : INTERSECTS) | (x.a >= y.a && x.b <= y.b ? WITHIN : INTERSECTS);
}
