/** Closed intervals of latitude and, around the circle, of longitude, as sphgeom computes with them.  Radians. */
import type { AngleInterval } from './region.ts';
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

/** A longitude interval from any two angles; wider than a turn is full. */
export function longitudeInterval(a: number, b: number): AngleInterval {
  if (Number.isNaN(a) || Number.isNaN(b)) {
    return EMPTY_LONGITUDES;
  }
  const normalized = a >= 0 && a <= TURN && b >= 0 && b <= TURN;
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
