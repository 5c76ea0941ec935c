/** The Hierarchical Triangular Mesh: trixels of the sphere and their indices. */
import { InvalidQueryError } from '../errors.ts';
import type { ConvexPolygon, Vector } from './region.ts';
import { unit } from './vector.ts';

/** Three vertices, counter-clockwise. */
export type Trixel = readonly [Vector, Vector, Vector];

/** The finest level; its indices are below 2^52. */
const MAX_HTM_LEVEL = 24;

const X: Vector = [1, 0, 0];
const Y: Vector = [0, 1, 0];
const Z: Vector = [0, 0, 1];
const MINUS_X: Vector = [-1, -0, -0];
const MINUS_Y: Vector = [-0, -1, -0];
const MINUS_Z: Vector = [-0, -0, -1];

/** The trixels of level 0, whose indices are 8 and on. */
export const ROOT_TRIXELS: readonly Trixel[] = [
  [X, MINUS_Z, Y],
  [Y, MINUS_Z, MINUS_X],
  [MINUS_X, MINUS_Z, MINUS_Y],
  [MINUS_Y, MINUS_Z, X],
  [X, Z, MINUS_Y],
  [MINUS_Y, Z, MINUS_X],
  [MINUS_X, Z, Y],
  [Y, Z, X],
];

/** The trixels 4i to 4i + 3 of trixel i. */
export function subdivide([v0, v1, v2]: Trixel): readonly [Trixel, Trixel, Trixel, Trixel] {
  const m0 = midpoint(v1, v2);
  const m1 = midpoint(v2, v0);
  const m2 = midpoint(v0, v1);
  return [
    [v0, m2, m1],
    [v1, m0, m2],
    [v2, m1, m0],
    [m0, m1, m2],
  ];
}

function midpoint(a: Vector, b: Vector): Vector {
  return unit([a[0] + b[0], a[1] + b[1], a[2] + b[2]]);
}

/** The trixel of an index, as a polygon.  @throws InvalidQueryError if no trixel of level 0 to 24 has it. */
export function htmPixel(index: number): ConvexPolygon {
  const level = levelOf(index);
  let trixel = ROOT_TRIXELS[Math.floor(index / 4 ** level) - 8] as Trixel;
  for (let l = level - 1; l >= 0; l--) {
    trixel = subdivide(trixel)[(Math.floor(index / 4 ** l) % 4) as 0 | 1 | 2 | 3];
  }
  return { kind: 'polygon', vertices: trixel };
}

function levelOf(index: number): number {
  const level = Number.isSafeInteger(index) ? Math.floor(Math.log2(index / 8) / 2) : -1;
  if (!(level >= 0 && level <= MAX_HTM_LEVEL && index < 16 * 4 ** level)) {
    throw new InvalidQueryError(`${index} is not the index of an HTM pixel.`);
  }
  return level;
}

/** @throws InvalidQueryError if HTM has no such level. */
export function checkLevel(level: number): void {
  if (!(Number.isInteger(level) && level >= 0 && level <= MAX_HTM_LEVEL)) {
    throw new InvalidQueryError(`HTM has levels 0 to ${MAX_HTM_LEVEL}, not ${level}.`);
  }
}
