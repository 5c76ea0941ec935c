/**
 * Convex hulls on the sphere.  Points are added one after another to a growing hull, in the order and with the starting
 * vertex of sphgeom's ConvexPolygon, so that the polygon has the same bytes.
 */
import { InvalidQueryError } from '../errors.ts';
import { orientation } from './orientation.ts';
import type { Vector } from './region.ts';
import { antipode, equalVectors, robustCross, unit } from './vector.ts';

/**
 * Vertices of the smallest convex polygon around unit vectors, counter-clockwise.
 * @throws InvalidQueryError if fewer than three are distinct and not on one great circle, or if two are opposite.
 */
export function convexHull(points: readonly Vector[]): Vector[] {
  const { triangle, rest } = firstTriangle(points);
  let hull: Vector[] = triangle;
  for (const point of rest) {
    hull = extend(hull, point);
  }
  return hull;
}

function tooFew(): InvalidQueryError {
  return new InvalidQueryError(
    'A polygon needs at least three distinct points that do not lie on one great circle: give more or other vertices.',
  );
}

function tooWide(): InvalidQueryError {
  return new InvalidQueryError(
    'The vertices of the polygon contain opposite points of the sky, so that its convex hull is all of it: use ' +
      'vertices within one hemisphere.',
  );
}

/** Finds the first points that span a counter-clockwise triangle, and the points after them. */
function firstTriangle(points: readonly Vector[]): { triangle: [Vector, Vector, Vector]; rest: readonly Vector[] } {
  let [v0] = points;
  if (v0 === undefined) {
    throw tooFew();
  }
  const second = points.findIndex((v, i) => i > 0 && !equalVectors(v, v0 as Vector));
  let v1 = points[second];
  if (v1 === undefined) {
    throw tooFew();
  }
  if (equalVectors(v1, antipode(v0))) {
    throw tooWide();
  }
  const normal = unit(robustCross(v0, v1));
  for (let i = second + 1; i < points.length; i++) {
    const v = points[i] as Vector;
    const turn = orientation(v0, v1, v);
    if (turn !== 0) {
      return { triangle: turn > 0 ? [v0, v1, v] : [v1, v0, v], rest: points.slice(i + 1) };
    }
    if (equalVectors(v, v0) || equalVectors(v, v1)) {
      continue;
    }
    [v0, v1] = widerArc(normal, v0, v1, v);
  }
  throw tooFew();
}

/** The arc of a great circle with the given normal that covers the arc (v0, v1) and the point v on it. */
function widerArc(normal: Vector, v0: Vector, v1: Vector, v: Vector): [Vector, Vector] {
  if (equalVectors(v, antipode(v0)) || equalVectors(v, antipode(v1))) {
    throw tooWide();
  }
  const fromV0 = orientation(normal, v0, v);
  const toV1 = orientation(normal, v, v1);
  if (fromV0 === toV1) {
    return [v0, v1];
  }
  const arc = orientation(normal, v0, v1);
  if (arc === -toV1) {
    return [v0, v];
  }
  if (-fromV0 === arc) {
    return [v, v1];
  }
  throw tooWide();
}

/** The hull of a hull and one more point: the point takes the place of the vertices on edges that it sees. */
function extend(hull: Vector[], v: Vector): Vector[] {
  const last = hull.length - 1;
  const sees = hull.map((vertex, j) => orientation(v, hull[j === 0 ? last : j - 1] as Vector, vertex) <= 0);
  if (!sees.includes(true)) {
    return hull;
  }
  // The vertex before the edge where edges stop being seen, and the vertex at the end of the first edge seen.
  const to = sees.findIndex((seen, j) => !seen && sees[j === 0 ? last : j - 1]);
  const from = sees.findIndex((seen, j) => seen && !sees[j === 0 ? last : j - 1]);
  if (to < 0) {
    throw tooWide();
  }
  const kept = to === 0 ? last : to - 1;
  if (kept < from) {
    return [...hull.slice(kept, from), v];
  }
  if (kept === 0) {
    return [...hull, v];
  }
  return [...hull.slice(0, from), v, ...hull.slice(kept)];
}
