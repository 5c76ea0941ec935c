/**
 * The HTM pixels that may touch a region: the rows of the registry's overlap tables, by which spatial joins and
 * constraints preselect.
 */
import { QueryTooCostlyError } from '../errors.ts';
import { ellipseBoundingCircle, polygonBoundingBox, relatePolygonToBox } from './bounds.ts';
import { checkLevel, type Trixel } from './htm.ts';
import { MESH_ROOTS, ROOT_SIDES, type MeshTrixel } from './mesh.ts';
import { polygonContains, relatePolygons, relatePolygonToCircle } from './polygon-relation.ts';
import type { Region, Vector } from './region.ts';
import { DISJOINT, type Relation, WITHIN } from './relation.ts';
import { dot, squaredChord } from './vector.ts';

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
      return cap
        ? new CapSearch(vertices, cap, level).run()
        : search((trixel) => relatePolygons(trixel, vertices), level);
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

/** Chords, and distances from planes, differ by more than this where rounding errors cannot have changed which is longer. */
const MARGIN = 1e-9;

/** Undefined where the polygon is too large, or is none whose vertices run counter-clockwise. */
function boundingCap(vertices: readonly Vector[]): Cap | undefined {
  const center = centerOf(vertices);
  const chord = Math.sqrt(Math.max(...vertices.map((vertex) => squaredChord(center, vertex))));
  // Within less than a hemisphere: then the cap holds all between its vertices.
  return chord < 1 && polygonContains(vertices, center) ? { center, chord } : undefined;
}

function centerOf(vertices: readonly Vector[]): Vector {
  let [x, y, z] = [0, 0, 0];
  for (const vertex of vertices) {
    x += vertex[0];
    y += vertex[1];
    z += vertex[2];
  }
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}

/** Ranges in the making: whole trixels in ascending order. */
class Ranges {
  readonly #ranges: { begin: number; end: number }[] = [];
  readonly #level: number;

  constructor(level: number) {
    this.#level = level;
  }

  get all(): readonly PixelRange[] {
    return this.#ranges;
  }

  /** @param levelsBelow of the trixel, down to that of the ranges */
  add(index: number, levelsBelow: number): void {
    const begin = index * 4 ** levelsBelow;
    const end = (index + 1) * 4 ** levelsBelow;
    const last = this.#ranges.at(-1);
    if (last?.end === begin) {
      last.end = end;
    } else {
      this.#ranges.push({ begin, end });
    }
    if (this.#ranges.length > MAX_RANGES) {
      throw new QueryTooCostlyError(
        `The region touches more than ${MAX_RANGES} ranges of htm${this.#level} pixels: use a smaller one or a coarser level.`,
      );
    }
  }
}

/** Descends from the roots into the trixels that are neither outside nor all within the region. */
function search(relate: (trixel: Trixel) => Relation, level: number): readonly PixelRange[] {
  const ranges = new Ranges(level);
  function visit(trixel: MeshTrixel, index: number, levelsBelow: number): void {
    const relation = relate(trixel.vertices);
    if ((relation & DISJOINT) !== 0) {
      return;
    }
    if (levelsBelow === 0 || (relation & WITHIN) !== 0) {
      ranges.add(index, levelsBelow);
      return;
    }
    const { children } = trixel.divide();
    for (let child = 0; child < 4; child++) {
      visit(children[child]!, index * 4 + child, levelsBelow - 1);
    }
  }
  MESH_ROOTS.forEach((trixel, root) => visit(trixel, root + 8, level));
  return ranges.all;
}

/** As many points of a polygon are known by their bits to be in a trixel. */
const BITS = 30;

/**
 * The same for a polygon, with its cap.  The planes between the children of a trixel tell of most that they are apart from
 * the polygon, or hold a point of it, both clear of all rounding errors; only the others need the exact relation, which
 * costs ten times as much.  A class: what V8 learns of functions made for each polygon is gone with them.
 */
class CapSearch {
  readonly #vertices: readonly Vector[];
  readonly #cap: Cap;
  /** The whole cap is clearly on one side of planes that are farther than this from its centre: a chord is longer than the sine. */
  readonly #reach: number;
  readonly #level: number;
  readonly #ranges: Ranges;

  constructor(vertices: readonly Vector[], cap: Cap, level: number) {
    this.#vertices = vertices;
    this.#cap = cap;
    this.#reach = cap.chord + MARGIN;
    this.#level = level;
    this.#ranges = new Ranges(level);
  }

  run(): readonly PixelRange[] {
    for (let root = 0; root < MESH_ROOTS.length; root++) {
      const inside = this.#insideRoot(ROOT_SIDES[root]!);
      if (inside !== undefined) this.#visit(MESH_ROOTS[root]!, root + 8, this.#level, inside);
    }
    return this.#ranges.all;
  }

  /** Undefined where the polygon is clearly apart from the root. */
  #insideRoot(sides: readonly Vector[]): number | undefined {
    let inside = -1;
    for (const side of sides) {
      if (this.#beyond(side, -1) === -1) return undefined;
      inside &= this.#beyond(side, 1);
    }
    return inside;
  }

  /** Of the vertices that are beyond a plane, and clearly so, the bits; -1 for all of them. */
  #beyond(normal: Vector, sign: 1 | -1): number {
    const vertices = this.#vertices;
    let bits = 0;
    let count = 0;
    for (let i = 0; i < vertices.length; i++) {
      if (sign * dot(normal, vertices[i]!) <= MARGIN) continue;
      count++;
      if (i < BITS) bits |= 1 << i;
    }
    return count === vertices.length ? -1 : bits;
  }

  /** @param inside the bits of vertices that are clearly in the trixel, which is not apart from the polygon as far as is clear */
  #visit(trixel: MeshTrixel, index: number, levelsBelow: number, inside: number): void {
    if (inside === 0 || (levelsBelow > 0 && !reachesOut(trixel.vertices, this.#cap))) {
      const relation = relatePolygons(trixel.vertices, this.#vertices);
      if ((relation & DISJOINT) !== 0) return;
      if ((relation & WITHIN) !== 0) {
        this.#ranges.add(index, levelsBelow);
        return;
      }
    }
    if (levelsBelow === 0) {
      this.#ranges.add(index, 0);
      return;
    }
    const { children, cuts } = trixel.divide();
    let inMiddle = inside;
    let isAtVertex = false;
    for (let child = 0; child < 3; child++) {
      const cut = cuts[child]!;
      const distance = dot(cut, this.#cap.center);
      if (distance < -this.#reach) continue;
      const isAllBefore = distance > this.#reach;
      const behind = isAllBefore ? 0 : this.#beyond(cut, -1);
      inMiddle &= behind;
      if (behind === -1) continue;
      const before = isAllBefore ? -1 : this.#beyond(cut, 1);
      isAtVertex ||= before === -1;
      this.#visit(children[child]!, index * 4 + child, levelsBelow - 1, inside & before);
    }
    if (!isAtVertex) this.#visit(children[3], index * 4 + 3, levelsBelow - 1, inMiddle);
  }
}

/** Whether a trixel has a vertex that is clearly outside a cap, and so of what that holds. */
function reachesOut(trixel: Trixel, { center, chord }: Cap): boolean {
  for (let i = 0; i < 3; i++) if (Math.sqrt(squaredChord(trixel[i]!, center)) > chord + MARGIN) return true;
  return false;
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
