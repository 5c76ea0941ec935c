/** Arithmetic of vectors in space, in the order of operations of sphgeom, so that results agree to the last bit. */
import { InvalidQueryError } from '../errors.ts';
import type { Vector } from './region.ts';
import { cos, sin } from './trigonometry.ts';

export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** (b + a) × (b - a): twice the cross product, accurate also for nearly parallel unit vectors. */
export function robustCross(a: Vector, b: Vector): Vector {
  return cross([b[0] + a[0], b[1] + a[1], b[2] + a[2]], [b[0] - a[0], b[1] - a[1], b[2] - a[2]]);
}

/** Squared length of the chord between two unit vectors. */
export function squaredChord(a: Vector, b: Vector): number {
  const x = a[0] - b[0];
  const y = a[1] - b[1];
  const z = a[2] - b[2];
  return x * x + y * y + z * z;
}

function norm(a: Vector): number {
  return Math.sqrt(dot(a, a));
}

/** The unit vector in the direction of one that is not zero; its largest component is divided out first. */
export function unit(v: Vector): Vector {
  const [x, y, z] = [Math.abs(v[0]), Math.abs(v[1]), Math.abs(v[2])];
  if (z >= x && z >= y) {
    const [p, q] = [v[0] / z, v[1] / z];
    const n = Math.sqrt(1 + (p * p + q * q));
    return [p / n, q / n, Math.sign(v[2]) / n];
  }
  if (y >= x) {
    const [p, q] = [v[0] / y, v[2] / y];
    const n = Math.sqrt(1 + (p * p + q * q));
    return [p / n, Math.sign(v[1]) / n, q / n];
  }
  const [p, q] = [v[1] / x, v[2] / x];
  const n = Math.sqrt(1 + (p * p + q * q));
  return [Math.sign(v[0]) / n, p / n, q / n];
}

export function antipode(a: Vector): Vector {
  return [-a[0], -a[1], -a[2]];
}

export function equalVectors(a: Vector, b: Vector): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2];
}

/** The unit vector at a longitude and latitude in radians. */
export function unitVector(lon: number, lat: number): Vector {
  const cosLat = cos(lat);
  return [cos(lon) * cosLat, sin(lon) * cosLat, sin(lat)];
}

/** Longitude of a vector in radians, in [0, 2π); `atan2` may be a more accurate one. */
export function longitudeOf(v: Vector, atan2 = Math.atan2): number {
  if (v[0] * v[0] + v[1] * v[1] === 0) {
    return 0;
  }
  const lon = atan2(v[1], v[0]);
  return lon < 0 ? lon + 2 * Math.PI : lon;
}

/** Latitude of a vector in radians, in [-π/2, π/2]; `atan2` may be a more accurate one. */
export function latitudeOf(v: Vector, atan2 = Math.atan2): number {
  return v[2] === 0 ? 0 : atan2(v[2], Math.sqrt(v[0] * v[0] + v[1] * v[1]));
}

/** Angle in radians between two vectors. */
export function angleBetween(a: Vector, b: Vector): number {
  const s = norm(cross(a, b));
  const c = dot(a, b);
  return s === 0 && c === 0 ? 0 : Math.atan2(s, c);
}

/** Longitude in degrees as sphgeom normalises it: radians in [0, 2π]. */
export function longitudeFromDegrees(degrees: number): number {
  return normalizedAngle(radiansFromDegrees(degrees));
}

/** Latitude in degrees to radians.  @throws InvalidQueryError outside [-90, 90]. */
export function latitudeFromDegrees(degrees: number): number {
  const lat = radiansFromDegrees(degrees);
  if (!(Math.abs(lat) <= 0.5 * Math.PI)) {
    throw new InvalidQueryError(`Declination ${degrees} is not between -90 and 90 degrees.`);
  }
  return lat;
}

export function radiansFromDegrees(degrees: number): number {
  return degrees * 0.017453292519943295;
}

export function degreesFromRadians(radians: number): number {
  return radians * 57.29577951308232;
}

/** An angle in radians taken to [0, 2π]. */
export function normalizedAngle(angle: number): number {
  if (angle < 0) {
    return (angle % (2 * Math.PI)) + 2 * Math.PI;
  }
  return angle > 2 * Math.PI ? angle % (2 * Math.PI) : angle;
}
