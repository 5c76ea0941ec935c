/**
 * The HTM pixels that may touch a region: the rows of the registry's overlap tables, by which spatial joins and
 * constraints preselect (butler-schema.md section 8.2).
 */
import { QueryTooCostlyError } from '../errors.ts';
import { ellipseBoundingCircle, polygonBoundingBox, relatePolygonToBox } from './bounds.ts';
import { checkLevel, ROOT_TRIXELS, subdivide, type Trixel } from './htm.ts';
import { polygonContains, relatePolygons, relatePolygonToCircle } from './polygon-relation.ts';
import type { Region, Vector } from './region.ts';
import { DISJOINT, type Relation, WITHIN } from './relation.ts';
import { squaredChord } from './vector.ts';

/**
 * The most ranges of an envelope: enough for any region at level 7, the one of the registry; on finer levels the border
 * of a large region would fill the memory.
 */
const MAX_RANGES = 2 ** 16;

/** Pixel indices begin <= index < end. */
export interface PixelRange {
  readonly begin: number;
  readonly end: number;
}

/**
 * The pixels of a level that may touch a region, as ascending ranges with gaps between them: the same set as sphgeom's
 * `HtmPixelization(level).envelope(region)`.
 * @throws InvalidQueryError if there is no such level
 * @throws QueryTooCostlyError if the region is too large for the level
 */
export function htmEnvelope(region: Region, level: number): readonly PixelRange[] {
  checkLevel(level);
  switch (region.kind) {
    case 'polygon': {
      const { vertices } = region;
      const cap = boundingCap(vertices);
      return search((trixel) => (cap && isApart(trixel, cap) ? DISJOINT : relatePolygons(trixel, vertices)), level);
    }
    case 'circle':
      return search((trixel) => relatePolygonToCircle(trixel, region), level);
    case 'box':
      return search((trixel) => relatePolygonToBox(polygonBoundingBox(trixel), region), level);
    case 'ellipse': {
      const circle = ellipseBoundingCircle(region);
      return search((trixel) => relatePolygonToCircle(trixel, circle), level);
    }
    case 'union':
      return union(region.operands.flatMap((operand) => htmEnvelope(operand, level)));
    case 'intersection':
      return region.operands
        .map((operand) => htmEnvelope(operand, level))
        .reduce(intersection, [{ begin: 8 * 4 ** level, end: 16 * 4 ** level }]);
  }
}

/** A circle that holds a convex polygon. */
interface Cap {
  readonly center: Vector;
  /** Length of the chord from the centre to the border. */
  readonly chord: number;
}

/** Chords differ by more than this where rounding errors cannot have changed which is longer. */
const CHORD_MARGIN = 1e-9;

/** Undefined where the polygon is too large, or is none whose vertices run counter-clockwise. */
function boundingCap(vertices: readonly Vector[]): Cap | undefined {
  const center = centerOf(vertices);
  const chord = Math.sqrt(Math.max(...vertices.map((vertex) => squaredChord(center, vertex))));
  // Within less than a hemisphere: then the cap holds all between its vertices.
  return chord < 1 && polygonContains(vertices, center) ? { center, chord } : undefined;
}

function centerOf(vertices: readonly Vector[]): Vector {
  const sum = [0, 1, 2].map((i) => vertices.reduce((total, vertex) => total + vertex[i as 0 | 1 | 2], 0));
  const length = Math.hypot(...sum);
  return sum.map((component) => component / length) as unknown as Vector;
}

/**
 * Whether a trixel is certainly disjoint from what the cap holds: most are that a search comes by, and this costs a tenth
 * of the exact relation.  A chord of a sum of angles is at most the sum of their chords.
 */
function isApart(trixel: Trixel, cap: Cap): boolean {
  const [a, b, c] = trixel;
  const x = a[0] + b[0] + c[0];
  const y = a[1] + b[1] + c[1];
  const z = a[2] + b[2] + c[2];
  const length = Math.sqrt(x * x + y * y + z * z);
  const center: Vector = [x / length, y / length, z / length];
  const chord = Math.sqrt(Math.max(squaredChord(center, a), squaredChord(center, b), squaredChord(center, c)));
  return Math.sqrt(squaredChord(center, cap.center)) > chord + cap.chord + CHORD_MARGIN;
}

/** Descends from the roots into the trixels that are neither outside nor all within the region. */
function search(relate: (trixel: Trixel) => Relation, level: number): readonly PixelRange[] {
  const ranges: { begin: number; end: number }[] = [];
  function visit(trixel: Trixel, index: number, levelsBelow: number): void {
    const relation = relate(trixel);
    if ((relation & DISJOINT) !== 0) {
      return;
    }
    if (levelsBelow === 0 || (relation & WITHIN) !== 0) {
      const begin = index * 4 ** levelsBelow;
      const end = (index + 1) * 4 ** levelsBelow;
      const last = ranges.at(-1);
      if (last?.end === begin) {
        last.end = end;
      } else {
        ranges.push({ begin, end });
      }
      if (ranges.length > MAX_RANGES) {
        throw new QueryTooCostlyError(
          `The region touches more than ${MAX_RANGES} ranges of htm${level} pixels: use a smaller one or a coarser level.`,
        );
      }
      return;
    }
    const children = subdivide(trixel);
    for (let child = 0; child < 4; child++) {
      visit(children[child as 0 | 1 | 2 | 3], index * 4 + child, levelsBelow - 1);
    }
  }
  ROOT_TRIXELS.forEach((trixel, root) => visit(trixel, root + 8, level));
  return ranges;
}

function union(ranges: readonly PixelRange[]): readonly PixelRange[] {
  const merged: { begin: number; end: number }[] = [];
  for (const { begin, end } of ranges.toSorted((a, b) => a.begin - b.begin)) {
    const last = merged.at(-1);
    if (last !== undefined && begin <= last.end) {
      last.end = Math.max(last.end, end);
    } else {
      merged.push({ begin, end });
    }
  }
  return merged;
}

function intersection(a: readonly PixelRange[], b: readonly PixelRange[]): readonly PixelRange[] {
  const common: PixelRange[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const [x, y] = [a[i] as PixelRange, b[j] as PixelRange];
    const begin = Math.max(x.begin, y.begin);
    const end = Math.min(x.end, y.end);
    if (begin < end) {
      common.push({ begin, end });
    }
    if (x.end < y.end) {
      i++;
    } else {
      j++;
    }
  }
  return common;
}
