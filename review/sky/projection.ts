/** Two maps of the sky, as one sees it from within: north is up, and east is left. */
import type { Vector } from '../../src/butler/region/region.ts';
import { dot, latitudeOf, longitudeOf, unit } from '../../src/butler/region/vector.ts';
import { tangentPlane } from './outline.ts';

export type Point = readonly [x: number, y: number];

export interface Projection {
  /** Where lines of points are drawn, each closed where it came closed. An edge that leaves the map comes in again elsewhere. */
  readonly drawn: (points: readonly Vector[], isClosed: boolean) => readonly (readonly Point[])[];
}

/** The plane that touches the sky at a point, in radians there: great circles are straight. For less than half of the sky. */
export class TangentPlane implements Projection {
  readonly #center: Vector;
  readonly #east: Vector;
  readonly #north: Vector;

  constructor(center: Vector) {
    this.#center = center;
    ({ east: this.#east, north: this.#north } = tangentPlane(center));
  }

  at(vector: Vector): Point {
    const depth = dot(vector, this.#center);
    return [-dot(vector, this.#east) / depth, dot(vector, this.#north) / depth];
  }

  /** The direction that is drawn at a point. */
  directionAt([x, y]: Point): Vector {
    const [c, e, n] = [this.#center, this.#east, this.#north];
    return unit([c[0] - x * e[0] + y * n[0], c[1] - x * e[1] + y * n[1], c[2] - x * e[2] + y * n[2]]);
  }

  drawn(points: readonly Vector[]): readonly (readonly Point[])[] {
    return [points.map((point) => this.at(point))];
  }
}

const TURN = 2 * Math.PI;
const POLE_POINTS = 30;

/**
 * Mollweide's map of the whole sky, an ellipse from (-2, -1) to (2, 1) that has equal areas everywhere.  What leaves it on
 * one side is drawn on the other too: clip it by the ellipse.
 */
export class Mollweide implements Projection {
  readonly #middle: number;

  /** @param middle right ascension in the middle, radians */
  constructor(middle: number) {
    this.#middle = middle;
  }

  /** @param lon from the middle, radians, also beyond half a turn */
  at(lon: number, lat: number): Point {
    const theta = auxiliaryAngle(lat);
    return [(-2 * lon * Math.cos(theta)) / Math.PI, Math.sin(theta)];
  }

  drawn(points: readonly Vector[], isClosed: boolean): readonly (readonly Point[])[] {
    const path = this.#unwound(isClosed ? [...points, points[0]!] : points);
    const turned = path.at(-1)![0] - path[0]![0];
    const drawn = (part: readonly Point[]) => part.map(([lon, lat]) => this.at(lon, lat));
    if (isClosed && Math.abs(turned) > Math.PI) {
      const north = points.reduce((sum, [, , z]) => sum + z, 0) > 0;
      return [drawn(aroundPole(path, turned, north ? Math.PI / 2 : -Math.PI / 2))];
    }
    const lons = path.map(([lon]) => lon);
    const [least, most] = [Math.min(...lons), Math.max(...lons)];
    return [-TURN, 0, TURN]
      .filter((shift) => most + shift >= -Math.PI && least + shift <= Math.PI)
      .map((shift) => drawn(shifted(path, shift)));
  }

  /** Longitudes that go on where they would begin anew. */
  #unwound(points: readonly Vector[]): readonly Point[] {
    const path: Point[] = [];
    let before = 0;
    for (const vector of points) {
      before += halfTurn(longitudeOf(vector) - this.#middle - before);
      path.push([before, latitudeOf(vector)]);
    }
    return path;
  }
}

/** What is between a line around a pole and the pole, from beyond one side of the map to beyond the other. */
function aroundPole(path: readonly Point[], turned: number, pole: number): readonly Point[] {
  const line = [-1, 0, 1].flatMap((turns) => shifted(path, turns * turned));
  // Closer and closer, as the map's edge is flat at a pole.
  const toPole = ([lon, lat]: Point) =>
    Array.from({ length: POLE_POINTS }, (_, i): Point => [lon, pole - (pole - lat) * (1 - (i + 1) / POLE_POINTS) ** 3]);
  return [...line, ...toPole(line.at(-1)!), ...toPole(line[0]!).reverse()];
}

function shifted(path: readonly Point[], shift: number): readonly Point[] {
  return path.map(([lon, lat]): Point => [lon + shift, lat]);
}

/** An angle in radians taken to within half a turn of zero. */
export function halfTurn(angle: number): number {
  return angle - TURN * Math.round(angle / TURN);
}

/** Mollweide's angle θ, of which 2θ + sin 2θ = π sin(lat); found as what is left to the pole, near which θ itself is hard to find. */
export function auxiliaryAngle(lat: number): number {
  const wanted = TURN * Math.sin((Math.PI / 2 - Math.abs(lat)) / 2) ** 2;
  let left = Math.cbrt(0.75 * wanted);
  // Newton's steps; nearer to the pole the first guess is right.
  for (let i = 0; i < 5 && left > 1e-3; i++) {
    left -= (2 * left - Math.sin(2 * left) - wanted) / (4 * Math.sin(left) ** 2);
  }
  return Math.sign(lat) * (Math.PI / 2 - left);
}
