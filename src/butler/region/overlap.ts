/**
 * Whether two regions overlap, as far as sphgeom's `Region.overlaps` can tell: the exact test that follows the
 * preselection by pixels in spatial joins and constraints.
 */
import { ARCSINE_ERROR, ellipseBoundingCircle, polygonBoundingBox, relateBoxes, relatePolygonToBox } from './bounds.ts';
import { squaredChordLengthFor } from './construct.ts';
import { containsLatitude, containsLongitude, isEmptyLatitude, isFullLongitude } from './interval.ts';
import {
  extremeSquaredChordAlong,
  polygonsOverlap,
  relatePolygonToCircle,
  SQUARED_CHORD_ERROR,
} from './polygon-relation.ts';
import type { Box, Circle, CompoundRegion, ConvexPolygon, Ellipse, Region, Vector } from './region.ts';
import { CONTAINS, DISJOINT, INTERSECTS, type Relation, WITHIN } from './relation.ts';
import { atan2 } from './trigonometry.ts';
import { angleBetween, latitudeOf, longitudeOf, squaredChord, unitVector } from './vector.ts';

/** True or false where it is certain, undefined where sphgeom does not decide (polygon and box, ellipses, compounds). */
export function overlaps(a: Region, b: Region): boolean | undefined {
  if (isCompound(a)) {
    return compoundOverlaps(a, b);
  }
  if (isCompound(b)) {
    return compoundOverlaps(b, a);
  }
  if (a.kind === 'ellipse') {
    return ellipseOverlaps(a, b);
  }
  if (b.kind === 'ellipse') {
    return ellipseOverlaps(b, a);
  }
  switch (a.kind) {
    case 'polygon':
      return polygonOverlaps(a, b);
    case 'circle':
      return b.kind === 'polygon'
        ? polygonOverlaps(b, a)
        : b.kind === 'circle'
          ? (relateCircles(a, b) & DISJOINT) === 0
          : boxOverlapsCircle(b, a);
    case 'box':
      return b.kind === 'polygon'
        ? polygonOverlaps(b, a)
        : b.kind === 'circle'
          ? boxOverlapsCircle(a, b)
          : (relateBoxes(a, b) & DISJOINT) === 0;
  }
}

function polygonOverlaps(polygon: ConvexPolygon, other: ConvexPolygon | Circle | Box): boolean | undefined {
  switch (other.kind) {
    case 'polygon':
      return polygonsOverlap(polygon.vertices, other.vertices);
    case 'circle':
      return (relatePolygonToCircle(polygon.vertices, other) & DISJOINT) === 0;
    case 'box':
      return decided(relatePolygonToBox(boundingBoxOf(polygon), other));
  }
}

/** An ellipse is known only by the circle around it. */
function ellipseOverlaps(ellipse: Ellipse, other: ConvexPolygon | Circle | Box | Ellipse): boolean | undefined {
  const circle = ellipseBoundingCircle(ellipse);
  switch (other.kind) {
    case 'ellipse':
      return decided(relateCircles(circle, ellipseBoundingCircle(other)) & DISJOINT);
    case 'circle':
      return decided(relateCircles(circle, other) & (DISJOINT | WITHIN));
    case 'polygon':
      return decided(inverse(relatePolygonToCircle(other.vertices, circle)) & (DISJOINT | WITHIN));
    case 'box':
      return decided(inverse(relateBoxToCircle(other, circle)) & (DISJOINT | WITHIN));
  }
}

function isCompound(region: Region): region is CompoundRegion {
  return region.kind === 'union' || region.kind === 'intersection';
}

function compoundOverlaps(compound: CompoundRegion, other: Region): boolean | undefined {
  if (compound.kind === 'union') {
    let unknown = false;
    for (const operand of compound.operands) {
      const answer = overlaps(operand, other);
      if (answer === true) {
        return true;
      }
      unknown ||= answer === undefined;
    }
    return unknown ? undefined : false;
  }
  if (compound.operands.length === 0) {
    return !isEmpty(other);
  }
  return compound.operands.some((operand) => overlaps(operand, other) === false) ? false : undefined;
}

/** Whether sphgeom says that a region is empty; it says so of every polygon. */
function isEmpty(region: Region): boolean {
  switch (region.kind) {
    case 'polygon':
      return true;
    case 'circle':
      return !(region.squaredChordLength >= 0);
    case 'box':
      return isEmptyLatitude(region.lat);
    case 'ellipse':
      return region.a < -0.5 * Math.PI;
    case 'union':
      return region.operands.every(isEmpty);
    case 'intersection':
      return (
        region.operands.length > 0 &&
        (region.operands.every(isEmpty) ||
          region.operands.some((x, i) => region.operands.slice(i + 1).some((y) => overlaps(x, y) === false)))
      );
  }
}

