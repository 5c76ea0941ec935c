/** Bounding boxes and circles of regions, as generous as sphgeom makes them. */
import { boxOf, squaredChordLengthFor } from './construct.ts';
import {
  ALL_LONGITUDES,
  dilateLongitudes,
  EMPTY_LATITUDES,
  EMPTY_LONGITUDES,
  expandLatitudes,
  expandLongitudes,
  relateLatitudes,
  relateLongitudes,
} from './interval.ts';
import { orientationZ } from './orientation.ts';
import type { AngleInterval, Box, Circle, Ellipse, Vector } from './region.ts';
import { CONTAINS, DISJOINT, type Relation, WITHIN } from './relation.ts';
import { latitudeOf, longitudeOf } from './vector.ts';

/** Bound of the error of an angle got from an arc sine, in radians. */
export const ARCSINE_ERROR = 1.5e-8;

/** Margin of bounding boxes of polygons, in radians. */
const MARGIN = 5e-10;

/** How one box lies to another. */
export function relateBoxes(x: Box, y: Box): Relation {
  const lon = relateLongitudes(x.lon, y.lon);
  const lat = relateLatitudes(x.lat, y.lat);
  return (lon & lat & (CONTAINS | WITHIN)) | ((lon | lat) & DISJOINT);
}

/** How a polygon lies to a box, as far as the polygon's bounding box tells: DISJOINT, WITHIN or unknown. */
export function relatePolygonToBox(boundingBox: Box, box: Box): Relation {
  return relateBoxes(boundingBox, box) & (DISJOINT | WITHIN);
}

/** The box around a polygon; a more accurate `atan2` gives the last bit that sphgeom gives. */
export function polygonBoundingBox(vertices: readonly Vector[], atan2 = Math.atan2): Box {
  let lon = EMPTY_LONGITUDES;
  let lat = EMPTY_LATITUDES;
  let clockwise = false;
  let counterClockwise = false;
  let i = vertices[vertices.length - 1] as Vector;
  for (const j of vertices) {
    const vertexLon = longitudeOf(j, atan2);
    const vertexLat = latitudeOf(j, atan2);
    lon = expandLongitudes(lon, dilateLongitudes({ a: vertexLon, b: vertexLon }, MARGIN));
    lat = expandLatitudes(lat, clipped(vertexLat - MARGIN, vertexLat + MARGIN));
    // Whether the edge goes around the pole one way or the other.
    if (!clockwise || !counterClockwise) {
      const turn = orientationZ(i, j);
      counterClockwise ||= turn > 0;
      clockwise ||= turn < 0;
    }
    const extreme = extremeLatitude(i, j, atan2);
    if (extreme !== null) {
      lat = expandLatitudes(lat, clipped(extreme, extreme));
    }
    i = j;
  }
  if (!clockwise) {
    return boxOf(ALL_LONGITUDES, expandLatitudes(lat, clipped(0.5 * Math.PI, 0.5 * Math.PI)));
  }
  if (!counterClockwise) {
    return boxOf(ALL_LONGITUDES, expandLatitudes(lat, clipped(-0.5 * Math.PI, -0.5 * Math.PI)));
  }
  return boxOf(lon, lat);
}

function clipped(a: number, b: number): AngleInterval {
  return { a: Math.max(a, -0.5 * Math.PI), b: Math.min(b, 0.5 * Math.PI) };
}

/** The highest or lowest latitude of the great circle through i and j, with margin, if it is reached between them. */
function extremeLatitude(i: Vector, j: Vector, atan2: typeof Math.atan2): number | null {
  const [px, py, pz] = [j[0] + i[0], j[1] + i[1], j[2] + i[2]];
  const [mx, my, mz] = [j[0] - i[0], j[1] - i[1], j[2] - i[2]];
  const [nx, ny, nz] = [py * mz - pz * my, pz * mx - px * mz, px * my - py * mx];
  const highest: Vector = [-nx * nz, -ny * nz, nx * nx + ny * ny];
  if (highest[0] === 0 && highest[1] === 0 && highest[2] === 0) {
    return null;
  }
  const zi = i[1] * nx - i[0] * ny;
  const zj = j[1] * nx - j[0] * ny;
  if (zi > 0 && zj < 0) {
    return latitudeOf(highest, atan2) + MARGIN;
  }
  return zi < 0 && zj > 0 ? -latitudeOf(highest, atan2) - MARGIN : null;
}

/** The circle around an ellipse. */
export function ellipseBoundingCircle(ellipse: Ellipse): Circle {
  const openingAngle = Math.max(ellipse.a, ellipse.b) + 0.5 * Math.PI + 2 * ARCSINE_ERROR;
  const [x, y, z] = ellipse.matrix.slice(6) as [number, number, number];
  return {
    kind: 'circle',
    center: [x, y, z],
    squaredChordLength: squaredChordLengthFor(openingAngle),
    openingAngle,
  };
}
