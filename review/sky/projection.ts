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
    const path = this.#unwound(points, isClosed);
    const [least, most] = [Math.min(...path.map(([lon]) => lon)), Math.max(...path.map(([lon]) => lon))];
    const copies: (readonly Point[])[] = [];
    for (let turns = -1; turns <= 1; turns++) {
      const shift = turns * TURN;
      if (most + shift < -Math.PI || least + shift > Math.PI) continue;
      copies.push(path.map(([lon, lat]) => this.at(lon + shift, lat)));
    }
    return copies;
  }

  /** Longitudes that go on where they would begin anew; around a pole, by way of that. */
  #unwound(points: readonly Vector[], isClosed: boolean): readonly Point[] {
    const path: Point[] = [];
    let before = 0;
    for (const vector of isClosed ? [...points, points[0]!] : points) {
      const lon = before + halfTurn(longitudeOf(vector) - this.#middle - before);
      path.push([lon, latitudeOf(vector)]);
      before = lon;
    }
    if (!isClosed) return path;
    const [start, end] = [path[0]!, path.at(-1)!];
    if (Math.abs(end[0] - start[0]) < 1) return path.slice(0, -1);
    const mean = path.reduce((sum, [, lat]) => sum + lat, 0);
    const pole = (Math.sign(mean) * Math.PI) / 2;
    return [...path, [end[0], pole], [start[0], pole]];
  }
}

/** An angle taken to within half a turn of zero. */
function halfTurn(angle: number): number {
  return angle - TURN * Math.round(angle / TURN);
}

/** Mollweide's angle θ, of which 2θ + sin 2θ = π sin(lat). */
export function auxiliaryAngle(lat: number): number {
  const wanted = Math.PI * Math.sin(lat);
  if (Math.abs(Math.abs(lat) - Math.PI / 2) < 1e-9) return Math.sign(lat) * (Math.PI / 2);
  let theta = lat;
  // Newton's steps, which become slow towards the poles.
  for (let i = 0; i < 100; i++) {
    const step = (2 * theta + Math.sin(2 * theta) - wanted) / (2 + 2 * Math.cos(2 * theta));
    theta -= step;
    if (Math.abs(step) < 1e-12) break;
  }
  return theta;
}
