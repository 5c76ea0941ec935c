/** Pixels of HEALPix in its nested order (Górski et al. 2005), as regions: those that sphgeom's HealpixPixelization gives. */
import { InvalidQueryError } from '../errors.ts';
import { convexHull } from './convex-hull.ts';
import type { ConvexPolygon, Vector } from './region.ts';
import { acos, atan2, cos, sin } from './trigonometry.ts';
import { unit } from './vector.ts';

/** The finest level that dimension universes have; its indices are below 2^38. */
const MAX_HEALPIX_LEVEL = 17;

/** Points on each side of a pixel, whose sides are no great circles, by which a polygon follows it. */
const POINTS_A_SIDE = 4;

const HALF_PI = Math.PI / 2;
const DEGREES = 180 / Math.PI;
const RADIANS = Math.PI / 180;

/** Of each of the twelve base pixels: its ring of base pixels from the north (2 to 4), and its longitude in π/4. */
const RINGS = [2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4] as const;
const LONGITUDES = [1, 3, 5, 7, 0, 2, 4, 6, 1, 3, 5, 7] as const;

/**
 * The convex polygon around a pixel of a level.
 * @throws InvalidQueryError if the level has no such pixel
 */
export function healpixPixel(level: number, index: number): ConvexPolygon {
  if (!(
    level >= 0 &&
    level <= MAX_HEALPIX_LEVEL &&
    Number.isSafeInteger(index) &&
    index >= 0 &&
    index < 12 * 4 ** level
  )) {
    throw new InvalidQueryError(`${index} is not the index of a HEALPix pixel of level ${level}.`);
  }
  const sides = 2 ** level;
  const base = Math.floor(index / 4 ** level);
  let [x, y] = [0, 0];
  for (let l = level - 1; l >= 0; l--) {
    const quarter = Math.floor(index / 4 ** l) % 4;
    x = 2 * x + (quarter & 1);
    y = 2 * y + (quarter >> 1);
  }
  const half = 0.5 / sides;
  const [xc, yc] = [(x + 0.5) / sides, (y + 0.5) / sides];
  const steps = Array.from({ length: POINTS_A_SIDE }, (_, i) => i / (POINTS_A_SIDE * sides));
  // From the northern corner westwards.
  const points = [
    ...steps.map((d) => direction(base, xc + half - d, yc + half)),
    ...steps.map((d) => direction(base, xc - half, yc + half - d)),
    ...steps.map((d) => direction(base, xc - half + d, yc - half)),
    ...steps.map((d) => direction(base, xc + half, yc - half + d)),
  ];
  return { kind: 'polygon', vertices: convexHull(points) };
}

/** The direction of a point of a base pixel: x to the north-east, y to the north-west, both from 0 to 1. */
function direction(base: number, x: number, y: number): Vector {
  const ring = RINGS[base]! - x - y;
  const fromPole = Math.min(ring, 4 - ring, 1);
  const capped = (fromPole * fromPole) / 3;
  const z = ring < 1 ? 1 - capped : ring > 3 ? capped - 1 : ((2 - ring) * 2) / 3;
  // Near a pole the arc cosine would lose digits.
  const theta = Math.abs(z) > 0.99 ? atan2(Math.sqrt(capped * (2 - capped)), z) : acos(z);
  const turn = LONGITUDES[base]! * fromPole + x - y;
  const phi = fromPole < 1e-15 ? 0 : (0.25 * Math.PI * (turn < 0 ? turn + 8 : turn >= 8 ? turn - 8 : turn)) / fromPole;
  // By way of degrees, as sphgeom has it.
  const latitude = -(theta - HALF_PI) * DEGREES;
  const colatitude = HALF_PI - latitude * RADIANS;
  const longitude = ((phi * DEGREES) % 360) * RADIANS;
  const sine = sin(colatitude);
  return unit([sine * cos(longitude), sine * sin(longitude), cos(colatitude)]);
}
