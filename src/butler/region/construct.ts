/** Regions from degrees, with the roundings of sphgeom's constructors. */
import { InvalidQueryError } from '../errors.ts';
import { convexHull } from './convex-hull.ts';
import {
  ALL_LATITUDES,
  dilateLongitudes,
  EMPTY_LATITUDES,
  EMPTY_LONGITUDES,
  isEmptyLatitude,
  isEmptyLongitude,
} from './interval.ts';
import type { AngleInterval, Box, Circle, ConvexPolygon } from './region.ts';
import { sin } from './trigonometry.ts';
import { latitudeFromDegrees, longitudeFromDegrees, radiansFromDegrees, unitVector } from './vector.ts';

/** A right ascension and declination in degrees. */
export type SkyPosition = readonly [ra: number, dec: number];

/** A point, which is a circle of radius zero.  @throws InvalidQueryError if |dec| > 90. */
export function point(position: SkyPosition): Circle {
  return { kind: 'circle', center: directionOf(position), squaredChordLength: 0, openingAngle: 0 };
}

/**
 * The circle of `radius` degrees around a position: empty if the radius is negative, the whole sky from 180 up.
 * @throws InvalidQueryError if |dec| > 90.
 */
export function circle(center: SkyPosition, radius: number): Circle {
  const openingAngle = radiansFromDegrees(radius);
  return {
    kind: 'circle',
    center: directionOf(center),
    squaredChordLength: squaredChordLengthFor(openingAngle),
    openingAngle,
  };
}

/**
 * The box around a position: `width` in degrees of right ascension (not of arc), `height` in degrees of declination.
 * @throws InvalidQueryError if |dec| > 90.
 */
export function box(center: SkyPosition, width: number, height: number): Box {
  const lon = longitudeFromDegrees(finite(center[0]));
  const lat = latitudeFromDegrees(finite(center[1]));
  const halfHeight = radiansFromDegrees(height / 2);
  return boxOf(dilateLongitudes({ a: lon, b: lon }, radiansFromDegrees(width / 2)), {
    a: lat - halfHeight,
    b: lat + halfHeight,
  });
}

/** The box from one corner to another, eastwards.  @throws InvalidQueryError if a |dec| > 90. */
export function boxBetween(southWest: SkyPosition, northEast: SkyPosition): Box {
  return boxOf(
    { a: longitudeFromDegrees(southWest[0]), b: longitudeFromDegrees(northEast[0]) },
    { a: latitudeFromDegrees(southWest[1]), b: latitudeFromDegrees(northEast[1]) },
  );
}

/**
 * The smallest convex polygon around the positions, which may come in any order.
 * @throws InvalidQueryError if a |dec| > 90, or if they lie on one great circle or not in one hemisphere.
 */
export function polygon(positions: readonly SkyPosition[]): ConvexPolygon {
  return { kind: 'polygon', vertices: convexHull(positions.map(directionOf)) };
}

/** A box of intervals in radians: latitudes beyond the poles are cut off; an empty interval empties the other. */
export function boxOf(lon: AngleInterval, lat: AngleInterval): Box {
  const clipped = isEmptyLatitude(lat)
    ? lat
    : { a: Math.max(lat.a, ALL_LATITUDES.a), b: Math.min(lat.b, ALL_LATITUDES.b) };
  if (isEmptyLatitude(clipped)) {
    return { kind: 'box', lon: EMPTY_LONGITUDES, lat: clipped };
  }
  return { kind: 'box', lon, lat: isEmptyLongitude(lon) ? EMPTY_LATITUDES : clipped };
}

/** Squared length of the chord under an angle in radians: -1 under a negative one. */
export function squaredChordLengthFor(angle: number): number {
  if (angle < 0) {
    return -1;
  }
  if (angle >= Math.PI) {
    return 4;
  }
  const s = sin(0.5 * angle);
  return 4 * s * s;
}

function directionOf([ra, dec]: SkyPosition): readonly [number, number, number] {
  return unitVector(longitudeFromDegrees(finite(ra)), latitudeFromDegrees(finite(dec)));
}

function finite(degrees: number): number {
  if (!Number.isFinite(degrees)) {
    throw new InvalidQueryError(`A coordinate must be a finite number of degrees, not ${degrees}.`);
  }
  return degrees;
}
