/** Edges of regions on the sky, as points that are close enough together to be drawn by any projection. */
import { InvalidQueryError } from '../../src/butler/errors.ts';
import { parseIvoaPos } from '../../src/butler/region/ivoa.ts';
import type { Box, Circle, Region, Vector } from '../../src/butler/region/region.ts';
import {
  angleBetween,
  cross,
  degreesFromRadians,
  latitudeOf,
  longitudeOf,
  unit,
  unitVector,
} from '../../src/butler/region/vector.ts';

/** Points of an edge are at most so far from each other, in radians. */
const STEP = (2 * Math.PI) / 180;
const LEAST_POINTS = 72;

/** The edge of a region in IVOA text, once around; null where it is empty or no region. */
export function outlineOf(regionPos: string): readonly Vector[] | null {
  try {
    return edgeOf(parseIvoaPos(regionPos));
  } catch (error) {
    if (error instanceof InvalidQueryError) return null;
    throw error;
  }
}

function edgeOf(region: Region): readonly Vector[] | null {
  switch (region.kind) {
    case 'polygon':
      return region.vertices.flatMap((vertex, i, all) => arc(vertex, all[(i + 1) % all.length]!));
    case 'circle':
      return circleEdge(region);
    case 'box':
      return boxEdge(region);
    default:
      return null;
  }
}

/** Along the great circle, without its end. */
function arc(from: Vector, to: Vector): Vector[] {
  const steps = Math.ceil(angleBetween(from, to) / STEP);
  const angle = angleBetween(from, to) / Math.max(1, steps);
  const ahead = unit(cross(cross(from, to), from));
  return Array.from({ length: Math.max(1, steps) }, (_, i) =>
    combined(from, Math.cos(i * angle), ahead, Math.sin(i * angle)),
  );
}

function circleEdge({ center, openingAngle }: Circle): readonly Vector[] | null {
  if (openingAngle < 0 || openingAngle >= Math.PI) return null;
  const { east, north } = tangentPlane(center);
  const count = Math.max(LEAST_POINTS, Math.ceil((2 * Math.PI * Math.sin(openingAngle)) / STEP));
  return Array.from({ length: count }, (_, i) => {
    const turn = (2 * Math.PI * i) / count;
    const sideways = combined(east, Math.sin(turn), north, Math.cos(turn));
    return combined(center, Math.cos(openingAngle), sideways, Math.sin(openingAngle));
  });
}

function boxEdge({ lon, lat }: Box): readonly Vector[] | null {
  if (Number.isNaN(lon.a) || Number.isNaN(lat.a)) return null;
  const width = lon.b >= lon.a ? lon.b - lon.a : lon.b - lon.a + 2 * Math.PI;
  const [across, up] = [Math.max(1, Math.ceil(width / STEP)), Math.max(1, Math.ceil((lat.b - lat.a) / STEP))];
  const at = (i: number, j: number) => unitVector(lon.a + (width * i) / across, lat.a + ((lat.b - lat.a) * j) / up);
  return [
    ...Array.from({ length: across }, (_, i) => at(i, 0)),
    ...Array.from({ length: up }, (_, j) => at(across, j)),
    ...Array.from({ length: across }, (_, i) => at(across - i, up)),
    ...Array.from({ length: up }, (_, j) => at(0, up - j)),
  ];
}

/** The directions of growing right ascension and declination at a point. */
export function tangentPlane(center: Vector): { readonly east: Vector; readonly north: Vector } {
  const [x, y] = center;
  const east: Vector = x === 0 && y === 0 ? [0, 1, 0] : unit([-y, x, 0]);
  return { east, north: cross(center, east) };
}

/** A circle on the sky, radius in radians. */
export interface Extent {
  readonly center: Vector;
  readonly radius: number;
}

/** The smallest circle around the mean direction of some points that holds them all; of points from all over, any. */
export function extentOf(points: readonly Vector[]): Extent {
  const sum = points.reduce<Vector>((total, point) => combined(total, 1, point, 1), [0, 0, 0]);
  if (Math.hypot(...sum) < 1e-6 * points.length) return { center: [1, 0, 0], radius: Math.PI };
  const center = unit(sum);
  return { center, radius: points.reduce((most, point) => Math.max(most, angleBetween(center, point)), 0) };
}

function combined(a: Vector, s: number, b: Vector, t: number): Vector {
  return [s * a[0] + t * b[0], s * a[1] + t * b[1], s * a[2] + t * b[2]];
}

/** The middle of a region's edge, in degrees. */
export function centerOf(outline: readonly Vector[]): readonly [ra: number, dec: number] {
  const { center } = extentOf(outline);
  return [degreesFromRadians(longitudeOf(center)), degreesFromRadians(latitudeOf(center))];
}
