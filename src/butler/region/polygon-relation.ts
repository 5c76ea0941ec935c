/**
 * How a convex polygon, given by its vertices, lies to other regions.  These run for every
 * pair of candidates of a spatial join and every trixel of an envelope: they allocate nothing.
 */
import { orientation } from './orientation.ts';
import type { Circle, Vector } from './region.ts';
import { CONTAINS, DISJOINT, INTERSECTS, type Relation, WITHIN } from './relation.ts';
import { squaredChord } from './vector.ts';

/** Bound of the rounding error of a squared chord length. */
export const SQUARED_CHORD_ERROR = 2.5e-15;

/** Whether a polygon holds a unit vector, its boundary included. */
export function polygonContains(vertices: readonly Vector[], v: Vector): boolean {
  let i = vertices[vertices.length - 1] as Vector;
  for (let n = 0; n < vertices.length; n++) {
    const j = vertices[n] as Vector;
    if (orientation(v, i, j) < 0) {
      return false;
    }
    i = j;
  }
  return true;
}

/** How polygon p lies to polygon q. */
export function relatePolygons(p: readonly Vector[], q: readonly Vector[]): Relation {
  const pInQ = countInside(p, q);
  const qInP = countInside(q, p);
  if (pInQ === p.length || qInP === q.length) {
    return (pInQ === p.length ? WITHIN : INTERSECTS) | (qInP === q.length ? CONTAINS : INTERSECTS);
  }
  return pInQ > 0 || qInP > 0 || edgesCross(p, q) ? INTERSECTS : DISJOINT;
}

/** Whether two polygons have a point in common. */
export function polygonsOverlap(p: readonly Vector[], q: readonly Vector[]): boolean {
  return anyInside(p, q) || anyInside(q, p) || edgesCross(p, q);
}

function countInside(vertices: readonly Vector[], polygon: readonly Vector[]): number {
  let count = 0;
  for (let n = 0; n < vertices.length; n++) {
    if (polygonContains(polygon, vertices[n] as Vector)) {
      count++;
    }
  }
  return count;
}

function anyInside(vertices: readonly Vector[], polygon: readonly Vector[]): boolean {
  for (let n = 0; n < vertices.length; n++) {
    if (polygonContains(polygon, vertices[n] as Vector)) {
      return true;
    }
  }
  return false;
}

function edgesCross(p: readonly Vector[], q: readonly Vector[]): boolean {
  let a = p[p.length - 1] as Vector;
  for (let i = 0; i < p.length; i++) {
    const b = p[i] as Vector;
    let c = q[q.length - 1] as Vector;
    for (let j = 0; j < q.length; j++) {
      const d = q[j] as Vector;
      const acd = orientation(a, c, d);
      if (acd !== 0 && acd === orientation(b, d, c) && acd === orientation(c, b, a) && acd === orientation(d, a, b)) {
        return true;
      }
      c = d;
    }
    a = b;
  }
  return false;
}

/** How a polygon lies to a circle. */
export function relatePolygonToCircle(vertices: readonly Vector[], circle: Circle): Relation {
  const { center, squaredChordLength } = circle;
  if (!(squaredChordLength >= 0)) {
    return CONTAINS | DISJOINT;
  }
  if (squaredChordLength >= 4) {
    return WITHIN;
  }
  const inside = squaredChord(vertices[0] as Vector, center) < squaredChordLength;
  for (let n = 0; n < vertices.length; n++) {
    const d = squaredChord(vertices[n] as Vector, center);
    if (Math.abs(d - squaredChordLength) < SQUARED_CHORD_ERROR || d < squaredChordLength !== inside) {
      return INTERSECTS;
    }
  }
  let a = vertices[vertices.length - 1] as Vector;
  for (let n = 0; n < vertices.length; n++) {
    const b = vertices[n] as Vector;
    const d = extremeSquaredChord(center, a, b, inside);
    if (inside ? d > squaredChordLength - SQUARED_CHORD_ERROR : d < squaredChordLength + SQUARED_CHORD_ERROR) {
      return INTERSECTS;
    }
    a = b;
  }
  if (inside) {
    // A circle of more than a hemisphere may leave a hole that lies in the polygon.
    return polygonContains(vertices, [-center[0], -center[1], -center[2]]) ? INTERSECTS : WITHIN;
  }
  return polygonContains(vertices, center) ? CONTAINS : DISJOINT;
}

/**
 * Squared chord length from v to the point between a and b, on their great circle, that is furthest from it, or nearest
 * to it.  If that point is not between them: 0 for the furthest, 4 for the nearest.
 */
function extremeSquaredChord(v: Vector, a: Vector, b: Vector, furthest: boolean): number {
  const [px, py, pz] = [b[0] + a[0], b[1] + a[1], b[2] + a[2]];
  const [mx, my, mz] = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
  return extremeSquaredChordAlong(v, a, b, py * mz - pz * my, pz * mx - px * mz, px * my - py * mx, furthest);
}

/** The same along the great circle with the given normal, whose components are passed one by one. */
export function extremeSquaredChordAlong(
  v: Vector,
  a: Vector,
  b: Vector,
  nx: number,
  ny: number,
  nz: number,
  furthest: boolean,
): number {
  const x = v[1] * nz - v[2] * ny;
  const y = v[2] * nx - v[0] * nz;
  const z = v[0] * ny - v[1] * nx;
  const towardsA = x * a[0] + y * a[1] + z * a[2];
  const towardsB = x * b[0] + y * b[1] + z * b[2];
  if (furthest ? !(towardsA < 0 && towardsB > 0) : !(towardsA > 0 && towardsB < 0)) {
    return furthest ? 0 : 4;
  }
  const s = Math.abs(v[0] * nx + v[1] * ny + v[2] * nz);
  const c = Math.sqrt(x * x + y * y + z * z);
  const angle = furthest ? Math.atan2(s, -c) : c === 0 ? 0.5 * Math.PI : Math.atan(s / c);
  const half = Math.sin(0.5 * angle);
  return 4 * half * half;
}