function decided(relation: Relation): boolean | undefined {
  return (relation & DISJOINT) !== 0 ? false : (relation & (WITHIN | CONTAINS)) !== 0 ? true : undefined;
}

function inverse(relation: Relation): Relation {
  return (
    (relation & DISJOINT) |
    ((relation & CONTAINS) !== 0 ? WITHIN : INTERSECTS) |
    ((relation & WITHIN) !== 0 ? CONTAINS : INTERSECTS)
  );
}

/** How circle a lies to circle b: DISJOINT, WITHIN or neither. */
function relateCircles(a: Circle, b: Circle): Relation {
  if (!(a.squaredChordLength >= 0) || !(b.squaredChordLength >= 0)) {
    return DISJOINT | (a.squaredChordLength >= 0 ? INTERSECTS : WITHIN);
  }
  if (a.squaredChordLength >= 4 || b.squaredChordLength >= 4) {
    return b.squaredChordLength >= 4 ? WITHIN : INTERSECTS;
  }
  const distance = angleBetween(a.center, b.center);
  if (distance > a.openingAngle + b.openingAngle + 4 * ARCSINE_ERROR) {
    return DISJOINT;
  }
  return distance + a.openingAngle + 4 * ARCSINE_ERROR <= b.openingAngle ? WITHIN : INTERSECTS;
}

function boxOverlapsCircle(box: Box, circle: Circle): boolean {
  return (relateBoxToCircle(box, circle) & DISJOINT) === 0;
}

/** How a box lies to a circle: DISJOINT, CONTAINS or neither (that a box is within a circle is not worked out). */
function relateBoxToCircle(box: Box, circle: Circle): Relation {
  const { center, squaredChordLength } = circle;
  if (isEmptyLatitude(box.lat) || !(squaredChordLength >= 0)) {
    return DISJOINT | (squaredChordLength >= 0 ? INTERSECTS : CONTAINS);
  }
  const { lon, lat } = box;
  if (isFullLongitude(lon) && lat.a === -0.5 * Math.PI && lat.b === 0.5 * Math.PI) {
    return CONTAINS;
  }
  if (squaredChordLength >= 4) {
    return INTERSECTS;
  }
  const reach = squaredChordLength + SQUARED_CHORD_ERROR;
  const { corners, normals } = outlineOf(box);
  for (const corner of corners) {
    if (squaredChord(corner, center) - squaredChordLength < SQUARED_CHORD_ERROR) {
      return INTERSECTS;
    }
  }
  for (let side = 0; side < 2; side++) {
    const [south, north] = [corners[2 * side] as Vector, corners[2 * side + 1] as Vector];
    const [nx, ny, nz] = normals[side] as Vector;
    if (extremeSquaredChordAlong(center, north, south, nx, ny, nz, false) < reach) {
      return INTERSECTS;
    }
  }
  const centerLon = longitudeOf(center);
  const centerLat = latitudeOf(center);
  const inLon = containsLongitude(lon, centerLon);
  if (inLon) {
    const nearest = Math.min(Math.abs(centerLat - lat.a), Math.abs(centerLat - lat.b));
    if (squaredChordLengthFor(nearest) < reach) {
      return INTERSECTS;
    }
  }
  return inLon && containsLatitude(lat, centerLat) ? CONTAINS : DISJOINT;
}

interface BoxOutline {
  /** South west, north west, south east, north east. */
  readonly corners: readonly Vector[];
  /** Of the meridians at the west and the east. */
  readonly normals: readonly Vector[];
}

const outlines = new WeakMap<Box, BoxOutline>();
const boundingBoxes = new WeakMap<ConvexPolygon, Box>();

/** Kept, as one box of a query meets many circles. */
function outlineOf(box: Box): BoxOutline {
  let outline = outlines.get(box);
  if (outline === undefined) {
    const { lon, lat } = box;
    outline = {
      corners: [lon.a, lon.b].flatMap((x) => [unitVector(x, lat.a), unitVector(x, lat.b)]),
      normals: [lon.a, lon.b].map((x) => {
        const [cosine, sine] = unitVector(x, 0);
        return [-sine, cosine, 0];
      }),
    };
    outlines.set(box, outline);
  }
  return outline;
}

/** Kept, as one polygon of a query meets many boxes. */
function boundingBoxOf(polygon: ConvexPolygon): Box {
  let box = boundingBoxes.get(polygon);
  if (box === undefined) {
    box = polygonBoundingBox(polygon.vertices, atan2);
    boundingBoxes.set(polygon, box);
  }
  return box;
}
