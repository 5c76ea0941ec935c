/**
 * Regions on the sphere, as sphgeom has them.  Plain data; what can be asked of them is in
 * the files beside this one.  Angles in radians, vectors are unit vectors.
 */

export type Vector = readonly [x: number, y: number, z: number];

/** Closed interval of radians; `a > b` wraps around zero where the interval is a longitude; NaN: empty. */
export interface AngleInterval {
  readonly a: number;
  readonly b: number;
}

export interface ConvexPolygon {
  readonly kind: 'polygon';
  /** At least three, counter-clockwise seen from outside the sphere. */
  readonly vertices: readonly Vector[];
}

export interface Circle {
  readonly kind: 'circle';
  readonly center: Vector;
  /** Squared chord length between centre and edge: negative is empty, 4 and more is the full sky. */
  readonly squaredChordLength: number;
  readonly openingAngle: number;
}

export interface Box {
  readonly kind: 'box';
  readonly lon: AngleInterval;
  readonly lat: AngleInterval;
}

export interface Ellipse {
  readonly kind: 'ellipse';
  /** Row-major rotation matrix; its third row is the centre. */
  readonly matrix: readonly number[];
  readonly a: number;
  readonly b: number;
  readonly gamma: number;
  readonly tanA: number;
  readonly tanB: number;
}

export interface CompoundRegion {
  readonly kind: 'union' | 'intersection';
  readonly operands: readonly Region[];
}

export type Region = ConvexPolygon | Circle | Box | Ellipse | CompoundRegion;
